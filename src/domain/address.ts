import {
  isSupportedCountry,
  type NumberType,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'

export type NormalisedPhone =
  /** `country` is null where a calling code belongs to no single one. */
  { ok: true; e164: string; country: string | null; type: NumberType | null } | { ok: false; reason: PhoneRefusal }
export type PhoneRefusal =
  | 'empty'
  | 'not_a_number'
  | 'country_missing'
  | 'country_unknown'
  | 'has_extension'
  | 'not_valid'
  | 'not_personal'

export type NormalisedEmail = { ok: true; address: string } | { ok: false; reason: EmailRefusal }
export type EmailRefusal = 'empty' | 'too_long' | 'not_one_at' | 'bad_local_part' | 'bad_domain'

/** Kinds of numbers that are nobody's phone, or that cost the one who is written to. */
const NOT_PERSONAL: readonly NumberType[] = ['PREMIUM_RATE', 'SHARED_COST', 'TOLL_FREE', 'UAN', 'VOICEMAIL', 'PAGER']

/** E.164, or national with its `country` (ISO 3166-1 alpha-2). The whole text must be the number. */
export function normalisePhone(input: string, country?: string): NormalisedPhone {
  const text = input.trim()
  const home = country?.toUpperCase()
  if (text === '') return refused('empty')
  if (text.length > 40) return refused('not_a_number')
  if (home !== undefined && !isSupportedCountry(home)) return refused('country_unknown')
  if (home === undefined && !/^[+＋]/.test(text)) return refused('country_missing')

  const number = parsePhone(text, home)
  if (!number) return refused('not_a_number')
  if (number.ext) return refused('has_extension')
  if (!number.isValid()) return refused('not_valid')
  const type = number.getType()
  if (NOT_PERSONAL.includes(type)) return refused('not_personal')
  return { ok: true, e164: number.number, country: number.country ?? null, type: type ?? null }
}

/** Conservative: one plain address, never a list, a group, a quoted part or an IP literal. Only the domain changes its case. */
export function normaliseEmail(input: string): NormalisedEmail {
  const text = input.trim()
  if (text === '') return refused('empty')
  if (text.length > 254) return refused('too_long')
  const [local = '', domain = '', ...more] = text.split('@')
  if (!text.includes('@') || more.length > 0) return refused('not_one_at')
  if (local.length > 64 || !/^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(local))
    return refused('bad_local_part')
  const ascii = asciiDomain(domain)
  if (ascii === undefined) return refused('bad_domain')
  return local.length + 1 + ascii.length > 254 ? refused('too_long') : { ok: true, address: `${local}@${ascii}` }
}

/** `+1•••••0123` */
export function maskPhone(e164: string): string {
  const code = parsePhoneNumberFromString(e164)?.countryCallingCode
  return code ? `+${code}•••••${e164.slice(-4)}` : HIDDEN
}

/** `m•••@example.com` */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  return at > 0 ? `${[...address][0]}•••${address.slice(at)}` : HIDDEN
}

/** `•••••wxyz`; a short token shows nothing. */
export const maskToken = (token: string): string => (token.length < 16 ? HIDDEN : `${HIDDEN}${token.slice(-4)}`)

/** Is the address, or its `@domain`, on the list? Mail is compared without regard to case. */
export function isListed(address: string, list: readonly string[]): boolean {
  const comparable = (text: string) => (text.includes('@') ? text.toLowerCase() : text)
  const one = comparable(address)
  return list.map(comparable).some((entry) => entry === one || (entry.startsWith('@') && one.endsWith(entry)))
}

const HIDDEN = '•••••'

/** Mexico gave up the 1 before mobile numbers in 2019; address books keep it. */
function parsePhone(text: string, country: string | undefined): PhoneNumber | undefined {
  const number = parsePhoneNumberFromString(text, {
    ...(country && isSupportedCountry(country) && { defaultCountry: country }),
    extract: false,
  })
  const [, national] = /^\+521(\d{10})$/.exec(number?.number ?? '') ?? []
  return national ? parsePhoneNumberFromString(`+52${national}`) : number
}

/** The URL parser maps IDN to ASCII; what it would map to something else is refused before and after. */
function asciiDomain(domain: string): string | undefined {
  const url = `http://${domain}`
  if (!/^[\p{L}\p{N}\p{M}.-]+$/u.test(domain) || !URL.canParse(url)) return undefined
  const ascii = new URL(url).hostname
  return /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/.test(ascii) ? ascii : undefined
}

const refused = <T extends string>(reason: T) => ({ ok: false, reason }) as const
