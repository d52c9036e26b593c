import type { Group } from '../domain/forecast-group.ts'
import { zonesOfPhone } from '../domain/number-plan.ts'
import type { Stretch } from '../domain/open-hours.ts'
import type { SeenMessage, SeenRow, Segmented, SentRow } from './estimate-row.ts'
import type { TakenRow } from './ports-campaign.ts'

/** A line that somebody should look at. */
export interface Pointed {
  line: number
  referenceId: string
}

/** Texts and what they are charged by. */
export interface Texts {
  messages: number
  segments: number
}

export interface Tally {
  rows: number
  heldOut: number
  suppressed: number
  unreachable: number
  secondChoice: number
  neverOpen: number
  refused: Map<string, { rows: number; first: (Pointed & { missing: string[] })[] }>
  deadLinks: { rows: number; first: Pointed[] }
  recipients: number
  byChannel: Map<string, number>
  byLocale: Map<string, number>
  byVariant: Map<string, number>
  /** People whose language has no words, by their locale. */
  fallsBack: Map<string, number>
  texts: Texts & {
    long: number
    byEncoding: Map<string, Texts>
    byCountry: Map<string, Texts>
    byKind: Map<string, Texts>
  }
  /** Creations, with those for reminders whose link has died by then. */
  links: { first: number; again: number }
  /** Texts that cannot be written. */
  unwritten: number
  groups: Map<string, TalliedGroup>
  lists: Map<readonly Stretch[], number>
}

export interface TalliedGroup {
  group: Group
  units: number
  reminderUnits: number[]
  /** Links of the rows' own, by the quarter of an hour (epoch) in which they can be sent last. */
  linksUntil: Map<number, number>
}

const MOST_POINTED = 10
/** Names come from outside: past so many, the rest is counted together. */
const MOST_NAMES = 200
const OTHERS = 'other'
const QUARTER = 15 * 60_000
const LONG = 3

export const emptyTally = (): Tally => ({
  rows: 0,
  heldOut: 0,
  suppressed: 0,
  unreachable: 0,
  secondChoice: 0,
  neverOpen: 0,
  refused: new Map(),
  deadLinks: { rows: 0, first: [] },
  recipients: 0,
  byChannel: new Map(),
  byLocale: new Map(),
  byVariant: new Map(),
  fallsBack: new Map(),
  texts: { messages: 0, segments: 0, long: 0, byEncoding: new Map(), byCountry: new Map(), byKind: new Map() },
  links: { first: 0, again: 0 },
  unwritten: 0,
  groups: new Map(),
  lists: new Map(),
})

/** Counts a row; what it keeps does not grow with their number. */
export function count(tally: Tally, row: TakenRow, seen: SeenRow): void {
  tally.rows += 1
  switch (seen.fate) {
    case 'held_out':
      tally.heldOut += 1
      return
    case 'suppressed':
      tally.suppressed += 1
      return
    case 'unreachable':
      tally.unreachable += 1
      return
    case 'never_open':
      tally.neverOpen += 1
      return
    case 'link_dies':
      point(tally.deadLinks, pointTo(row))
      return
    case 'refused':
      countRefused(tally, row, seen)
      return
    case 'sent':
      countSent(tally, row, seen)
  }
}

const pointTo = ({ line, referenceId }: TakenRow): Pointed => ({ line, referenceId })

function point<One>(list: { rows: number; first: One[] }, one: One): void {
  list.rows += 1
  if (list.first.length < MOST_POINTED) list.first.push(one)
}

function countRefused(tally: Tally, row: TakenRow, { code, missing }: Extract<SeenRow, { fate: 'refused' }>): void {
  const list = tally.refused.get(code) ?? { rows: 0, first: [] }
  tally.refused.set(code, list)
  point(list, { ...pointTo(row), missing })
}

function countSent(tally: Tally, row: TakenRow, seen: SentRow): void {
  const [first] = seen.messages
  if (!first) return
  tally.recipients += 1
  if (seen.isSecondChoice) tally.secondChoice += 1
  add(tally.byChannel, first.channel)
  add(tally.byLocale, row.locale)
  add(tally.byVariant, seen.variant)
  if (seen.fallsBack) add(tally.fallsBack, row.locale)
  for (const message of seen.messages) {
    if (message.needsLink) tally.links[message.kind === 'first' ? 'first' : 'again'] += 1
    if (message.channel === 'sms') countText(tally, message, row.contact.phone)
  }
  countGroup(tally, seen, first)
}

function add(counts: Map<string, number>, name: string): void {
  const key = counts.has(name) || counts.size < MOST_NAMES ? name : OTHERS
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function countText(tally: Tally, { text, kind }: SeenMessage, phone = ''): void {
  if (text === null) {
    tally.unwritten += 1
    return
  }
  const { texts } = tally
  texts.messages += 1
  texts.segments += text.segments
  if (text.segments > LONG) texts.long += 1
  addTexts(texts.byEncoding, text.encoding, text)
  addTexts(texts.byCountry, zonesOfPhone(phone).country ?? OTHERS, text)
  addTexts(texts.byKind, kind, text)
}

function addTexts(counts: Map<string, Texts>, name: string, { segments }: Segmented): void {
  const known = counts.get(name) ?? { messages: 0, segments: 0 }
  counts.set(name, { messages: known.messages + 1, segments: known.segments + segments })
}

const unitsOf = ({ text }: SeenMessage): number => text?.segments ?? 1

function countGroup(
  { groups, lists }: Tally,
  { startAt, hours, messages, linkUntil }: SentRow,
  first: SeenMessage,
): void {
  const reminders = messages.slice(1)
  const ways = messages.map(({ channel, afterMs, needsLink }) => `${channel} ${afterMs} ${needsLink}`)
  const key = `${numberOf(lists, hours)}|${startAt}|${ways}`
  const { channel, needsLink } = first
  const known = groups.get(key) ?? {
    group: { count: 0, channel, units: 1, needsLink, hours, startAt, reminders: reminders.map(asReminder) },
    units: 0,
    reminderUnits: reminders.map(() => 0),
    linksUntil: new Map(),
  }
  groups.set(key, known)
  known.group.count += 1
  known.units += unitsOf(first)
  for (const [i, reminder] of reminders.entries())
    known.reminderUnits[i] = (known.reminderUnits[i] ?? 0) + unitsOf(reminder)
  if (linkUntil === null) return
  const quarter = Math.floor(linkUntil / QUARTER)
  known.linksUntil.set(quarter, (known.linksUntil.get(quarter) ?? 0) + 1)
}

/** Lists of hours are shared: which one it is tells them apart. */
function numberOf(lists: Map<readonly Stretch[], number>, hours: readonly Stretch[]): number {
  const number = lists.get(hours) ?? lists.size
  lists.set(hours, number)
  return number
}

const asReminder = ({ afterMs, channel, needsLink }: SeenMessage) => ({ afterMs, channel, needsLink, units: 1 })

/** As the forecast wants them: with what a message counts as on average. */
export const groupsOf = ({ groups }: Tally): Group[] =>
  [...groups.values()].map(({ group, units, reminderUnits }) => ({
    ...group,
    units: units / group.count,
    reminders: group.reminders.map((reminder, i) => ({
      ...reminder,
      units: (reminderUnits[i] ?? group.count) / group.count,
    })),
  }))

/** How many links of the rows' own will probably have died before their message: those last sendable before its turn. */
export function linksAtRisk(
  { groups }: Tally,
  sentOf: readonly Float64Array[],
  hours: readonly { at: number }[],
): number {
  let atRisk = 0
  for (const [i, { group, linksUntil }] of [...groups.values()].entries()) {
    for (const [quarter, links] of linksUntil)
      atRisk += links * (1 - sentBy(sentOf[i], hours, quarter * QUARTER) / group.count)
  }
  return Math.round(atRisk)
}

const HOUR = 3_600_000

function sentBy(sums: Float64Array | undefined, hours: readonly { at: number }[], at: number): number {
  const next = hours.findIndex((hour) => hour.at + HOUR > at)
  if (!sums || hours.length === 0) return 0
  if (next < 0) return sums.at(-1) ?? 0
  const before = sums[next - 1] ?? 0
  const part = Math.max(0, at - (hours[next]?.at ?? at)) / HOUR
  return before + ((sums[next] ?? before) - before) * part
}
