/** The form of a new dispatch → an order, or everything that is wrong with it. */
import { normaliseEmail, normalisePhone } from '../domain/address.ts'
import { CHANNELS, type ChannelName } from '../domain/channel.ts'
import type { Contact } from '../domain/dispatch.ts'
import { normaliseLocale } from '../domain/language-tag.ts'
import { checkUserData } from '../domain/user-data.ts'
import { isTimeZone } from '../domain/zone.ts'
import type { DispatchOrder } from '../flow/order.ts'
import { parseDuration } from '../lib/duration.ts'
import { field } from './fields.ts'

export const FIELDS = [
  'referenceId',
  'firstName',
  'lastName',
  'country',
  'accountNumber',
  'phone',
  'email',
  'pushToken',
  'channel1',
  'channel2',
  'channel3',
  'channel4',
  'locale',
  'timeZone',
  'template',
  'reminders',
] as const
export type FieldName = (typeof FIELDS)[number]
export type Fields = Record<FieldName, string>

/** `field` is null for what belongs to no single one. */
export interface Problem {
  field: FieldName | null
  message: string
}

export const fieldsOf = (body: unknown): Fields =>
  Object.fromEntries(FIELDS.map((name) => [name, field(body, name)])) as Fields

export function orderFrom(fields: Fields, now: Date): { order: DispatchOrder } | { problems: Problem[] } {
  const problems: Problem[] = []
  const wrong = (name: FieldName | null, message: string) => {
    problems.push({ field: name, message })
    return null
  }
  const referenceId = referenceFrom(fields, wrong)
  const channels = channelsFrom(fields, wrong)
  const contact = contactFrom(fields, wrong)
  const userData = userDataFrom(fields, now, wrong)
  const locale = fields.locale === '' ? null : (normaliseLocale(fields.locale) ?? wrong('locale', 'is no language tag'))
  const timeZone =
    fields.timeZone !== '' && !isTimeZone(fields.timeZone)
      ? wrong('timeZone', 'is no time zone')
      : fields.timeZone || null
  const reminders = remindersFrom(fields, wrong)
  if (problems.length > 0) return { problems: problems.sort(byPlace) }
  return {
    order: {
      referenceId,
      userData,
      contact,
      channels,
      locale,
      timeZone,
      template: fields.template,
      variables: {},
      category: 'transactional',
      sendAt: null,
      validUntil: null,
      reminders,
      link: {},
      ownLink: null,
      ifActive: 'supersede',
      suspectOpens: 'stop',
      fallBackMs: null,
      metadata: null,
      lane: SINGLE,
      campaignId: null,
      variant: null,
    },
  }
}

/** In the order of the form. */
const byPlace = (a: Problem, b: Problem) => placeOf(a) - placeOf(b)
const placeOf = ({ field: name }: Problem) => (name ? FIELDS.indexOf(name) : -1)

/** The lane of what is no campaign. */
const SINGLE = 1

type Wrong = (name: FieldName | null, message: string) => null

function referenceFrom({ referenceId }: Fields, wrong: Wrong): string {
  if (referenceId === '') wrong('referenceId', 'is required: the user’s id at the partner')
  else if (looksLikePhone(referenceId)) wrong('referenceId', 'looks like a phone number: use an id that is not secret')
  else if (referenceId.includes('@')) wrong('referenceId', 'looks like an email address: use an id that is not secret')
  else if (!/^[A-Za-z0-9._:-]{1,128}$/.test(referenceId))
    wrong('referenceId', 'must have 1 to 128 of the characters A-Z a-z 0-9 . _ : -')
  return referenceId
}

/** Ten digits and more: no reference may look so. */
export const looksLikePhone = (text: string) =>
  /^\+?[\d ().-]+$/.test(text) && /^\d{10,15}$/.test(text.replace(/\D/g, ''))

function channelsFrom(fields: Fields, wrong: Wrong): ChannelName[] | null {
  const places = ['channel1', 'channel2', 'channel3', 'channel4'] as const
  const chosen: ChannelName[] = []
  for (const place of places) {
    if (fields[place] === '') continue
    const name = CHANNELS.find((channel) => channel === fields[place])
    if (!name) wrong(place, 'is no channel')
    else if (chosen.includes(name)) wrong(place, 'was chosen above already')
    else chosen.push(name)
  }
  return chosen.length > 0 ? chosen : wrong('channel1', 'choose at least one channel')
}

function contactFrom({ phone, email, pushToken, firstName, lastName }: Fields, wrong: Wrong): Contact {
  const contact: Contact = {}
  const number = phone === '' ? null : normalisePhone(phone)
  if (number?.ok) contact.phone = number.e164
  else if (number) wrong('phone', PHONE_WORDS[number.reason] ?? 'is no phone number that can be written to')
  const address = email === '' ? null : normaliseEmail(email)
  if (address?.ok) contact.email = address.address
  else if (address) wrong('email', 'is no email address')
  if (pushToken !== '') contact.pushTokens = [pushToken]
  if (firstName || lastName) contact.name = { ...(firstName && { firstName }), ...(lastName && { lastName }) }
  return contact
}

const PHONE_WORDS: Record<string, string> = {
  country_missing: 'needs its country code, as in +15125550123',
  not_personal: 'is nobody’s own phone',
  has_extension: 'must not have an extension',
}

/** Without an account the partner's page asks for it; with one, everything the partner wants must be there. */
function userDataFrom(fields: Fields, now: Date, wrong: Wrong): Record<string, unknown> | null {
  const { firstName, lastName, country, accountNumber } = fields
  if (accountNumber === '') return null
  const userData = {
    name: { firstName, lastName },
    paymentMethod: { type: 'bank_account', bankAccount: { country: country.toUpperCase(), accountNumber } },
  }
  const verdict = checkUserData(userData, now)
  if (!verdict.ok) for (const { path, message } of verdict.errors) wrong(pathToField(path), message)
  return userData
}

const NO_REMINDERS = 'none'
function remindersFrom({ reminders }: Fields, wrong: Wrong): DispatchOrder['reminders'] {
  if (reminders === NO_REMINDERS) return null
  const afterMs = reminders.split(',').map((text) => parseDuration(text.trim().toUpperCase()) ?? 0)
  if (afterMs.some((ms) => ms < 1_000) || afterMs.length > 10) {
    wrong('reminders', 'must be up to ten durations such as PT24H,PT72H, or none')
  }
  return { afterMs, channels: null, template: null }
}

/** Where the form asks for what a path in the order names. */
export function pathToField(path: string): FieldName | null {
  const last = path.split('.').at(-1) ?? ''
  if (path.startsWith('channels')) return 'channel1'
  if (path.startsWith('reminders')) return 'reminders'
  return FIELDS.find((name) => name === last) ?? null
}
