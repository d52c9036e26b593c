import { describe, expect, it } from 'vitest'
import { paceOf, projectedEnd } from '../../src/domain/progress.ts'

const NOON = Date.parse('2026-11-22T12:00:00Z')
const at = (minutes: number) => new Date(NOON + minutes * 60_000)
const sent = (...counts: [number, number][]) => counts.map(([minute, count]) => ({ at: at(minute), sent: count }))

describe('the pace', () => {
  it.each([
    ['is of the last five whole minutes', at(-60), sent([-7, 900], [-5, 50], [-1, 50], [0, 999]), 20],
    ['is of the minutes since the start where those are fewer', at(-2), sent([-2, 30], [-1, 50]), 40],
    ['is what the first minute has brought so far', at(0), sent([0, 12]), 12],
    ['is nothing where nothing was sent lately', at(-60), sent([-20, 100]), 0],
  ])('%s', (_, startedAt, minutes, pace) => {
    expect(paceOf(minutes, { startedAt, now: at(0.5) })).toBe(pace)
  })
})

describe('the end', () => {
  const going = { firsts: 100, perMinute: 10, perHour: null, isGoing: true, now: at(0) }

  it.each([
    ['lies ahead by what is left at the pace seen', {}, at(10)],
    ['is not expected before the limit allows', { perHour: 60 }, at(100)],
    ['is not foretold while nothing goes', { isGoing: false }, null],
    ['is not foretold where nothing was sent lately', { perMinute: 0 }, null],
    ['is past where nothing is left', { firsts: 0 }, null],
  ])('%s', (_, wish, end) => {
    expect(projectedEnd({ ...going, ...wish })).toEqual(end)
  })
})
