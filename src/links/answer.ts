import type { z } from 'zod'
import type { PartnerAnswer } from '../flow/ports.ts'
import type { HttpResult } from '../lib/http.ts'
import { flatError, success, wrappedError } from './shapes.ts'

type Answer = Extract<HttpResult, { kind: 'answer' }>
type Failure = Exclude<PartnerAnswer<never>, { kind: 'ok' }>
interface PartnerError {
  code: string
  message: string
}

const MINUTE = 60_000

/** Names a refusal may be about. Only these are passed on, so that no value ever is. */
const FIELDS = (
  'referenceId expiresInMinutes flow theme language metadata callbackUrl userData name firstName secondName lastName ' +
  'secondLastName idNumber idType dob idImage paymentMethod bankAccount accountNumber country linkId reason'
).split(' ')

/** One answer of the partner, judged (reference/m2m-partner-api.md, section 10 rule 8; provider-errors.md, section 5). */
export function judge<T extends z.ZodType>(result: HttpResult, shape: T, now: Date): PartnerAnswer<z.output<T>> {
  if (result.kind === 'not_written') return { kind: 'retry', reason: result.reason }
  if (result.kind === 'unclear') return { kind: 'unclear', reason: result.reason }

  const body = readJson(result.body)
  const failure = judgeFailure(result, readError(body), now)
  if (failure) return failure

  const envelope = success.safeParse(body)
  if (!envelope.success) return { kind: 'untrusted', reason: body === undefined ? 'not_json' : 'not_a_success' }
  const data = shape.safeParse(envelope.data.data)
  return data.success ? { kind: 'ok', value: data.data } : { kind: 'untrusted', reason: 'unexpected_shape' }
}

/** In order: what shuts the account, whatever its status, then the status, then the code. */
function judgeFailure(answer: Answer, error: PartnerError | undefined, now: Date): Failure | undefined {
  const { status } = answer
  const code = error && /^[A-Z][A-Z0-9_]{0,63}$/.test(error.code) ? error.code : undefined
  if (code === 'PARTNER_SUSPENDED') return { kind: 'shut', code }
  if (status === 401) return { kind: 'shut', code: code ?? 'UNAUTHORIZED' }
  if (status === 429) return { kind: 'throttled', afterMs: retryAfterMs(answer.headers['retry-after'], now) }
  if (status >= 500 || status === 408) return { kind: 'unclear', reason: `http_${status}` }
  if (status >= 400) return judgeRefusal(status, code, error?.message ?? '')
  if (status < 200 || status >= 300) return { kind: 'untrusted', reason: 'redirect' }
  return undefined
}

function judgeRefusal(status: number, code: string | undefined, message: string): Failure {
  if (code === 'ACTIVE_LINK_EXISTS' || (status === 409 && code === undefined)) return { kind: 'active_link_exists' }
  if (status === 404) return { kind: 'not_found' }
  const words = new Set(message.split(/[^A-Za-z]+/))
  return { kind: 'refused', code: code ?? `HTTP_${status}`, fields: FIELDS.filter((field) => words.has(field)) }
}

/** Seconds or a date; a minute when absent, at most 15, at least a second. */
function retryAfterMs(header: string | undefined, now: Date): number {
  const text = header?.trim() ?? ''
  const asked = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime()
  return Number.isNaN(asked) ? MINUTE : Math.min(Math.max(asked, 1_000), 15 * MINUTE)
}

function readError(body: unknown): PartnerError | undefined {
  return wrappedError.safeParse(body).data ?? flatError.safeParse(body).data
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
