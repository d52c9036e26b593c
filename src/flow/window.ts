import { closesAt, exemptsTransactional, isOpen, nextOpening, type Place, placeOf, spread } from '../domain/window.ts'
import type { Work } from './ports-store.ts'

const placeFor = (work: Work, defaultTimeZone: string): Place =>
  placeOf({
    timeZone: work.dispatch.zoneGiven ? work.dispatch.timeZone : null,
    phone: work.person.contact.phone,
    defaultTimeZone: work.dispatch.timeZone || defaultTimeZone,
  })

/** The first message of a single transactional dispatch, and what a person asked for: neither waits for an hour nor for a cap (design section 6). */
export const isAskedFor = ({ kind, dispatch }: Work): boolean =>
  (kind === 'first' || kind === 'resend') && dispatch.category === 'transactional' && dispatch.campaignId === null

const isExempt = (work: Work, place: Place) => isAskedFor(work) && exemptsTransactional(place)

/** Null when the step may leave now; else when its window opens, spread a little so that not all of 8:00 goes at once. */
export function waitsUntil(work: Work, defaultTimeZone: string, random: number): Date | null {
  const place = placeFor(work, defaultTimeZone)
  if (work.channel === 'in_app' || isExempt(work, place) || isOpen(work.now, place)) return null
  return spread(nextOpening(work.now, place), random)
}

/** How long a provider may still hold the message, ms: an exempt one until its link dies. */
export function windowLeftMs(work: Work, defaultTimeZone: string): number {
  const place = placeFor(work, defaultTimeZone)
  if (isExempt(work, place)) return Number.POSITIVE_INFINITY
  return closesAt(work.now, place).getTime() - work.now.getTime()
}
