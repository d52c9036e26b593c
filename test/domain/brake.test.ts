import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BrakeCounts, brakeVerdict } from '../../src/domain/brake.ts'
import { USUAL_BRAKE } from '../../src/domain/campaign.ts'

const NOTHING: BrakeCounts = { handed: 0, failed: 0, failedUnhanded: 0, optedOut: 0, complained: 0 }

describe('the brake', () => {
  it.each([
    ['a few who opt out', { handed: 120, optedOut: 6 }, null],
    ['more than the rate', { handed: 120, optedOut: 7 }, 'brake: 7 of 120 opted out (5.8 %, at most 5 %)'],
    [
      'complaints, of which few are many',
      { handed: 400, complained: 3 },
      'brake: 3 of 400 complained (0.75 %, at most 0.5 %)',
    ],
    ['failures after the hand-over', { handed: 100, failed: 21 }, 'brake: 21 of 100 failed (21 %, at most 20 %)'],
    [
      'failures where hardly anything was handed over',
      { handed: 3, failed: 97, failedUnhanded: 97 },
      'brake: 97 of 100 failed (97 %, at most 20 %)',
    ],
    ['too few people to judge by', { handed: 99, optedOut: 99 }, null],
    ['too few of them to fail', { handed: 2, failed: 97, failedUnhanded: 97 }, null],
    [
      'several wrongs at once',
      { handed: 100, optedOut: 10, failed: 50 },
      'brake: 10 of 100 opted out (10 %, at most 5 %), 50 of 100 failed (50 %, at most 20 %)',
    ],
    ['nobody', {}, null],
  ])('judges %s', (_, counts, words) => {
    expect(brakeVerdict(USUAL_BRAKE, { ...NOTHING, ...counts })).toBe(words)
  })

  it('with a rate of 1 never brakes', () => {
    const count = fc.nat(1_000_000)
    const never = { failed: 1, optedOut: 1, complained: 1, after: 1 }

    fc.assert(
      fc.property(count, count, count, (handed, failedUnhanded, said) => {
        const of = Math.min(said, handed)
        const counts = { handed, failedUnhanded, failed: handed + failedUnhanded, optedOut: of, complained: of }

        expect(brakeVerdict(never, counts)).toBeNull()
      }),
    )
  })
})
