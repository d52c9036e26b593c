/** How fast a campaign goes, and when it will be through. */

/** Over how many whole minutes a pace is measured. */
export const PACE_MINUTES = 5
const MINUTE_MS = 60_000

/** Messages a minute, over the last whole minutes that the campaign has run for; within its first, what that brought so far. */
export function paceOf(
  minutes: readonly { at: Date; sent: number }[],
  { startedAt, now }: { startedAt: Date | null; now: Date },
): number {
  const thisMinute = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS
  const firstMinute = Math.floor((startedAt ?? now).getTime() / MINUTE_MS) * MINUTE_MS
  const until = firstMinute < thisMinute ? thisMinute : thisMinute + MINUTE_MS
  const from = Math.max(firstMinute, until - PACE_MINUTES * MINUTE_MS)
  const sent = minutes.reduce(
    (sum, { at, sent }) => (at.getTime() >= from && at.getTime() < until ? sum + sent : sum),
    0,
  )
  return (sent / (until - from)) * MINUTE_MS
}

export interface Left {
  /** First messages that have not been handed over, of people who are to get one. */
  firsts: number
  /** Messages a minute, as seen lately. */
  perMinute: number
  /** Messages an hour at most; null: no limit of its own. */
  perHour: number | null
  /** Its messages are on their way: it has begun and is not held. */
  isGoing: boolean
  now: Date
}

/**
 * When the last first message will have been handed over, at the pace seen lately. Null: nothing is left, or nothing goes.
 * Hours in which nothing may be sent are not counted: before a closed window it speaks of open hours.
 */
export function projectedEnd({ firsts, perMinute, perHour, isGoing, now }: Left): Date | null {
  const pace = Math.min(perMinute, perHour === null ? Number.POSITIVE_INFINITY : perHour / 60)
  if (firsts === 0 || !isGoing || pace <= 0) return null
  return new Date(now.getTime() + Math.ceil((firsts / pace) * MINUTE_MS))
}
