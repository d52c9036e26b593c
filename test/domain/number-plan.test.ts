import { type CountryCode, getCountries, getExampleNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { PLAN, zoneOfPhone, zonesOfPhone } from '../../src/domain/number-plan.ts'
import { isTimeZone } from '../../src/domain/zone.ts'

/** Territories that share a country's numbers and its clock. */
const SHARED: Record<string, string> = {
  AX: 'FI',
  BL: 'GP',
  MF: 'GP',
  CC: 'AU',
  CX: 'AU',
  EH: 'MA',
  GG: 'GB',
  IM: 'GB',
  JE: 'GB',
  SJ: 'NO',
  TA: 'SH',
  VA: 'IT',
  BQ: 'BQ',
}
const CONTINENT = ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles']

describe('zonesOfPhone', () => {
  it.each(getCountries())('finds the country of a mobile number of %s', (country: CountryCode) => {
    const number = getExampleNumber(country, examples)?.number ?? ''

    expect(zonesOfPhone(number).country).toBe(SHARED[country] ?? country)
  })

  it.each([
    ['+15125550123', 'US', 'TX', 'America/Chicago'],
    ['+19155550123', 'US', 'TX', 'America/Denver'],
    ['+14325550123', 'US', 'TX', 'America/Chicago'],
    ['+12125550123', 'US', 'NY', 'America/New_York'],
    ['+13105550123', 'US', 'CA', 'America/Los_Angeles'],
    ['+16025550123', 'US', 'AZ', 'America/Phoenix'],
    ['+18085550123', 'US', 'HI', 'Pacific/Honolulu'],
    ['+12025550123', 'US', 'DC', 'America/New_York'],
    ['+13055550123', 'US', 'FL', 'America/New_York'],
    ['+14105550123', 'US', 'MD', 'America/New_York'],
    ['+14055550123', 'US', 'OK', 'America/Chicago'],
    ['+12035550123', 'US', 'CT', 'America/New_York'],
    ['+12065550123', 'US', 'WA', 'America/Los_Angeles'],
    ['+13125550123', 'US', 'IL', 'America/Chicago'],
    ['+16155550123', 'US', 'TN', 'America/Chicago'],
    ['+18655550123', 'US', 'TN', 'America/New_York'],
    ['+14165550123', 'CA', 'ON', 'America/Toronto'],
    ['+15145550123', 'CA', 'QC', 'America/Toronto'],
    ['+14035550123', 'CA', 'AB', 'America/Edmonton'],
    ['+13065550123', 'CA', 'SK', 'America/Regina'],
    ['+19025550123', 'CA', 'NS', 'America/Halifax'],
    ['+17875550123', 'PR', undefined, 'America/Puerto_Rico'],
    ['+18095550123', 'DO', undefined, 'America/Santo_Domingo'],
    ['+18765550123', 'JM', undefined, 'America/Jamaica'],
    ['+16715550123', 'GU', undefined, 'Pacific/Guam'],
    ['+525512345678', 'MX', undefined, 'America/Mexico_City'],
    ['+523312345678', 'MX', undefined, 'America/Mexico_City'],
    ['+526641234567', 'MX', undefined, 'America/Tijuana'],
    ['+5216641234567', 'MX', undefined, 'America/Tijuana'],
    ['+526861234567', 'MX', undefined, 'America/Tijuana'],
    ['+526621234567', 'MX', undefined, 'America/Hermosillo'],
    ['+526561234567', 'MX', undefined, 'America/Ciudad_Juarez'],
    ['+526141234567', 'MX', undefined, 'America/Chihuahua'],
    ['+526671234567', 'MX', undefined, 'America/Mazatlan'],
    ['+526121234567', 'MX', undefined, 'America/Mazatlan'],
    ['+529981234567', 'MX', undefined, 'America/Cancun'],
    ['+528991234567', 'MX', undefined, 'America/Matamoros'],
    ['+573001234567', 'CO', undefined, 'America/Bogota'],
    ['+5511912345678', 'BR', undefined, 'America/Sao_Paulo'],
    ['+5592912345678', 'BR', undefined, 'America/Manaus'],
    ['+5568912345678', 'BR', undefined, 'America/Rio_Branco'],
    ['+5571912345678', 'BR', undefined, 'America/Bahia'],
    ['+50371234567', 'SV', undefined, 'America/El_Salvador'],
    ['+50251234567', 'GT', undefined, 'America/Guatemala'],
    ['+50491234567', 'HN', undefined, 'America/Tegucigalpa'],
    ['+51912345678', 'PE', undefined, 'America/Lima'],
    ['+77012345678', 'KZ', undefined, 'Asia/Almaty'],
    ['+447400123456', 'GB', undefined, 'Europe/London'],
    ['+919812345678', 'IN', undefined, 'Asia/Kolkata'],
    ['+9779812345678', 'NP', undefined, 'Asia/Kathmandu'],
    ['+262692123456', 'RE', undefined, 'Indian/Reunion'],
    ['+262639123456', 'YT', undefined, 'Indian/Mayotte'],
  ])('puts %s into %s %s, %s', (phone, country, region, zone) => {
    expect(zonesOfPhone(phone)).toEqual({ country, zones: [zone], ...(region && { region }) })
    expect(zoneOfPhone(phone)).toBe(zone)
  })

  it.each([
    ['+18505550123', 'US', ['America/New_York', 'America/Chicago']],
    ['+12085550123', 'US', ['America/Denver', 'America/Los_Angeles']],
    ['+17015550123', 'US', ['America/Chicago', 'America/Denver']],
    ['+19285550123', 'US', ['America/Phoenix', 'America/Denver']],
    ['+19075550123', 'US', ['America/Anchorage', 'America/Adak']],
    ['+17785550123', 'CA', ['America/Vancouver', 'America/Edmonton']],
    ['+526361234567', 'MX', ['America/Chihuahua', 'America/Ciudad_Juarez']],
    ['+5581912345678', 'BR', ['America/Recife', 'America/Noronha']],
    ['+34612345678', 'ES', ['Europe/Madrid', 'Atlantic/Canary']],
    ['+593991234567', 'EC', ['America/Guayaquil', 'Pacific/Galapagos']],
    ['+6281234567890', 'ID', ['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura']],
  ])('keeps every clock that %s (%s) may have: %j', (phone, country, zones) => {
    expect(zonesOfPhone(phone)).toMatchObject({ country, zones })
    expect(zoneOfPhone(phone)).toBeUndefined()
  })

  it.each([
    '+18005550123',
    '+18885550123',
    '+18335550123',
    '+19005550123',
    '+15005550006',
    '+12115550123',
    '+17105550123',
  ])('takes %s, which has no place, to be anywhere on the continent', (phone) => {
    expect(zonesOfPhone(phone)).toEqual({ country: 'US', zones: CONTINENT })
    expect(zoneOfPhone(phone)).toBeUndefined()
  })

  it.each([
    '+881612345678',
    '+88212345678',
    '+80012345678',
    '+99912345678',
    '+0123456789',
    '',
    '+',
    '15125550123',
    '+1512555012a',
    '+1 512 555 0123',
    `+1${'5'.repeat(20)}`,
    '+１５１２５５５０１２３',
  ])('knows no place for %j', (phone) => {
    expect(zonesOfPhone(phone)).toEqual({ country: undefined, zones: [] })
    expect(zoneOfPhone(phone)).toBeUndefined()
  })
})

describe('the number plan', () => {
  it.each([...new Set(PLAN.flatMap(([, , zones]) => zones))])('names the zone %s as this machine knows it', (zone) => {
    expect(isTimeZone(zone)).toBe(true)
  })

  it('lists no prefix twice', () => {
    const prefixes = PLAN.map(([prefix]) => prefix)

    expect(prefixes.filter((prefix, index) => prefixes.indexOf(prefix) !== index)).toEqual([])
  })

  it('lists no clock twice under one prefix', () => {
    const doubled = PLAN.filter(([, , zones]) => new Set(zones.map(clockOf)).size !== zones.length)

    expect(doubled).toEqual([])
  })

  it('knows every state and province', () => {
    const regions = new Set(
      PLAN.map(([, country, , region]) => region && `${country}-${region}`).filter((region) => region),
    )

    expect([...regions].filter((region) => region?.startsWith('US-'))).toHaveLength(51)
    expect([...regions].filter((region) => region?.startsWith('CA-'))).toHaveLength(10)
  })
})

/** A zone's distance from UTC on the first of every month of the coming years. */
function clockOf(zone: string): string {
  return Array.from(
    { length: 60 },
    (_, month) =>
      DateTime.fromObject({ year: 2026, month: 1 }, { zone: 'UTC' }).plus({ months: month }).setZone(zone).offset,
  ).join()
}
