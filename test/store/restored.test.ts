import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { stampWorld } from '../../src/store/world.ts'
import { aSettlement, HOUR } from '../support/builders.ts'
import { aCampaign, addRows } from '../support/campaigns.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { restored, unclear } = house.store
const now = Date.now()
const aged = { createdAt: new Date(now - 3 * HOUR) }

beforeAll(() => stampWorld(house.pool, 'test'))
beforeEach(async () => {
  await restored.forget()
  await house.pool.query('truncate dispatch, step, attempt, event')
})

/** The copy is two hours old. */
const isOld = () => restored.note(new Date(now - 2 * HOUR))
const statuses = async () =>
  (await house.rows('select status, reason from step where n = 1 order by dispatch_id')).map((row) => [
    row['status'],
    row['reason'],
  ])

describe('what is set apart', () => {
  it('is nothing on a database that is no older copy', async () => {
    await house.accept({ ...aged, sendAt: new Date(now - HOUR) })

    expect([await restored.isCopy(), await restored.setApart()]).toEqual([false, null])

    expect(await statuses()).toEqual([['pending', null]])
  })

  it('is what was due meanwhile, or before, and what was on its way', async () => {
    await house.accept({ ...aged, sendAt: new Date(now - HOUR) })
    await house.accept({ ...aged, sendAt: new Date(now - 2.5 * HOUR) })
    await house.working(aged)
    await house.claimed(aged)
    await isOld()

    expect(await restored.setApart()).toBe(4)

    expect(await statuses()).toEqual(Array(4).fill(['ambiguous', 'restored']))
    expect(await house.rows('select distinct outcome, reason from attempt')).toEqual([
      { outcome: 'ambiguous', reason: 'restored' },
    ])
    expect(await house.rows("select type from event where type = 'message.unclear'")).toHaveLength(4)
  })

  it('pauses campaigns in the middle of their audience, and no others', async () => {
    const [begun, after, done] = [aCampaign(), aCampaign(), aCampaign()]
    for (const { id } of [begun, after, done]) await house.store.campaigns.create(aCampaign({ id }))
    for (const { id } of [begun, after]) await addRows(house, id, [{}])
    for (const { id } of [begun, after, done]) await house.store.campaigns.start(id, 'test')
    await house.pool.query(`update campaign set started_at = now() - interval '3 hours' where id <> $1`, [after.id])
    await isOld()

    await restored.setApart()
    await restored.setApart()

    const holds = await house.store.holds.list()
    expect(holds).toMatchObject([{ scope: 'campaign', value: begun.id, reason: 'restored', probeAt: null }])
    expect(await house.rows('select campaign_id from lane where not open')).toEqual([{ campaign_id: begun.id }])
  })

  it('is neither what is due later, nor what was accepted since, nor what was handed over before', async () => {
    await house.accept({ ...aged, sendAt: new Date(now + HOUR) })
    await house.accept()
    await house.handed(aged)
    await isOld()

    expect(await restored.setApart()).toBe(0)
  })

  it('is not what falls due while it is held', async () => {
    const { id } = await house.accept({ ...aged, sendAt: new Date(now + HOUR) })
    await isOld()
    await restored.setApart()
    await house.pool.query('update step set due_at = app_now() where dispatch_id = $1 and n = 1', [id])

    expect(await restored.setApart()).toBe(0)
  })

  it('is left to the person who decides, and its old receipts are asked for no more', async () => {
    await house.claimed(aged)
    await house.handed(aged)
    await house.pool.query(
      "update attempt set provider = 'twilio', provider_id = 'SM1', claimed_at = now() - interval '2 hours 5 minutes'",
    )
    await isOld()

    await restored.setApart()

    expect([await unclear.due(), await unclear.unfinished()]).toEqual([[], []])
    expect((await house.store.status.status()).doubtful).toBe(1)
  })
})

describe('what counts as handed over', () => {
  it('was so when it was due: its reminders follow from there, and the next comes at its time', async () => {
    const { id } = await house.accept({ ...aged, sendAt: new Date(now - HOUR) })
    await isOld()
    await restored.setApart()

    expect(await restored.writeOff()).toBe(1)

    expect(await house.step(id)).toMatchObject({ status: 'handed', confirmed: false, handed_at: new Date(now - HOUR) })
    expect(await house.dispatch(id)).toMatchObject({ status: 'sent', first_handed_at: new Date(now - HOUR) })
    expect(await house.step(id, 2)).toMatchObject({ status: 'pending', due_at: new Date(now + 23 * HOUR) })
    expect(await house.events(id)).toEqual(
      expect.arrayContaining(['message.unclear', 'message.handed', 'dispatch.sent']),
    )
    expect(await restored.writeOff()).toBe(0)
  })

  it('counts from then too when its receipt comes before anybody decides', async () => {
    const { work } = await house.claimed(aged)
    await isOld()
    await restored.setApart()

    await house.store.deliveries.settle(aSettlement(work, { from: 'ambiguous', attempts: [] }))

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ first_handed_at: new Date(now - 2 * HOUR) })
    expect(await house.step(work.dispatchId, 2)).toMatchObject({ due_at: new Date(now + 22 * HOUR) })
  })

  it('cannot have been before the copy was made', async () => {
    const { id } = await house.accept({ ...aged, sendAt: new Date(now - 2.5 * HOUR) })
    await isOld()
    await restored.setApart()

    await restored.writeOff()

    expect(await house.dispatch(id)).toMatchObject({ first_handed_at: new Date(now - 2 * HOUR) })
  })
})

it('what is sent all the same is due at once, on its channel', async () => {
  const { id } = await house.accept({ ...aged, sendAt: new Date(now - HOUR) })
  await isOld()
  await restored.setApart()

  await restored.sendAll()
  await restored.forget()

  expect(await house.step(id)).toMatchObject({ status: 'pending', channel: 'sms', due_at: new Date(now - HOUR) })
  expect((await house.step(id))['fall_back_at'].getTime()).toBeGreaterThan(now)
  expect(await restored.isCopy()).toBe(false)
})

it('without a time the last heartbeat is what the copy knows of', async () => {
  await house.pool.query("insert into heartbeat values (true, now() - interval '3 hours', 'x')")

  await restored.note()

  const [row] = await house.rows("select restored_from < now() - interval '2 hours 59 minutes' as old from world")
  expect(row).toEqual({ old: true })
})
