import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { expect, it } from 'vitest'
import { traceparent } from '../../src/lib/traceparent.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const read = (given: unknown) =>
  trace.getSpanContext(traceparent.extract(ROOT_CONTEXT, { traceparent: given }, defaultTextMapGetter))

it.each([
  ['kept', `00-${TRACE}-${SPAN}-01`, 1],
  ['not kept', `00-${TRACE}-${SPAN}-00`, 0],
  ['of a later version that says more', `01-${TRACE}-${SPAN}-03-more`, 1],
])('reads a trace that is %s', (_, given, traceFlags) => {
  expect(read(given)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true })
})

it.each([
  ['nothing', undefined],
  ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['the forbidden version', `ff-${TRACE}-${SPAN}-01`],
  ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['a longer trace', `00-${TRACE}0-${SPAN}-01`],
  ['two headers', [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`]],
])('takes %s for nothing', (_, given) => {
  expect(read(given)).toBeUndefined()
})

it('writes what it reads, and nothing else', () => {
  const carrier = {}
  const given = { traceparent: `00-${TRACE}-${SPAN}-01`, baggage: 'name=Ana', tracestate: 'a=b' }

  traceparent.inject(traceparent.extract(ROOT_CONTEXT, given, defaultTextMapGetter), carrier, defaultTextMapSetter)

  expect(carrier).toEqual({ traceparent: given.traceparent })
})
