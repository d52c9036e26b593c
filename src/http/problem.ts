import type { ErrorRequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import { z } from 'zod'
import { FAILURES, type Failure, failure } from '../domain/failure.ts'
import { showId } from '../lib/id.ts'

export const problemSchema = z
  .looseObject({
    type: z.string().meta({ example: '/docs/errors/contact_missing' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable; every code has a page at type' }),
    detail: z.string().meta({ description: 'What to do' }),
    requestId: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every wrong path of the request' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' })

/** RFC 9457. What a failure knows besides (the scope that is missing, the dispatch that runs) becomes a member of its own. */
export function problemOf({ code, errors, detail }: Failure, requestId: string) {
  const [status, title, remedy] = FAILURES[code]
  const { active, ...more } = detail
  return {
    type: `/docs/errors/${code}`,
    title,
    status,
    code,
    detail: remedy,
    requestId,
    ...(errors.length > 0 && { errors }),
    ...more,
    ...(active && { activeDispatchId: showId('dsp', active) }),
  }
}

export function sendProblem(res: Response, refusal: Failure): void {
  const problem = problemOf(refusal, requestIdOf(res))
  if (problem.status === 503) res.set('Retry-After', '1')
  if (problem.status === 401 && refusal.code === 'unauthorized') res.set('WWW-Authenticate', 'Bearer')
  res.status(problem.status).set('Content-Type', 'application/problem+json; charset=utf-8')
  res.end(JSON.stringify(problem))
}

export const requestIdOf = (res: Response): string => String(res.locals['requestId'] ?? '')

/** The last stop: what nobody expected. The caller learns nothing of it but the request id, the log learns the rest. */
export function handleErrors(log: Logger): ErrorRequestHandler {
  return (error, req, res, _next) => {
    // Whoever sent half a request and left hears nothing.
    if (req.destroyed && !req.complete) return
    const refusal = failureOf(error)
    if (refusal.code === 'internal' || refusal.code === 'unavailable')
      log.error({ err: error, requestId: requestIdOf(res), route: res.locals['route'] }, 'a request failed')
    if (res.headersSent) res.destroy()
    else sendProblem(res, refusal)
  }
}

/** What went wrong below, in the words of the register. */
export function failureOf(error: unknown): Failure {
  if (isUnreachable(error)) return failure('unavailable')
  // Express throws these for a path that cannot be decoded.
  if (error instanceof URIError || (error as { status?: unknown } | null)?.status === 400) return failure('not_found')
  return failure('internal')
}

const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)$/
/** SQLSTATE: connection lost, too many of them, shutting down, read-only after a failover, locks that were not given. */
const DATABASE = /^(08...|53...|57P0.|57014|25006|40001|40P01|55P03)$/
const POOL =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/

function isUnreachable(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  const text = typeof code === 'string' ? code : ''
  return NETWORK.test(text) || DATABASE.test(text) || POOL.test(typeof message === 'string' ? message : '')
}
