import { describe, expect, it } from 'vitest'
import { mostWithin, useOf } from '../../chaos/campaign-rates.ts'

const MINUTE = 60_000
const every = (ms: number, from: number, to: number) =>
  Array.from({ length: Math.ceil((to - from) / ms) }, (_, n) => from + n * ms)

describe('the most within a stretch of time', () => {
  it.each([
    [[], 0],
    [[5], 1],
    [[0, 999, 1_000], 2],
    [[1_000, 0, 999, 998], 3],
  ])('of %j in a second is %d', (times, most) => {
    expect(mostWithin(times, 1_000)).toBe(most)
  })
})

describe('the use of a limit', () => {
  const backlog = [{ from: 0, to: 3 * MINUTE }]

  it('is whole where every minute holds as many as it may, also in bursts', () => {
    const bursts = [0, 1, 2].flatMap((minute) => every(10, minute * MINUTE, minute * MINUTE + 1_000))

    expect(useOf(every(600, 0, 3 * MINUTE), { limit: 100, backlog, apart: [] })).toEqual({
      windows: 121,
      mean: 1,
      least: 1,
    })
    expect(useOf(bursts, { limit: 100, backlog, apart: [] })).toMatchObject({ mean: 1 })
  })

  it('counts only minutes that lie wholly in a backlog and touch nothing that is told apart', () => {
    const times = every(600, 0, MINUTE)
    const untilThen = [{ from: 0, to: MINUTE }]
    const later = [{ from: MINUTE + 1_000, to: 3 * MINUTE }]

    expect(useOf(times, { limit: 100, backlog: untilThen, apart: [] })).toEqual({ windows: 1, mean: 1, least: 1 })
    expect(useOf(times, { limit: 100, backlog, apart: later })).toMatchObject({ windows: 2 })
    expect(useOf(times, { limit: 100, backlog: [{ from: 0, to: MINUTE - 1 }], apart: [] })).toMatchObject({
      windows: 0,
    })
  })

  it('is lower where a limit lies idle', () => {
    const { mean, least } = useOf(every(600, 0, 2 * MINUTE), { limit: 100, backlog, apart: [] })

    expect(mean).toBeLessThan(0.8)
    expect(least).toBe(0)
  })
})
