import type { Finding, Verdict } from './checker.ts'
import type { Stop } from './processes.ts'

/** What was seen of processes that were asked to stop while they had work in hand. */
export interface StopsSeen {
  stops: StopSeen[]
  /** Claims that nobody was left to answer for. */
  lostClaims: number
  /** Queued steps that were found again by their lease. */
  lostLeases: number
  /** Jobs that BullMQ gave to somebody else. */
  stalledJobs: number
}
export interface StopSeen extends Stop {
  /** Messages queued or under way when the signal came, over all processes. */
  inHand: number
}

const STOPPED_WITHIN_MS = 30_000
/** Stops of idle processes prove nothing: more than this part of them, and the run says nothing. */
const IDLE_PART = 0.1

/** A graceful stop costs nothing: in time, complete, and no message is left for others to find. */
const checkStops = ({ stops, lostClaims, lostLeases, stalledJobs }: StopsSeen): Finding[] => [
  {
    promise: 'stop',
    says: `each stop is complete within ${STOPPED_WITHIN_MS / 1_000} s`,
    looked: stops.length,
    violations: stops.flatMap(({ name, ms, clean }) => {
      if (ms > STOPPED_WITHIN_MS) return [`${name} took ${Math.round(ms)} ms`]
      return clean ? [] : [`${name} gave up after ${Math.round(ms)} ms`]
    }),
  },
  none('no message is left unclear by a worker that was stopped', stops, lostClaims, 'claims were left behind'),
  none('no queued step has to be found again by its lease', stops, lostLeases, 'steps were found by their lease'),
  none('no job stalls', stops, stalledJobs, 'jobs stalled'),
]

const none = (says: string, stops: StopSeen[], count: number, what: string): Finding => ({
  promise: 'stop',
  says,
  looked: stops.length,
  violations: count > 0 ? [`${count} ${what}`] : [],
})

/** With what the stops showed; a run whose processes had nothing to do says nothing. */
export function withStops({ findings, unknown }: Verdict, seen: StopsSeen): Verdict {
  const all = [...checkStops(seen), ...findings]
  const idle = seen.stops.filter(({ inHand }) => inHand === 0).length
  const why = [
    ...unknown,
    ...(idle > seen.stops.length * IDLE_PART ? [`${idle} stops came when nothing was in hand`] : []),
  ]
  const violated = all.some(({ violations }) => violations.length > 0)
  return { verdict: violated ? 'violated' : why.length > 0 ? 'unknown' : 'green', findings: all, unknown: why }
}

/** The value that a share of them does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
