const DAY = 86_400_000
const SUNDAY = 0
const MONDAY = 1
const THURSDAY = 4
const SATURDAY = 6

/** CO: Ley 51 de 1983. US: the federal days and the days on which they are observed. */
export type Calendar = 'CO' | 'US'

/** `day` counts local days since 1970-01-01. */
export function isHoliday(calendar: Calendar, day: number): boolean {
  return holidaysOf(calendar, yearOf(day)).has(day)
}

/** The holidays of a year as days since 1970-01-01. */
export function holidaysOf(calendar: Calendar, year: number): ReadonlySet<number> {
  const key = `${calendar}${year}`
  const known = years.get(key)
  if (known) return known

  if (years.size >= MOST_YEARS) years.clear()
  const listed = calendar === 'CO' ? colombian(year) : american(year)
  const days = new Set(listed.filter((day) => yearOf(day) === year))
  years.set(key, days)
  return days
}

const MOST_YEARS = 500
const years = new Map<string, ReadonlySet<number>>()

function colombian(year: number): number[] {
  const fixed = [
    dayOf(year, 1, 1),
    dayOf(year, 5, 1),
    dayOf(year, 7, 20),
    dayOf(year, 8, 7),
    dayOf(year, 12, 8),
    dayOf(year, 12, 25),
  ]
  const saints = [dayOf(year, 1, 6), dayOf(year, 3, 19), dayOf(year, 6, 29), dayOf(year, 8, 15), dayOf(year, 10, 12)]
  const late = [dayOf(year, 11, 1), dayOf(year, 11, 11)]
  const easter = easterOf(year)
  const holyWeek = [easter - 3, easter - 2]
  const ascensionCorpusChristiSacredHeart = [easter + 43, easter + 64, easter + 71]

  return [...fixed, ...[...saints, ...late].map(nextMonday), ...holyWeek, ...ascensionCorpusChristiSacredHeart]
}

function american(year: number): number[] {
  const dated = [dayOf(year, 1, 1), dayOf(year, 6, 19), dayOf(year, 7, 4), dayOf(year, 11, 11), dayOf(year, 12, 25)]
  const mondays = [nth(3, MONDAY, year, 1), nth(3, MONDAY, year, 2), nth(1, MONDAY, year, 9), nth(2, MONDAY, year, 10)]
  const lastMondayOfMay = nth(1, MONDAY, year, 6) - 7
  const thanksgiving = nth(4, THURSDAY, year, 11)
  const newYearOfNext = observed(dayOf(year + 1, 1, 1))

  return [...dated, ...dated.map(observed), ...mondays, lastMondayOfMay, thanksgiving, newYearOfNext]
}

/** Ley Emiliani: the day itself when it is a Monday, else the Monday after. */
const nextMonday = (day: number) => day + ((MONDAY - weekdayOf(day) + 7) % 7)

const observed = (day: number) => (weekdayOf(day) === SATURDAY ? day - 1 : weekdayOf(day) === SUNDAY ? day + 1 : day)

function nth(count: number, weekday: number, year: number, month: number): number {
  const first = dayOf(year, month, 1)
  return first + ((weekday - weekdayOf(first) + 7) % 7) + (count - 1) * 7
}

/** 0 is Sunday; 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number) => (((day + THURSDAY) % 7) + 7) % 7

const yearOf = (day: number) => new Date(day * DAY).getUTCFullYear()

const dayOf = (year: number, month: number, date: number) => Date.UTC(year, month - 1, date) / DAY

/** Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher). */
function easterOf(year: number): number {
  const golden = year % 19
  const century = Math.floor(year / 100)
  const ofCentury = year % 100
  const correction = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3)
  const epact = (19 * golden + century - Math.floor(century / 4) - correction + 15) % 30
  const toSunday = (32 + 2 * (century % 4) + 2 * Math.floor(ofCentury / 4) - epact - (ofCentury % 4)) % 7
  const shift = Math.floor((golden + 11 * epact + 22 * toSunday) / 451)
  const march = epact + toSunday - 7 * shift + 114
  return dayOf(year, Math.floor(march / 31), (march % 31) + 1)
}
