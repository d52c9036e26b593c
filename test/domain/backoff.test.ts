import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../src/domain/backoff.ts'

const work = fc.constantFrom('link', 'sms', 'email', 'push')
const attempt = fc.integer({ min: 1, max: 20 })
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('backoffMs', () => {
  it.each([
    ['link', [1_000, 2_000, 4_000, 8_000, 16_000]],
    ['sms', [2_000, 8_000, 30_000, 120_000]],
    ['email', [60_000, 300_000, 900_000, 1_800_000, 3_600_000]],
    ['push', [10_000, 20_000, 40_000, 80_000]],
  ] as const)('waits for %s at most %j and then gives up', (channel, ceilings) => {
    const waits = Array.from({ length: ceilings.length + 2 }, (_, index) => backoffMs(channel, index + 1, 1))

    expect(waits).toEqual([...ceilings, undefined, undefined])
  })

  it('never waits longer than its ceiling nor shorter than a tenth of it', () => {
    fc.assert(
      fc.property(work, attempt, chance, (channel, failed, random) => {
        const wait = backoffMs(channel, failed, random)
        const ceiling = backoffMs(channel, failed, 1)

        if (wait === undefined || ceiling === undefined) return wait === ceiling
        return wait <= ceiling && wait >= ceiling / 10 && Number.isInteger(wait)
      }),
      { numRuns: 2_000 },
    )
  })

  it('raises the ceiling with every attempt', () => {
    fc.assert(
      fc.property(work, attempt, (channel, failed) => {
        const [now, next] = [backoffMs(channel, failed, 1), backoffMs(channel, failed + 1, 1)]

        return next === undefined || (now !== undefined && next > now)
      }),
    )
  })

  it('uses chance: twice the luck is twice the wait', () => {
    fc.assert(
      fc.property(work, fc.double({ min: 0.1, max: 0.5, noNaN: true }), (channel, random) => {
        const [short, long] = [backoffMs(channel, 1, random) ?? 0, backoffMs(channel, 1, random * 2) ?? 0]

        return Math.abs(long - 2 * short) <= 2
      }),
    )
  })

  it.each([0, -1, 1.5, Number.NaN])('has no wait after attempt %s', (failed) => {
    expect(backoffMs('sms', failed, 0.5)).toBeUndefined()
  })
})
