import type { Request, RequestHandler } from 'express'
import type { z } from 'zod'
import { type Failure, type FailureCode, failure } from '../domain/failure.ts'
import type { Caller, Scope } from '../flow/ports-read.ts'
import { type Answer, send } from './answer.ts'
import type { Auth } from './auth.ts'
import { isJson, readBody } from './body.ts'
import { invalid } from './invalid.ts'
import { readJson } from './json.ts'
import { requestIdOf } from './problem.ts'

/** One operation of the API: what is checked, documented and done, in one place. */
export interface Route<Body = unknown, Query = unknown> {
  method: 'get' | 'post' | 'patch' | 'delete'
  /** As OpenAPI writes it: `/v1/dispatches/{id}`. */
  path: string
  scopes: readonly Scope[]
  tag: string
  summary: string
  description?: string
  body?: z.ZodType<Body>
  bodyLimit?: number
  /** Types of a body that is no JSON: `act` reads it from `req` as it comes in. */
  files?: readonly string[]
  query?: z.ZodType<Query>
  headers?: z.ZodType
  answers: Record<number, { description: string; schema?: z.ZodType }>
  failures: readonly FailureCode[]
  /** Asked with the raw body before it is read: an answer that was given before. */
  before?: (asked: Raw) => Promise<Answer | Failure | undefined>
  act: (asked: Asked<Body, Query>) => Promise<Answer | Failure>
}

export interface Raw {
  req: Request
  caller: Caller
  raw: Buffer
  requestId: string
  param(name: string): string
}
export interface Asked<Body, Query> extends Raw {
  body: Body
  query: Query
}

/** Keeps the types of one route together; a table of them knows none. */
export const route = <Body, Query>(one: Route<Body, Query>): Route => one as unknown as Route

const KB = 1_024
const BODY_LIMIT = 256 * KB

export function handle(one: Route, auth: Auth): RequestHandler {
  return async (req, res) => {
    res.locals['route'] = one.path
    res.set('Cache-Control', 'no-store')
    send(res, await answerTo(one, auth, req, requestIdOf(res)))
  }
}

async function answerTo(one: Route, auth: Auth, req: Request, requestId: string): Promise<Answer | Failure> {
  const caller = await auth.check(req.headers.authorization, one.scopes)
  return 'code' in caller ? caller : answerCaller(one, caller, req, requestId)
}

/** The same for somebody who has shown already that they may ask. */
export async function answerCaller(
  one: Route,
  caller: Caller,
  req: Request,
  requestId: string,
): Promise<Answer | Failure> {
  const raw = one.body ? await readBody(req, one.bodyLimit ?? BODY_LIMIT) : Buffer.alloc(0)
  if ('code' in raw) return raw
  const asked: Raw = { req, caller, raw, requestId, param: (name) => String(req.params[name] ?? '') }
  const before = await one.before?.(asked)
  if (before) return before
  const body = one.body ? readAs(one.body, req, raw) : { ok: true as const, value: undefined }
  if (!body.ok) return body.failure
  const query = one.query ? checked(one.query, req.query) : { ok: true as const, value: undefined }
  if (!query.ok) return query.failure
  return one.act({ ...asked, body: body.value, query: query.value })
}

type Checked = { ok: true; value: unknown } | { ok: false; failure: Failure }

function readAs(schema: z.ZodType, req: Request, raw: Buffer): Checked {
  if (raw.length === 0) return checked(schema, {})
  if (!isJson(req)) return { ok: false, failure: failure('unsupported_media_type') }
  const json = readJson(raw)
  return json.ok ? checked(schema, json.value) : json
}

function checked(schema: z.ZodType, value: unknown): Checked {
  const result = schema.safeParse(value)
  return result.success ? { ok: true, value: result.data } : { ok: false, failure: invalid(result.error) }
}
