import { describe, expect, it } from 'vitest'
import { exemptsTransactional, isOpen, placeOf } from '../../src/domain/window.ts'
import { RULE_SETS, type RuleSet, type RuleSetName } from '../../src/domain/window-rules.ts'

const defaultTimeZone = 'America/New_York'
const bogota = placeOf({ phone: '+573001234567', defaultTimeZone })
const miami = placeOf({ phone: '+13055550123', defaultTimeZone })

describe('placeOf', () => {
  it.each([
    [
      'lets an explicit zone decide the clock and the phone the rules',
      { phone: '+13055550123', timeZone: 'America/Bogota' },
      ['America/Bogota'],
      ['us', 'us-fl'],
    ],
    ['reads both from the phone', { phone: '+15125550123' }, ['America/Chicago'], ['us', 'us-tx']],
    ['knows states without a rule of their own', { phone: '+12125550123' }, ['America/New_York'], ['us']],
    [
      'keeps both zones of the Panhandle',
      { phone: '+18505550123' },
      ['America/New_York', 'America/Chicago'],
      ['us', 'us-fl'],
    ],
    ['treats Puerto Rico as American', { phone: '+17875550123' }, ['America/Puerto_Rico'], ['us']],
    ['knows Canada', { phone: '+16045550123' }, ['America/Vancouver'], ['ca']],
    ['knows Mexico', { phone: '+526641234567' }, ['America/Tijuana'], ['mx']],
    ['knows Colombia', { phone: '+573001234567' }, ['America/Bogota'], ['co']],
    ['falls back to the default rules', { phone: '+34600123456' }, ['Europe/Madrid', 'Atlantic/Canary'], ['default']],
    ['takes the country when there is no phone', { country: 'CO' }, ['America/New_York'], ['co']],
    [
      'keeps federal hours for a country without a state',
      { country: 'US', timeZone: 'America/Denver' },
      ['America/Denver'],
      ['us'],
    ],
    ['trusts the phone more than the country', { phone: '+573001234567', country: 'US' }, ['America/Bogota'], ['co']],
    ['uses the default zone when nothing is known', {}, ['America/New_York'], ['default']],
    ['uses the default zone for a satellite phone', { phone: '+881612345678' }, ['America/New_York'], ['default']],
    ['overlooks a zone that is none', { timeZone: 'Mars/Olympus', phone: '+573001234567' }, ['America/Bogota'], ['co']],
    ['takes null for absent', { timeZone: null, phone: null, country: null }, ['America/New_York'], ['default']],
  ])('%s', (_name, hints, zones, rules) => {
    expect(placeOf({ ...hints, defaultTimeZone })).toEqual({ zones, rules })
  })
})

describe('exemptsTransactional', () => {
  it.each([
    [miami, true],
    [bogota, false],
    [placeOf({ defaultTimeZone }), true],
  ])('asks every rule set of %j', (place, exempt) => {
    expect(exemptsTransactional(place)).toBe(exempt)
  })

  it('is refused by one bound rule set among several', () => {
    expect(exemptsTransactional({ zones: ['UTC'], rules: ['us', 'co'] })).toBe(false)
  })
})

describe('rule sets', () => {
  it.each(Object.entries<RuleSet>(RULE_SETS))(
    '%s has an owner, a date and a source',
    (_name, { owner, asOf, source }) => {
      expect(owner).not.toBe('')
      expect(new Date(asOf).toISOString().slice(0, 10)).toBe(asOf)
      expect(source.length).toBeGreaterThan(10)
    },
  )

  it.each((Object.keys(RULE_SETS) as RuleSetName[]).filter((name) => name.startsWith('us-')))(
    '%s never allows what federal law forbids',
    (name) => {
      const wall = (hour: number) => new Date(Date.UTC(2026, 5, 10, hour))
      const place = { zones: ['UTC'], rules: [name] }

      expect([0, 6, 7, 21, 22, 23].some((hour) => isOpen(wall(hour), place))).toBe(false)
      expect(isOpen(wall(12), place)).toBe(true)
    },
  )
})
