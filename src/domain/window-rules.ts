import type { Calendar } from './holidays.ts'

/** When one may write to people of a place, by their own clock. `H-H` or `H:MM-H:MM`, up to `24`; null is never. */
export interface RuleSet {
  weekdays: string | null
  saturday: string | null
  sunday: string | null
  /** Hours on days of `calendar`; without a calendar there are no holidays. */
  holidays?: { calendar: Calendar; hours: string | null }
  /** Whether the first message of a transactional dispatch may leave outside the hours. */
  transactional: 'exempt' | 'bound'
  /** Who keeps the row true. */
  owner: string
  /** Day on which the row was last checked against `source`. */
  asOf: string
  source: string
}

const CHECKED = { owner: 'compliance', asOf: '2026-11-22' }
const US = { ...CHECKED, transactional: 'exempt' } as const

const daily = (hours: string) => ({ weekdays: hours, saturday: hours, sunday: hours })
const noSundaysNorHolidays = (hours: string) => ({
  ...daily(hours),
  sunday: null,
  holidays: { calendar: 'US', hours: null } as const,
})

/**
 * One row a rule set. Lists of state hours differ between sources: where they do, the stricter reading stands.
 * Laws about telephone solicitation are taken to cover text messages, mail and notifications alike.
 * Of the state rows only federal holidays are known; state holidays (Mardi Gras, Pioneer Day) are not.
 */
export const RULE_SETS = {
  default: {
    ...daily('8-21'),
    ...CHECKED,
    transactional: 'exempt',
    source: 'House rule: the hours of 47 CFR 64.1200(c)(1) for every place without a row of its own',
  },
  us: { ...daily('8-21'), ...US, source: '47 CFR 64.1200(c)(1) (TCPA)' },
  'us-al': { ...noSundaysNorHolidays('8-20'), ...US, source: 'Ala. Admin. Code r. 770-X-5-.17' },
  'us-ct': { ...daily('9-20'), ...US, source: 'Conn. Gen. Stat. 42-288a as amended in 2023' },
  'us-fl': { ...daily('8-20'), ...US, source: 'Fla. Stat. 501.616(6)(a), 501.059' },
  'us-il': { ...daily('9-21'), ...US, source: '815 ILCS 305 (automatic dialers)' },
  'us-ky': { ...daily('10-21'), ...US, source: 'KRS 367.46955' },
  'us-la': { ...noSundaysNorHolidays('8-20'), ...US, source: 'La. Pub. Serv. Comm. General Order R-29617 V(A)' },
  'us-ma': { ...daily('8-20'), ...US, source: 'Mass. Gen. Laws ch. 159C 3, 201 CMR 12.00' },
  'us-md': { ...daily('8-20'), ...US, source: 'Md. Code Com. Law 14-4501 ff. (Stop the Spam Calls Act, 2024)' },
  'us-mi': { ...daily('9-21'), ...US, source: 'Commonly listed compliance charts; statute not re-read' },
  'us-mn': { ...daily('9-21'), ...US, source: 'Minn. Stat. 325E.30' },
  'us-ms': { ...noSundaysNorHolidays('8-20'), ...US, source: 'Miss. Code 77-3-723; holidays by the stricter list' },
  'us-nj': { ...daily('8-20'), ...US, source: 'Commonly listed since the 2024 amendments; statute not re-read' },
  'us-nm': { ...daily('9-21'), ...US, source: 'N.M. Stat. 57-12-22' },
  'us-nv': { ...daily('9-20'), ...US, source: 'Nev. Rev. Stat. 598.0918' },
  'us-ok': { ...daily('8-20'), ...US, source: 'Okla. Stat. tit. 15, 775C (2022)' },
  'us-or': { ...daily('8-20'), ...US, source: 'Oregon HB 3865 (2025), in force since 2026' },
  'us-ri': {
    ...noSundaysNorHolidays('9-18'),
    saturday: '10-17',
    ...US,
    source: 'R.I. Gen. Laws 5-61-3.6; Sundays by the stricter list',
  },
  'us-sd': { ...daily('9-21'), sunday: null, ...US, source: 'S.D. Codified Laws 37-30-28, 37-30A' },
  'us-tx': {
    ...daily('9-21'),
    sunday: '12-21',
    ...US,
    source: 'Tex. Bus. & Com. Code 301.051, SB 140 (2025) for text messages',
  },
  'us-ut': { ...noSundaysNorHolidays('9-20'), ...US, source: 'Utah Code 13-25a-103; hours by the stricter list' },
  'us-wa': { ...daily('8-20'), ...US, source: 'RCW 80.36.390 as amended in 2022' },
  'us-wy': { ...daily('8-20'), ...US, source: 'Wyo. Stat. 40-12-301 ff.; statute not re-read' },
  ca: {
    weekdays: '9-21:30',
    saturday: '10-18',
    sunday: '10-18',
    ...CHECKED,
    transactional: 'exempt',
    source: 'CRTC Unsolicited Telecommunications Rules, calling hours',
  },
  mx: {
    ...daily('9-20'),
    ...CHECKED,
    transactional: 'exempt',
    source: 'House rule: no federal law names hours for messages (not LFPC 16 to 18 bis), so later and shorter',
  },
  co: {
    weekdays: '7-19',
    saturday: '8-15',
    sunday: null,
    holidays: { calendar: 'CO', hours: null },
    ...CHECKED,
    transactional: 'bound',
    source: 'Ley 2300 de 2023, art. 3; a link nobody asked for may count as advertising, so nothing is exempt',
  },
} as const satisfies Record<string, RuleSet>

export type RuleSetName = keyof typeof RULE_SETS

const TERRITORIES = new Set(['US', 'PR', 'VI', 'GU', 'AS', 'MP'])

/** The rule sets of a country and, in the United States, a state; all of them must be kept. */
export function rulesOf(country: string | undefined, region?: string): RuleSetName[] {
  if (TERRITORIES.has(country ?? '')) return ['us', ...rulesOfState(region)]
  return country === 'CA' || country === 'MX' || country === 'CO' ? [COUNTRIES[country]] : ['default']
}

/** For a number that is American but of no known area code: it may be anywhere, so every state's rule. */
export const ALL_OF_US = (Object.keys(RULE_SETS) as RuleSetName[]).filter((name) => /^us(-|$)/.test(name))

const COUNTRIES = { CA: 'ca', MX: 'mx', CO: 'co' } as const

function rulesOfState(region: string | undefined): RuleSetName[] {
  return ALL_OF_US.filter((name) => name === `us-${region?.toLowerCase()}`)
}
