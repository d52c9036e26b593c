import { describe, expect, it } from 'vitest'
import { isHourlyAtMost, nextFiring } from '../../src/lib/cron.ts'

describe('cron expressions', () => {
  it.each([
    ['0 10 * * 1', true],
    ['59 * * * *', true],
    ['0 10 1,15 * MON-FRI', true],
    ['* * * * *', false],
    ['*/5 * * * *', false],
    ['0,30 * * * *', false],
    ['0-1 10 * * *', false],
    ['60 10 * * *', false],
    ['0 25 * * *', false],
    ['0 10 * *', false],
    ['0 0 10 * * 1', false],
    ['@daily', false],
    ['', false],
  ])('%j fires at most once an hour: %s', (cron, expected) => {
    expect(isHourlyAtMost(cron)).toBe(expected)
  })

  it.each([
    ['before a change of the clocks', '2026-10-31T12:00:00Z', '2026-10-31T14:00:00.000Z'],
    ['after it', '2026-11-01T12:00:00Z', '2026-11-01T15:00:00.000Z'],
    ['at the moment itself: the next one', '2026-10-31T14:00:00Z', '2026-11-01T15:00:00.000Z'],
  ])('fire on the clock of the zone, %s', (_, after, next) => {
    expect(nextFiring('0 10 * * *', 'America/New_York', new Date(after))?.toISOString()).toBe(next)
  })

  it('that name a day which never comes never fire', () => {
    expect(nextFiring('0 10 30 2 *', 'UTC', new Date('2026-01-01T00:00:00Z'))).toBeNull()
  })
})
