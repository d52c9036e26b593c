import type { OwnWindow } from './campaign.ts'
import { isHoliday, weekdayOf } from './holidays.ts'
import { zonesOfPhone } from './number-plan.ts'
import { ALL_OF_US, RULE_SETS, type RuleSet, type RuleSetName, rulesOf } from './window-rules.ts'
import { isTimeZone, stretchAt } from './zone.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const SATURDAY = 6

/** How far ahead an opening or a closing is looked for. */
const HORIZON = 31 * DAY

/** A day without hours, and what holds under a rule set nobody knows. */
const NONE: Hours = { from: DAY, to: DAY }
const NEVER: Week = { days: [], holidays: undefined }

/**
 * Where a person may be and what holds there: the window is open when it is open in every zone under every rule set.
 */
export interface Place<Name extends string = RuleSetName> {
  zones: readonly string[]
  rules: readonly Name[]
  /** A campaign's own hours, within one day: they must be kept too. */
  own?: OwnWindow | null
}

interface PlaceHints {
  /** The person's own; decides the clock alone. */
  timeZone?: string | null | undefined
  /** E.164; decides the rule set, and the clock when there is no `timeZone`. */
  phone?: string | null | undefined
  /** ISO 3166-1 alpha-2; decides the rule set when there is no phone. */
  country?: string | null | undefined
  defaultTimeZone: string
}

export function placeOf({ timeZone, phone, country, defaultTimeZone }: PlaceHints): Place {
  const area = zonesOfPhone(phone ?? '')
  const possible = area.zones.length > 0 ? area.zones : [defaultTimeZone]
  const someState = area.country === 'US' && !area.region
  return {
    zones: timeZone && isTimeZone(timeZone) ? [timeZone] : possible,
    rules: someState ? ALL_OF_US : rulesOf(area.country ?? country ?? undefined, area.region),
  }
}

/** Whether the first message of a transactional dispatch may leave at any hour there. */
export const exemptsTransactional = (place: Place) =>
  place.rules.every((name) => RULE_SETS[name].transactional === 'exempt')

/** The house's own rule sets: `isOpen`, `nextOpening` (`at` itself when open), `closesAt` (`at` itself when closed). */
export const { isOpen, findOpening, nextOpening, closesAt } = windowsOf<RuleSetName>(RULE_SETS)

/** A moment in the first `minutes` after an opening, so that not everything leaves at once. `random` is in [0, 1). */
export function spread(opening: Date, random: number, minutes = 15): Date {
  return new Date(opening.getTime() + Math.floor(random * minutes * MINUTE))
}

export function windowsOf<Name extends string>(ruleSets: Record<Name, RuleSet>) {
  const weeks = new Map<string, Week>(Object.entries<RuleSet>(ruleSets).map(([name, rules]) => [name, weekOf(rules)]))

  return {
    isOpen(at: Date, place: Place<Name>): boolean {
      return statesAt(at.getTime(), place).every((state) => state.open)
    },

    findOpening,

    /** The same, for a place without hours of anybody's own. Throws when there is none: a mistake in the rules. */
    nextOpening(at: Date, place: Place<Name>): Date {
      const opening = findOpening(at, place)
      if (opening) return opening
      throw new RangeError(`no opening in 31 days under ${place.rules.join(', ')} in ${place.zones.join(', ')}`)
    },

    /** The first closed moment from `at` on, at most 31 days ahead. */
    closesAt(at: Date, place: Place<Name>): Date {
      const end = at.getTime() + HORIZON
      for (let moment = at.getTime(); moment <= end; ) {
        const states = statesAt(moment, place)
        if (states.some((state) => !state.open)) return new Date(moment)
        moment = Math.min(...states.map((state) => state.until))
      }
      return new Date(end)
    },
  }

  /** The first open moment from `at` on; null when there is none in 31 days. */
  function findOpening(at: Date, place: Place<Name>): Date | null {
    const end = at.getTime() + HORIZON
    for (let moment = at.getTime(); moment <= end; ) {
      const closed = statesAt(moment, place).filter((state) => !state.open)
      if (closed.length === 0) return new Date(moment)
      moment = Math.max(...closed.map((state) => state.until))
    }
    return null
  }

  function statesAt(at: number, { zones, rules, own }: Place<Name>): State[] {
    const all = rules.map((name) => weeks.get(name) ?? NEVER)
    if (own) all.push(ownWeek(own))
    return zones.flatMap((zone) => all.map((week) => stateAt(at, zone, week)))
  }
}

/** Open or not, and the moment until which that certainly stays so. */
interface State {
  open: boolean
  until: number
}

/**
 * What the wall clock of `zone` says at `at`. It looks no further than the next change of that clock and the end of
 * the local day, so the hour that is skipped in spring and the one that comes twice in autumn need no case of their
 * own.
 */
function stateAt(at: number, zone: string, week: Week): State {
  const { offset, until } = stretchAt(zone, at)
  const local = at + offset
  const day = Math.floor(local / DAY)
  const time = local - day * DAY
  const { from, to } = hoursOn(week, day)
  const open = from <= time && time < to
  const edge = open ? to : time < from ? from : DAY
  return { open, until: Math.min(at - time + edge, until) }
}

/** ms since local midnight. */
interface Hours {
  from: number
  to: number
}
/** Sunday first. */
interface Week {
  days: Hours[]
  holidays: { calendar: 'CO' | 'US'; hours: Hours } | undefined
}

function hoursOn({ days, holidays }: Week, day: number): Hours {
  return holidays && isHoliday(holidays.calendar, day) ? holidays.hours : (days[weekdayOf(day)] ?? NONE)
}

function weekOf({ weekdays, saturday, sunday, holidays }: RuleSet): Week {
  const days = Array.from({ length: 7 }, (_, day) =>
    hoursFrom(day === 0 ? sunday : day === SATURDAY ? saturday : weekdays),
  )
  return { days, holidays: holidays && { calendar: holidays.calendar, hours: hoursFrom(holidays.hours) } }
}

/** The seventh day is Sunday, which comes first here. */
function ownWeek({ from, to, days }: OwnWindow): Week {
  const hours = hoursFrom(`${from}-${to}`)
  return { days: [7, 1, 2, 3, 4, 5, 6].map((day) => (days.includes(day) ? hours : NONE)), holidays: undefined }
}

function hoursFrom(text: string | null): Hours {
  if (text === null) return NONE
  const [, fromHour, fromMinute = '0', toHour, toMinute = '0'] =
    /^(\d+)(?::(\d\d))?-(\d+)(?::(\d\d))?$/.exec(text) ?? []
  const from = Number(fromHour) * HOUR + Number(fromMinute) * MINUTE
  const to = Number(toHour) * HOUR + Number(toMinute) * MINUTE
  if (!(from < to && to <= DAY)) throw new RangeError(`not the hours of a day: ${text}`)
  return { from, to }
}
