import type { Request } from 'express'
import { z } from 'zod'
import { type Failure, failure } from '../domain/failure.ts'
import { DELIMITERS, type Head, readHead, type Wrong } from './audience-head.ts'
import { type LineReader, makeCsvLines, makeJsonLines } from './audience-lines.ts'
import type { RowSchema } from './audience-row.ts'
import { shortText } from './fields.ts'

const map = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON, such as {"Teléfono":"contact.phone"}' })
      return z.NEVER
    }
  })
  .pipe(z.record(z.string(), z.string().nullable()))
  .default({})

export const uploadQuery = z.strictObject({
  map: map.meta({ description: 'JSON: path by column; null: ignore it. What is not named is guessed from its name' }),
  delimiter: z
    .enum(Object.keys(DELIMITERS))
    .transform((name) => DELIMITERS[name])
    .optional()
    .meta({ description: 'Guessed from the first line where it is absent' }),
  filename: shortText.optional(),
})

export const FILE_TYPES = ['text/csv', 'application/x-ndjson']
export const FILE_FAILURES = [
  'unsupported_media_type',
  'body_too_large',
  'invalid_request',
  'audience_unreadable',
] as const

export type Format = 'csv' | 'ndjson'
const FORMATS: Record<string, Format> = {
  'text/csv': 'csv',
  'text/plain': 'csv',
  'text/tab-separated-values': 'csv',
  'application/vnd.ms-excel': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
}

export function formatOf(req: Request): Format | Failure {
  const encoding = req.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return failure('unsupported_media_type', [], { unsupported: 'Content-Encoding' })
  const type = (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return FORMATS[type] ?? failure('unsupported_media_type', [], { supported: FILE_TYPES.join(', ') })
}

export interface File {
  lines: LineReader
  /** null: NDJSON, which has none. */
  head: Head | null
  /** Path by column. */
  mapping: Record<string, string>
  ignored: string[]
  /** What is kept of how it was read. */
  about: Record<string, unknown>
  /** What the sender calls a field. */
  nameOf(path: string): string
}
interface FileWish {
  format: Format
  delimiter?: string | undefined
  map: Record<string, string | null>
}

/** How a file will be read, from its beginning; and why it cannot be taken. */
export function openFile(schema: RowSchema, text: string, wish: FileWish): { file: File | null; wrong: Wrong[] } {
  if (wish.format === 'ndjson') return { file: jsonFile(schema), wrong: [] }
  const { head, wrong } = readHead(text, { delimiter: wish.delimiter, map: wish.map })
  return { file: head && csvFile(schema, head), wrong }
}

function csvFile(schema: RowSchema, head: Head): File {
  const { delimiter, columns, paths } = head
  const names = columns.map((name, i) => name || `column ${i + 1}`)
  const mapping = Object.fromEntries(paths.flatMap((path, i) => (path === null ? [] : [[names[i] ?? '', path]])))
  const ignored = names.filter((_, i) => paths[i] === null)
  const lines = makeCsvLines(schema, head)
  const about = { delimiter, columns, mapping, ignored }
  return { lines, head, mapping, ignored, about, nameOf: (path) => lines.columnOf?.(path) ?? path }
}

const jsonFile = (schema: RowSchema): File => ({
  lines: makeJsonLines(schema),
  head: null,
  mapping: {},
  ignored: [],
  about: {},
  nameOf: (path) => path,
})
