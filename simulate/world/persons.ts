import type { Contact } from '../../src/domain/dispatch.ts'
import type { Chance } from '../engine/chance.ts'

/** Hours of a place by its own clock, written down apart from src/domain/window-rules.ts: [from, to] in whole hours, null for never. */
export interface Hours {
  weekdays: [number, number]
  saturday: [number, number]
  sunday: [number, number] | null
  holidays: ReadonlySet<string>
  /** Nobody is exempt there. */
  bound?: true
}

const daily = (from: number, to: number): Hours => ({
  weekdays: [from, to],
  saturday: [from, to],
  sunday: [from, to],
  holidays: new Set(),
})
const COLOMBIA = new Set(
  (
    '2026-01-01 2026-01-12 2026-03-23 2026-04-02 2026-04-03 2026-05-01 2026-05-18 2026-06-08 2026-06-15 2026-06-29 2026-07-20 2026-08-07 ' +
    '2026-08-17 2026-10-12 2026-11-02 2026-11-16 2026-12-08 2026-12-25 2027-01-01 2027-01-11 2027-03-22 2027-03-25 2027-03-26 2027-05-01 ' +
    '2027-05-10 2027-05-31 2027-06-07 2027-07-05 2027-07-20 2027-08-07 2027-08-16 2027-10-18 2027-11-01 2027-11-15 2027-12-08 2027-12-25'
  ).split(' '),
)

interface Home {
  zone: string
  hours: Hours
  prefix: string
}
const HOMES: Home[] = [
  { zone: 'America/Chicago', hours: { ...daily(9, 21), sunday: [12, 21] }, prefix: '+1512555' },
  { zone: 'America/New_York', hours: daily(8, 21), prefix: '+1212555' },
  { zone: 'America/New_York', hours: daily(8, 20), prefix: '+1305555' },
  { zone: 'America/Mexico_City', hours: daily(9, 20), prefix: '+525555550' },
  {
    zone: 'America/Bogota',
    hours: { weekdays: [7, 19], saturday: [8, 15], sunday: null, holidays: COLOMBIA, bound: true },
    prefix: '+57300555',
  },
  { zone: 'Europe/London', hours: daily(8, 21), prefix: '+44770090' },
  { zone: 'Asia/Kolkata', hours: daily(8, 21), prefix: '+91981555' },
]
const ELSEWHERE = ['Asia/Tokyo', 'Europe/Berlin', 'America/Los_Angeles', 'Pacific/Auckland', 'America/Santiago']

export interface Person {
  referenceId: string
  contact: Contact
  /** Told to us with each request; null: only the number says where they are. */
  timeZone: string | null
  zone: string
  hours: Hours
  prefix: string
}

export function makePerson(chance: Chance, n: number): Person {
  const home = chance.pick(HOMES)
  const timeZone = chance.happens(0.25) ? chance.pick(ELSEWHERE) : null
  const tokens = Array.from({ length: chance.int(0, 3) }, (_, i) => `device-${n}-${i}`)
  const contact: Contact = {
    phone: numberOf(home.prefix, chance),
    ...(chance.happens(0.8) && { email: `person${n}@example.com` }),
    ...(tokens.length > 0 && { pushTokens: tokens }),
  }
  return { referenceId: `user-${n}`, contact, timeZone, ...home, zone: timeZone ?? home.zone }
}

export const numberOf = (prefix: string, chance: Chance) => `${prefix}${chance.int(1000, 9999)}`
