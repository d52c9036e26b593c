import { IntlMessageFormat } from 'intl-messageformat'
import { memo } from './memo.ts'

/** Dates, money and counts as the person reads them. Formatters are costly to make and cheap to use, so they are kept. */

export type DateForm = 'date' | 'time' | 'dateTime'
export const STYLES = ['long', 'short'] as const
export type Style = (typeof STYLES)[number]

const TIME: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: '2-digit', timeZoneName: 'short' }
const DATES: Record<Style, Intl.DateTimeFormatOptions> = {
  long: { weekday: 'long', day: 'numeric', month: 'long' },
  short: { day: 'numeric', month: 'short' },
}

const dateFormats = memo<Intl.DateTimeFormat>(500)
const relativeFormats = memo<Intl.RelativeTimeFormat>(200)
const moneyFormats = memo<Intl.NumberFormat>(500)
const messages = memo<IntlMessageFormat>(1000)

export interface Place {
  locale: string
  timeZone: string
}

/** The zone is always named: it may have been guessed from the phone number. */
export function formatDate(value: Date, form: DateForm, style: Style, { locale, timeZone }: Place): string {
  const options = { ...(form === 'time' ? {} : DATES[style]), ...(form === 'date' ? {} : TIME), timeZone }
  const format = dateFormats(`${locale}|${timeZone}|${form}|${style}`, () => new Intl.DateTimeFormat(locale, options))
  return plainSpaces(format.format(value))
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A link asked for 24 hours is some seconds old when its message is written: that still reads "24 hours". */
const SLACK = 5 * MINUTE

/** "in 24 hours", rounded down so that it promises nothing that is not there. */
export function formatRelative(value: Date, now: Date, locale: string): string {
  const format = relativeFormats(locale, () => new Intl.RelativeTimeFormat(locale))
  const left = Math.max(0, value.getTime() - now.getTime())
  if (left < HOUR) return plainSpaces(format.format(Math.floor((left + MINUTE / 2) / MINUTE), 'minute'))
  if (left < 2 * DAY) return plainSpaces(format.format(Math.floor((left + SLACK) / HOUR), 'hour'))
  return plainSpaces(format.format(Math.floor((left + SLACK) / DAY), 'day'))
}

export function formatMoney(amount: number, currency: string, locale: string): string {
  const make = () =>
    new Intl.NumberFormat(locale, { style: 'currency', currency, trailingZeroDisplay: 'stripIfInteger' })
  return plainSpaces(moneyFormats(`${locale}|${currency}`, make).format(amount))
}

/** An ICU message, `{n, plural, one {# day} other {# days}}`; its text comes from templates only. */
export function formatMessage(message: string, counts: Record<string, number>, locale: string): string {
  const format = messages(`${locale}|${message}`, () => new IntlMessageFormat(message, locale))
  return plainSpaces(String(format.format(counts)))
}

/** Formatters use hard and narrow spaces, of which one alone turns a GSM-7 text into UCS-2. */
const plainSpaces = (text: string) => text.replace(/[\u00a0\u2009\u202f]/g, ' ')
