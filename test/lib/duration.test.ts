import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../src/lib/duration.ts'

describe('a duration', () => {
  test.each([
    ['PT24H', 86_400_000],
    ['P3D', 259_200_000],
    ['P1DT12H', 129_600_000],
    ['P2W', 1_209_600_000],
    ['PT90M', 5_400_000],
    ['PT1S', 1_000],
    ['PT0.5S', 500],
    ['PT1.25S', 1_250],
    ['PT0S', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each([
    '',
    'P',
    'PT',
    'P1DT',
    'P1M',
    'P1Y',
    '24H',
    'PT24',
    'pt24h',
    ' PT24H',
    'PT24H\n',
    '-PT1H',
    'PT1H30',
    'P1W2D',
    'PT1.5H',
    'PT1M1H',
    'PT9999999999H',
    'PT1,5S',
  ])('%j is refused', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  test('reads what it writes', () => {
    fc.assert(fc.property(fc.nat(10 ** 9), (ms) => parseDuration(formatDuration(ms)) === ms))
  })

  test('is written in hours, as the API shows it', () => {
    expect(formatDuration(86_400_000)).toBe('PT24H')
    expect(formatDuration(5_400_500)).toBe('PT1H30M0.5S')
  })
})
