import { setTimeout as pause } from 'node:timers/promises'
import {
  context,
  defaultTextMapGetter,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions as SpanStart,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { onlyFacts, quietly } from './span-exporter.ts'
import { traceparent } from './traceparent.ts'
import type { Facts, Place, Tracer, TracerOptions } from './tracing.ts'

const EXPORT_WITHIN_MS = 5_000
const EXPORT_EVERY_MS = 2_000
const CLOSE_WITHIN_MS = 2_000

/** The one file that knows OpenTelemetry's SDK; loaded only where a collector is configured. */
export function makeTracer({ url, headers, service, world, ratio, onDelivery }: TracerOptions): Tracer {
  const sampler = new TraceIdRatioBasedSampler(ratio)
  const ids = makeIds()
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: EXPORT_WITHIN_MS })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'deployment.environment.name': world }),
    idGenerator: ids,
    sampler: new ParentBasedSampler({ root: sampler }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: quietly(onlyFacts(exporter), onDelivery),
        scheduledDelayMillis: EXPORT_EVERY_MS,
      }),
    ],
  })
  // BullMQ's telemetry finds tracer and context here and nowhere else: one tracer a process.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  propagation.setGlobalPropagator(traceparent)
  trace.setGlobalTracerProvider(provider)
  const tracer = provider.getTracer('link-dispatcher')

  function start(name: string, options: SpanStart, place: Place | undefined): Span {
    if (!place) return tracer.startSpan(name, options)
    if ('alone' in place) return tracer.startSpan(name, { ...options, root: true })
    if ('caller' in place) {
      const carrier = { traceparent: place.caller }
      return tracer.startSpan(name, options, traceparent.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter))
    }
    const first = firstSpanOf(place.dispatch)
    const isKept = sampler.shouldSample(ROOT_CONTEXT, first.traceId).decision === SamplingDecision.RECORD_AND_SAMPLED
    const root = { ...first, traceFlags: isKept ? 1 : 0, isRemote: true }
    const here = trace.getActiveSpan()
    here?.addLink({ context: root })
    const linked = { ...options, links: here ? [{ context: here.spanContext() }] : [] }
    if (place.begins) return ids.as(first, () => tracer.startSpan(name, { ...linked, root: true }))
    return tracer.startSpan(name, linked, trace.setSpanContext(ROOT_CONTEXT, root))
  }

  return {
    span(name, work, { facts = {}, kind, place, keep = () => true } = {}) {
      const span = start(name, { attributes: known(facts), kind: KINDS[kind ?? 'internal'] }, place)
      return context.with(trace.setSpan(context.active(), span), () => follow(span, work, keep))
    },
    learn(facts, name) {
      const span = trace.getActiveSpan()?.setAttributes(known(facts))
      if (name) span?.updateName(name)
    },
    async close() {
      const sent = provider.shutdown().catch((error: unknown) => onDelivery(nameOf(error)))
      await Promise.race([sent, pause(CLOSE_WITHIN_MS, undefined, { ref: false })])
      for (const api of [trace, propagation, context]) api.disable()
    },
  }
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL }

/** A span that is not worth telling about is never ended, and so never exported. */
async function follow<T>(span: Span, work: () => Promise<T>, keep: (result: T) => boolean): Promise<T> {
  try {
    const result = await work()
    if (keep(result)) span.end()
    return result
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', nameOf(error)).end()
    throw error
  }
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : typeof error)

const known = (facts: Facts) =>
  Object.fromEntries(Object.entries(facts).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))

interface Ids {
  traceId: string
  spanId: string
}

/** A dispatch's UUID is the id of its trace, and the random half of it the id of the first span: nothing needs to be stored. */
function firstSpanOf(dispatch: string): Ids {
  const traceId = dispatch.replaceAll('-', '')
  return { traceId, spanId: traceId.slice(16) }
}

/** Chance, but for the one span that is started inside `as`. */
function makeIds() {
  const random = new RandomIdGenerator()
  let given: Ids | undefined
  return {
    generateTraceId: () => given?.traceId ?? random.generateTraceId(),
    generateSpanId: () => given?.spanId ?? random.generateSpanId(),
    as<T>(ids: Ids, start: () => T): T {
      given = ids
      const started = start()
      given = undefined
      return started
    },
  }
}
