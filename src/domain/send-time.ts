import { stretchAt } from './zone.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** No place is further ahead of UTC than this. */
const AHEAD = 15 * HOUR

/**
 * The instant at which the clocks of a zone show `local` (ms, as if the zone were UTC): the first, where they show it
 * twice; where they skip it, the next they do show.
 */
export function instantOf(zone: string, local: number): number {
  for (let at = local - AHEAD; ; ) {
    const { offset, until } = stretchAt(zone, at)
    if (local - offset < until) return Math.max(at, local - offset)
    at = until
  }
}

/** When a campaign begins: at an instant, at a time on each person's clock, or (both null) at once. */
export interface Beginning {
  startAt: Date | null
  /** `2026-12-01T10:00` */
  localStart: string | null
}

/**
 * When the first message to somebody may leave who lives by the clock of `zone`; a time that has passed is now. With
 * `sendHour` it is that hour of the first day that still has it ahead, beginning with the day of the start.
 */
export function sendTime({ startAt, localStart }: Beginning, zone: string, sendHour: number | null, now: Date): Date {
  const local = localStart === null ? null : Date.parse(`${localStart}Z`)
  if (sendHour === null) return later(local === null ? startAt : new Date(instantOf(zone, local)), now)
  const dayBegins = local === null ? startAt : new Date(instantOf(zone, dayOf(local)))
  const from = later(dayBegins, now).getTime()
  const day = dayOf(from + stretchAt(zone, from).offset)
  const today = instantOf(zone, day + sendHour * HOUR)
  return new Date(today >= from ? today : instantOf(zone, day + DAY + sendHour * HOUR))
}

const later = (at: Date | null, now: Date): Date => (at !== null && at > now ? at : now)
const dayOf = (local: number): number => Math.floor(local / DAY) * DAY
