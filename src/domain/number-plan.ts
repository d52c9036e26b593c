import { LATIN } from './number-plan-latin.ts'
import { NANP, type PlanRow } from './number-plan-nanp.ts'
import { WORLD_PLAN } from './number-plan-world.ts'

/** Where a phone number may be, as far as its digits tell. `zones` holds every clock that is possible, none twice. */
export interface PhoneArea {
  /** ISO 3166-1 alpha-2 (XK for Kosovo); undefined for satellite and international numbers. */
  country: string | undefined
  zones: readonly string[]
  /** Postal code of the US state or Canadian province. */
  region?: string
}

/** All zones a number's owner may live in: the first prefix that fits, the longest tried first. */
export function zonesOfPhone(e164: string): PhoneArea {
  if (!/^\+\d{6,15}$/.test(e164)) return NOWHERE

  const digits = withoutOldMobilePrefix(e164.slice(1))
  for (let length = LONGEST; length > 0; length -= 1) {
    const area = AREAS.get(digits.slice(0, length))
    if (area) return area
  }
  return NOWHERE
}

/** The zone, if the number leaves no doubt about the clock. */
export function zoneOfPhone(e164: string): string | undefined {
  const { zones } = zonesOfPhone(e164)
  return zones.length === 1 ? zones[0] : undefined
}

const NOWHERE: PhoneArea = { country: undefined, zones: [] }

/** Every prefix the plan knows, for tests and documents. */
export const PLAN: readonly PlanRow[] = [...NANP, ...LATIN, ...WORLD_PLAN]

const AREAS = new Map(
  PLAN.map(([prefix, country, zones, region]): [string, PhoneArea] => [
    prefix,
    region ? { country, zones, region } : { country, zones },
  ]),
)
const LONGEST = Math.max(...PLAN.map(([prefix]) => prefix.length))

/** Mexican mobile numbers were written +52 1 … until 2019, and still are in many address books. */
function withoutOldMobilePrefix(digits: string): string {
  return digits.replace(/^521(?=\d{10}$)/, '52')
}
