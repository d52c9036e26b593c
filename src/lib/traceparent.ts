import { isSpanContextValid, type TextMapPropagator, trace } from '@opentelemetry/api'

/** W3C `traceparent` alone: a caller's `tracestate` and `baggage` are not carried on, since they may hold anything. */
export const traceparent: TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = trace.getSpanContext(context)
    if (span) setter.set(carrier, HEADER, `00-${span.traceId}-${span.spanId}-0${span.traceFlags & 1}`)
  },
  extract(context, carrier, getter) {
    const given = getter.get(carrier, HEADER)
    const [, traceId = '', spanId = '', flags = ''] = FORM.exec(String(given)) ?? []
    const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
    return isSpanContextValid(span) ? trace.setSpanContext(context, span) : context
  },
  fields: () => [HEADER],
}

const HEADER = 'traceparent'
/** Versions after 00 may say more at the end. */
const FORM = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/
