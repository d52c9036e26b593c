import { expect, it } from 'vitest'
import { aCampaign } from '../support/campaigns.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows } = house
const BEGIN = new Date(0)

const running = async () => {
  const campaign = aCampaign()
  await store.campaigns.create(campaign)
  await store.campaigns.start(campaign.id, 'ana')
  return campaign.id
}
const person = async (campaignId: string, change: string, phone: string) => {
  const { id } = await house.accept({ campaignId, person: { contact: { phone }, variables: {}, metadata: null } })
  await rows(`update dispatch set ${change} where id = $1`, [id])
  return id
}
const HANDED = "status = 'sent', first_handed_at = now() - interval '1 hour'"
const saysStop = (dispatchId: string, reason: string, source: string | null = null) =>
  rows(
    `insert into suppression (id, hash, channel, reason, placed_by, placed_at, source)
     select new_id(), hash, channel, $2, 'test', now(), $3 from dispatch_address where dispatch_id = $1 and channel = 'sms'`,
    [dispatchId, reason, source],
  )

it('counts people of this campaign, each for what became of them', async () => {
  const [id, other] = [await running(), await running()]
  const [out, angry, bounced] = [
    await person(id, HANDED, '+15125550201'),
    await person(id, HANDED, '+15125550202'),
    await person(id, HANDED, '+15125550203'),
  ]
  await person(id, "status = 'failed', ended_at = now()", '+15125550204')
  await person(id, "status = 'failed', ended_at = now(), first_handed_at = now()", '+15125550205')
  await person(id, "status = 'accepted'", '+15125550206')
  await person(other, HANDED, '+15125550207')
  await saysStop(out, 'opt_out')
  await saysStop(angry, 'complaint')
  await saysStop(bounced, 'hard_bounce')

  const counts = await store.brakes.counts(id, BEGIN)

  expect(counts).toEqual({ handed: 4, failed: 2, failedUnhanded: 1, optedOut: 1, complained: 1 })
})

it('counts nobody who said stop before the campaign wrote to them', async () => {
  const id = await running()
  await saysStop(await person(id, "first_handed_at = now() + interval '1 hour'", '+15125550211'), 'opt_out')

  expect(await store.brakes.counts(id, BEGIN)).toMatchObject({ optedOut: 0 })
})

it('watches running campaigns that nothing of their own holds, since they were last let go', async () => {
  const id = await running()
  const watched = async () => (await store.brakes.watched()).find((one) => one.id === id)
  const first = await watched()
  const order = { scope: 'campaign', value: id, reason: 'brake', placedBy: 'service', probeAfterMs: null } as const
  const { hold } = await store.holds.place(order)
  const held = await watched()
  await store.holds.lift(hold.id, 'ana')

  const again = await watched()

  const [lifted] = await rows('select lifted_at from hold where id = $1', [hold.id])
  expect([first?.since, held, again?.since]).toEqual([expect.any(Date), undefined, lifted?.['lifted_at']])
  expect(again?.since.getTime()).toBeGreaterThan(first?.since.getTime() ?? 0)
})
