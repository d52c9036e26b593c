import { describe, expect, it } from 'vitest'
import { closesAt, isOpen, nextOpening, type Place } from '../../src/domain/window.ts'
import { RULE_SETS, type RuleSetName } from '../../src/domain/window-rules.ts'
import { closingByLuxon, openByLuxon, openingByLuxon } from './window-calculator.ts'

const ZONES = Intl.supportedValuesOf('timeZone')
const NAMES = Object.keys(RULE_SETS) as RuleSetName[]
const FROM = Date.UTC(2026, 0, 1)
const YEARS = 5 * 365 * 86_400_000

/** More by `WINDOW_SAMPLES=1000000`. */
const SAMPLES = Number(process.env['WINDOW_SAMPLES'] ?? 40_000)

describe('windows at random moments', () => {
  it(`agree with the calculator about ${SAMPLES} moments, zones and rule sets`, { timeout: 600_000 }, () => {
    const random = seeded(20261122)
    const wrong: string[] = []

    for (let count = 0; count < SAMPLES; count += 1) {
      const { at, place, rows } = sample(random, someZones(random, count))
      if (isOpen(new Date(at), place) !== openByLuxon(at, place.zones, rows)) wrong.push(said(at, place))
    }

    expect(wrong).toEqual([])
  })

  it.each(ZONES)('open and close as the calculator steps to it in %s', (zone) => {
    const random = seeded(zone.length * 7_919 + zone.charCodeAt(zone.length - 1))
    const { at, place, rows } = sample(random, [zone])

    const opening = nextOpening(new Date(at), place).getTime()
    const closing = closesAt(new Date(opening), place).getTime()

    expect(opening, said(at, place)).toBe(openingByLuxon(at, place.zones, rows))
    expect(closing, said(at, place)).toBe(closingByLuxon(opening, place.zones, rows))
  })
})

/** One zone mostly, and sometimes two or three at once. */
function someZones(random: () => number, count: number): string[] {
  const others = Array.from(
    { length: Math.max(0, Math.floor(random() * 6) - 3) },
    () => ZONES[Math.floor(random() * ZONES.length)] ?? 'UTC',
  )
  return [ZONES[count % ZONES.length] ?? 'UTC', ...others]
}

function sample(random: () => number, zones: string[]) {
  const name = NAMES[Math.floor(random() * NAMES.length)] ?? 'default'
  const place: Place = { zones, rules: [name] }
  return { at: FROM + Math.floor(random() * YEARS), place, rows: place.rules.map((rule) => RULE_SETS[rule]) }
}

const said = (at: number, { zones, rules }: Place) => `${new Date(at).toISOString()} ${zones} ${rules}`

/** mulberry32: the same moments every time. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
