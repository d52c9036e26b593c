import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBirthDate, isClabe, isCurp, isSsn } from '../../src/domain/identity.ts'

const now = new Date('2026-11-22T15:00:00Z')
const CLABE = '014027000005555558'
const CURP = 'HEGG560427MVZRRL04'

describe('isClabe', () => {
  it.each([CLABE, '646180110400000007', '032180000118359719', '002010077777777771', '000000000000000000'])(
    'accepts %s',
    (text) => {
      expect(isClabe(text)).toBe(true)
    },
  )

  it('accepts one check digit in ten, whatever stands before it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{17}$/), (account) => {
        const accepted = [...'0123456789'].filter((digit) => isClabe(account + digit))
        return accepted.length === 1
      }),
      { numRuns: 500 },
    )
  })

  it('notices any single wrong digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 17 }), fc.integer({ min: 1, max: 9 }), (place, more) => {
        const wrong = `${CLABE.slice(0, place)}${(Number(CLABE[place]) + more) % 10}${CLABE.slice(place + 1)}`
        return !isClabe(wrong)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    '',
    '01402700000555555',
    '0140270000055555588',
    ' 014027000005555558',
    '014027000005555558\n',
    '01402700000555555x',
    '０１４０２７０００００５５５５５５８',
    '014-027-00000555555-8',
  ])('refuses %j', (text) => {
    expect(isClabe(text)).toBe(false)
  })
})

describe('isSsn', () => {
  it.each(['123-45-6789', '001-01-0001', '665-99-9999', '667-01-0001', '899-99-9999'])('accepts %s', (text) => {
    expect(isSsn(text)).toBe(true)
  })

  it.each([
    '000-45-6789',
    '666-45-6789',
    '900-45-6789',
    '999-45-6789',
    '123-00-6789',
    '123-45-0000',
    '123456789',
    '123-456-789',
    '12-345-6789',
    '123-45-678',
    '123-45-67890',
    ' 123-45-6789',
    '123-45-6789\n',
    'abc-de-fghi',
    '',
    '１２３-４５-６７８９',
    '123–45–6789',
  ])('refuses %j', (text) => {
    expect(isSsn(text)).toBe(false)
  })
})

describe('isCurp', () => {
  it.each([CURP, 'SABC560626MDFLRN01'])('accepts %s', (text) => {
    expect(isCurp(text)).toBe(true)
  })

  it('accepts one check digit in ten', () => {
    const accepted = [...'0123456789'].filter(
      (digit) => isCurp(`HEGG020229HVZRRLA${digit}`) || isCurp(`HEGG040229HVZRRLA${digit}`),
    )

    expect(accepted).toHaveLength(1)
  })

  it.each([
    ['a wrong check digit', 'HEGG560427MVZRRL05'],
    ['17 characters', 'HEGG560427MVZRRL0'],
    ['19 characters', 'HEGG560427MVZRRL044'],
    ['small letters', 'hegg560427mvzrrl04'],
    ['month 13', 'HEGG561327MVZRRL04'],
    ['31 April', 'HEGG560431MVZRRL04'],
    ['29 February 1957', 'HEGG570229MVZRRL04'],
    ['an unknown sex', 'HEGG560427ZVZRRL04'],
    ['a vowel among the consonants', 'HEGG560427MVZARL04'],
    ['digits for letters', '1EGG560427MVZRRL04'],
    ['spaces', ' EGG560427MVZRRL04'],
    ['nothing', ''],
  ])('refuses %s', (_what, text) => {
    expect(isCurp(text)).toBe(false)
  })

  it('refuses a wrong date under every check digit', () => {
    const accepted = [...'0123456789'].filter(
      (digit) => isCurp(`HEGG570229MVZRRL0${digit}`) || isCurp(`HEGG561327MVZRRL0${digit}`),
    )

    expect(accepted).toEqual([])
  })
})

describe('isBirthDate', () => {
  it.each(['1900-01-01', '1999-12-31', '2000-02-29', '2024-02-29', '2026-11-22'])('accepts %s', (text) => {
    expect(isBirthDate(text, now)).toBe(true)
  })

  it.each([
    '1899-12-31',
    '0001-01-01',
    '2026-11-23',
    '2027-01-01',
    '9999-12-31',
    '1900-02-29',
    '2023-02-29',
    '2023-04-31',
    '2023-00-10',
    '2023-13-01',
    '2023-01-00',
    '2023-01-32',
    '1990-5-17',
    '17.05.1990',
    '05/17/1990',
    '1990-05-17T00:00:00Z',
    '19900517',
    '',
    ' 1990-05-17',
    '1990-05-17 ',
    '+001990-05-17',
    '１９９０-０５-１７',
  ])('refuses %j', (text) => {
    expect(isBirthDate(text, now)).toBe(false)
  })

  it('goes by the day of the clock it is given', () => {
    expect(isBirthDate('2026-11-22', new Date('2026-11-21T23:59:59Z'))).toBe(false)
    expect(isBirthDate('2026-11-22', new Date('2026-11-22T00:00:00Z'))).toBe(true)
  })
})
