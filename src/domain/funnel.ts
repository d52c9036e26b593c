/** What counters of a campaign say, as people read them. */
import type { ChannelName } from './channel.ts'
import type { DispatchStatus } from './dispatch.ts'
import type { StepKind } from './step.ts'

/** How many rows are alike in everything that is counted. */
export type Tally = RowTally | PersonTally | MessageTally

/** Rows of the audience. */
export interface RowTally {
  subject: 'row'
  status: 'waiting' | 'accepted' | 'refused' | 'held_out' | 'left_out'
  reason: string | null
  n: number
}

/** Dispatches: each is one person of the campaign. */
export interface PersonTally {
  subject: 'person'
  variant: string
  locale: string
  status: DispatchStatus
  reason: string | null
  linked: boolean
  handed: boolean
  delivered: boolean
  /** Every open so far looks like a machine's. */
  suspect: boolean
  operation: boolean
  /** The place in `OPENED_WITHIN_S` of the time from hand-over to open; `unknown`: opened before any hand-over was known. */
  opened: number | 'unknown' | null
  n: number
}

/** Steps, but for the silent close. */
export interface MessageTally {
  subject: 'message'
  variant: string
  locale: string
  kind: Exclude<StepKind, 'close'>
  step: number
  channel: ChannelName
  status: 'waiting' | 'handed' | 'delivered' | 'ambiguous' | 'failed' | 'skipped'
  reason: string | null
  n: number
}

/** Upper bounds, in seconds; what took longer is in one more place after them. `person_key` in SQL has the same. */
export const OPENED_WITHIN_S = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200, 604_800] as const

/** People, from the audience to the money; the later ones are counted among the earlier ones. */
export interface People {
  accepted: number
  linked: number
  handed: number
  delivered: number
  opened: number
  /** Opened only by what looks like a machine; not among `opened`. */
  openedSuspect: number
  operation: number
  /** How those ended, or still run, who neither opened nor are about to be written to: by the state of their dispatch. */
  states: Record<DispatchStatus, number>
}

export interface Rates {
  /** Of those who were accepted. */
  handed: number | null
  /** Of those who were handed a message. */
  delivered: number | null
  opened: number | null
  /** Of those who opened. */
  operation: number | null
}

export interface Messages {
  handed: number
  delivered: number
  failed: number
  skipped: number
  waiting: number
  ambiguous: number
}

export interface Audience {
  planned: number
  waiting: number
  accepted: number
  heldOut: number
  refused: Record<string, number>
  leftOut: Record<string, number>
}

export const isPerson = (tally: Tally): tally is PersonTally => tally.subject === 'person'
export const isMessage = (tally: Tally): tally is MessageTally => tally.subject === 'message'
const isRow = (tally: Tally): tally is RowTally => tally.subject === 'row'

const sumOf = <T extends { n: number }>(all: readonly T[], wanted: (one: T) => boolean = () => true): number =>
  all.reduce((sum, one) => (wanted(one) ? sum + one.n : sum), 0)

export function audienceOf(tallies: readonly Tally[]): Audience {
  const rows = tallies.filter(isRow)
  const of = (status: RowTally['status']) => rows.filter((row) => row.status === status)
  return {
    planned: sumOf(rows),
    waiting: sumOf(of('waiting')),
    accepted: sumOf(of('accepted')),
    heldOut: sumOf(of('held_out')),
    refused: byReason(of('refused')),
    leftOut: byReason(of('left_out')),
  }
}

export function peopleOf(tallies: readonly Tally[]): People {
  const all = tallies.filter(isPerson)
  const states = { ...NO_STATES }
  for (const { status, n } of all) states[status] += n
  return {
    accepted: sumOf(all),
    linked: sumOf(all, (one) => one.linked),
    handed: sumOf(all, (one) => one.handed),
    delivered: sumOf(all, (one) => one.delivered),
    opened: sumOf(all, isOpened),
    openedSuspect: sumOf(all, (one) => one.suspect),
    operation: sumOf(all, (one) => one.operation),
    states,
  }
}

const NO_STATES: Record<DispatchStatus, number> = {
  accepted: 0,
  sent: 0,
  opened: 0,
  exhausted: 0,
  failed: 0,
  expired: 0,
  cancelled: 0,
  superseded: 0,
  suppressed: 0,
}

const isOpened = (one: PersonTally) => one.opened !== null && !one.suspect

/** People who ended otherwise, by why. */
export const endsByReason = (tallies: readonly Tally[]): Record<string, number> =>
  byReason(tallies.filter(isPerson).filter(({ reason }) => reason !== null))

export function ratesOf({ accepted, handed, delivered, opened, operation }: People): Rates {
  return {
    handed: share(handed, accepted),
    delivered: share(delivered, handed),
    opened: share(opened, handed),
    operation: share(operation, opened),
  }
}

/** To four places; nothing of nothing is no rate. */
export const share = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000

export function messagesOf(tallies: readonly Tally[]): Messages {
  const all = tallies.filter(isMessage)
  const of = (status: MessageTally['status']) => sumOf(all, (one) => one.status === status)
  const delivered = of('delivered')
  return {
    // What was delivered had been handed over.
    handed: of('handed') + delivered,
    delivered,
    failed: of('failed'),
    skipped: of('skipped'),
    waiting: of('waiting'),
    ambiguous: of('ambiguous'),
  }
}

/** Messages that were not sent, or not taken, by why. */
export const messageReasons = (tallies: readonly Tally[], status: 'skipped' | 'failed'): Record<string, number> =>
  byReason(tallies.filter(isMessage).filter((one) => one.status === status))

function byReason(all: readonly { reason: string | null; n: number }[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { reason, n } of all) counts.set(reason ?? 'unknown', (counts.get(reason ?? 'unknown') ?? 0) + n)
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)))
}

/** Tallies apart by one of their words, in order of that word. */
export function apart<T extends Tally>(tallies: readonly T[], wordOf: (tally: T) => string): [string, T[]][] {
  return [...Map.groupBy(tallies, wordOf)].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
}

export interface TimeToOpen {
  /** `withinS` null: later than the last bound. */
  buckets: { withinS: number | null; people: number }[]
  /** The bound within which half of those who opened had done so; null: nobody did, or it took longer than all bounds. */
  medianWithinS: number | null
  /** Opened before a hand-over was known. */
  unknown: number
}

/** People's opens only. */
export function timeToOpen(tallies: readonly Tally[]): TimeToOpen {
  const opened = tallies.filter(isPerson).filter(isOpened)
  const bounds = [...OPENED_WITHIN_S, null]
  const buckets = bounds.map((withinS, place) => ({ withinS, people: sumOf(opened, (one) => one.opened === place) }))
  const known = buckets.reduce((sum, { people }) => sum + people, 0)
  let seen = 0
  const median = buckets.find(({ people }) => {
    seen += people
    return known > 0 && seen * 2 >= known
  })
  return { buckets, medianWithinS: median?.withinS ?? null, unknown: sumOf(opened, (one) => one.opened === 'unknown') }
}
