import type { z } from 'zod'
import { type Failure, failure } from '../domain/failure.ts'

const MOST_ERRORS = 100
/** A body can be wrong in tens of thousands of places; nobody reads that far. */
const MOST_LOOKED_AT = 1_000

/** Every wrong path, with the rule it broke; a value is never repeated. */
export function invalid(error: z.ZodError, top = ''): Failure {
  const errors = error.issues.flatMap((issue) => errorsOf(issue, top)).slice(0, MOST_LOOKED_AT)
  return failure('invalid_request', errors.filter(onePerPath).slice(0, MOST_ERRORS))
}

type Issue = z.ZodError['issues'][number]
type Wrong = Failure['errors'][number]

function errorsOf(issue: Issue, top: string): Wrong[] {
  const path = pathOf(issue.path, top)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(path, key))
  if (issue.code === 'invalid_union') return nearest(issue.errors).flatMap((inner) => errorsOf(inner, path))
  return [{ path, message: messageOf(issue) }]
}

/** Of several kinds, the one that knows most of the fields that were sent. */
const nearest = (kinds: readonly Issue[][]): Issue[] =>
  kinds.toSorted((a, b) => strangersIn(a) - strangersIn(b))[0] ?? []

const strangersIn = (issues: Issue[]): number => issues.reduce((count, issue) => count + strangers(issue), 0)

function strangers(issue: Issue): number {
  if (issue.code === 'unrecognized_keys') return issue.keys.length
  return issue.code === 'invalid_type' && issue.expected === 'never' ? 1 : 0
}

function messageOf(issue: Issue): string {
  if (issue.code === 'invalid_type')
    return issue.message.endsWith('received undefined')
      ? 'is required'
      : `must be ${WITH_ARTICLE[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`
  if (issue.code === 'invalid_key') return 'has a field with an impossible name'
  return issue.message
}

const WITH_ARTICLE: Record<string, string> = {
  array: 'a list',
  object: 'an object',
  record: 'an object',
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

/** Fields of the partner's body, and of others', that people put where they used to stand. */
const HOMES: Record<string, string> = {
  expiresInMinutes: 'belongs to link.expiresInMinutes',
  theme: 'belongs to link.theme',
  flow: 'belongs to link.flow',
  language: 'belongs to link.language; the words of the message follow locale',
  replaceOpened: 'belongs to link.replaceOpened',
  linkId: 'belongs to link.linkId',
  url: 'belongs to link.url',
  expiresAt: 'belongs to link.expiresAt',
  callbackUrl: 'is not taken per request: set M2M_CALLBACK=per_link',
  phone: 'belongs to contact.phone',
  email: 'belongs to contact.email',
  pushTokens: 'belongs to contact.pushTokens',
  country: 'belongs to contact.country',
  name: 'belongs to userData.name, or to contact.name without userData',
  firstName: 'belongs to userData.name.firstName',
  lastName: 'belongs to userData.name.lastName',
  paymentMethod: 'belongs to userData.paymentMethod',
  bankAccount: 'belongs to userData.paymentMethod.bankAccount',
  idNumber: 'belongs to userData.idNumber',
  idType: 'belongs to userData.idType',
  dob: 'belongs to userData.dob',
  channel: 'is not known: list channels in channels',
  timezone: 'is spelt timeZone',
}

function unknownField(path: string, key: string): Wrong {
  // A name from outside is repeated only when it looks like a name and not like data.
  if (!/^[A-Za-z_]{1,40}$/.test(key)) return { path, message: 'has a field that is not known' }
  const home = path === '' && Object.hasOwn(HOMES, key) ? HOMES[key] : undefined
  const inLink = path === 'link' && key === 'callbackUrl' ? HOMES['callbackUrl'] : undefined
  return { path: path === '' ? key : `${path}.${key}`, message: home ?? inLink ?? 'is not known' }
}

function pathOf(path: readonly PropertyKey[], top: string): string {
  const text = path.reduce<string>(
    (before, part) =>
      typeof part === 'number' ? `${before}[${part}]` : before === '' ? String(part) : `${before}.${String(part)}`,
    '',
  )
  return top === '' ? text : `${top}${text === '' ? '' : `.${text}`}`
}

const onePerPath = ({ path }: Wrong, index: number, all: Wrong[]) =>
  all.findIndex((other) => other.path === path) === index
