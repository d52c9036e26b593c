import { expect, it } from 'vitest'
import { draftFor } from '../support/audience.ts'
import { eventually, openHouse } from '../support/house.ts'

const house = await openHouse()
const { call } = house

const variants = [
  { name: 'text', weight: 1, channels: ['sms'] },
  { name: 'mail', weight: 1, channels: ['email'] },
  { name: 'short', weight: 1, template: 'magic-link-reminder', channels: ['email'] },
]
const ANA = { referenceId: 'seed_ana', contact: { email: 'ana@example.com', phone: '+15125557001' }, locale: 'es' }
const BEN = { referenceId: 'seed_ben', contact: { email: 'ben@example.com', phone: '+15125557002' } }
const test = (id: string, to: unknown[], headers = {}) => call('POST', `/v1/campaigns/${id}/test`, { to }, headers)

it('shows the words of every variant to each person once, and is no part of the campaign', async () => {
  const { id } = await draftFor(house, 2, { category: 'commercial', variants })

  const { status, body } = await test(id, [ANA, BEN])
  await house.settled()

  expect(status).toBe(200)
  expect(
    body['items'].map((one: Record<string, unknown>) => [one['referenceId'], one['variant'], one['status']]),
  ).toEqual([
    ['seed_ana', 'text', 202],
    ['seed_ana', 'short', 202],
    ['seed_ben', 'text', 202],
    ['seed_ben', 'short', 202],
  ])
  // The second waits while the first makes the person's link.
  const [first, second] = await eventually(async () => {
    const found = await Promise.all([0, 1].map((i) => house.get(body['items'][i].dispatch.id)))
    expect(found.map(({ status }) => status)).toEqual(['sent', 'sent'])
    return found
  })
  expect(first).toMatchObject({
    campaignId: null,
    category: 'transactional',
    locale: 'es',
    channels: ['sms'],
    metadata: { campaignTest: id },
  })
  expect(first?.['steps'].map((step: { kind: string }) => step.kind)).toEqual(['first', 'close'])
  expect(second).toMatchObject({ template: 'magic-link-reminder' })
  expect((await call('GET', `/v1/campaigns/${id}`)).body).toMatchObject({ status: 'draft', audience: { waiting: 2 } })
})

it('writes to nobody who is suppressed', async () => {
  const { id } = await draftFor(house, 1)
  await call('POST', '/v1/suppressions', { email: 'eve@example.com', reason: 'opt_out' })

  const { body } = await test(id, [{ referenceId: 'seed_eve', contact: { email: 'eve@example.com' } }])
  await house.settled()

  expect((await house.get(body['items'][0].dispatch.id))['status']).toBe('suppressed')
  expect(house.inbox({ contact: { email: 'eve@example.com' } })).toEqual([])
})

it('tells of each dispatch that cannot be, beside those that can', async () => {
  const { id } = await draftFor(house, 1, { channels: ['sms'] })

  const { body } = await test(id, [ANA, { referenceId: 'seed_nobody', contact: { email: 'no@example.com' } }])

  expect(body['items']).toMatchObject([
    { status: 202, dispatch: { referenceId: 'seed_ana' } },
    { status: 422, problem: { code: 'contact_missing' } },
  ])
})

it('is sent once under one Idempotency-Key', async () => {
  const { id } = await draftFor(house, 1)
  const headers = { 'Idempotency-Key': 'seed-list-1' }

  const once = await test(id, [BEN], headers)
  const again = await test(id, [BEN], headers)

  expect(again.body['items'][0].dispatch.id).toBe(once.body['items'][0].dispatch.id)
})

it.each([
  ['nobody', [], 'to'],
  ['twenty-one', Array.from({ length: 21 }, (_, n) => ({ ...BEN, referenceId: `seed_${n}` })), 'to'],
  ['somebody without an id', [{ contact: BEN.contact }], 'to[0].referenceId'],
  ['somebody with a number that is none', [{ ...BEN, contact: { phone: '12' } }], 'to[0].contact.phone'],
])('is refused for %s', async (_, to, path) => {
  const { id } = await draftFor(house, 1)

  const { status, body } = await test(id, to)

  expect([status, body['errors'][0].path]).toEqual([422, path])
})
