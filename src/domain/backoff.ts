import type { CarriedChannel } from './channel.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

export type RetriedWork = CarriedChannel | 'link'

/** Longest wait after each attempt but the last (provider-errors, section 7); one attempt more than there are waits. */
const WAITS: Record<RetriedWork, readonly number[]> = {
  link: [1, 2, 4, 8, 16].map((seconds) => seconds * SECOND),
  sms: [2, 8, 30, 120].map((seconds) => seconds * SECOND),
  email: [1, 5, 15, 30, 60].map((minutes) => minutes * MINUTE),
  push: [10, 20, 40, 80].map((seconds) => seconds * SECOND),
}

/** Full jitter would allow a wait of nothing; a tenth of the ceiling is always kept. */
const LEAST_PART = 0.1

/**
 * The wait after attempt number `attempt` (the first is 1) has failed, or undefined when the budget is spent.
 * Full jitter: `random`, in [0, 1), times the ceiling, but never under a tenth of it.
 */
export function backoffMs(work: RetriedWork, attempt: number, random: number): number | undefined {
  const ceiling = WAITS[work][attempt - 1]
  return ceiling === undefined ? undefined : Math.round(ceiling * Math.max(LEAST_PART, random))
}

/** One row a wait: at least and at most, and the most that has passed since the first attempt. */
export interface RetryRow {
  work: RetriedWork
  /** The attempt that comes after the wait. */
  attempt: number
  leastMs: number
  mostMs: number
  totalMs: number
}

/** The schedule as `docs/retries.md` prints it. */
export function retrySchedule(): RetryRow[] {
  return (Object.keys(WAITS) as RetriedWork[]).flatMap((work) =>
    WAITS[work].map((mostMs, index) => ({
      work,
      attempt: index + 2,
      leastMs: mostMs * LEAST_PART,
      mostMs,
      totalMs: WAITS[work].slice(0, index + 1).reduce((total, wait) => total + wait, 0),
    })),
  )
}
