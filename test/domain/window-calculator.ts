import { DateTime } from 'luxon'
import { isHoliday } from '../../src/domain/holidays.ts'
import type { RuleSet } from '../../src/domain/window-rules.ts'

const MINUTE = 60_000

/**
 * A second opinion on send windows: asks luxon for the wall clock and steps by the minute. It shares only the rows
 * and the calendar of holidays with the code under test, and none of its reckoning.
 */
export function openByLuxon(at: number, zones: readonly string[], rules: readonly RuleSet[]): boolean {
  return zones.every((zone) => {
    const wall = DateTime.fromMillis(at, { zone })
    return rules.every((rule) => openAtWall(wall, rule))
  })
}

export function openAtWall(wall: DateTime, rule: RuleSet): boolean {
  return within(wall, hoursOf(rule, wall))
}

export function openingByLuxon(at: number, zones: readonly string[], rules: readonly RuleSet[]): number {
  return firstMinute(at, (minute) => openByLuxon(minute, zones, rules))
}

export function closingByLuxon(at: number, zones: readonly string[], rules: readonly RuleSet[]): number {
  return firstMinute(at, (minute) => !openByLuxon(minute, zones, rules))
}

/** Edges of windows and clock changes fall on whole minutes, so only `at` itself needs looking at between them. */
function firstMinute(at: number, holds: (minute: number) => boolean): number {
  let minute = at
  while (!holds(minute)) minute = Math.floor(minute / MINUTE) * MINUTE + MINUTE
  return minute
}

function hoursOf(rule: RuleSet, wall: DateTime): string | null {
  const localDay = Math.round(DateTime.utc(wall.year, wall.month, wall.day).toMillis() / 86_400_000)
  if (rule.holidays && isHoliday(rule.holidays.calendar, localDay)) return rule.holidays.hours
  if (wall.weekday === 7) return rule.sunday
  return wall.weekday === 6 ? rule.saturday : rule.weekdays
}

function within(wall: DateTime, hours: string | null): boolean {
  if (hours === null) return false
  const [from, to] = hours.split('-').map((edge) => {
    const [hour, minute] = edge.split(':')
    return Number(hour) + Number(minute ?? 0) / 60
  }) as [number, number]
  const time = wall.hour + wall.minute / 60
  return from <= time && time < to
}
