import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { makeClock, monotonic } from '../../src/lib/clock.ts'

const NOW = new Date('2026-11-18T18:00:00Z')
const inMs = (ms: number) => new Date(NOW.getTime() + ms)
beforeEach(() => vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
afterEach(() => vi.useRealTimers())

it("is this machine's until it heard from the database", () => {
  expect(makeClock().now()).toEqual(NOW)
})

it.each([
  ['does not mind the way to the database and back', { skew: 50, aheadMs: 0 }, 0],
  ['does not mind it in the other direction either', { skew: -50, aheadMs: 0 }, 0],
  ['follows a database that is ahead', { skew: 51, aheadMs: 0 }, 51],
  ['follows a database that is behind', { skew: -3_600_000, aheadMs: 0 }, -3_600_000],
  ['follows a sandbox that was wound ahead', { skew: 0, aheadMs: 86_400_000 }, 86_400_000],
  ['adds the two', { skew: 1_000, aheadMs: 60_000 }, 61_000],
])('%s', (_, { skew, aheadMs }, offset) => {
  const clock = makeClock()

  clock.follow({ serverNow: inMs(skew), aheadMs })

  expect(clock.now()).toEqual(inMs(offset))
})

it('goes on by itself between two readings, and forgets the earlier one', () => {
  const clock = makeClock()
  clock.follow({ serverNow: inMs(5_000), aheadMs: 0 })

  vi.setSystemTime(inMs(2_000))

  expect(clock.now()).toEqual(inMs(7_000))
  clock.follow({ serverNow: inMs(2_000), aheadMs: 0 })
  expect(clock.now()).toEqual(inMs(2_000))
})

it('measures deadlines by a clock that nobody sets', () => {
  const before = monotonic()

  vi.setSystemTime(inMs(-86_400_000))

  expect(monotonic()).toBeGreaterThanOrEqual(before)
})
