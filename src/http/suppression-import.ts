import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import { z } from 'zod'
import { type Failure, failure } from '../domain/failure.ts'
import { SUPPRESSION_REASONS, SUPPRESSION_SCOPES, type SuppressionReason } from '../domain/suppression.ts'
import type { NewSuppression } from '../flow/ports-consent.ts'
import { suppress } from '../flow/suppress.ts'
import { type Answer, answer, send } from './answer.ts'
import type { Auth } from './auth.ts'
import { invalid } from './invalid.ts'
import type { HttpPorts } from './ports.ts'
import { entryOf, newSuppression } from './suppressions.ts'

export const IMPORT_PATH = '/v1/suppressions/import'

const MOST_ROWS = 100_000
const MOST_BYTES = 32 * 1_024 * 1_024
const LONGEST_LINE = 8_192
const AT_ONCE = 1_000
const MOST_ERRORS = 1_000

export const importQuery = z.strictObject({
  reason: z.enum(SUPPRESSION_REASONS).default('opt_out').meta({ description: 'For rows that name none' }),
  scope: z.enum(SUPPRESSION_SCOPES).default('all'),
})
export const importAnswer = z
  .object({
    rows: z.int(),
    added: z.int().meta({ description: 'New, or widened' }),
    known: z.int().meta({ description: 'In force before' }),
    refused: z.int(),
    dispatchesStopped: z.int(),
    errors: z.array(z.object({ line: z.int(), message: z.string() })).meta({ description: 'The first 1,000' }),
  })
  .meta({ id: 'SuppressionImport' })

/**
 * A list of a CRM, line by line as it comes in: `address` or `address,reason`, with or without a head. Good rows are taken
 * though others are refused; a row tells what is wrong with it, and never what stood in it. Importing a list again adds nothing.
 */
export function importSuppressions(ports: HttpPorts, auth: Auth): RequestHandler {
  return async (req, res) => {
    res.locals['route'] = IMPORT_PATH
    res.set('Cache-Control', 'no-store')
    const caller = await auth.check(req.headers.authorization, ['operate'])
    if ('code' in caller) return send(res, caller)
    const query = importQuery.safeParse(req.query)
    if (!query.success) return send(res, invalid(query.error))
    send(res, await takeAll(ports, req, { ...query.data, placedBy: caller.label }))
  }
}

interface Defaults {
  reason: SuppressionReason
  scope: 'all' | 'commercial'
  placedBy: string
}

async function takeAll(ports: HttpPorts, req: IncomingMessage, defaults: Defaults): Promise<Answer | Failure> {
  const type = (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'text/csv' && type !== 'text/plain') return failure('unsupported_media_type')
  const list = makeList(ports, defaults)
  for await (const { line, text } of linesOf(req)) {
    const tooMuch = text === undefined || list.sum.rows >= MOST_ROWS
    if (tooMuch) {
      await list.flush()
      return failure('body_too_large')
    }
    if (text.trim() !== '' && !(line === 1 && isHead(text))) await list.take(line, text)
  }
  await list.flush()
  return answer(200, list.sum)
}

/** Rows are stored a thousand at a time; whatever was stored before a list turns out too long stays. */
function makeList(ports: HttpPorts, defaults: Defaults) {
  const sum: z.input<typeof importAnswer> = {
    rows: 0,
    added: 0,
    known: 0,
    refused: 0,
    dispatchesStopped: 0,
    errors: [],
  }
  let batch: NewSuppression[] = []
  return { sum, take, flush }

  async function take(line: number, text: string): Promise<void> {
    sum.rows++
    const row = readRow(text, defaults)
    if (!('message' in row)) batch.push(entryOf(ports, row, defaults.placedBy))
    else {
      sum.refused++
      if (sum.errors.length < MOST_ERRORS) sum.errors.push({ line, message: row.message })
    }
    if (batch.length === AT_ONCE) await flush()
  }
  async function flush(): Promise<void> {
    if (batch.length === 0) return
    const { fresh, stopped } = await suppress(ports, batch)
    sum.added += fresh
    sum.known += batch.length - fresh
    sum.dispatchesStopped += stopped.length
    batch = []
  }
}

/** Lines of a body, numbered from 1; `undefined` where a line or the whole is longer than any list. */
async function* linesOf(req: IncomingMessage): AsyncGenerator<{ line: number; text: string | undefined }> {
  const decoder = new TextDecoder()
  let [rest, line, size] = ['', 0, 0]
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    for (const text of parts) yield { line: ++line, text: text.length > LONGEST_LINE ? undefined : text }
    if (rest.length > LONGEST_LINE || size > MOST_BYTES) yield { line: ++line, text: undefined }
  }
  yield { line: line + 1, text: rest + decoder.decode() }
}

const isHead = (text: string) =>
  /^\W*(address|phone|email|push_?token|reference_?id)\W*(,\W*reason\W*)?$/i.test(text.trim())

/** Two columns at most, in quotes or not; neither an address nor a reason ever holds a comma or a quote. */
function readRow(
  text: string,
  { reason: usual, scope }: Defaults,
): z.output<typeof newSuppression> | { message: string } {
  const [address = '', reason = '', ...more] = text.split(',').map((field) => field.trim().replace(/^"([^"]*)"$/, '$1'))
  if (more.length > 0) return { message: 'has more than two columns' }
  const read = newSuppression.safeParse({ ...addressed(address), reason: reason === '' ? usual : reason, scope })
  if (read.success) return read.data
  const [issue] = invalid(read.error).errors
  return { message: issue ? `${issue.path} ${issue.message}`.trim() : 'is not valid' }
}

/** What an address looks like says what it is; a recipient is named with `referenceId:` before it. */
function addressed(text: string): Record<string, string> {
  const [, referenceId] = /^referenceId:(.*)$/i.exec(text) ?? []
  if (referenceId !== undefined) return { referenceId }
  if (text.includes('@')) return { email: text }
  return text.length > 40 ? { pushToken: text } : { phone: text }
}
