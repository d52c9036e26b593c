import { createHmac } from 'node:crypto'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { signature } from '../../src/sandbox/webhook-envelope.ts'
import { MINUTE, partnerKit, type Received, SECRET, silentServer } from './partner-kit.ts'

const expectedSignature = ({ headers, body }: Received, secret = SECRET) =>
  `sha256=${createHmac('sha256', secret)
    .update(Buffer.from(`${headers['x-m2m-timestamp']}.${body}`, 'utf8'))
    .digest('hex')}`

describe('the signature', () => {
  test.each([
    [
      '{"event":"link.opened","timestamp":"2026-01-01T00:00:00.000Z","data":{"linkId":"link_demo_0a1b2c3d4e5f","referenceId":"crm-0001","openedAt":"2026-01-01T00:00:00.000Z"}}',
      'sha256=edaeb654e3665093a0b3c87e0b68ae166c7c6c84cc491ff126c82afa41622515',
    ],
    [
      '{"event":"link.opened","data":{"name":"Peña"}}',
      'sha256=cd6364d09bc6f9a4a5d03fb3de34d7d8e745a53a2ba2a6ae767580a5d0520f76',
    ],
  ])('of %s is the known one', (body, expected) => {
    expect(signature(SECRET, '1767225600', body)).toBe(expected)
  })

  test('covers timestamp and body of every delivery, under the four headers', async () => {
    const { create, world, receiver } = await partnerKit()

    await create('crm-0001')
    await world.idle()

    const [delivery] = receiver.of('link.created')
    expect(delivery?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-m2m-event': 'link.created',
      'x-m2m-timestamp': String(Date.parse('2026-03-02T12:00:00Z') / 1_000),
      'x-m2m-signature': delivery && expectedSignature(delivery),
    })
  })

  test('uses the rotated secret from the rotation on', async () => {
    const { create, world, receiver } = await partnerKit()

    const secret = world.rotateSecret()
    await create('crm-0001')
    await world.idle()

    const [delivery] = receiver.received
    expect(delivery?.headers['x-m2m-signature']).toBe(delivery && expectedSignature(delivery, secret))
  })
})

describe('the events', () => {
  test('link.created carries the link under the other URL shape', async () => {
    const { create, world, receiver, url } = await partnerKit()

    const { body } = await create('crm-0001')
    await world.idle()

    const { token: _, ...shown } = body.data
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({
      event: 'link.created',
      timestamp: '2026-03-02T12:00:00.000Z',
      data: { ...shown, url: `${url}/send/${body.data.linkId}` },
    })
  })

  test('link.created carries the URL of the answer when switched so', async () => {
    const { create, world, receiver } = await partnerKit()
    world.configure({ createdUrl: 'widget' })

    const { body } = await create('crm-0001')
    await world.idle()

    expect(receiver.received[0]?.data['url']).toBe(body.data.url)
  })

  test('link.opened is sent for the first opening only', async () => {
    const { create, world, receiver } = await partnerKit()
    await create('crm-0001')

    const first = await world.openLink(
      { referenceId: 'crm-0001' },
      { userAgent: 'Mozilla/5.0 (iPhone)', language: 'es' },
    )
    const second = await world.openLink({ referenceId: 'crm-0001' })

    expect([first, second]).toEqual(['opened', 'again'])
    expect(receiver.of('link.opened').map(({ data }) => data)).toEqual([
      {
        linkId: world.links()[0]?.linkId,
        referenceId: 'crm-0001',
        openedAt: '2026-03-02T12:00:00.000Z',
        deviceInfo: { userAgent: 'Mozilla/5.0 (iPhone)', platform: 'iOS', language: 'es' },
      },
    ])
  })

  test('nothing is sent for a dead link, an expiry or a revoke', async () => {
    const { create, call, world, receiver } = await partnerKit()
    const { body } = await create('revoked')
    await create('expired', { expiresInMinutes: 5 })
    await call('POST', `/partner/links/${body.data.linkId}/revoke`)
    await world.advance(6 * MINUTE)

    const openings = [
      await world.openLink({ referenceId: 'revoked' }),
      await world.openLink({ referenceId: 'expired' }),
    ]

    expect(openings).toEqual(['revoked', 'expired'])
    expect(receiver.events()).toEqual(['link.created', 'link.created'])
  })

  test('go to the callback of the link when it has one', async () => {
    const { create, world, receiver } = await partnerKit()

    await create('crm-0001', { callbackUrl: `${receiver.url}/elsewhere` })
    await world.idle()

    expect(receiver.received.map(({ path }) => path)).toEqual(['/elsewhere'])
  })

  test('a finished and a cancelled transfer are told and listed', async () => {
    const { create, call, world, receiver } = await partnerKit()
    await create('a')
    await create('b')

    const done = world.completeOperation({ referenceId: 'a' }, 100)
    world.cancelOperation({ referenceId: 'b' })
    await world.idle()
    const { body } = await call('GET', '/partner/operations?status=created')

    expect(receiver.of('operation.created')[0]?.data).toMatchObject({
      referenceId: 'a',
      amount: { send: 100, receive: 1_725 },
    })
    expect(receiver.of('operation.cancelled')[0]?.data).toMatchObject({ referenceId: 'b', status: 'cancelled' })
    expect(body.data.items.map((item: { operationId: string }) => item.operationId)).toEqual([done?.operationId])
  })

  test('metadata comes back in payloads when switched so', async () => {
    const { create, world, receiver } = await partnerKit()
    world.configure({ metadataInPayloads: true })

    await create('crm-0001', { metadata: { dispatchId: 'd-77' } })
    await world.idle()

    expect(receiver.received[0]?.data['metadata']).toEqual({ dispatchId: 'd-77' })
  })
})

describe('the delivery', () => {
  test('is tried at once, after 1 min, 5 min, 30 min and 2 h, then given up', async () => {
    const { create, world, receiver } = await partnerKit()
    receiver.reply(500, 503, 302, 404, 410)
    await create('crm-0001')
    await world.idle()
    const counts = [receiver.received.length]

    for (const minutes of [1, 5, 30, 120]) {
      await world.advance(minutes * MINUTE - 1)
      counts.push(receiver.received.length)
      await world.advance(1)
      counts.push(receiver.received.length)
    }
    await world.advance(48 * 60 * MINUTE)

    expect(counts).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5])
    expect(receiver.received).toHaveLength(5)
    expect(world.deliveries()[0]).toMatchObject({ state: 'failed', nextAt: null })
  })

  test('retries the same bytes with a fresh timestamp and signature', async () => {
    const { create, world, receiver } = await partnerKit()
    receiver.reply(500)
    await create('crm-0001')
    await world.idle()

    await world.advance(MINUTE)

    const [first, second] = receiver.received
    expect(second?.body).toBe(first?.body)
    expect(Number(second?.headers['x-m2m-timestamp'])).toBe(Number(first?.headers['x-m2m-timestamp']) + 60)
    expect(second?.headers['x-m2m-signature']).toBe(second && expectedSignature(second))
  })

  test('stops at the first 2xx', async () => {
    const { create, world, receiver } = await partnerKit()
    receiver.reply(500, 202)
    await create('crm-0001')
    await world.idle()

    await world.advance(MINUTE)
    await world.advance(60 * MINUTE)

    expect(world.deliveries()[0]?.attempts.map(({ status }) => status)).toEqual([500, 202])
    expect(receiver.received).toHaveLength(2)
  })

  test('is retried by real time too when nobody winds the clock', async () => {
    const { create, world, receiver, clock } = await partnerKit()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    receiver.reply(500)
    await create('crm-0001')
    await world.idle()

    clock.at += MINUTE
    await vi.advanceTimersByTimeAsync(MINUTE)

    await expect.poll(() => receiver.received).toHaveLength(2)
  })

  test('that nobody answers in time counts as failed', async () => {
    const { create, world } = await partnerKit()
    world.configure({ webhookTimeoutMs: 100 })
    const silent = await silentServer()

    await create('crm-0001', { callbackUrl: silent })
    await world.idle()

    expect(world.deliveries()[0]).toMatchObject({ state: 'pending', attempts: [{ status: null, error: 'timeout' }] })
  })

  test('can be replayed once it is over', async () => {
    const { create, world, receiver } = await partnerKit()
    await create('crm-0001')
    await world.idle()
    await world.advance(72 * 60 * MINUTE)

    const replayed = world.replay(world.deliveries()[0]?.id ?? '')
    await world.idle()

    expect(replayed).toBe(true)
    expect(receiver.received).toHaveLength(2)
    expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body)
  })
})

describe('the data request', () => {
  test('asks for what the prefill lacks when the user opens, and takes the answer once', async () => {
    const { call, world, receiver } = await partnerKit()
    await call('POST', '/partner/links', { referenceId: 'crm-0001' })
    await world.openLink({ referenceId: 'crm-0001' })
    await world.idle()
    const { dataRequestId, requiredFields, replyEndpoint } = receiver.of('user.data_request')[0]?.data ?? {}
    const path = new URL(String(replyEndpoint)).pathname
    const userData = { name: { firstName: 'Ana' }, dob: '1990-01-02' }

    const mismatched = await call('PUT', path, { referenceId: 'crm-0002', userData })
    const answered = await call('PUT', path, { referenceId: 'crm-0001', userData })
    const again = await call('PUT', path, { referenceId: 'crm-0001', userData })

    expect(requiredFields).toHaveLength(7)
    expect(mismatched).toMatchObject({ status: 400, body: { error: { code: 'REFERENCE_ID_MISMATCH' } } })
    expect(answered).toMatchObject({ status: 200, body: { data: { dataRequestId, status: 'fulfilled' } } })
    expect(again.status).toBe(400)
    expect(world.links()[0]?.userData).toEqual(userData)
  })

  test('is not sent when nothing is missing', async () => {
    const { create, world, receiver } = await partnerKit()
    await create('crm-0001')
    await world.openLink({ referenceId: 'crm-0001' })

    await world.idle()

    expect(receiver.of('user.data_request')).toEqual([])
  })
})
