import { describe, expect, it } from 'vitest'
import { type Caps, cappedUntil } from '../../src/domain/cap.ts'

const NOW = new Date('2026-11-18T18:00:00Z')
const HOUR = 3_600_000
const hoursAgo = (...hours: number[]) => hours.map((n) => new Date(NOW.getTime() - n * HOUR))
const inHours = (n: number) => new Date(NOW.getTime() + n * HOUR)

describe('a person gets no more than allowed', () => {
  it.each([
    ['nobody wrote yet', [], null],
    ['two of three a day', [1, 2], null],
    ['three in a day: until the oldest is a day old', [1, 2, 20], 4],
    ['five in a day: until only two are left', [1, 2, 3, 4, 5], 21],
    ['the third is exactly a day old', [1, 2, 24], null],
    ['seven in a week: until the oldest is a week old', [25, 49, 73, 97, 121, 145, 160], 8],
    ['both: the longer wait', [1, 2, 3, 97, 121, 145, 150], 21],
    ['six in a week', [25, 49, 73, 97, 121, 145], null],
  ] as [string, number[], number | null][])('%s', (_, sent, wait) => {
    const until = cappedUntil(hoursAgo(...sent), NOW, { perDay: 3, perWeek: 7 })

    expect(until).toEqual(wait === null ? null : inHours(wait))
  })

  it.each([
    [{ perDay: null, perWeek: null }, null],
    [{ perDay: null, perWeek: 7 }, 164],
    [{ perDay: 3, perWeek: null }, 20],
  ] as [Caps, number | null][])('with %o', (caps, wait) => {
    const sent = hoursAgo(1, 2, 4, 4, 4, 4, 4, 4)

    expect(cappedUntil(sent, NOW, caps)).toEqual(wait === null ? null : inHours(wait))
  })
})
