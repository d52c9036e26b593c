import fc from 'fast-check'
import { expect } from 'vitest'
import { z } from 'zod'
import { FAILURES } from '../../src/domain/failure.ts'
import { SUPPRESSION_REASONS } from '../../src/domain/suppression.ts'
import { eventually, type House } from '../support/house.ts'
import { arbitrariesFor, type Schema } from '../support/openapi-arbitrary.ts'
import { withClient } from '../support/queues.ts'

type Json = Record<string, unknown>

interface Parameter {
  in: 'path' | 'query' | 'header'
  name: string
  required?: boolean
  schema: Schema
}
interface Described {
  description?: string
  security?: unknown[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

/** One operation as /openapi.json describes it. */
export interface Operation {
  name: string
  method: string
  path: string
  needsKey: boolean
  /** For people: its refusals are pages too. */
  isPage: boolean
  /** Scopes of which one is enough. */
  scopes: string[]
  parameters: Parameter[]
  type: string | undefined
  body: Schema | undefined
  /** By status; null: declared, without a schema. */
  answers: Map<number, z.ZodType | null>
}

export interface Request {
  operation: Operation
  path: string
  body: unknown
}
export interface Answer {
  status: number
  headers: Headers
  text: string
  body: Json
}

const METHODS = ['get', 'post', 'patch', 'delete']

/** The API as a stranger knows it: its description, ways to make requests of it, and what every answer must be like. */
export async function readApi(house: House) {
  const document = (await house.call('GET', '/openapi.json')).body
  const components: Record<string, Schema> = document['components'].schemas
  const arbitraries = arbitrariesFor(components)
  const inline = (schema: Schema) => {
    const text = JSON.stringify({ ...schema, $defs: components }).replaceAll('#/components/schemas/', '#/$defs/')
    return z.fromJSONSchema(JSON.parse(text))
  }
  const operations = Object.entries(document['paths'] as Record<string, Record<string, Described>>).flatMap(
    ([path, methods]) =>
      METHODS.filter((method) => methods[method]).map((method) => operationOf(method, path, methods[method]!, inline)),
  )
  return { operations, arbitraries, requests: makeRequests(arbitraries) }
}

function operationOf(method: string, path: string, one: Described, inline: (schema: Schema) => z.ZodType): Operation {
  const [type, content] = Object.entries(one.requestBody?.content ?? {})[0] ?? []
  const answers = Object.entries(one.responses).map(([status, { content = {} }]) => {
    const json = Object.entries(content).find(([type]) => type.includes('json'))
    return [Number(status), json ? inline(json[1].schema) : null] as const
  })
  return {
    name: `${method.toUpperCase()} ${path}`,
    method,
    path,
    needsKey: one.security === undefined,
    isPage: 'text/html' in (one.responses['200']?.content ?? {}),
    scopes: /Scope: (.*)\.$/.exec(one.description ?? '')?.[1]?.split(' or ') ?? [],
    parameters: one.parameters ?? [],
    type,
    body: content?.schema,
    answers: new Map(answers),
  }
}

/** Ids that there are, by the beginning of the paths they belong into. */
export type Known = Record<string, string[]>

function makeRequests({ valid, invalid }: ReturnType<typeof arbitrariesFor>) {
  const placed = (operation: Operation, known: Known, query: fc.Arbitrary<Json>, body: fc.Arbitrary<unknown>) =>
    fc
      .tuple(pathOf(operation, known), query, body)
      .map(([path, query, body]): Request => ({ operation, path: `${path}${searchOf(query)}`, body }))
  const paramsOf = (operation: Operation) => operation.parameters.filter((one) => one.in === 'query')
  const goodQuery = (operation: Operation) =>
    fc.record(Object.fromEntries(paramsOf(operation).map(({ name, schema }) => [name, valid(schema, name)])), {
      requiredKeys: [],
    }) as fc.Arbitrary<Json>
  const goodBody = ({ type, body }: Operation) => (type?.includes('json') && body ? valid(body) : plainBody(type))

  return {
    valid: (operation: Operation, known: Known) => placed(operation, known, goodQuery(operation), goodBody(operation)),

    /** `undefined` where nothing can be wrong but the path. */
    invalid(operation: Operation, known: Known): fc.Arbitrary<Request> | undefined {
      const bad = operation.type?.includes('json') && operation.body ? invalid(operation.body) : undefined
      const query = paramsOf(operation).flatMap(({ name, schema }) => badQuery(name, schema))
      const some = [
        bad && placed(operation, known, fc.constant({}), bad),
        query.length > 0 && placed(operation, known, fc.constantFrom(...query), goodBody(operation)),
      ].filter((one) => one !== undefined && one !== false)
      return some.length === 0 ? undefined : fc.oneof(...some)
    },
  }

  function badQuery(name: string, schema: Schema): Json[] {
    if (schema.type === 'integer')
      return ['many', '-1', '0.5', '1e99'].map((text) => ({ [name]: text })).concat([{ [`${name} `]: '1' }])
    const bad = invalid(schema, name)
    const texts = bad ? fc.sample(bad, { numRuns: 20, seed: 1 }).filter((one) => typeof one === 'string') : []
    return [...texts.map((text) => ({ [name]: text })), { [name]: ['a', 'b'] }, { [`x${name}`]: 'a' }]
  }
}

const plainBody = (type: string | undefined): fc.Arbitrary<unknown> => {
  if (type === undefined) return fc.constant(undefined)
  if (type === 'text/csv')
    return fc.array(fc.string({ unit: 'grapheme', maxLength: 30 })).map((lines) => lines.join('\n'))
  return fc.string({ unit: 'binary', maxLength: 200 })
}

function pathOf({ path, parameters }: Operation, known: Known): fc.Arbitrary<string> {
  const names = parameters.filter((one) => one.in === 'path')
  const there = Object.keys(known).find((start) => path.startsWith(start)) ?? ''
  const values = fc.tuple(...names.map((one) => segment(known[there] ?? [], one.schema)))
  return values.map((all) =>
    all.reduce((text, value, i) => text.replace(`{${names[i]?.name}}`, encodeURIComponent(value)), path),
  )
}

const segment = (known: string[], { enum: choices = [] }: Schema): fc.Arbitrary<string> => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }))
  const stranger = text.filter((one) => !/^\.{0,2}$/.test(one))
  const there = [...known, ...choices]
  return there.length === 0
    ? stranger
    : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...there) }, { weight: 1, arbitrary: stranger })
}

function searchOf(query: Json): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined) params.append(name, String(one))
  return params.size === 0 ? '' : `?${params}`
}

/** Sends one request; of a stream only its beginning is read. */
export async function ask(
  house: House,
  { operation, path, body }: Request,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const raw = operation.type?.includes('json') ? JSON.stringify(body) : (body as string | undefined)
  const answer = await fetch(`${house.url}${path}`, {
    method: operation.method.toUpperCase(),
    headers: {
      Authorization: `Bearer ${house.app.apiKey}`,
      ...(operation.type && { 'Content-Type': operation.type === '*/*' ? 'text/plain' : operation.type }),
      ...headers,
    },
    ...(raw !== undefined && { body: raw }),
  })
  const type = answer.headers.get('content-type') ?? ''
  const text = type.startsWith('text/event-stream') ? '' : await answer.text()
  if (text === '') await answer.body?.cancel().catch(() => undefined)
  const isJson = /[/+]json/.test(type)
  return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : {} }
}

/** What is wrong with an answer, in words; an empty list when nothing is. */
export function faultsIn({ operation, path, body }: Request, answer: Answer): string[] {
  const { status } = answer
  if (status >= 500) return [`${operation.name} answered ${status} to ${path} ${JSON.stringify(body)}`]
  if (!operation.answers.has(status)) return [`${operation.name} answered ${status}, which it does not declare`]
  return [
    ...(status >= 400 ? faultsInProblem(operation, answer) : []),
    ...(status >= 400 ? echoes(body, answer.text).map((path) => `${operation.name} repeats ${path}`) : []),
    ...faultsInShape(operation, answer),
  ]
}

function faultsInShape({ name, answers }: Operation, { status, body }: Answer): string[] {
  const read = answers.get(status)?.safeParse(body)
  return read && !read.success ? [`${name}, ${status}: ${JSON.stringify(read.error.issues.slice(0, 3))}`] : []
}

function faultsInProblem({ name, isPage }: Operation, { status, headers, body }: Answer): string[] {
  if (isPage) return []
  const known = Object.entries(FAILURES).some(([code, [own]]) => code === body['code'] && own === status)
  const typed = headers.get('content-type') === 'application/problem+json; charset=utf-8'
  const named = body['requestId'] === headers.get('x-request-id') && body['type'] === `/docs/errors/${body['code']}`
  return known && typed && named ? [] : [`${name} answered ${status} without a proper problem: ${JSON.stringify(body)}`]
}

const SECRET = /^(contact|userData|variables|metadata|link|phone|email|pushToken|reason|note|label)$/
const LEAST_SECRET = 6

/** Paths of the secret texts of a body that an answer repeats. */
function echoes(body: unknown, text: string): string[] {
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([name, value]) =>
    name === 'items' && Array.isArray(value)
      ? value.flatMap((one) => echoes(one, text))
      : SECRET.test(name)
        ? textsIn(value).flatMap((one) => (text.includes(JSON.stringify(one).slice(1, -1)) ? [`${name}: ${one}`] : []))
        : [],
  )
}

const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return value.length >= LEAST_SECRET && !PLAIN_WORDS.has(value) ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
/** Words that stand in bodies and in answers alike, and are nobody's. */
const PLAIN_WORDS = new Set<string>([...SUPPRESSION_REASONS, 'bank_account', 'magic-link', 'tomorrow'])

/** Sends all of them, several at a time, and answers in their order. */
export async function askAll(
  house: House,
  requests: Request[],
  headers: Record<string, string> = {},
): Promise<Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const lane = async () => {
    for (let i = next++; i < requests.length; i = next++) answers[i] = await ask(house, requests[i]!, headers)
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return answers
}

/** What every table of ours holds, as one line each, once the last events have their numbers: where two differ, something was written. */
export async function traces(house: House): Promise<Record<string, string>> {
  await eventually(async () => expect((await house.call('GET', '/v1/status')).body['unnumberedEvents']).toBe(0))
  return withClient(house.databaseUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'app' and c.relkind = 'r' order by 1`,
    )
    const parts = rows.map(
      ({ name }) =>
        `select '${name}' as name, count(*) || ' rows ' || coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') as hash from app.${name} t`,
    )
    const { rows: found } = await client.query<{ name: string; hash: string }>(parts.join(' union all '))
    return Object.fromEntries(found.map(({ name, hash }) => [name, hash]))
  })
}

export async function expectReady(house: House): Promise<void> {
  const { status, body } = await house.call('GET', '/readyz')
  expect([status, body]).toEqual([200, { ok: true, reasons: [] }])
}
