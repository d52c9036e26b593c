import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OwnWindow } from '../../src/domain/campaign.ts'
import { forecasting } from '../../src/domain/forecast.ts'
import type { Forecast, Group, Limits } from '../../src/domain/forecast-group.ts'
import { ALWAYS, openHours } from '../../src/domain/open-hours.ts'
import { placeOf } from '../../src/domain/window.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A Monday, 10:00 in Chicago. */
const START = Date.UTC(2026, 10, 23, 16)
const UNLIMITED: Limits = { createsPerMinute: null, perHour: null, unitsPerMinute: new Map() }

const aGroup = (wish: Partial<Group> = {}): Group => ({
  count: 900,
  channel: 'sms',
  units: 1,
  needsLink: true,
  hours: ALWAYS,
  startAt: START,
  reminders: [],
  ...wish,
})

const hoursIn = (zone: string, own: OwnWindow | null = null) =>
  openHours({ ...placeOf({ timeZone: zone, country: 'US', defaultTimeZone: zone }), own }, START, START + 31 * DAY)
const minutesTo = (at: number | null) => ((at ?? Number.NaN) - START) / MINUTE

describe('a forecast', () => {
  it("makes links at the partner's pace, a minute's worth at once", () => {
    const { firstAt, firstsEndAt, hours } = forecast([aGroup()], { ...UNLIMITED, createsPerMinute: 90 })

    expect(firstAt).toBe(START)
    expect(minutesTo(firstsEndAt)).toBeGreaterThanOrEqual(9)
    expect(minutesTo(firstsEndAt)).toBeLessThan(10.5)
    expect(hours.map(({ at, firsts }) => [at, Math.round(firsts)])).toEqual([[START, 900]])
  })

  it('spaces messages as the campaign wants them', () => {
    const { firstsEndAt } = forecast([aGroup()], { ...UNLIMITED, perHour: 600 })

    expect(minutesTo(firstsEndAt)).toBeCloseTo(90, 3)
  })

  it('counts segments against the limit of a provider, whose other channels go on', () => {
    const groups = [aGroup({ units: 3 }), aGroup({ channel: 'email' })]

    const seen = forecast(groups, { ...UNLIMITED, unitsPerMinute: new Map([['sms', 60]]) })

    expect(minutesTo(seen.firstsEndAt)).toBeCloseTo(45, 3)
    expect(seen.hours[0]?.bound).toBe('sms')
  })

  it('lets what one channel cannot use of a limit to another', () => {
    const groups = [aGroup({ units: 3 }), aGroup({ channel: 'email' })]
    const limits = { createsPerMinute: 90, perHour: null, unitsPerMinute: new Map([['sms' as const, 60]]) }

    expect(minutesTo(forecast(groups, limits).firstsEndAt)).toBeCloseTo(45, 0)
  })

  it('waits for the window, and spreads its opening over a quarter of an hour', () => {
    const evening = START + 12 * HOUR
    const group = aGroup({ startAt: evening, hours: hoursIn('America/Chicago') })

    const seen = forecast([group], { ...UNLIMITED, createsPerMinute: 90 })

    expect(new Date(seen.firstAt ?? 0).toISOString()).toBe('2026-11-24T14:00:00.000Z')
    expect(((seen.firstsEndAt ?? 0) - (seen.firstAt ?? 0)) / MINUTE).toBeCloseTo(15, 3)
  })

  it('goes on the next day with what a closing window left', () => {
    const group = aGroup({ count: 70_000, hours: hoursIn('America/Chicago') })

    const seen = forecast([group], { ...UNLIMITED, createsPerMinute: 90 })

    const firstDay = seen.hours.filter(({ at }) => at < START + 11 * HOUR).reduce((sum, { firsts }) => sum + firsts, 0)
    expect(Math.round(firstDay)).toBeGreaterThan(11 * 60 * 90 * 0.97)
    expect(Math.round(firstDay)).toBeLessThanOrEqual(11 * 60 * 90)
    expect(seen.hours.filter(({ at }) => at === START + 12 * HOUR).map(({ firsts, bound }) => [firsts, bound])).toEqual(
      [[0, 'window']],
    )
    expect(new Date(seen.firstsEndAt ?? 0).toISOString()).toMatch(/^2026-11-24T1[5-6]/)
  })

  it('serves those first who have waited longest', () => {
    const east = aGroup({ count: 10_000 })
    const west = aGroup({ count: 10_000, startAt: START + HOUR })

    const { sentOf, hours } = forecast([east, west], { ...UNLIMITED, createsPerMinute: 90 })

    const eastEnds = sentOf[0]?.findIndex((sum) => sum > 9_999) ?? -1
    expect(hours[eastEnds]?.at).toBe(START + HOUR)
    expect(sentOf[1]?.[eastEnds]).toBeLessThan(900)
  })

  it('paces reminders too, and tells their end from that of the first messages', () => {
    const reminder = { afterMs: DAY, channel: 'email' as const, units: 1, needsLink: false }

    const seen = forecast([aGroup({ reminders: [reminder] })], { ...UNLIMITED, perHour: 600 })

    expect(minutesTo(seen.firstsEndAt)).toBeCloseTo(90, 3)
    expect(minutesTo(seen.remindersEndAt)).toBeCloseTo(24 * 60 + 90, -1)
    expect(Math.round(seen.reminders)).toBe(900)
  })

  it('gives a reminder whose link has died a place among the creations', () => {
    const reminder = { afterMs: HOUR, channel: 'sms' as const, units: 1, needsLink: true }
    const limits = { ...UNLIMITED, createsPerMinute: 10 }

    const alone = forecast([aGroup()], limits)
    const again = forecast([aGroup({ reminders: [reminder] })], limits)

    expect(minutesTo(again.remindersEndAt)).toBeGreaterThan(1.9 * minutesTo(alone.firstsEndAt))
  })

  it('says what finds no hour', () => {
    const never = aGroup({ hours: hoursIn('America/Chicago', { from: '22:00', to: '23:00', days: [1] }) })

    const seen = forecast([never, aGroup({ count: 5 })], UNLIMITED)

    expect([Math.round(seen.unsent.firsts), Math.round(seen.firsts)]).toEqual([900, 5])
  })

  it('of nobody is empty', () => {
    expect(forecast([], UNLIMITED)).toEqual({
      firstAt: null,
      firstsEndAt: null,
      remindersEndAt: null,
      firsts: 0,
      reminders: 0,
      unsent: { firsts: 0, reminders: 0 },
      hours: [],
      sentOf: [],
    })
  })
})

it('stops for others at least four times a day', () => {
  const parts = forecasting([aGroup({ count: 5_000 })], { ...UNLIMITED, createsPerMinute: 1 })
  let stops = 0
  let part = parts.next()

  for (; !part.done; part = parts.next()) stops += 1

  expect(part.value.hours.length).toBeGreaterThan(72)
  expect(stops).toBeGreaterThanOrEqual(Math.floor(part.value.hours.length / 6) - 1)
})

describe('whatever the groups and limits', () => {
  const ZONES = ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles', 'America/Bogota']
  const HOURS = ZONES.map((zone) => hoursIn(zone))
  const channel = fc.constantFrom('sms' as const, 'email' as const, 'push' as const)
  const group: fc.Arbitrary<Group> = fc.record({
    count: fc.integer({ min: 0, max: 3_000 }),
    channel,
    units: fc.integer({ min: 1, max: 4 }),
    needsLink: fc.boolean(),
    hours: fc.constantFrom(...HOURS),
    startAt: fc.integer({ min: 0, max: 3 * 24 * 60 }).map((minutes) => START + minutes * MINUTE),
    reminders: fc.array(
      fc.record({
        afterMs: fc.integer({ min: 1, max: 72 }).map((hours) => hours * HOUR),
        channel,
        units: fc.integer({ min: 1, max: 3 }),
        needsLink: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
  })
  const limits: fc.Arbitrary<Limits> = fc.record({
    createsPerMinute: fc.option(fc.integer({ min: 5, max: 200 })),
    perHour: fc.option(fc.integer({ min: 300, max: 20_000 })),
    unitsPerMinute: fc
      .option(fc.integer({ min: 10, max: 600 }))
      .map((most): Limits['unitsPerMinute'] => new Map(most === null ? [] : [['sms', most]])),
  })
  const some = fc.array(group, { minLength: 1, maxLength: 8 })
  const check = (holds: (groups: Group[], limits: Limits, seen: Forecast) => void) =>
    fc.assert(
      fc.property(some, limits, (groups, most) => holds(groups, most, forecast(groups, most))),
      { numRuns: 60 },
    )

  it('nobody is lost and nobody is sent to twice', () => {
    check((groups, _, { firsts, reminders, unsent }) => {
      const wanted = groups.reduce((sum, { count, reminders: own }) => sum + count * (1 + own.length), 0)
      expect(firsts + reminders + unsent.firsts + unsent.reminders).toBeCloseTo(wanted, 2)
    })
  })

  it('no hour holds more messages than the campaign wants', () => {
    check((_, { perHour }, { hours }) => {
      const most = Math.max(0, ...hours.map(({ firsts, reminders }) => firsts + reminders))
      expect(most).toBeLessThanOrEqual((perHour ?? Number.POSITIVE_INFINITY) + 0.01)
    })
  })

  it('no hour holds more links than the partner lets pass', () => {
    check((groups, most) => {
      const linking = groups.map((one) => ({ ...one, needsLink: true, reminders: [] }))
      const { hours } = forecast(linking, most)
      const made = Math.max(0, ...hours.map(({ firsts }) => firsts))
      expect(made).toBeLessThanOrEqual(60 * (most.createsPerMinute ?? Number.POSITIVE_INFINITY) + 0.01)
    })
  })

  it('no hour holds more segments than the provider lets pass', () => {
    check((groups, most) => {
      const texts = groups.map((one) => ({ ...one, channel: 'sms' as const, units: 3, reminders: [] }))
      const { hours } = forecast(texts, most)
      const sent = 3 * Math.max(0, ...hours.map(({ firsts }) => firsts))
      expect(sent).toBeLessThanOrEqual(60 * (most.unitsPerMinute.get('sms') ?? Number.POSITIVE_INFINITY) + 0.01)
    })
  })

  it('people are sent to once more each hour, never fewer', () => {
    check((_, __, { sentOf }) => {
      for (const sums of sentOf) expect([...sums]).toEqual([...sums].toSorted((a, b) => a - b))
    })
  })

  it('no first message leaves before its start, nor while its window is shut', () => {
    check((groups, _, { hours, sentOf }) => {
      const wrong = groups.flatMap(({ startAt, hours: open }, i) =>
        hours.filter(({ at }, hour) => {
          const sent = (sentOf[i]?.[hour] ?? 0) - (sentOf[i]?.[hour - 1] ?? 0)
          const isOpen = open.some(({ from, until }) => Math.max(from, at) < Math.min(until, at + HOUR))
          return sent > 1e-6 && !(isOpen && at + HOUR > startAt)
        }),
      )
      expect(wrong).toEqual([])
    })
  })

  it('a narrower partner limit ends no earlier', () => {
    check((groups, most, { firstsEndAt, unsent }) => {
      if (most.createsPerMinute === null || unsent.firsts > 0) return
      const plain = groups.map((one) => ({ ...one, reminders: [] }))
      const wide = forecast(plain, most)
      const narrow = forecast(plain, { ...most, createsPerMinute: Math.ceil(most.createsPerMinute / 2) })
      if (narrow.unsent.firsts > 0 || firstsEndAt === null) return
      expect(narrow.firstsEndAt ?? 0).toBeGreaterThanOrEqual((wide.firstsEndAt ?? 0) - 2 * MINUTE)
    })
  })
})

it('takes little time for 200 groups and two weeks', () => {
  const zones = Intl.supportedValuesOf('timeZone').slice(0, 100)
  const groups = zones.flatMap((zone) => {
    const hours = hoursIn(zone)
    const reminders = [DAY, 3 * DAY].map((afterMs) => ({
      afterMs,
      channel: 'sms' as const,
      units: 2,
      needsLink: false,
    }))
    return [aGroup({ count: 2_500, hours, reminders }), aGroup({ count: 2_500, hours, reminders, channel: 'email' })]
  })
  const limits = { createsPerMinute: 90, perHour: null, unitsPerMinute: new Map([['sms' as const, 600]]) }

  const before = process.cpuUsage()
  const seen = forecast(groups, limits)
  const { user } = process.cpuUsage(before)

  expect(((seen.remindersEndAt ?? 0) - START) / DAY).toBeGreaterThan(6)
  // A fifth of a second on a calm core; others run beside this test.
  expect(user / 1_000).toBeLessThan(1_500)
})

/** All of it at once. */
function forecast(groups: readonly Group[], limits: Limits): Forecast {
  const parts = forecasting(groups, limits)
  for (;;) {
    const part = parts.next()
    if (part.done) return part.value
  }
}
