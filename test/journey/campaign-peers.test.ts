import { expect, it } from 'vitest'
import { showId } from '../../src/lib/id.ts'
import { CAMPAIGN_ENV, campaignsOf, type Member } from '../support/campaign-house.ts'
import { eventually, openHouse } from '../support/house.ts'

const EVERY_MS = 100
const house = await openHouse({
  env: { ...CAMPAIGN_ENV, M2M_CREATES_PER_MINUTE: 'off', PROVIDER_LIMITS: `smtp=${1_000 / EVERY_MS}/PT1S` },
})
const campaigns = campaignsOf(house)
house.world.configure({ createsPerMinute: 1_000_000, callsPerMinute: 1_000_000 })

const mailed = (people: Member[]) =>
  people.map((one) => ({ ...one, contact: { email: `${one.referenceId}@example.com` } }))
const inboxes = (people: Member[]) => people.map((one) => house.inbox(one).length)

it('a campaign keeps to the limit of each provider, whoever of its people is on which, and the others do not wait', async () => {
  const slow = mailed(campaigns.people(40))
  const fast = campaigns.people(40)
  const before = Date.now()

  const { id } = await campaigns.run({ plan: { channels: ['sms', 'email'] } }, [...slow, ...fast])
  await house.settled()

  const mails = await startsOf(id, 'email')
  const texts = await startsOf(id, 'sms')
  expect(inboxes([...slow, ...fast])).toEqual([...slow, ...fast].map(() => 1))
  expect(mails.filter((at, i) => at < before + i * EVERY_MS - 2)).toEqual([])
  expect(texts.at(-1)).toBeLessThan(mails.at(-1) ?? 0)
})

it('whom a campaign could not reach is listed with the reason, and a new one from that list reaches them', async () => {
  const people = campaigns.people(5)
  house.world.faults.arm('twilio', { kind: 'code', code: 21612, count: 2 })
  const { id } = await campaigns.run({ plan: { channels: ['sms'] } }, people)
  await house.settled()
  const reached = people.filter((one) => house.inbox(one).length === 1)

  const { body } = await house.call('GET', `/v1/campaigns/${showId('cmp', id)}/follow-up?list=failed`)
  const progress = await house.call('GET', `/v1/campaigns/${showId('cmp', id)}/progress`)
  const again = await anotherOver(showId('cmp', id))
  await house.settled()

  const missed = people.filter((one) => !reached.includes(one)).map(({ referenceId }) => referenceId)
  expect(body['items'].map((one: { referenceId: string }) => one.referenceId).toSorted()).toEqual(missed.toSorted())
  expect(body['items'].map((one: { reason: string }) => one.reason)).toEqual(['no_channel_worked', 'no_channel_worked'])
  expect(progress.body).toMatchObject({ failed: { route_missing: 2 }, people: { handed: 3, states: { failed: 2 } } })
  expect(again).toMatchObject({ rows: 2, taken: 2 })
  expect(inboxes(people)).toEqual(people.map(() => 1))
})

it('a campaign that runs and sends nothing says what keeps it back, and goes on by itself when that is gone', async () => {
  const people = campaigns.people(3)
  const hold = await house.call('POST', '/v1/holds', { scope: 'channel', value: 'sms', reason: 'route is down' })
  const { id } = await campaigns.run({ plan: { channels: ['sms'] } }, people)
  const shown = async () => (await house.call('GET', `/v1/campaigns/${showId('cmp', id)}`)).body
  await eventually(async () => expect((await shown())['dispatches']).toEqual({ open: 3 }))
  const whileHeld = [...inboxes(people), await shown()]

  await house.call('DELETE', `/v1/holds/${hold.body['id']}`)
  await house.settled()

  const kept = { status: 'running', holds: [{ scope: 'channel', value: 'sms', reason: 'route is down' }] }
  expect(whileHeld).toMatchObject([0, 0, 0, kept])
  expect(inboxes(people)).toEqual([1, 1, 1])
  expect(await shown()).toMatchObject({ status: 'running', holds: [] })
})

/** When requests to providers were allowed to start, in order. */
async function startsOf(campaignId: string, channel: string): Promise<number[]> {
  const rows = await campaigns.rows(
    `select a.claimed_at from attempt a join dispatch d on d.id = a.dispatch_id
     where d.campaign_id = $1 and a.channel = $2 order by a.claimed_at`,
    [campaignId, channel],
  )
  return rows.map((row) => (row['claimed_at'] as Date).getTime())
}

/** The same message once more, to those whom the campaign could not reach. */
async function anotherOver(campaignId: string): Promise<unknown> {
  const wish = { name: 'Once more', category: 'transactional', channels: ['sms'], reminders: null }
  const { body: draft } = await house.call('POST', '/v1/campaigns', wish)
  const path = `/v1/campaigns/${draft['id']}`
  const { body: taken } = await house.call('POST', `${path}/audience/list`, { campaignId, list: 'failed' })
  await house.call('POST', `${path}/start`, {})
  return taken
}
