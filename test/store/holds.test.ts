import { describe, expect, it } from 'vitest'
import { makeHoldStore } from '../../src/store/holds.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, pool, rows } = house

const aHold = {
  scope: 'provider',
  value: 'twilio',
  reason: 'auth_failed',
  placedBy: 'service',
  probeAfterMs: null,
} as const

describe('a hold', () => {
  it('is in force from its placing to its lifting, and both are on the feed', async () => {
    const { hold, fresh } = await store.holds.place(aHold)
    const whileHeld = await store.holds.list()

    const lifted = await store.holds.lift(hold.id, 'ana')

    expect(fresh).toBe(true)
    expect(whileHeld).toEqual([hold])
    expect(lifted?.id).toBe(hold.id)
    expect(await store.holds.list()).toEqual([])
    expect(await rows("select type, data from event where type like 'system.%' order by id")).toEqual([
      {
        type: 'system.hold_placed',
        data: { scope: 'provider', value: 'twilio', reason: 'auth_failed', by: 'service' },
      },
      { type: 'system.hold_lifted', data: { scope: 'provider', value: 'twilio', reason: 'auth_failed', by: 'ana' } },
    ])
  })

  it('that is placed twice is one hold, and told once', async () => {
    const before = await placings()

    const placed = await Promise.all([
      store.holds.place(aHold),
      store.holds.place({ ...aHold, reason: 'other' }),
      house.another().holds.place(aHold),
    ])

    expect(placed.filter(({ fresh }) => fresh)).toHaveLength(1)
    expect(new Set(placed.map(({ hold }) => hold.id)).size).toBe(1)
    expect(await placings()).toBe(before + 1)
    await store.holds.lift(placed[0].hold.id, 'test')
  })

  it('is lifted once', async () => {
    const { hold } = await store.holds.place(aHold)
    await store.holds.lift(hold.id, 'ana')

    expect(await store.holds.lift(hold.id, 'ben')).toBeNull()
  })

  it('may be placed again after it was lifted', async () => {
    const first = await store.holds.place(aHold)
    await store.holds.lift(first.hold.id, 'ana')

    const second = await store.holds.place(aHold)
    await store.holds.lift(second.hold.id, 'ana')

    expect(second.fresh).toBe(true)
    expect(second.hold.id).not.toBe(first.hold.id)
  })

  it('is probed when its time has come, if it has one', async () => {
    const due = await store.holds.place({ ...aHold, scope: 'partner', value: '*', probeAfterMs: 0 })
    const never = await store.holds.place({ ...aHold, scope: 'all', value: '*' })

    const probes = await store.holds.dueProbes()
    await store.holds.postpone(due.hold.id, 60_000)

    expect(probes.map(({ id }) => id)).toEqual([due.hold.id])
    expect(await store.holds.dueProbes()).toEqual([])
    await Promise.all([due, never].map(({ hold }) => store.holds.lift(hold.id, 'test')))
  })
})

describe('the copy the pump reads', () => {
  it('is a second old at most, and fresh after a placing or lifting of one’s own', async () => {
    let now = 0
    const mine = makeHoldStore(pool, () => now)
    await mine.current()
    const { hold } = await store.holds.place(aHold)

    const copied = await mine.current()
    now = 1_001
    const read = await mine.current()
    await mine.lift(hold.id, 'test')

    expect(copied).toEqual([])
    expect(read.map(({ id }) => id)).toEqual([hold.id])
    expect(await mine.current()).toEqual([])
  })

  it('is read again after a reading that failed', async () => {
    let fails = true
    const shaky = Object.create(pool, {
      query: {
        value: (...args: unknown[]) =>
          fails ? Promise.reject(new Error('gone')) : Reflect.apply(pool.query, pool, args),
      },
    })
    const mine = makeHoldStore(shaky, () => 0)

    await expect(mine.current()).rejects.toThrow('gone')
    fails = false

    expect(await mine.current()).toEqual([])
  })
})

describe('the probe of a held provider', () => {
  const failing = { ...aHold, value: 'smtp', reason: 'failing', probeAfterMs: 0 }

  it('falls to one message, whoever asks, and then to none for a while', async () => {
    const { hold } = await store.holds.place(failing)
    const elsewhere = house.another()

    const taken = await Promise.all([
      store.holds.takeProbe(hold.id, 60_000),
      elsewhere.holds.takeProbe(hold.id, 60_000),
    ])
    const again = await store.holds.takeProbe(hold.id, 60_000)

    expect(taken.filter(Boolean)).toHaveLength(1)
    expect(again).toBe(false)
    await store.holds.lift(hold.id, 'test')
  })

  it('waits for what the provider asked, whoever placed the hold first', async () => {
    const { hold } = await store.holds.place(failing)

    const placed = await store.holds.place({ ...failing, reason: 'throttled', probeAfterMs: 60_000 })

    expect(placed.hold.id).toBe(hold.id)
    expect(await store.holds.takeProbe(hold.id, 5_000)).toBe(false)
    await store.holds.lift(hold.id, 'test')
  })

  it('is nobody’s any more when a person placed the hold too', async () => {
    const { hold } = await store.holds.place(failing)

    await store.holds.place({ ...failing, placedBy: 'ana', probeAfterMs: null })

    expect(await store.holds.takeProbe(hold.id, 5_000)).toBe(false)
    await store.holds.lift(hold.id, 'test')
  })

  it('lifts the hold when it passes, but not one that a person has placed too', async () => {
    const { hold } = await store.holds.place(failing)
    const lifted = await store.holds.lift(hold.id, 'probe')
    const again = await store.holds.place(failing)
    await store.holds.place({ ...failing, placedBy: 'ana', probeAfterMs: null })

    const kept = await store.holds.lift(again.hold.id, 'probe')

    expect(lifted?.id).toBe(hold.id)
    expect(kept).toBeNull()
    expect(await store.holds.list()).toMatchObject([{ id: again.hold.id, probeAt: null }])
    await store.holds.lift(again.hold.id, 'ben')
  })

  it('is not given to a hold of a person’s by the service, that finds the same trouble later', async () => {
    const { hold } = await store.holds.place({ ...failing, placedBy: 'ana', probeAfterMs: null })

    await store.holds.place(failing)

    expect(await store.holds.takeProbe(hold.id, 5_000)).toBe(false)
    expect(await store.holds.lift(hold.id, 'probe')).toBeNull()
    await store.holds.lift(hold.id, 'test')
  })

  it('is no business of the service’s own questions', async () => {
    const { hold } = await store.holds.place(failing)

    expect(await store.holds.dueProbes()).toEqual([])
    await store.holds.lift(hold.id, 'test')
  })
})

async function placings(): Promise<number> {
  return (await rows("select 1 from event where type = 'system.hold_placed'")).length
}
