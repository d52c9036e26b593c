import { describe, expect, it } from 'vitest'
import { newUuid } from '../../src/lib/id.ts'
import { aCampaign } from '../support/campaigns.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows } = house
const LONG_AGO = new Date('2026-01-01T10:00:00Z')
const LATER = new Date('2090-01-01T10:00:00Z')

const aRecurrence = async (previous = false) => {
  const recurrence = {
    id: newUuid(),
    name: 'Daily',
    cron: '0 10 * * *',
    timeZone: 'UTC',
    source: { campaignId: newUuid(), list: 'failed' as const, previous },
    campaign: { name: 'Again', category: 'commercial' as const },
    nextAt: LONG_AGO,
    until: null,
    madeBy: 'ana',
  }
  await store.recurrences.create(recurrence)
  return recurrence
}
const fired = (id: string, firesAt: Date) => aCampaign({ recurrence: { id, firesAt }, madeBy: 'ana' })
const endDrafts = () => rows("update campaign set status = 'cancelled' where status = 'draft'")

describe('a recurrence', () => {
  it('is due until it moved on, which one process does', async () => {
    const { id } = await aRecurrence()
    const before = (await store.recurrences.due()).map((one) => one.id)

    const moved = await Promise.all([
      store.recurrences.moveOn(id, LONG_AGO, LATER),
      house.another().recurrences.moveOn(id, LONG_AGO, LATER),
    ])

    expect(before).toContain(id)
    expect(moved.toSorted()).toEqual([false, true])
    expect((await store.recurrences.one(id))?.nextAt).toEqual(LATER)
  })

  it('makes one campaign for a firing, whoever fires', async () => {
    const { id } = await aRecurrence()

    const made = await Promise.all([
      store.campaigns.create(fired(id, LONG_AGO)),
      house.another().campaigns.create(fired(id, LONG_AGO)),
    ])

    expect(made.toSorted()).toEqual([false, true])
    await endDrafts()
  })

  it('that was stopped is due no more, and does not move on', async () => {
    const { id } = await aRecurrence()

    const stopped = [await store.recurrences.stop(id, 'ana'), await store.recurrences.stop(id, 'ana')]

    expect(stopped).toEqual([true, false])
    expect((await store.recurrences.due()).map((one) => one.id)).not.toContain(id)
    expect(await store.recurrences.moveOn(id, LONG_AGO, LATER)).toBe(false)
  })
})

describe('a draft that a recurrence made', () => {
  it('is filled by one process at a time, and by another when that one is gone', async () => {
    const { id, source } = await aRecurrence()
    const made = fired(id, LONG_AGO)
    await store.campaigns.create(made)

    const taken = await Promise.all([store.recurrences.takeDraft(), house.another().recurrences.takeDraft()])
    await rows("update campaign set launch_until = now() - interval '1 s' where id = $1", [made.id])
    const again = await store.recurrences.takeDraft()

    const wanted = { id: made.id, source: { campaignId: source.campaignId, list: 'failed' }, madeBy: 'ana' }
    expect(taken.filter((one) => one !== null)).toEqual([wanted])
    expect(again).toEqual(wanted)
    await endDrafts()
  })

  it('looks at the campaign that was made before it', async () => {
    const { id, source } = await aRecurrence(true)
    const first = fired(id, LONG_AGO)
    const second = fired(id, new Date('2026-01-02T10:00:00Z'))
    await store.campaigns.create(first)
    await store.campaigns.create(second)

    const drafts = [await store.recurrences.takeDraft(), await store.recurrences.takeDraft()]

    expect(drafts.map((one) => one?.source.campaignId)).toEqual([source.campaignId, first.id])
    await endDrafts()
  })

  it('of a person is none of ours', async () => {
    await store.campaigns.create(aCampaign())

    expect(await store.recurrences.takeDraft()).toBeNull()
  })
})
