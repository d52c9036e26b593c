import { isOpen, placeOf } from '../domain/window.ts'
import { newUuid } from '../lib/id.ts'
import { type Fields, fieldsOf } from './order.ts'
import type { ConsolePorts } from './ports.ts'

const PHONE = '+15125550123'
const HOUR = 3_600_000

/** Zones around the globe: in one of them it is always an hour at which one may write. The number's own comes first. */
export const ZONES = [
  'America/Chicago',
  'America/Los_Angeles',
  'Pacific/Honolulu',
  'Pacific/Auckland',
  'Asia/Tokyo',
  'Asia/Kolkata',
  'Asia/Dubai',
  'Europe/Madrid',
  'America/Sao_Paulo',
]

/** The sandbox's form comes filled in and tells its story within a minute; elsewhere nobody is written to by accident. */
export function startingFields({
  world,
  locales,
  templates,
  now,
}: Pick<ConsolePorts, 'world' | 'locales' | 'templates' | 'now'>): Fields {
  const usual = {
    channel1: 'sms',
    channel2: 'email',
    template: templates.includes('magic-link') ? 'magic-link' : (templates[0] ?? ''),
  }
  const locale = locales[0] ?? 'en'
  if (world !== 'sandbox') return fieldsOf({ ...usual, locale, reminders: 'PT24H,PT72H' })
  return fieldsOf({
    ...usual,
    // A reference of its own: a user who opened a link within the hour cannot be sent the next one.
    referenceId: `user_${newUuid().slice(-5)}`,
    firstName: 'Michael',
    lastName: 'Johnson',
    country: 'MX',
    accountNumber: '014027000005555558',
    phone: PHONE,
    email: 'michael@example.com',
    pushToken: 'token-1',
    channel3: 'push',
    locale: locales.includes('es-MX') ? 'es-MX' : locale,
    timeZone: openZone(now()) ?? '',
    reminders: 'PT20S,PT40S',
  })
}

/** Reminders keep to a person's hours: where it is night, the example would wait for the morning. */
const openZone = (now: Date): string | undefined =>
  ZONES.find((zone) => {
    const place = placeOf({ timeZone: zone, phone: PHONE, defaultTimeZone: zone })
    return isOpen(now, place) && isOpen(new Date(now.getTime() + HOUR), place)
  })
