import { describe, expect, it } from 'vitest'
import { holidaysOf, isHoliday } from '../../src/domain/holidays.ts'

const COLOMBIA = {
  2024: '01-01 01-08 03-25 03-28 03-29 05-01 05-13 06-03 06-10 07-01 07-20 08-07 08-19 10-14 11-04 11-11 12-08 12-25',
  2025: '01-01 01-06 03-24 04-17 04-18 05-01 06-02 06-23 06-30 06-30 07-20 08-07 08-18 10-13 11-03 11-17 12-08 12-25',
  2026: '01-01 01-12 03-23 04-02 04-03 05-01 05-18 06-08 06-15 06-29 07-20 08-07 08-17 10-12 11-02 11-16 12-08 12-25',
  2027: '01-01 01-11 03-22 03-25 03-26 05-01 05-10 05-31 06-07 07-05 07-20 08-07 08-16 10-18 11-01 11-15 12-08 12-25',
  2028: '01-01 01-10 03-20 04-13 04-14 05-01 05-29 06-19 06-26 07-03 07-20 08-07 08-21 10-16 11-06 11-13 12-08 12-25',
}

const UNITED_STATES = {
  2026: '01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25',
  2027: '01-01 01-18 02-15 05-31 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31',
  2028: '01-01 01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-11 11-23 12-25',
}

const EASTER = {
  1961: '04-02',
  1981: '04-19',
  2000: '04-23',
  2008: '03-23',
  2011: '04-24',
  2019: '04-21',
  2024: '03-31',
  2025: '04-20',
  2026: '04-05',
  2027: '03-28',
  2028: '04-16',
  2029: '04-01',
  2030: '04-21',
  2038: '04-25',
  2049: '04-18',
  2076: '04-19',
  2100: '03-28',
}

describe('holidays', () => {
  it.each(Object.entries(COLOMBIA))('knows the eighteen of Colombia in %s', (year, dates) => {
    expect(listed('CO', Number(year))).toEqual([...new Set(dates.split(' '))])
  })

  it.each(Object.entries(UNITED_STATES))(
    'knows the federal ones of %s with the days they are observed on',
    (year, dates) => {
      expect(listed('US', Number(year))).toEqual(dates.split(' '))
    },
  )

  it.each(Object.entries(EASTER))('finds the Good Friday before Easter %s-%s', (year, easter) => {
    const sunday = Date.parse(`${year}-${easter}`) / 86_400_000

    expect([sunday - 3, sunday - 2].every((day) => isHoliday('CO', day))).toBe(true)
    expect([sunday - 1, sunday].some((day) => isHoliday('CO', day))).toBe(false)
  })

  it.each([
    [2025, '2024-12-31'],
    [2028, '2027-12-31'],
  ])('gives the observed New Year of %i to the year it falls in', (year, day) => {
    const expected = year === 2028

    expect(isHoliday('US', Date.parse(day) / 86_400_000)).toBe(expected)
  })

  it('remembers no more than it needs', () => {
    const sizes = Array.from({ length: 1_200 }, (_, year) => holidaysOf('CO', 1983 + year).size)

    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(16)
    expect(Math.max(...sizes)).toBe(18)
  })
})

function listed(calendar: 'CO' | 'US', year: number): string[] {
  return [...holidaysOf(calendar, year)]
    .sort((a, b) => a - b)
    .map((day) => new Date(day * 86_400_000).toISOString().slice(5, 10))
}
