import { describe, expect, it } from 'vitest'
import { PLAN } from '../../src/domain/number-plan.ts'
import { closesAt, findOpening, isOpen, nextOpening, placeOf, spread, windowsOf } from '../../src/domain/window.ts'
import { ALL_OF_US, RULE_SETS, type RuleSet } from '../../src/domain/window-rules.ts'
import { openByLuxon, openingByLuxon } from './window-calculator.ts'

const defaultTimeZone = 'America/New_York'
const bogota = placeOf({ phone: '+573001234567', defaultTimeZone })
const austin = placeOf({ phone: '+15125550123', defaultTimeZone })
const miami = placeOf({ phone: '+13055550123', defaultTimeZone })

describe('isOpen', () => {
  it.each([
    ['the first minute in Miami', miami, '2026-06-10T08:00:00-04:00', true],
    ['the minute before it', miami, '2026-06-10T07:59:59.999-04:00', false],
    ['the last minute of Florida', miami, '2026-06-10T19:59:59.999-04:00', true],
    ['the hour that only federal law allows', miami, '2026-06-10T20:00:00-04:00', false],
    ['a Texan weekday morning', austin, '2026-06-10T09:00:00-05:00', true],
    ['a Texan Saturday before nine', austin, '2026-06-13T08:59:00-05:00', false],
    ['a Texan Saturday evening', austin, '2026-06-13T20:59:00-05:00', true],
    ['a Texan Sunday before noon', austin, '2026-06-14T11:59:00-05:00', false],
    ['a Texan Sunday at noon', austin, '2026-06-14T12:00:00-05:00', true],
    ['a Colombian weekday at seven', bogota, '2026-06-10T07:00:00-05:00', true],
    ['a Colombian weekday at nineteen', bogota, '2026-06-10T19:00:00-05:00', false],
    ['a Colombian Saturday at 14:59', bogota, '2026-06-13T14:59:00-05:00', true],
    ['a Colombian Saturday at 15:00', bogota, '2026-06-13T15:00:00-05:00', false],
    ['a Colombian Sunday', bogota, '2026-06-14T11:00:00-05:00', false],
    ['a Colombian Monday that Ley Emiliani made free', bogota, '2026-06-15T11:00:00-05:00', false],
    ['Good Friday in Colombia', bogota, '2026-04-03T11:00:00-05:00', false],
    ['Colombian Independence Day', bogota, '2026-07-20T11:00:00-05:00', false],
  ])('decides %s', (_name, place, at, open) => {
    expect(isOpen(new Date(at), place)).toBe(open)
  })
})

describe('nextOpening', () => {
  it.each([
    ['is the moment itself while open', austin, '2026-06-10T12:34:56.789-05:00', '2026-06-10T12:34:56.789-05:00'],
    ['is the same morning', austin, '2026-06-10T03:00:00-05:00', '2026-06-10T09:00:00-05:00'],
    ['is the next morning', austin, '2026-06-10T21:00:00-05:00', '2026-06-11T09:00:00-05:00'],
    ['is Sunday noon after a Texan Saturday', austin, '2026-06-13T21:00:00-05:00', '2026-06-14T12:00:00-05:00'],
    [
      'passes a Colombian Sunday and the free Monday after it',
      bogota,
      '2026-06-13T15:00:00-05:00',
      '2026-06-16T07:00:00-05:00',
    ],
    ['passes Holy Week in Colombia', bogota, '2026-04-01T19:00:00-05:00', '2026-04-04T08:00:00-05:00'],
    [
      'comes an hour sooner after clocks sprang forward',
      miami,
      '2026-03-07T20:00:00-05:00',
      '2026-03-08T08:00:00-04:00',
    ],
    ['comes an hour later after clocks fell back', miami, '2026-10-31T20:00:00-04:00', '2026-11-01T08:00:00-05:00'],
  ])('%s', (_name, place, at, opening) => {
    expect(nextOpening(new Date(at), place)).toEqual(new Date(opening))
  })

  it('is open at what it answers, and closed just before', () => {
    const opening = nextOpening(new Date('2026-06-13T15:00:00-05:00'), bogota)

    expect(isOpen(opening, bogota)).toBe(true)
    expect(isOpen(new Date(opening.getTime() - 1), bogota)).toBe(false)
  })
})

describe('closesAt', () => {
  it.each([
    ["is the end of the day's hours", austin, '2026-06-10T12:00:00-05:00', '2026-06-10T21:00:00-05:00'],
    ['is the moment itself while closed', austin, '2026-06-10T22:00:00-05:00', '2026-06-10T22:00:00-05:00'],
    ['is early on a Colombian Saturday', bogota, '2026-06-13T08:00:00-05:00', '2026-06-13T15:00:00-05:00'],
  ])('%s', (_name, place, at, closing) => {
    expect(closesAt(new Date(at), place)).toEqual(new Date(closing))
  })
})

describe('several zones', () => {
  const tollFree = placeOf({ phone: '+18005550123', defaultTimeZone })
  const anywhere = { zones: tollFree.zones, rules: ['us'] as const }

  it('are all open at once or not at all', () => {
    expect(isOpen(new Date('2026-06-10T10:59:00-04:00'), anywhere)).toBe(false)
    expect(isOpen(new Date('2026-06-10T11:00:00-04:00'), anywhere)).toBe(true)
    expect(nextOpening(new Date('2026-06-10T02:00:00-04:00'), anywhere)).toEqual(new Date('2026-06-10T08:00:00-07:00'))
    expect(closesAt(new Date('2026-06-10T12:00:00-04:00'), anywhere)).toEqual(new Date('2026-06-10T21:00:00-04:00'))
  })

  it("keep every state's hours for an American number of unknown area code", () => {
    expect(tollFree.rules).toEqual(ALL_OF_US)
    expect(nextOpening(new Date('2026-06-10T02:00:00-04:00'), tollFree)).toEqual(new Date('2026-06-10T10:00:00-07:00'))
    expect(closesAt(new Date('2026-06-10T14:00:00-04:00'), tollFree)).toEqual(new Date('2026-06-10T18:00:00-04:00'))
  })

  it('move to the next day when a day has no common hour', () => {
    const narrow = { ...RULE_SETS.default, weekdays: '8-9', saturday: '8-9', sunday: '8-21' } satisfies RuleSet
    const apart = { zones: ['America/New_York', 'America/Los_Angeles'], rules: ['narrow'] as const }
    const { nextOpening: opening } = windowsOf({ narrow })

    expect(opening(new Date('2026-06-10T00:00:00-04:00'), apart)).toEqual(new Date('2026-06-14T08:00:00-07:00'))
  })

  it('without any common hour are a mistake that is told', () => {
    const narrow = { ...RULE_SETS.default, weekdays: '8-9', saturday: '8-9', sunday: '8-9' } satisfies RuleSet
    const { nextOpening: opening, isOpen: open } = windowsOf({ narrow })
    const apart = { zones: ['America/New_York', 'America/Los_Angeles'], rules: ['narrow'] as const }

    expect(open(new Date('2026-06-10T08:30:00-04:00'), apart)).toBe(false)
    expect(() => opening(new Date('2026-06-10T00:00:00-04:00'), apart)).toThrow(/no opening in 31 days under narrow/)
  })

  it.each(PLAN.map(([prefix, country]) => [`+${prefix}`, country] as const))(
    '%s (%s) has an opening within four days of any hour',
    (prefix) => {
      const place = placeOf({ phone: `${prefix}23456789012345`.slice(0, 13), defaultTimeZone })
      const hours = Array.from({ length: 48 }, (_, count) => Date.UTC(2026, 2, 31) + count * 7 * 3_600_000)

      const waits = hours.map((at) => nextOpening(new Date(at), place).getTime() - at)

      expect(Math.max(...waits)).toBeLessThan(4 * 86_400_000)
    },
  )
})

describe('hours at midnight', () => {
  const row = (weekdays: string | null, saturday: string | null): RuleSet => ({
    ...RULE_SETS.default,
    weekdays,
    saturday,
    sunday: null,
  })
  const {
    isOpen: open,
    closesAt: closing,
    nextOpening: opening,
  } = windowsOf({ late: row('20-24', null), night: row('20-24', '0-6'), all: row('0-24', '0-24') })
  const at = (rules: 'late' | 'night' | 'all') => ({ zones: ['America/Bogota'], rules: [rules] })

  it('last until the day is over', () => {
    expect(open(new Date('2026-06-12T23:59:59.999-05:00'), at('late'))).toBe(true)
    expect(open(new Date('2026-06-13T00:00:00-05:00'), at('late'))).toBe(false)
    expect(closing(new Date('2026-06-12T21:00:00-05:00'), at('late'))).toEqual(new Date('2026-06-13T00:00:00-05:00'))
  })

  it('join those of the next day into one stretch', () => {
    expect(closing(new Date('2026-06-12T21:00:00-05:00'), at('night'))).toEqual(new Date('2026-06-13T06:00:00-05:00'))
    expect(closing(new Date('2026-06-08T00:00:00-05:00'), at('all'))).toEqual(new Date('2026-06-14T00:00:00-05:00'))
  })

  it('open again with the week', () => {
    expect(opening(new Date('2026-06-14T00:00:00-05:00'), at('all'))).toEqual(new Date('2026-06-15T00:00:00-05:00'))
  })

  it('that never end are answered with the horizon', () => {
    const { closesAt: never } = windowsOf({ always: { ...row('0-24', '0-24'), sunday: '0-24' } })
    const start = new Date('2026-06-08T00:00:00Z')

    expect(never(start, { zones: ['UTC'], rules: ['always'] })).toEqual(new Date('2026-07-09T00:00:00Z'))
  })

  it.each(['9', '9-', '21-8', '8-8', '8-25', '-1-5', '8:5-9', 'all day', ''])(
    'written %j are refused at the start',
    (hours) => {
      expect(() => windowsOf({ wrong: row(hours, null) })).toThrow(RangeError)
    },
  )
})

describe('odd offsets', () => {
  it.each([
    'Asia/Kathmandu',
    'Asia/Kolkata',
    'Australia/Eucla',
    'Pacific/Chatham',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Asia/Tehran',
  ])('of %s are kept to the minute', (zone) => {
    const place = { zones: [zone], rules: ['default'] as const }
    const at = Date.UTC(2026, 4, 5, 23)

    const opening = nextOpening(new Date(at), place).getTime()

    expect(opening).toBe(openingByLuxon(at, [zone], [RULE_SETS.default]))
    expect(openByLuxon(opening - 1, [zone], [RULE_SETS.default])).toBe(opening === at)
  })
})

describe('spread', () => {
  const opening = new Date('2026-06-10T08:00:00Z')

  it.each([
    [0, 15, '08:00:00.000'],
    [0.5, 15, '08:07:30.000'],
    [0.999999, 15, '08:14:59.999'],
    [0.5, 60, '08:30:00.000'],
    [0.9, 0, '08:00:00.000'],
  ])('turns chance %f and %i minutes into %s', (random, minutes, time) => {
    expect(spread(opening, random, minutes).toISOString()).toBe(`2026-06-10T${time}Z`)
  })

  it('takes a quarter of an hour when not told', () => {
    expect(spread(opening, 0.5)).toEqual(spread(opening, 0.5, 15))
  })
})

describe('hours of one’s own', () => {
  const chicago = (from: string, to: string, days: number[]) => ({
    ...placeOf({ timeZone: 'America/Chicago', country: 'MX', defaultTimeZone: 'UTC' }),
    own: { from, to, days },
  })

  it.each([
    ['on a weekday that counts', '2026-06-08T15:00:00Z', [1], true],
    ['on one that does not', '2026-06-09T15:00:00Z', [1], false],
    ['on a Sunday, which is the seventh', '2026-06-07T15:00:00Z', [7], true],
    ['at the minute they close', '2026-06-08T17:00:00Z', [1], false],
  ])('%s', (_, at, days, open) => {
    expect(isOpen(new Date(at), chicago('10:00', '12:00', days))).toBe(open)
  })

  it('go by the clock of the place when it changes', () => {
    const place = chicago('10:00', '24:00', [7])

    expect(nextOpening(new Date('2026-03-07T12:00:00Z'), place)).toEqual(new Date('2026-03-08T15:00:00Z'))
    expect(closesAt(new Date('2026-11-01T17:00:00Z'), place)).toEqual(new Date('2026-11-02T02:00:00Z'))
  })

  it('that no day has are never open', () => {
    expect(findOpening(new Date('2026-06-08T15:00:00Z'), chicago('02:00', '03:00', [1]))).toBeNull()
  })

  it('that go over midnight are none', () => {
    expect(() => isOpen(new Date('2026-06-08T15:00:00Z'), chicago('22:00', '06:00', [1]))).toThrow(RangeError)
  })
})
