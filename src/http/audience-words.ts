import type { Wrong } from './audience-head.ts'

/** What is wrong with a row, said to somebody who has a spreadsheet before them; `field` is a column's name, or a path. */
export interface Told {
  field: string
  reason: string
}

/** Which column a path of the row came from, or the only one that fills something within it. */
export type ColumnOf = (path: string) => string | undefined

export function makeColumnOf(columns: readonly string[], paths: readonly (string | null)[]): ColumnOf {
  const names = new Map(paths.flatMap((path, i) => (path === null ? [] : [[path, columns[i] || `column ${i + 1}`]])))
  const within = (path: string) => {
    const inner = path === 'contact' ? [] : [...names].filter(([other]) => other.startsWith(`${path}.`))
    return inner.length === 1 ? inner[0]?.[1] : undefined
  }
  return (path) => names.get(path) ?? names.get(path.replace(/\[\d+\].*$/, '')) ?? within(path)
}

export function tell({ path, message }: Wrong, columnOf: ColumnOf | null): Told {
  const column = columnOf?.(path)
  const words = wordsFor(message)
  if (columnOf === null) return { field: path, reason: words }
  if (column === undefined)
    return { field: path, reason: message === 'is required' ? 'is missing: no column holds it' : columnWords(words) }
  return { field: column, reason: message === 'is required' ? 'is empty' : columnWords(words) }
}

/** What is wrong with the line itself. */
export const LINE_FAULTS = {
  open_quote: 'has a quotation mark that opens a cell and is never closed',
  after_quote: 'has text after the quotation mark that closes a cell: double a quotation mark that belongs to the text',
  too_long: 'is longer than 64 KB',
  not_utf8: 'holds bytes that are not UTF-8: save the file as "CSV UTF-8"',
  nul: 'holds a NUL character: the file is damaged here',
} as const

export const cellsFault = (found: number, expected: number) =>
  `has ${found} ${found === 1 ? 'cell' : 'cells'} where the first line has ${expected}`

/** The reasons that checks give in brackets, for people. */
const WORDS: Record<string, string> = {
  not_a_number: 'is not a phone number',
  not_valid: 'is not a phone number that exists',
  not_personal: "is a service number, nobody's phone",
  has_extension: 'has an extension: leave it out',
  too_long: 'is longer than an email address can be',
  not_one_at: 'is not one email address',
  bad_local_part: 'is not an email address: something before the @ is wrong',
  bad_domain: 'is not an email address: what follows the @ is no domain',
  empty: 'is empty',
}

function wordsFor(message: string): string {
  const [, code = ''] = /\((\w+)\)$/.exec(message) ?? []
  return WORDS[code] ?? message
}

/** A spreadsheet has columns, not fields. */
const columnWords = (message: string) =>
  message.replace('or add contact.country', 'or add a column with the country (two letters)')
