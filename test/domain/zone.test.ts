import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { isTimeZone, stretchAt } from '../../src/domain/zone.ts'

describe('isTimeZone', () => {
  it.each(Intl.supportedValuesOf('timeZone'))('knows %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true)
  })

  it.each([
    'UTC',
    'Etc/GMT+12',
    'US/Central',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'Europe/Kyiv',
    'america/chicago',
    'EST5EDT',
  ])('knows the alias %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true)
  })

  it.each([
    '',
    ' ',
    'UTC+2',
    '+02:00',
    '-0500',
    'GMT+2',
    'Chicago',
    'America/',
    'America/Gotham',
    'America/Chicago ',
    '../etc/passwd',
    'America/Chicago\u0000',
    'a'.repeat(1_000),
    'local',
    'system',
    '5',
  ])('refuses %j', (text) => {
    expect(isTimeZone(text)).toBe(false)
  })

  it('still knows the zones after a flood of names', () => {
    const flood = Array.from({ length: 3_000 }, (_, index) => isTimeZone(`Nowhere/Land${index}`))

    expect(flood.some((known) => known)).toBe(false)
    expect(isTimeZone('America/Bogota')).toBe(true)
  })
})

describe('stretchAt', () => {
  it.each([
    ['Asia/Kathmandu', '2026-05-05T00:00:00Z', 345],
    ['Asia/Kolkata', '2026-05-05T00:00:00Z', 330],
    ['America/St_Johns', '2026-01-05T00:00:00Z', -210],
    ['Australia/Lord_Howe', '2026-07-05T00:00:00Z', 630],
    ['Pacific/Kiritimati', '2026-07-05T00:00:00Z', 840],
    ['UTC', '2026-07-05T00:00:00Z', 0],
  ])('puts %s at %s %i minutes from UTC', (zone, at, minutes) => {
    expect(stretchAt(zone, Date.parse(at)).offset).toBe(minutes * 60_000)
  })

  it('ends the stretch at the very millisecond of the change', () => {
    const before = stretchAt('America/New_York', Date.parse('2026-03-08T06:59:59.999Z'))
    const after = stretchAt('America/New_York', Date.parse('2026-03-08T07:00:00.000Z'))

    expect(before).toEqual({ offset: -5 * 3_600_000, until: Date.parse('2026-03-08T07:00:00Z') })
    expect(after).toEqual({ offset: -4 * 3_600_000, until: Date.parse('2026-03-09T00:00:00Z') })
  })

  it('changes Lord Howe by half an hour', () => {
    const { offset, until } = stretchAt('Australia/Lord_Howe', Date.parse('2026-04-04T14:00:00Z'))

    expect(stretchAt('Australia/Lord_Howe', until).offset - offset).toBe(-30 * 60_000)
  })

  it.each(Intl.supportedValuesOf('timeZone'))('agrees with luxon every 59 hours of five years in %s', (zone) => {
    const moments = Array.from({ length: 742 }, (_, index) => Date.UTC(2026, 0, 1, 3) + index * 59 * 3_600_000)

    const wrong = moments.filter(
      (at) => stretchAt(zone, at).offset !== DateTime.fromMillis(at, { zone }).offset * 60_000,
    )

    expect(wrong).toEqual([])
  })

  it('refuses a name that is no zone', () => {
    expect(() => stretchAt('Nowhere/Land', 0)).toThrow(RangeError)
  })

  it('keeps answering when asked about more days than it remembers', () => {
    const offsets = Array.from(
      { length: 1_200 },
      (_, day) => stretchAt('America/Bogota', Date.UTC(2026, 0, 1 + day)).offset,
    )

    expect(new Set(offsets)).toEqual(new Set([-5 * 3_600_000]))
  })
})
