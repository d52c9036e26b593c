import type { RequestHandler } from 'express'
import type { Logger } from 'pino'
import { pinoHttp } from 'pino-http'
import { showId } from '../lib/id.ts'

/** Every request has an id: the caller's if it is a sane one, else ours. */
export function nameRequests(newId: () => string): RequestHandler {
  return (req, res, next) => {
    const given = req.headers['x-request-id']
    const id = typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : showId('req', newId())
    res.locals['requestId'] = id
    Object.assign(req, { id })
    res.set('X-Request-Id', id)
    next()
  }
}

const QUIET = new Set(['/healthz', '/readyz', '/metrics'])

/** One line a request, by its route: no query, no body, no id of anybody in a path. */
export function logRequests(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    quietReqLogger: true,
    quietResLogger: true,
    wrapSerializers: false,
    serializers: { req: () => undefined },
    autoLogging: { ignore: (req) => QUIET.has(req.url ?? '') },
    customLogLevel: (_req, res) => (res.statusCode >= 500 ? 'error' : 'info'),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
    customSuccessObject: (req, res, given) => line(req, res, given),
    customErrorObject: (req, res, _error, given) => line(req, res, given),
  }) as RequestHandler
}

function line(req: { method?: string }, res: object, given: { responseTime?: number }) {
  const { locals, statusCode } = res as { locals?: Record<string, unknown>; statusCode: number }
  return { method: req.method, route: locals?.['route'] ?? 'other', status: statusCode, ms: given.responseTime }
}
