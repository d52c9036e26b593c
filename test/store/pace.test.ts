import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PaceOrder } from '../../src/flow/ports-pace.ts'
import { unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store } = house

const anOrder = (wish: Partial<PaceOrder> = {}): PaceOrder => ({
  provider: 'twilio',
  sender: 'ours',
  units: 1,
  msAUnit: 1_000,
  withinMs: 10_000,
  ...wish,
})
const rounded = (waits: (number | null)[]) => waits.map((ms) => (ms === null ? null : Math.round(ms / 1_000)))
const together = (orders: PaceOrder[]) => Promise.all(orders.map((order) => store.paces.take(order)))

describe('a sender', () => {
  it('may start at once, and then one unit after the other', async () => {
    const sender = unique('sender')

    const waits = await together(Array.from({ length: 4 }, () => anOrder({ sender })))

    expect(rounded(waits)).toEqual([0, 1, 2, 3])
  })

  it('pays for all segments of a text before the next one', async () => {
    const sender = unique('sender')

    const waits = await together([anOrder({ sender, units: 3 }), anOrder({ sender }), anOrder({ sender })])

    expect(rounded(waits)).toEqual([0, 3, 4])
  })

  it('gives no place to who would wait too long, and keeps none for them', async () => {
    const sender = unique('sender')

    const waits = await together([2_000, 2_000, 2_000, 2_000, 2_000].map((withinMs) => anOrder({ sender, withinMs })))
    const next = await store.paces.take(anOrder({ sender }))

    expect(rounded(waits)).toEqual([0, 1, 2, null, null])
    expect(rounded([next])).toEqual([3])
  })

  it('is counted apart from every other, and for all processes together', async () => {
    const [one, other] = [unique('sender'), unique('sender')]
    const elsewhere = house.another()

    const waits = await Promise.all([
      store.paces.take(anOrder({ sender: one })),
      store.paces.take(anOrder({ sender: other })),
    ])
    const later = await elsewhere.paces.take(anOrder({ sender: one }))

    expect(rounded([...waits, later])).toEqual([0, 0, 1])
  })

  it('never starts more in any rolling period than its share, whoever asks', async () => {
    const units = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(units, async (sizes) => {
        const sender = unique('sender')
        const stores = [store, house.another(), house.another()]

        const waits = await Promise.all(
          sizes.map((units, i) =>
            stores[i % 3]!.paces.take(anOrder({ sender, units, msAUnit: 1_000_000, withinMs: 100_000_000 })),
          ),
        )

        // Whoever comes next has waited for every unit before.
        const starts = sizes
          .map((units, i) => ({ units, at: Math.round(waits[i]! / 1_000_000) }))
          .sort((a, b) => a.at - b.at)
        let paid = 0
        for (const { units, at } of starts) {
          expect(at).toBe(paid)
          paid += units
        }
      }),
      { numRuns: 10 },
    )
  })
})
