/** Reading variables: text in, a typed value or a sentence about what is wrong (never the text itself: it may be a secret). */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseDuration } from './duration.ts'

export type Environment = Record<string, string | undefined>
export type Read<T> = { value: T } | { problem: string }
export interface Problem {
  variable: string
  problem: string
  fix: string
}

/** A table of variables: how each text is read, and what to do when it cannot be. */
export type Table = Record<string, readonly [schema: z.ZodType, fix: string]>
export type Values<T extends Table> = { [Name in keyof T]: z.output<T[Name][0]> }

/** Reads the whole table and collects every problem; an empty variable counts as unset. */
export function readVariables<T extends Table>(table: T, env: Environment) {
  const values: Record<string, unknown> = {}
  const problems: Problem[] = []
  for (const [name, [schema, fix]] of Object.entries(table)) {
    const parsed = schema.safeParse(env[name]?.trim() || undefined)
    if (parsed.success) values[name] = parsed.data
    else problems.push(...parsed.error.issues.map((issue) => ({ variable: name, problem: issue.message, fix })))
  }
  return { values: values as Values<T>, problems }
}

/** A zod schema over a plain reading function. */
const read = <T>(parse: (text: string) => Read<T>) =>
  z.string().transform((text, context): T => {
    const result = parse(text)
    if ('value' in result) return result.value
    context.addIssue({ code: 'custom', message: result.problem })
    return z.NEVER
  })

export const text = (matches: RegExp = /./, problem = 'has an unexpected form') =>
  read((value) => (matches.test(value) ? { value } : { problem }))

export const databaseUrl = () => text(/^postgres(ql)?:\/\/./, 'is not a postgres:// URL')

export const redisUrl = () => text(/^rediss?(\+(sentinel|cluster))?:\/\/./, 'is not a redis:// URL')

export const mailSender = () => text(/^[^@\r\n]*[^@\s<]@[^@\s>]+>?$/, 'holds no mail address')

/** A host as a URL shows it: lower case, with its port unless that is the usual one. */
export const hosts = () =>
  listOf((entry) =>
    /^[a-z0-9.-]+(:\d{1,5})?$/i.test(entry) ? { value: entry.toLowerCase() } : { problem: 'is not a host' },
  )

/** E.164 number, mail address, @domain or push token. */
export const addressees = () =>
  listOf((entry) => {
    if (/^[\d\s().-]+$|\s/.test(entry)) return { problem: 'is no address: numbers begin with +' }
    return { value: entry.includes('@') ? entry.toLowerCase() : entry }
  })

/** A number, or `off` for no limit. */
export const pace = (min: number, max: number) =>
  read((value): Read<number | null> => (value === 'off' ? { value: null } : readInteger(value, min, max)))

export const integer = (min: number, max: number) => read((value) => readInteger(value, min, max))

export const oneOf = <const T extends string>(...words: T[]) => read((value) => readWord(words, value))

export const onOff = () => oneOf('on', 'off').transform((word) => word === 'on')

/** A comma list; `problem` names the entry by its position. */
export const listOf = <T>(item: (entry: string) => Read<T>) =>
  read((value) => {
    const entries = value.split(',').map((entry) => entry.trim())
    const values: T[] = []
    for (const [index, entry] of entries.entries()) {
      const result = entry === '' ? { problem: 'is empty' } : item(entry)
      if ('problem' in result) return { problem: `entry ${index + 1} ${result.problem}` }
      values.push(result.value)
    }
    return new Set(entries).size === entries.length ? { value: values } : { problem: 'names an entry twice' }
  })

export const words = <const T extends string>(...known: T[]) => listOf((entry) => readWord(known, entry))

export const wordsOrNone = <const T extends string>(...known: T[]) =>
  z.union([z.literal('none').transform((): T[] => []), words(...known)])

/** `name=units/duration` entries, each of these names once. */
export const rates = (...names: string[]) =>
  listOf((entry) => readRate(names, entry)).refine(
    (list) => new Set(list.map(({ name }) => name)).size === list.length,
    'names a provider twice',
  )

/** `id:base64` pairs of 32 bytes, the first is current. */
export const keys = () =>
  listOf(readKey).refine((list) => new Set(list.map((key) => key.id)).size === list.length, 'uses a key id twice')

export const durations = (minMs: number) =>
  read((value) => (value === 'none' ? { value: [] } : readDurations(value, minMs)))

/** https, or plain http to this machine only. Comes back without a slash at its end. */
export const httpUrl = () => read((value) => readHttpUrl(value, /^$/))

/** The same for an address we only post to: such URLs often carry their key as a query. */
export const hookUrl = () => read((value) => readHttpUrl(value, /^/))

/** https, or plain http to any machine: for what stays in one's own network. */
export const collectorUrl = () =>
  read((value): Read<string> => {
    const url = URL.canParse(value) ? new URL(value) : undefined
    if (!url || !/^https?:$/.test(url.protocol)) return { problem: 'is not an http or https URL' }
    if (url.username || url.password) return { problem: 'holds a user name or password' }
    return { value: value.replace(/\/+$/, '') }
  })

/** Headers as `name=value,name=value`, values URL-encoded. */
export const headers = () =>
  listOf((entry) => {
    const [, name, encoded = ''] = /^([\w-]+)=(.+)$/.exec(entry) ?? []
    const value = accepted(() => decodeURIComponent(encoded))
    return name && value ? { value: [name, value] as const } : { problem: 'is not name=value' }
  }).transform((list): Record<string, string> => Object.fromEntries(list))

/** A share, 0 to 1. */
export const share = () => text(/^(0(\.\d+)?|1(\.0+)?)$/, 'is not a number from 0 to 1').transform(Number)

/** smtps, smtp with `?requireTLS=true`, or plain smtp to this machine only. */
export const smtpUrl = () => read(readSmtpUrl)

export const timeZone = () =>
  read((value) =>
    /^[A-Za-z]/.test(value) && accepted(() => new Intl.DateTimeFormat('en', { timeZone: value }))
      ? { value }
      : { problem: 'is not an IANA time zone' },
  )

export const locale = () =>
  read((value) => {
    const known = accepted(() => Intl.getCanonicalLocales(value))
    return known?.[0] ? { value: known[0] } : { problem: 'is not a BCP 47 language tag' }
  })

const accountShape = z
  .object({
    project_id: z.string().min(1),
    client_email: z.string().min(1),
    private_key: z.string().includes('PRIVATE KEY'),
    token_uri: httpUrl().default('https://oauth2.googleapis.com/token'),
  })
  .transform((json) => ({
    projectId: json.project_id,
    clientEmail: json.client_email,
    privateKey: json.private_key,
    tokenUri: json.token_uri,
  }))
export type ServiceAccount = z.output<typeof accountShape>

/** A Google service account: its JSON in the variable itself, or the path of the file that holds it. */
export const serviceAccount = () =>
  read((value): Read<ServiceAccount> => {
    const content = value.startsWith('{') ? value : accepted(() => readFileSync(value, 'utf8'))
    if (content === undefined) return { problem: 'names a file that cannot be read' }
    const parsed = accountShape.safeParse(accepted(() => JSON.parse(content)))
    return parsed.success ? { value: parsed.data } : { problem: 'is not the JSON of a service account' }
  })

/** 127.0.0.0/8, ::1 and localhost: what never leaves this machine. */
export const isLoopback = (hostname: string) =>
  /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/.test(hostname.toLowerCase())

export const isLoopbackUrl = (url: string | undefined) =>
  url !== undefined && URL.canParse(url) && isLoopback(new URL(url).hostname)

/** Freezes what a plain tree holds; bytes stay as they are, since a view cannot be frozen. */
export function deepFreeze<T>(tree: T): T {
  if (tree === null || typeof tree !== 'object' || ArrayBuffer.isView(tree)) return tree
  Object.values(tree).forEach(deepFreeze)
  return Object.freeze(tree)
}

function readInteger(value: string, min: number, max: number): Read<number> {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  return number >= min && number <= max ? { value: number } : { problem: `is not a whole number from ${min} to ${max}` }
}

function readWord<const T extends string>(known: readonly T[], value: string): Read<T> {
  const word = known.find((candidate) => candidate === value)
  return word === undefined ? { problem: `is none of: ${known.join(', ')}` } : { value: word }
}

function readKey(entry: string): Read<{ id: string; key: Buffer }> {
  const [, id, base64] = /^([\w-]{1,32}):([A-Za-z0-9+/]{43}=?)$/.exec(entry) ?? []
  if (!id || !base64) return { problem: 'is not id:base64 with 32 bytes' }
  const key = Buffer.from(base64, 'base64')
  return key.every((byte) => byte === key[0]) ? { problem: 'is not random' } : { value: { id, key } }
}

function readRate(names: string[], entry: string): Read<{ name: string; units: number; perMs: number }> {
  const {
    name = '',
    units,
    duration = '',
  } = /^(?<name>\w+)=(?<units>\d{1,9})\/(?<duration>\S+)$/.exec(entry)?.groups ?? {}
  const perMs = parseDuration(duration)
  if (!names.includes(name)) return { problem: `names none of: ${names.join(', ')}` }
  if (!Number(units) || !perMs) return { problem: 'is not name=number/duration, such as twilio=60/PT1M' }
  return { value: { name, units: Number(units), perMs } }
}

function readDurations(value: string, minMs: number): Read<number[]> {
  const list = value.split(',').map((entry) => parseDuration(entry.trim()) ?? -1)
  const rising = list.every((ms, index) => ms >= minMs && ms > (list[index - 1] ?? 0))
  return rising ? { value: list } : { problem: 'is not a rising list of ISO 8601 durations' }
}

function readHttpUrl(value: string, query: RegExp): Read<string> {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return { problem: 'is not an https URL' }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return { problem: 'is plain http to another machine' }
  if (url.username || url.password) return { problem: 'holds a user name or password' }
  if (url.hash || !query.test(url.search)) return { problem: 'holds a query or fragment' }
  return { value: `${url.origin}${url.pathname.replace(/\/+$/, '')}${url.search}` }
}

function readSmtpUrl(value: string): Read<string> {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^smtps?:$/.test(url.protocol) || !url.hostname) return { problem: 'is not an smtp:// or smtps:// URL' }
  const options = [...url.searchParams]
  if (options.some(([name, set]) => name !== 'requireTLS' || set !== 'true'))
    return { problem: 'has an option other than requireTLS=true' }
  const plain = url.protocol === 'smtp:' && options.length === 0
  return plain && !isLoopback(url.hostname) ? { problem: 'is plain SMTP to another machine' } : { value }
}

function accepted<T>(attempt: () => T): T | undefined {
  try {
    return attempt()
  } catch {
    return undefined
  }
}
