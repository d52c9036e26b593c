import type { OwnWindow } from '../domain/campaign.ts'
import { closesAt, exemptsTransactional, findOpening, isOpen, type Place, placeOf, spread } from '../domain/window.ts'
import type { Work } from './ports-deliver.ts'

const placeFor = ({ dispatch, person }: Work, defaultTimeZone: string): Place =>
  placeAt({ ...dispatch, phone: person.contact.phone }, defaultTimeZone)

interface Whereabouts {
  timeZone: string
  zoneGiven: boolean
  phone: string | undefined
  ownWindow: OwnWindow | null
}

const placeAt = ({ timeZone, zoneGiven, phone, ownWindow }: Whereabouts, defaultTimeZone: string): Place => ({
  ...placeOf({ timeZone: zoneGiven ? timeZone : null, phone, defaultTimeZone: timeZone || defaultTimeZone }),
  own: ownWindow,
})

/** The first message of a single transactional dispatch, and what a person asked for: neither waits for an hour nor for a cap (design section 6). */
export const isAskedFor = ({ kind, dispatch }: Work): boolean =>
  (kind === 'first' || kind === 'resend') && dispatch.category === 'transactional' && dispatch.campaignId === null

const isExempt = (work: Work, place: Place) => isAskedFor(work) && exemptsTransactional(place)

/** Null when the step may leave now; else when its window opens, spread a little so that not all of 8:00 goes at once. */
export function waitsUntil(work: Work, defaultTimeZone: string, random: number): Date | null {
  const place = placeFor(work, defaultTimeZone)
  if (work.channel === 'in_app' || isExempt(work, place) || isOpen(work.now, place)) return null
  return spread(findOpening(work.now, place) ?? new Date(work.now.getTime() + FAR_MS), random)
}

/** When to look again where the hours of a campaign and the law never meet. */
const FAR_MS = 30 * 24 * 3_600_000

/** When a campaign's message to somebody may leave: null for now, `never` where its hours and the legal ones do not meet. */
export function opensFor(who: Whereabouts, now: Date, random: number): Date | 'never' | null {
  const place = placeAt(who, who.timeZone)
  if (isOpen(now, place)) return null
  const opening = findOpening(now, place)
  return opening ? spread(opening, random) : 'never'
}

/** How long a provider may still hold the message, ms: an exempt one until its link dies. */
export function windowLeftMs(work: Work, defaultTimeZone: string): number {
  const place = placeFor(work, defaultTimeZone)
  if (isExempt(work, place)) return Number.POSITIVE_INFINITY
  return closesAt(work.now, place).getTime() - work.now.getTime()
}
