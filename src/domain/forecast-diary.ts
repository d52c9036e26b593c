import { type Bound, type Forecast, type ForecastHour, type Group, MINUTE, NOBODY } from './forecast-group.ts'
import type { Stream } from './forecast-streams.ts'

/** What is sent when, and what kept the rest back. */
export interface Diary {
  sent(stream: Stream, amount: number, minute: number): void
  /** `used`: how much of the minute it took, 0 to 1; `bound` holds until the minute `next`. */
  close(minute: number, about: { used: number; bound: Bound | null; next: number }): void
  read(): Forecast
}

interface Hour {
  firsts: number
  reminders: number
  minutes: Map<Bound, number>
}

const AN_HOUR = 60 * MINUTE
const HALF_AN_HOUR = 30

export function makeDiary(groups: readonly Group[], origin: number): Diary {
  const base = Math.floor(origin / AN_HOUR)
  const hours = new Map<number, Hour>()
  const ofGroup = groups.map(() => new Map<number, number>())
  const last = { first: -1, reminder: -1 }
  const ends: { firstAt: number | null; firstsEndAt: number | null; remindersEndAt: number | null } = {
    firstAt: null,
    firstsEndAt: null,
    remindersEndAt: null,
  }
  const indexOf = (minute: number) => Math.floor((origin + minute * MINUTE) / AN_HOUR) - base

  function hourOf(index: number): Hour {
    const known = hours.get(index) ?? { firsts: 0, reminders: 0, minutes: new Map() }
    hours.set(index, known)
    return known
  }

  return {
    sent({ group, kind }, amount, minute) {
      const index = indexOf(minute)
      const hour = hourOf(index)
      last[kind] = minute
      if (kind === 'reminder') {
        hour.reminders += amount
        return
      }
      hour.firsts += amount
      const own = ofGroup[group]
      own?.set(index, (own.get(index) ?? 0) + amount)
    },
    close(minute, { used, bound, next }) {
      const end = origin + (minute + used) * MINUTE
      if (last.first === minute || last.reminder === minute) ends.firstAt ??= origin + minute * MINUTE
      if (last.first === minute) ends.firstsEndAt = end
      if (last.reminder === minute) ends.remindersEndAt = end
      for (let at = minute; bound !== null && at < next; at++) {
        const { minutes } = hourOf(indexOf(at))
        minutes.set(bound, (minutes.get(bound) ?? 0) + 1)
      }
    },
    read() {
      const shown = inOrder(hours, base)
      const firsts = shown.reduce((sum, hour) => sum + hour.firsts, 0)
      const reminders = shown.reduce((sum, hour) => sum + hour.reminders, 0)
      const people = groups.reduce((sum, { count }) => sum + count, 0)
      const followUps = groups.reduce((sum, { count, reminders: own }) => sum + count * own.length, 0)
      return {
        ...ends,
        firsts,
        reminders,
        unsent: { firsts: rest(people, firsts), reminders: rest(followUps, reminders) },
        hours: shown,
        sentOf: ofGroup.map((own) => summed(own, shown, base)),
      }
    },
  }
}

/** Sums of fractions leave crumbs. */
const rest = (wanted: number, sent: number): number => (wanted - sent > NOBODY * (1 + wanted) ? wanted - sent : 0)

function inOrder(hours: Map<number, Hour>, base: number): ForecastHour[] {
  const busy = [...hours].filter(([, { firsts, reminders }]) => firsts + reminders > 0).map(([index]) => index)
  if (busy.length === 0) return []
  const from = Math.min(...busy)
  return Array.from({ length: Math.max(...busy) - from + 1 }, (_, i) => {
    const { firsts, reminders, minutes } = hours.get(from + i) ?? { firsts: 0, reminders: 0, minutes: new Map() }
    return { at: (base + from + i) * AN_HOUR, firsts, reminders, bound: longest(minutes) }
  })
}

function longest(minutes: Map<Bound, number>): Bound | null {
  const [most] = [...minutes].toSorted(([, a], [, b]) => b - a)
  return most && most[1] >= HALF_AN_HOUR ? most[0] : null
}

function summed(own: Map<number, number>, shown: ForecastHour[], base: number): Float64Array {
  let sum = 0
  return Float64Array.from(shown, ({ at }) => {
    sum += own.get(at / AN_HOUR - base) ?? 0
    return sum
  })
}
