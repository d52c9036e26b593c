import { type CsvRecord, makeCsvReader } from '../lib/csv.ts'
import { type Head, LONGEST_LINE } from './audience-head.ts'
import { isBlank, type ReadRow, type RowSchema, readRow, rowOf } from './audience-row.ts'
import { BROKEN } from './audience-text.ts'
import { type ColumnOf, cellsFault, LINE_FAULTS, makeColumnOf, type Told, tell } from './audience-words.ts'
import { readJson } from './json.ts'

/** One line of a file, understood or not. */
export type Line = { line: number; text: string } & (
  | { person: Extract<ReadRow, { ok: true }>; faults: null }
  | { person: null; faults: Told[] }
)

/** Reads a file piece by piece; empty lines are no lines. */
export interface LineReader {
  read(text: string, last: boolean): Generator<Line>
  columnOf: ColumnOf | null
}

export function makeCsvLines(schema: RowSchema, { delimiter, columns, paths, line: headLine }: Head): LineReader {
  const columnOf = makeColumnOf(columns, paths)
  const reader = makeCsvReader({ delimiter, longest: LONGEST_LINE })

  function understand(record: CsvRecord): Line {
    const { line, text } = record
    const fault = faultIn(record, columns.length)
    if (fault) return { line, text, person: null, faults: [{ field: '', reason: fault }] }
    return lineOf(line, text, readRow(schema, rowOf(record.cells, paths)), columnOf)
  }
  return {
    columnOf,
    *read(text, last) {
      for (const record of reader.read(text, last))
        if (record.line > headLine && (record.fault || !isBlank(record.cells))) yield understand(record)
    },
  }
}

export function makeJsonLines(schema: RowSchema): LineReader {
  const split = makeSplitter()
  return {
    columnOf: null,
    *read(text, last) {
      for (const { line, text: json } of split(text, last)) if (json?.trim() !== '') yield jsonLine(schema, line, json)
    },
  }
}

function jsonLine(schema: RowSchema, line: number, text: string | null): Line {
  const fault = text === null ? LINE_FAULTS.too_long : damageIn(text)
  if (text === null || fault)
    return { line, text: text ?? '', person: null, faults: [{ field: '', reason: fault ?? '' }] }
  const json = readJson(Buffer.from(text))
  if (!json.ok) return { line, text, person: null, faults: json.failure.errors.map((wrong) => tell(wrong, null)) }
  return lineOf(line, text, readRow(schema, json.value), null)
}

const lineOf = (line: number, text: string, read: ReadRow, columnOf: ColumnOf | null): Line =>
  read.ok
    ? { line, text, person: read, faults: null }
    : { line, text, person: null, faults: read.wrong.map((wrong) => tell(wrong, columnOf)) }

/** What makes a record unreadable, whatever its cells say. Cells beyond the last column may be there if they are empty. */
function faultIn({ text, cells, fault }: CsvRecord, expected: number): string | undefined {
  if (fault) return LINE_FAULTS[fault]
  const damage = damageIn(text)
  if (damage) return damage
  const isOver = cells.length > expected && !isBlank(cells.slice(expected))
  return cells.length < expected || isOver ? cellsFault(cells.length, expected) : undefined
}

function damageIn(text: string): string | undefined {
  if (text.includes('\0')) return LINE_FAULTS.nul
  return text.includes(BROKEN) ? LINE_FAULTS.not_utf8 : undefined
}

/** Lines from 1; null for one that is too long to be kept. */
function makeSplitter() {
  let [rest, line, tooLong] = ['', 0, false]
  return function* split(text: string, last: boolean): Generator<{ line: number; text: string | null }> {
    const parts = (rest + text).split('\n')
    rest = last ? '' : (parts.pop() ?? '')
    for (const part of parts) {
      yield { line: ++line, text: tooLong || part.length > LONGEST_LINE ? null : part.replace(/\r$/, '') }
      tooLong = false
    }
    if (rest.length > LONGEST_LINE) [rest, tooLong] = ['', true]
  }
}
