import { expect, it } from 'vitest'
import { formatDate, formatMessage, formatMoney, formatRelative } from '../../src/render/formats.ts'
import { segments } from '../../src/render/segments.ts'

const expiry = new Date('2026-11-23T21:30:00Z')

it.each([
  ['en', 'America/Chicago', 'Monday, November 23 at 3:30 PM CST'],
  ['es-MX', 'America/Mexico_City', 'lunes, 23 de noviembre, 3:30 p.m. GMT-6'],
  ['pt-BR', 'America/Sao_Paulo', 'segunda-feira, 23 de novembro às 18:30 BRT'],
  ['ar', 'Asia/Riyadh', 'الثلاثاء، 24 نوفمبر في 12:30 ص غرينتش+3'],
])('tells an instant in %s and the zone %s', (locale, timeZone, words) => {
  expect(formatDate(expiry, 'dateTime', 'long', { locale, timeZone })).toBe(words)
})

it.each([
  ['date', 'Nov 23'],
  ['time', '3:30 PM CST'],
  ['dateTime', 'Nov 23, 3:30 PM CST'],
] as const)('shortens a %s for an SMS', (form, words) => {
  expect(formatDate(expiry, form, 'short', { locale: 'en', timeZone: 'America/Chicago' })).toBe(words)
})

it('keeps a date in letters that an SMS carries cheaply', () => {
  const text = formatDate(expiry, 'dateTime', 'short', { locale: 'en', timeZone: 'America/Chicago' })

  expect(segments(text).encoding).toBe('GSM-7')
})

it.each([
  ['2026-11-22T21:30:04Z', 'in 24 hours'],
  ['2026-11-22T22:00:00Z', 'in 23 hours'],
  ['2026-11-23T20:31:00Z', 'in 59 minutes'],
  ['2026-11-21T20:30:00Z', 'in 2 days'],
  ['2026-11-23T22:00:00Z', 'in 0 minutes'],
])('seen from %s the link expires %s', (now, words) => {
  expect(formatRelative(expiry, new Date(now), 'en')).toBe(words)
})

it.each([
  [1, 'يوم واحد'],
  [2, 'يومان'],
  [3, '3 أيام'],
  [11, '11 يومًا'],
  [100, '100 يوم'],
])('counts %i days in Arabic by its own rules', (n, words) => {
  const message = '{n, plural, one {يوم واحد} two {يومان} few {# أيام} many {# يومًا} other {# يوم}}'

  expect(formatMessage(message, { n }, 'ar')).toBe(words)
})

it.each([
  ['en', 1200, '$1,200'],
  ['en', 1200.5, '$1,200.50'],
  ['pt-BR', 1200, 'US$ 1.200'],
])('writes money in %s', (locale, amount, words) => {
  expect(formatMoney(amount, 'USD', locale)).toBe(words)
})
