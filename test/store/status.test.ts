import { expect, it } from 'vitest'
import { setSlots } from '../../src/store/links.ts'
import { makeWorldClock } from '../../src/store/world.ts'
import { aSettlement, HOUR } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, pool } = house

it('says that nothing waits where nothing does', async () => {
  expect(await store.status.status()).toMatchObject({
    dueLagMs: 0,
    pending: 0,
    queued: {},
    ambiguous: 0,
    slots: { all: 0, free: 0 },
    unnumbered: 0,
  })
  expect(await store.status.quiet()).toBe(true)
  expect(await makeWorldClock(pool).untilNextStep()).toBe(0)
})

it('says what waits, for how long, and how much of the partner’s limit is left', async () => {
  await setSlots(pool, 3, 1)
  await store.links.slotAnswered(1)
  await house.accept({ startAt: new Date(Date.now() - HOUR) })
  await house.working({ channels: ['email'] })
  const { work } = await house.claimed()
  await store.deliveries.settle(aSettlement(work, { to: 'ambiguous', dueAt: new Date(Date.now() + HOUR) }))

  const status = await store.status.status()

  expect(status).toMatchObject({
    pending: 1,
    queued: { email: 1 },
    ambiguous: 1,
    slots: { all: 3, free: 2 },
    unnumbered: 4,
  })
  expect(status.dueLagMs).toBeGreaterThanOrEqual(HOUR)
  expect(await store.status.quiet()).toBe(false)
})

it('knows when the next step falls due', async () => {
  await house.accept({ sendAt: new Date(Date.now() + HOUR) })

  const ms = await makeWorldClock(pool).untilNextStep()

  expect(ms).toBeGreaterThan(0.9 * HOUR)
  expect(ms).toBeLessThanOrEqual(HOUR)
})
