import { describe, expect, it } from 'vitest'
import type { NewEvent } from '../../src/domain/event.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows } = house

const event = (i: number): NewEvent => ({ type: 'partner.event', dispatchId: null, data: { i } })

describe('the feed', () => {
  it('shows what was numbered, in order, from where one asks on', async () => {
    await store.events.append([event(1), event(2), event(3)])
    const unnumbered = await store.events.after(0, 10)

    const numbered = await store.events.number()

    expect(unnumbered).toEqual([])
    expect(numbered).toBe(3)
    expect(await store.events.after(1, 1)).toMatchObject([
      { sequence: 2, type: 'partner.event', dispatchId: null, data: { i: 2 } },
    ])
    expect((await store.events.after(0, 10)).map(({ data }) => data['i'])).toEqual([1, 2, 3])
    expect(await store.events.number()).toBe(0)
  })

  it('does not wait for a writer that has not committed, and numbers it later', async () => {
    const [last] = await lastOfFeed()
    const slow = await house.pool.connect()
    await slow.query('begin')
    await slow.query(
      'insert into event (id, type, data, occurred_at) values (new_id(), \'partner.event\', \'{"i": "slow"}\', now())',
    )
    await store.events.append([event(10)])

    await store.events.number()
    const before = await store.events.after(last!, 10)
    await slow.query('commit')
    slow.release()
    await store.events.number()

    expect(before.map(({ data }) => data['i'])).toEqual([10])
    expect((await store.events.after(last!, 10)).map(({ data }) => data['i'])).toEqual([10, 'slow'])
  })

  it('has no gap and no number twice, though many number while many write', async () => {
    const [last] = await lastOfFeed()
    const others = [house.another(), house.another(), house.another()]
    const writers = Array.from({ length: 300 }, async (_, i) => {
      const client = await house.pool.connect()
      await client.query('begin')
      await client.query(
        "insert into event (id, type, data, occurred_at) values (new_id(), 'partner.event', $1, now())",
        [{ i }],
      )
      // Every third keeps its transaction open for some more questions: it commits after those that began later.
      for (let n = 0; n < (i % 3 === 0 ? 20 : 0); n++) await client.query('select 1')
      await client.query(i % 10 === 9 ? 'rollback' : 'commit')
      client.release()
    })
    let writing = true
    const sequencers = others.map(async (process) => {
      while (writing) await process.events.number()
    })

    await Promise.all(writers)
    writing = false
    await Promise.all(sequencers)
    await store.events.number()

    const feed = await store.events.after(last!, 1_000)
    expect(feed.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 270 }, (_, i) => last! + 1 + i))
    expect(new Set(feed.map(({ data }) => data['i'])).size).toBe(270)
  })
})

async function lastOfFeed(): Promise<number[]> {
  return (await rows('select last_sequence from feed')).map((row) => row['last_sequence'])
}
