import type { Outcome } from '../domain/outcome.ts'
import type { HttpResult } from '../lib/http.ts'

type Answer = Extract<HttpResult, { kind: 'answer' }>

const LONGEST_WAIT_MS = 15 * 60_000

/** What a request without an answer amounts to, for every provider spoken to over HTTP. */
export function unanswered(result: Exclude<HttpResult, Answer>): Outcome {
  if (result.kind === 'unclear') return { kind: 'ambiguous', reason: result.reason }
  if (result.late) return { kind: 'late' }
  return { kind: result.reason.startsWith('invalid_') ? 'alert' : 'retry', reason: result.reason }
}

/** The provider's `Retry-After` in ms, at most 15 minutes; a date is read against the answer's own `Date`. */
export function retryAfterMs(headers: Record<string, string>): number | undefined {
  const value = headers['retry-after']?.trim()
  if (!value) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.parse(headers['date'] ?? '')
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_WAIT_MS) : undefined
}

/** Gives a `retry` or `throttle` the wait its provider asked for, else the one the table names. */
export function withWait(outcome: Outcome, headers: Record<string, string>): Outcome {
  if (outcome.kind !== 'retry' && outcome.kind !== 'throttle') return outcome
  const asked = retryAfterMs(headers)
  return asked === undefined ? outcome : { ...outcome, afterMs: Math.max(asked, outcome.afterMs ?? 0) }
}

/** The object in a body, or undefined: a stranger's answer is never trusted to be JSON. */
export function readObject(body: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(body))
  } catch {
    return undefined
  }
}

export const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined

export const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

export const isLoopback = (url: string): boolean =>
  URL.canParse(url) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)
