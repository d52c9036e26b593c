import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { KEY, MINUTE, partnerKit, type Received, SECRET } from './partner-kit.ts'

const isRightlySigned = ({ headers, body }: Received) =>
  headers['x-m2m-signature'] ===
  `sha256=${createHmac('sha256', SECRET).update(`${headers['x-m2m-timestamp']}.${body}`).digest('hex')}`

describe('a fault at create', () => {
  test('reply_lost makes the link and drops the connection', async () => {
    const { create, world, receiver } = await partnerKit()
    world.faults.arm('partner.create', { kind: 'reply_lost', count: 1 })

    await expect(create('crm-0001')).rejects.toThrow('fetch failed')
    await world.idle()

    expect(world.links('crm-0001')).toHaveLength(1)
    expect(receiver.events()).toEqual(['link.created'])
    expect(world.calls()).toMatchObject([{ method: 'POST', path: '/partner/links', status: 0 }])
  })

  test('slow makes the link at once and answers later', async () => {
    const { url, world } = await partnerKit()
    world.faults.arm('partner.create', { kind: 'slow', count: 1, delayMs: 60_000 })
    const request = { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-API-Key': KEY } }

    const patience = AbortSignal.timeout(300)
    const answer = fetch(`${url}/partner/links`, { ...request, body: '{"referenceId":"a"}', signal: patience })

    await expect(answer).rejects.toThrow('timeout')
    expect(world.links('a')).toHaveLength(1)
  })

  test.each([
    ['error_500', 500],
    ['error_502', 502],
    ['error_503', 503],
    ['throttle', 429],
  ])('%s answers %i without making a link, as often as armed', async (kind, status) => {
    const { create, world } = await partnerKit()
    world.faults.arm('partner.create', { kind, count: 2 })

    const statuses = [(await create('a')).status, (await create('a')).status, (await create('a')).status]

    expect(statuses).toEqual([status, status, 201])
    expect(world.links()).toHaveLength(1)
  })

  test('error_502 makes the link all the same when told so', async () => {
    const { create, world } = await partnerKit()
    world.faults.arm('partner.create', { kind: 'error_502', count: 1, done: true })

    const { status } = await create('a')

    expect([status, world.links('a').length]).toEqual([502, 1])
  })

  test('html answers a page where JSON is due', async () => {
    const { url, world } = await partnerKit()
    world.faults.arm('partner.create', { kind: 'html', count: 1 })

    const headers = { 'Content-Type': 'application/json', 'X-API-Key': KEY }
    const response = await fetch(`${url}/partner/links`, { method: 'POST', headers, body: '{"referenceId":"a"}' })

    expect(response.headers.get('content-type')).toMatch(/^text\/html/)
    expect(await response.text()).toMatch(/^<!doctype html>/)
  })

  test('opened_before_reply has told of the opening when the answer comes', async () => {
    const { create, world, receiver } = await partnerKit()
    world.faults.arm('partner.create', { kind: 'opened_before_reply', count: 1 })

    await create('a')

    expect(receiver.of('link.opened')).toHaveLength(1)
  })

  test('opened_before_created tells of the opening first', async () => {
    const { create, world, receiver } = await partnerKit()
    world.faults.arm('partner.create', { kind: 'opened_before_created', count: 1 })

    await create('a')
    await expect.poll(() => receiver.events()).toHaveLength(2)

    expect(receiver.events()).toEqual(['link.opened', 'link.created'])
  })

  test('expired_link answers a link that is dead already', async () => {
    const { create, clock, world } = await partnerKit()
    world.faults.arm('partner.create', { kind: 'expired_link', count: 1 })

    const { body } = await create('a')

    expect(Date.parse(body.data.expiresAt)).toBeLessThan(clock.at)
  })

  test('foreign_host and other_reference answer what must not be believed', async () => {
    const { create, world } = await partnerKit()
    world.faults.arm('partner.create', { kind: 'foreign_host', count: 1 })
    world.faults.arm('partner.create', { kind: 'other_reference', count: 1 })

    const foreign = await create('a')
    const other = await create('b')

    expect(new URL(foreign.body.data.url).host).toBe('links.example.net')
    expect(other.body.data.referenceId).toBe('b-other')
  })

  test('same_link_twice answers the link of another user', async () => {
    const { create, world } = await partnerKit()
    const first = await create('a')
    world.faults.arm('partner.create', { kind: 'same_link_twice', count: 1 })

    const second = await create('b')

    expect(second.body.data).toEqual({ ...first.body.data, referenceId: 'b' })
  })

  test('expires_between ends the active link after the 409 and waits for one', async () => {
    const { create, call, world } = await partnerKit()
    world.faults.arm('partner.create', { kind: 'expires_between', count: 1 })
    await create('a')

    const conflict = await create('a')
    const { body } = await call('GET', '/partner/links?referenceId=a&visibility=active')
    const next = await create('a')

    expect([conflict.status, body.data.items, next.status]).toEqual([409, [], 201])
  })
})

test('faults at list and revoke strike there only', async () => {
  const { create, call, world } = await partnerKit()
  world.faults.arm('partner.list', { kind: 'error_503', count: 1 })
  world.faults.arm('partner.revoke', { kind: 'reply_lost', count: 1 })
  const { status, body } = await create('a')

  const list = await call('GET', '/partner/links')
  const revoke = call('POST', `/partner/links/${body.data.linkId}/revoke`)

  await expect(revoke).rejects.toThrow('fetch failed')
  expect([status, list.status, world.links()[0]?.status]).toEqual([201, 503, 'revoked'])
})

describe('a fault at a webhook', () => {
  async function delivered(kind: string, more: object = {}) {
    const kit = await partnerKit()
    kit.world.faults.arm('webhook', { kind, count: 1, ...more })
    await kit.create('crm-0001')
    await kit.world.openLink({ referenceId: 'crm-0001' })
    await kit.world.idle()
    return kit
  }

  test.each([
    ['bad_signature', /^sha256=[0-9a-f]{64}$/],
    ['missing_signature', /^$/],
    ['truncated_signature', /^sha256=[0-9a-f]{54}$/],
    ['uppercase_signature', /^sha256=[0-9A-F]{64}$/],
  ])('%s spoils the signature of one attempt', async (kind, shape) => {
    const { receiver } = await delivered(kind, { event: 'link.opened' })

    const [spoilt] = receiver.of('link.opened')
    expect(spoilt?.headers['x-m2m-signature'] ?? '').toMatch(shape)
    expect(spoilt && isRightlySigned(spoilt)).toBe(false)
    expect(receiver.of('link.created').every(isRightlySigned)).toBe(true)
  })

  test('reserialised_body changes the bytes under a signature that was right', async () => {
    const { receiver } = await delivered('reserialised_body', { event: 'link.opened' })

    const [spoilt] = receiver.of('link.opened')
    expect(spoilt?.body).toMatch(/^\{\n/)
    expect(spoilt && isRightlySigned(spoilt)).toBe(false)
  })

  test('stale_timestamp is old and rightly signed', async () => {
    const { receiver, clock } = await delivered('stale_timestamp', { event: 'link.opened' })

    const [stale] = receiver.of('link.opened')
    expect(Number(stale?.headers['x-m2m-timestamp'])).toBe(clock.at / 1_000 - 3_600)
    expect(stale && isRightlySigned(stale)).toBe(true)
  })

  test('multibyte_body is rightly signed', async () => {
    const { receiver } = await delivered('multibyte_body', { event: 'link.opened' })

    const [wide] = receiver.of('link.opened')
    expect(wide?.body).toContain('Peña')
    expect(wide && isRightlySigned(wide)).toBe(true)
  })

  test('duplicate sends the same bytes twice', async () => {
    const { receiver } = await delivered('duplicate', { event: 'link.opened' })

    const bodies = receiver.of('link.opened').map(({ body }) => body)
    expect(bodies).toHaveLength(2)
    expect(bodies[0]).toBe(bodies[1])
  })

  test('unknown_event and unknown_link come beside the true one', async () => {
    const { world, receiver, create } = await delivered('unknown_event', { event: 'link.opened' })
    world.faults.arm('webhook', { kind: 'unknown_link', count: 1 })
    await create('crm-0002')
    await world.idle()

    expect(receiver.events().toSorted()).toEqual([
      ...['link.created', 'link.created', 'link.created'],
      ...['link.opened', 'link.renamed'],
    ])
  })

  test('old_timestamp_on_retry repeats the timestamp of the first attempt', async () => {
    const { world, receiver, create } = await partnerKit()
    world.faults.arm('webhook', { kind: 'old_timestamp_on_retry', count: 1 })
    receiver.reply(500)
    await create('crm-0001')
    await world.idle()

    await world.advance(MINUTE)

    const stamps = receiver.received.map(({ headers }) => headers['x-m2m-timestamp'])
    expect(stamps[1]).toBe(stamps[0])
    expect(receiver.received.every(isRightlySigned)).toBe(true)
  })

  test.each([
    ['data_request_at_create', ['link.created', 'user.data_request']],
    ['data_request_at_open', ['link.created', 'link.opened', 'user.data_request']],
  ])('%s asks although nothing is missing', async (kind, events) => {
    const { receiver, world, create } = await partnerKit()
    world.faults.arm('webhook', { kind, count: 1 })
    await create('crm-0001')
    await world.idle()

    if (kind === 'data_request_at_open') await world.openLink({ referenceId: 'crm-0001' })
    await world.idle()

    expect(receiver.events().toSorted()).toEqual(events)
  })

  test('hostile_reply_endpoint names a foreign host', async () => {
    const { world, receiver, call } = await partnerKit()
    world.faults.arm('webhook', { kind: 'hostile_reply_endpoint', count: 1 })
    await call('POST', '/partner/links', { referenceId: 'a' })
    await world.openLink({ referenceId: 'a' })
    await world.idle()

    expect(receiver.of('user.data_request')[0]?.data['replyEndpoint']).toMatch(
      /^https:\/\/api\.m2m-leapfinancial\.example\//,
    )
  })
})
