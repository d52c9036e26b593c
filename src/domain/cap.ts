/** How many messages one person gets over all dispatches, at most; null: any number. */
export interface Caps {
  perDay: number | null
  perWeek: number | null
}

const DAY = 24 * 3_600_000

/** When the person may get another message; null: now. `sent`: when their messages of the last seven days left, newest first. */
export function cappedUntil(sent: readonly Date[], now: Date, { perDay, perWeek }: Caps): Date | null {
  const ends = [freeAgain(sent, perDay, DAY), freeAgain(sent, perWeek, 7 * DAY)]
  const until = Math.max(...ends)
  return until > now.getTime() ? new Date(until) : null
}

/** With as many as are allowed, the oldest of them must have left its period first. */
function freeAgain(sent: readonly Date[], atMost: number | null, period: number): number {
  const oldest = atMost === null ? undefined : sent[atMost - 1]
  return oldest ? oldest.getTime() + period : Number.NEGATIVE_INFINITY
}
