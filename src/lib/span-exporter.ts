import { SpanKind } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { FACTS, type TracerOptions } from './tracing.ts'

/** Lets through what is on the list: a library that writes more into its spans (an error's text, a stack) writes it for nobody (P9). */
export function onlyFacts(exporter: SpanExporter): SpanExporter {
  return {
    export(spans, done) {
      const shown = spans.filter((span) => !isHousekeeping(span)).map(withFactsOnly)
      if (shown.length === 0) done({ code: 0 })
      else exporter.export(shown, done)
    },
    shutdown: () => exporter.shutdown(),
  }
}

/** An export that failed is told once, until one succeeds again, and disturbs nobody. */
export function quietly(exporter: SpanExporter, onDelivery: TracerOptions['onDelivery']): SpanExporter {
  let failing = false
  return {
    export(spans, done) {
      exporter.export(spans, ({ code, error }) => {
        const fails = code !== 0
        if (fails !== failing) onDelivery(fails ? (error?.message ?? 'unknown') : null)
        failing = fails
        done({ code: 0 })
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}

/** BullMQ also times how it looks for jobs and renews its locks. */
const isHousekeeping = ({ instrumentationScope, kind }: ReadableSpan) =>
  instrumentationScope.name === 'bullmq' && kind === SpanKind.INTERNAL

const LISTED: ReadonlySet<string> = new Set(FACTS)

function withFactsOnly(span: ReadableSpan): ReadableSpan {
  const attributes = Object.fromEntries(Object.entries(span.attributes).filter(([name]) => LISTED.has(name)))
  const status = { code: span.status.code }
  return Object.create(span, { attributes: { value: attributes }, events: { value: [] }, status: { value: status } })
}
