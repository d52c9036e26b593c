import { Cron } from 'croner'

/** When a cron expression of five fields fires next on the clock of a zone; null: never again. Throws on one that is none. */
export const nextFiring = (cron: string, timeZone: string, after: Date): Date | null =>
  new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true }).nextRun(after)

/** One minute of the hour, so that it fires at most once in one. */
const HOURLY_AT_MOST = /^\d{1,2}(?: +\S+){4}$/

export function isHourlyAtMost(cron: string): boolean {
  if (!HOURLY_AT_MOST.test(cron)) return false
  try {
    nextFiring(cron, 'UTC', new Date(0))
    return true
  } catch {
    return false // The only way the parser has to say that this is no expression.
  }
}
