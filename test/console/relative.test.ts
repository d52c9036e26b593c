import { describe, expect, it } from 'vitest'
import { relative, span } from '../../src/console/assets/relative.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('a stretch of time', () => {
  it.each([
    [18 * SECOND, '18 s'],
    [99 * SECOND, '99 s'],
    [100 * SECOND, '2 min'],
    [72 * MINUTE, '72 min'],
    [100 * MINUTE, '2 h'],
    [24 * HOUR, '24 h'],
    [3 * DAY, '3 days'],
  ])('%i ms is %s', (ms, words) => {
    expect(span(ms)).toBe(words)
  })

  it.each([
    [-1_500, 'just now'],
    [0, 'just now'],
    [1_500, 'in a moment'],
    [18 * SECOND, 'in 18 s'],
    [-4 * MINUTE, '4 min ago'],
  ])('%i ms from now reads %s', (ms, words) => {
    expect(relative(1_000_000_000_000 + ms, 1_000_000_000_000)).toBe(words)
  })
})
