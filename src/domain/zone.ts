const DAY = 86_400_000
const MOST_ZONES = 1_000
const MOST_DAYS = 512

/** A name of the IANA database; fixed offsets such as `+02:00` are refused, they know no summer time. */
export function isTimeZone(text: string): boolean {
  return text.length <= 64 && /^[A-Za-z]/.test(text) && clockOf(text) !== undefined
}

/** The part of a zone's day around an instant in which its distance from UTC (ms, east is positive) does not change. */
export interface Stretch {
  offset: number
  /** End of the part, epoch ms; the same offset may go on after it. */
  until: number
}

/** `zone` must have passed `isTimeZone`. A zone is taken to change its clocks once a UTC day at most. */
export function stretchAt(zone: string, at: number): Stretch {
  const days = daysOf(zone)
  const number = Math.floor(at / DAY)
  const parts = days.get(number) ?? remember(days, number, partsOfDay(zone, number), MOST_DAYS)
  return at < parts[0].until ? parts[0] : parts[1]
}

function partsOfDay(zone: string, number: number): [Stretch, Stretch] {
  const start = number * DAY
  const end = start + DAY
  const first = offsetAt(zone, start)
  const last = offsetAt(zone, end - 1)
  const change = first === last ? end : changeBetween(zone, start, end)
  return [
    { offset: first, until: change },
    { offset: last, until: end },
  ]
}

function changeBetween(zone: string, start: number, end: number): number {
  const before = offsetAt(zone, start)
  let [low, high] = [start, end - 1]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(zone, middle) === before) low = middle
    else high = middle
  }
  return high
}

function offsetAt(zone: string, at: number): number {
  const clock = clockOf(zone)
  if (!clock) throw new RangeError('not a time zone of the IANA database')

  const [, sign, hours, minutes, seconds] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(clock.format(at)) ?? []
  const size = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000
  return sign === '-' ? -size : size
}

const clocks = new Map<string, Intl.DateTimeFormat | undefined>()

function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  return clocks.has(zone) ? clocks.get(zone) : remember(clocks, zone, newClock(zone), MOST_ZONES)
}

function newClock(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  } catch {
    return undefined // The only way Intl has to say that it does not know a zone.
  }
}

const zones = new Map<string, Map<number, [Stretch, Stretch]>>()

function daysOf(zone: string): Map<number, [Stretch, Stretch]> {
  return zones.get(zone) ?? remember(zones, zone, new Map(), MOST_ZONES)
}

/** Names come from outside: a full memory is emptied rather than grown. */
function remember<Key, Value>(memory: Map<Key, Value>, key: Key, value: Value, most: number): Value {
  if (memory.size >= most) memory.clear()
  memory.set(key, value)
  return value
}
