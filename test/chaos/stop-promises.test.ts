import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../chaos/checker.ts'
import { percentile, type StopSeen, type StopsSeen, withStops } from '../../chaos/stop-promises.ts'

const stop = (change: Partial<StopSeen> = {}): StopSeen => ({
  name: 'worker-1',
  ms: 900,
  clean: true,
  inHand: 12,
  ...change,
})
const fine = (change: Partial<StopsSeen> = {}): StopsSeen => ({
  stops: [stop(), stop({ name: 'api' })],
  lostClaims: 0,
  lostLeases: 0,
  stalledJobs: 0,
  ...change,
})
const kept: Verdict = { verdict: 'green', findings: [], unknown: [] }

describe('graceful stops', () => {
  it('are green when each was complete, in time, and left nothing for others to find', () => {
    expect(withStops(kept, fine())).toMatchObject({ verdict: 'green', unknown: [] })
  })

  it.each<[string, Partial<StopsSeen>, string]>([
    ['one that took too long', { stops: [stop({ ms: 30_001 })] }, 'worker-1 took 30001 ms'],
    ['one that cut short what it held', { stops: [stop({ clean: false })] }, 'worker-1 gave up after 900 ms'],
    ['a claim whose worker was lost', { lostClaims: 1 }, '1 claims were left behind'],
    ['a queued step found by its lease', { lostLeases: 2 }, '2 steps were found by their lease'],
    ['a job that stalled', { stalledJobs: 3 }, '3 jobs stalled'],
  ])('are a broken promise with %s', (_, change, said) => {
    const { verdict, findings } = withStops(kept, fine(change))

    expect(verdict).toBe('violated')
    expect(findings.flatMap(({ violations }) => violations)).toEqual([said])
  })

  it('are a broken promise when the messages tell of one', () => {
    const doubled = { promise: 'P3', says: 'no unexplained duplicate', looked: 1, violations: ['one came twice'] }

    expect(withStops({ ...kept, verdict: 'violated', findings: [doubled] }, fine()).verdict).toBe('violated')
  })

  it('say nothing when the processes had nothing in hand', () => {
    expect(withStops(kept, fine({ stops: [stop({ inHand: 0 })] }))).toMatchObject({
      verdict: 'unknown',
      unknown: [expect.stringContaining('nothing was in hand')],
    })
  })
})

it.each([
  [0.5, 20],
  [0.99, 40],
  [1, 40],
  [0, 10],
])('the value that %d of them do not exceed is %d', (share, value) => {
  expect(percentile([40, 10, 30, 20], share)).toBe(value)
})
