import { join } from 'node:path'
import { trace } from '@opentelemetry/api'
import { expect, it, onTestFinished } from 'vitest'
import { newUuid } from '../../src/lib/id.ts'
import { makeTracer } from '../../src/lib/open-telemetry.ts'
import { readTree } from '../support/architecture.ts'
import { openCollector } from '../support/collector.ts'

const DISPATCH = '019a9f3e-7b1c-7000-8000-0123456789ab'

async function aTracer({ ratio = 1 } = {}) {
  const collector = await openCollector()
  const tracer = makeTracer({
    url: `${collector.url}/v1/traces`,
    headers: { 'x-key': 'letmein' },
    service: 'link-dispatcher',
    world: 'test',
    ratio,
    onDelivery: () => undefined,
  })
  onTestFinished(tracer.close)
  return { tracer, collector }
}

it('is reached by an import at run time only', () => {
  const tree = readTree(join(import.meta.dirname, '../../src'))
  const filesWith = (text: RegExp) => Object.keys(tree).filter((file) => text.test(tree[file] ?? ''))

  expect(filesWith(/from '(@opentelemetry|bullmq-otel)/)).toEqual([
    'lib/open-telemetry.ts',
    'lib/span-exporter.ts',
    'lib/traceparent.ts',
  ])
  expect(filesWith(/from '[^']*\/(open-telemetry|span-exporter|traceparent)\.ts'/)).toEqual(['lib/open-telemetry.ts'])
})

it('tells who it is and in which world, with the headers the collector asks for', async () => {
  const { tracer, collector } = await aTracer()

  await tracer.span('one', () => Promise.resolve())
  await tracer.close()

  expect(collector.headers()['x-key']).toBe('letmein')
  expect(collector.text()).toContain('"service.name","value":{"stringValue":"link-dispatcher"}')
  expect(collector.text()).toContain('"deployment.environment.name","value":{"stringValue":"test"}')
})

it('passes on what the work throws, and tells its name but not its words', async () => {
  const { tracer, collector } = await aTracer()
  const failing = tracer.span('one', () => Promise.reject(new TypeError('ana@example.com is no number')))

  await expect(failing).rejects.toThrow('is no number')
  await tracer.close()

  expect(collector.spans()).toMatchObject([{ name: 'one', failed: true, facts: { 'error.type': 'TypeError' } }])
  expect(collector.text()).not.toContain('ana@')
})

it('drops whatever a library says beyond the list', async () => {
  const { tracer, collector } = await aTracer()
  const library = trace.getTracer('a library')

  const span = library.startSpan('query', { attributes: { 'db.statement': 'select secret', channel: 'sms' } })
  span.addEvent('found', { row: 'secret' })
  span.recordException(new Error('secret'))
  span.setStatus({ code: 2, message: 'secret' }).end()
  await tracer.close()

  expect(collector.spans()).toMatchObject([{ name: 'query', facts: { channel: 'sms' } }])
  expect(collector.text()).not.toContain('secret')
})

it('leaves out how BullMQ keeps house, and what turned out not to be worth telling', async () => {
  const { tracer, collector } = await aTracer()

  trace.getTracer('bullmq').startSpan('extendLocks').end()
  await tracer.span('empty', () => Promise.resolve(0), { keep: (found) => found > 0 })
  await tracer.span('full', () => Promise.resolve(1), { keep: (found) => found > 0 })
  await tracer.close()

  expect(collector.spans().map(({ name }) => name)).toEqual(['full'])
})

it('finds the trace of a dispatch again, whoever asks', async () => {
  const { tracer, collector } = await aTracer()
  const within = { place: { dispatch: DISPATCH } }

  await tracer.span('late', () => Promise.resolve(), within)
  await tracer.span('accept', () => Promise.resolve(), { place: { dispatch: DISPATCH, begins: true } })
  await tracer.span('other', () => Promise.resolve())
  await tracer.close()

  const [late, accept, other] = collector.spans()
  expect(accept).toMatchObject({ traceId: '019a9f3e7b1c700080000123456789ab', spanId: '80000123456789ab' })
  expect(late).toMatchObject({ traceId: accept?.traceId, parentSpanId: accept?.spanId })
  expect(other?.traceId).not.toBe(accept?.traceId)
  expect(other?.spanId).not.toBe(accept?.spanId)
})

it('keeps a share of the dispatches, each whole or not at all', async () => {
  const { tracer, collector } = await aTracer({ ratio: 0.5 })
  const dispatches = Array.from({ length: 200 }, newUuid)

  for (const dispatch of dispatches)
    await tracer.span('accept', () => Promise.resolve(), { place: { dispatch, begins: true } })
  for (const dispatch of dispatches) await tracer.span('deliver', () => Promise.resolve(), { place: { dispatch } })
  await tracer.close()

  const tracesOf = (name: string) => collector.spans().flatMap((span) => (span.name === name ? [span.traceId] : []))
  expect(tracesOf('deliver')).toEqual(tracesOf('accept'))
  expect(new Set(tracesOf('accept')).size).toBeGreaterThan(0)
  expect(new Set(tracesOf('accept')).size).toBeLessThan(200)
})
