import { type Failure, failure } from '../domain/failure.ts'

const DEEPEST = 32
/** In one object; lists may be longer. */
const MOST_FIELDS = 1_000

type Json = Record<string, unknown>
export type ReadJson = { ok: true; value: Json } | { ok: false; failure: Failure }

/** Bytes → an object that is safe to pass on: strict UTF-8, flat enough, no text Postgres cannot keep, no name that means more. */
export function readJson(raw: Buffer): ReadJson {
  const text = decoded(raw)
  if (text === undefined) return refused('', 'must be UTF-8 without a byte order mark')
  if (isDeeper(text, DEEPEST)) return refused('', `must be at most ${DEEPEST} levels deep`)
  const value = parsed(text)
  if (value === undefined) return refused('', 'is not JSON')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refused('', 'must be an object')
  const fault = faultIn(value)
  return fault ? refused(fault.path, fault.message) : { ok: true, value: value as Json }
}

const refused = (path: string, message: string): ReadJson => ({
  ok: false,
  failure: failure('malformed_json', [{ path, message }]),
})

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decoded(raw: Buffer): string | undefined {
  try {
    const text = utf8.decode(raw)
    return text.startsWith('\uFEFF') ? undefined : text
  } catch {
    return undefined // The decoder's only way to say that the bytes are no UTF-8.
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // The parser's only way to say that the text is no JSON.
  }
}

const QUOTE = 34
const BACKSLASH = 92

/** Counted before parsing, so that a deep body costs one pass and no stack. */
function isDeeper(text: string, deepest: number): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if (code === 123 || code === 91) {
      if (++depth > deepest) return true
    } else if (code === 125 || code === 93) depth--
  }
  return false
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) return i
    if (code === BACKSLASH) i++
  }
  return text.length
}

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

interface Fault {
  path: string
  message: string
}

/** Depth is bounded already, so this may walk by calling itself. */
function faultIn(value: unknown, path = ''): Fault | undefined {
  if (typeof value === 'string') return faultInText(value, path)
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { path, message: 'is too large a number' }
  return typeof value === 'object' && value !== null ? faultInFields(value, path) : undefined
}

function faultInFields(value: object, path: string): Fault | undefined {
  const fields = Object.entries(value)
  const isList = Array.isArray(value)
  if (fields.length > MOST_FIELDS && !isList) return { path, message: `must have at most ${MOST_FIELDS} fields` }
  for (const [name, item] of fields) {
    if (FORBIDDEN.has(name)) return { path, message: `must not have a field named ${name}` }
    const fault = faultInText(name, path) ?? faultIn(item, below(path, name, isList))
    if (fault) return fault
  }
  return undefined
}

/** A name from outside is repeated only when it looks like a name and not like data. */
function below(path: string, name: string, inList: boolean): string {
  if (inList) return `${path}[${name}]`
  if (!/^[A-Za-z_]{1,40}$/.test(name)) return path
  return path === '' ? name : `${path}.${name}`
}

function faultInText(text: string, path: string): Fault | undefined {
  if (text.includes('\u0000')) return { path, message: 'must not hold the character NUL' }
  return text.isWellFormed() ? undefined : { path, message: 'must not hold half of a surrogate pair' }
}
