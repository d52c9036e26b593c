import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { windowsOf } from '../../src/domain/window.ts'
import type { RuleSet } from '../../src/domain/window-rules.ts'
import { openAtWall } from './window-calculator.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Zones whose people we write to, and those whose clocks change at odd hours or by odd amounts. */
const ZONES = [
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/Anchorage',
  'America/Tijuana',
  'America/Ciudad_Juarez',
  'America/Havana',
  'America/Santiago',
  'America/St_Johns',
  'Europe/Madrid',
  'Europe/Lisbon',
  'Atlantic/Azores',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Chatham',
  'America/Nuuk',
  'America/Edmonton',
  'America/Vancouver',
]

const row = (hours: string): RuleSet => ({
  weekdays: hours,
  saturday: hours,
  sunday: hours,
  transactional: 'bound',
  owner: 'test',
  asOf: '2026-01-01',
  source: 'test',
})

/** Hours whose edges lie where clocks jump: inside the gap, inside the hour that comes twice, and at midnight. */
const RULES = {
  day: row('8-21'),
  dawn: row('2:30-3'),
  early: row('0-2:15'),
  late: row('23:30-24'),
  always: row('0-24'),
  after: row('1:45-23:45'),
}
const { isOpen, nextOpening, closesAt } = windowsOf(RULES)

describe('windows around every change of the clocks from 2026 to 2030', () => {
  const changes = new Map(ZONES.map((zone) => [zone, changesOf(zone)]))

  it.each([...changes])('in %s', (zone, moments) => {
    const wrong = moments.flatMap((change) => disagreements(zone, change))

    expect(wrong).toEqual([])
  })

  it('looks at changes at all', () => {
    const counts = [...changes.values()].map((moments) => moments.length)

    expect(Math.min(...counts)).toBeGreaterThan(0)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(180)
  })
})

/** ±2 h in steps of 5 min, each compared with a minute-by-minute strip of luxon's answers over the next two days. */
function disagreements(zone: string, change: number): string[] {
  const start = change - 2 * HOUR
  const walls = Array.from({ length: 54 * 60 }, (_, minute) => DateTime.fromMillis(start + minute * MINUTE, { zone }))

  return Object.entries(RULES).flatMap(([name, rule]) => {
    const strip = walls.map((wall) => openAtWall(wall, rule))
    const place = { zones: [zone], rules: [name as keyof typeof RULES] }
    return Array.from({ length: 49 }, (_, step) => step * 5)
      .filter((minute) => !agrees(strip, start, minute, place))
      .map((minute) => `${name} ${walls[minute]?.toISO()}`)
  })
}

function agrees(
  strip: boolean[],
  start: number,
  minute: number,
  place: { zones: string[]; rules: (keyof typeof RULES)[] },
): boolean {
  const at = new Date(start + minute * MINUTE)
  const [opening, closing] = [strip.indexOf(true, minute), strip.indexOf(false, minute)]
  const closes = closesAt(at, place).getTime()
  return (
    isOpen(at, place) === strip[minute] &&
    nextOpening(at, place).getTime() === start + opening * MINUTE &&
    (closing < 0 ? closes > start + strip.length * MINUTE : closes === start + closing * MINUTE)
  )
}

function changesOf(zone: string): number[] {
  const offsetAt = (at: number) => DateTime.fromMillis(at, { zone }).offset
  const days = Array.from({ length: 5 * 365 + 1 }, (_, day) => Date.UTC(2026, 0, 1) + day * 24 * HOUR)
  const minutes = (day: number) => Array.from({ length: 24 * 60 }, (_, minute) => day + minute * MINUTE)
  return days
    .filter((day) => offsetAt(day) !== offsetAt(day + 24 * HOUR))
    .flatMap((day) => minutes(day).filter((at) => offsetAt(at) !== offsetAt(at + MINUTE)))
    .map((at) => at + MINUTE)
}
