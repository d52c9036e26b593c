import type { Response } from 'express'
import type { Failure } from '../domain/failure.ts'
import { sendProblem } from './problem.ts'

/** What a route answers; `text` is sent as it stands, byte for byte. */
export interface Answer {
  status: number
  body?: unknown
  text?: string
  /** What is no JSON, under the type that `headers` name. */
  page?: string
  headers?: Record<string, string>
  /** Goes on writing by itself. */
  stream?: (res: Response) => void
}

export const answer = (status: number, body?: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  body,
  headers,
})

export function send(res: Response, given: Answer | Failure): void {
  if ('code' in given) {
    sendProblem(res, given)
    return
  }
  res.status(given.status).set(given.headers ?? {})
  if (given.stream) {
    given.stream(res)
    return
  }
  if (given.page !== undefined) {
    res.end(given.page)
    return
  }
  const text = given.text ?? (given.body === undefined ? undefined : JSON.stringify(given.body))
  if (text !== undefined) res.set('Content-Type', 'application/json; charset=utf-8')
  res.end(text)
}
