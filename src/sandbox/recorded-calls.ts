import type { RequestHandler } from 'express'
import type { Call } from './world.ts'

const KEPT = 50_000

/** Notes every call with the time it arrived and how it was answered; a lost answer has the status 0. */
export function recordCalls(now: () => Date) {
  const calls: Call[] = []
  const record: RequestHandler = (req, res, next) => {
    const call: Call = { at: now(), method: req.method, path: `${req.baseUrl}${req.path}`, status: 0 }
    calls.push(call)
    if (calls.length > KEPT) calls.shift()
    res.on('finish', () => {
      call.status = res.statusCode
    })
    next()
  }
  return {
    record,
    list: () => calls.map((call) => ({ ...call })),
    reset: () => {
      calls.length = 0
    },
  }
}
