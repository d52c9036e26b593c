import { describe, expect, it } from 'vitest'
import { freePort } from '../../src/lib/free-port.ts'
import { readId } from '../../src/lib/id.ts'
import { openCollector, type Span } from '../support/collector.ts'
import { BACKENDS, eventually, openHouse } from '../support/house.ts'

/** Where the API of OpenTelemetry keeps the tracer of a process. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1')

const CANARIES = {
  phone: '+15125557642',
  email: 'canary.7642@example.com',
  name: 'Canarinha7642',
  referenceId: 'crm-person-7642',
  token: 'device-canary-7642-abcdefgh',
  metadata: 'case-canary-7642',
  variable: 'variable-canary-7642',
  accountNumber: '014027000073917393',
}

it('without a collector there is no tracer', async () => {
  const house = await openHouse()

  await house.send()

  expect(Reflect.get(globalThis, REGISTRY)).toBeUndefined()
})

describe.each(BACKENDS)('with a collector, and the queues in %s', (queues) => {
  it('a dispatch is one trace from the request to the open, and says nothing about the person', async () => {
    const collector = await openCollector()
    const house = await openHouse({ queues, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
    const callers = { trace: 'c0ffee00000000000000000000007642', span: 'c0ffee0000000001' }
    const wish = {
      referenceId: CANARIES.referenceId,
      userData: {
        name: { firstName: CANARIES.name, lastName: 'Lee' },
        paymentMethod: {
          type: 'bank_account',
          bankAccount: { country: 'MX', accountNumber: CANARIES.accountNumber },
        },
      },
      contact: { phone: CANARIES.phone, email: CANARIES.email, pushTokens: [CANARIES.token] },
      channels: ['sms', 'email', 'push'],
      variables: { note: CANARIES.variable },
      metadata: { note: CANARIES.metadata },
      reminders: { after: ['PT24H', 'PT48H'] },
    }

    const traceparent = `00-${callers.trace}-${callers.span}-01`
    const { status, text, body } = await house.post(wish, { traceparent })
    expect(status, text).toBe(202)
    await house.settled()
    await house.advance('PT24H')
    const [link] = house.world.links(CANARIES.referenceId)
    await house.openLink(CANARIES.referenceId)
    const { summary } = await house.get(body['id'])
    await house.close()

    const spans = collector.spans()
    const own = spans.filter(({ traceId }) => traceId === readId('dsp', body['id'])?.replaceAll('-', ''))
    const named = (name: string) => own.filter((span) => span.name === name)
    const [accept] = named('accept')
    const [first, reminder] = named('deliver').toSorted((a, b) => idOf(a).localeCompare(idOf(b)))
    expect(summary).toContain('opened')
    expect(accept).toMatchObject({ facts: { 'dispatch.id': body['id'], answer: 'accepted' }, links: [callers.trace] })
    expect(accept?.parentSpanId).toBeFalsy()
    expect(first).toMatchObject({
      parentSpanId: accept?.spanId,
      facts: { 'step.id': body['steps'][0].id, 'step.kind': 'first', channel: 'sms', 'step.end': 'handed' },
    })
    expect(reminder).toMatchObject({ parentSpanId: accept?.spanId, facts: { 'step.kind': 'reminder' } })
    expect(below(own, first)).toEqual(['partner createLink ok', 'send twilio accepted'])
    expect(below(own, reminder)).toEqual([expect.stringMatching(/^send \w+ accepted$/)])
    expect(named('stopped')).toMatchObject([{ parentSpanId: accept?.spanId }])

    const request = spans.find(({ name }) => name === 'POST /v1/dispatches')
    expect(request).toMatchObject({ traceId: callers.trace, parentSpanId: callers.span, links: [accept?.traceId] })
    expect(request?.facts).toMatchObject({ 'http.response.status_code': 202 })
    const notice = spans.find(({ name, facts }) => name === 'notice' && facts['notice.type'] === 'link.opened')
    expect(notice).toMatchObject({ facts: { 'notice.fresh': true }, links: [accept?.traceId] })
    expect(spans.find(({ spanId }) => spanId === notice?.parentSpanId)?.name).toBe('POST /webhooks/m2m')
    const jobs = spans.filter(({ scope, links }) => scope === 'bullmq' && links.includes(accept?.traceId ?? ''))
    expect(jobs.map(({ facts }) => facts['bullmq.queue.operation'])).toEqual(['process', 'process'])
    const ticks = spans.filter(({ name }) => name === 'pump')
    expect(ticks.filter(({ parentSpanId }) => parentSpanId)).toEqual([])
    expect(ticks.map(({ traceId }) => traceId)).toEqual(expect.arrayContaining(jobs.map(({ traceId }) => traceId)))

    const secrets = { ...CANARIES, linkId: link?.linkId ?? 'none', url: link?.url ?? 'none', key: house.app.apiKey }
    expect(link?.linkId).toBeDefined()
    expect(Object.entries(secrets).filter(([, secret]) => collector.text().includes(secret))).toEqual([])
  })

  it('a collector that is not there disturbs nothing', async () => {
    const house = await openHouse({
      queues,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` },
    })

    const sent = await house.send()
    await house.close()

    expect(house.inbox(sent)).toHaveLength(1)
  })
})

it('a collector that refuses spans is told of once', async () => {
  const collector = await openCollector({ status: 400 })
  const lines: string[] = []
  const log = { level: 'warn', destination: { write: (line: string) => void lines.push(line) } }
  const house = await openHouse({ log, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  const complaints = () => lines.filter((line) => line.includes('trace collector'))

  await house.send()
  await eventually(() => expect(complaints()).toHaveLength(1))
  await house.send()
  await house.close()

  expect(collector.text().match(/^POST \/v1\/traces$/gm)?.length).toBeGreaterThan(1)
  expect(complaints()).toHaveLength(1)
})

const idOf = ({ facts }: Span) => String(facts['step.id'])

/** What a span led to, and how it ended. */
const below = (spans: Span[], above: Span | undefined) =>
  spans
    .filter(({ parentSpanId }) => parentSpanId === above?.spanId)
    .map(({ name, facts }) => `${name} ${facts['answer'] ?? facts['outcome']}`)
