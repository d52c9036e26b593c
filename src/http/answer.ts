import type { Response } from 'express'
import type { Failure } from '../domain/failure.ts'
import { sendProblem } from './problem.ts'

/** What a route answers; `text` is sent as it stands, byte for byte. */
export interface Answer {
  status: number
  body?: unknown
  text?: string
  headers?: Record<string, string>
}

export const answer = (status: number, body?: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  body,
  headers,
})

export function send(res: Response, given: Answer | Failure): void {
  if ('code' in given) return sendProblem(res, given)
  res.status(given.status).set(given.headers ?? {})
  const text = given.text ?? (given.body === undefined ? undefined : JSON.stringify(given.body))
  if (text === undefined) res.end()
  else {
    res.set('Content-Type', 'application/json; charset=utf-8')
    res.end(text)
  }
}
