import type { Response } from 'express'
import type { z } from 'zod'
import type { Switches } from './switches.ts'

/** An answer of the partner as a value. `after` runs once it was sent, or lost on the way. */
export interface Reply {
  status: number
  body: unknown
  headers?: Record<string, string>
  after?: () => void
}

export const success = (status: number, data: unknown): Reply => ({ status, body: { success: true, data } })

/** Errors in the partner's two envelopes: wrapped, or flat as its authentication page shows them. */
export function makeFailures(switches: Switches) {
  const shaped = (envelope: 'flat' | 'wrapped', error: Record<string, unknown>) =>
    envelope === 'flat' ? error : { success: false, error }

  return {
    auth: (status: number, code: string, message: string): Reply => ({
      status,
      body: shaped(switches.authErrors, { code, message }),
    }),
    other: (status: number, code: string, message: string, more: Record<string, unknown> = {}): Reply => ({
      status,
      body: shaped(switches.otherErrors, { code, message, ...more }),
    }),
    throttled: (afterMs: number): Reply => ({
      status: 429,
      body: shaped(switches.otherErrors, { code: 'RATE_LIMIT_EXCEEDED', message: 'Too many requests' }),
      headers: switches.retryAfter ? { 'Retry-After': String(Math.max(1, Math.ceil(afterMs / 1_000))) } : {},
    }),
    invalid: (error: z.ZodError): Reply => ({
      status: 400,
      body: shaped(switches.otherErrors, { code: 'INVALID_REQUEST', message: sentence(error) }),
    }),
  }
}
export type Failures = ReturnType<typeof makeFailures>

export function send(res: Response, reply: Reply): void {
  res.status(reply.status).set(reply.headers ?? {})
  res.json(reply.body)
  reply.after?.()
}

const sentence = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ')
