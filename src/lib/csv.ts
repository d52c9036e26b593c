/** One record as it stands in a file. `line`: where it begins, counted as an editor counts; `text`: as it came. */
export interface CsvRecord {
  line: number
  cells: string[]
  text: string
  fault: CsvFault | null
}
/** `open_quote`: the quote that begins a cell is never closed; `after_quote`: something follows the one that ends it. */
export type CsvFault = 'open_quote' | 'after_quote' | 'too_long'

/**
 * Reads records piece by piece: RFC 4180 with any delimiter and any line break. A quote within a bare cell is a letter, as
 * spreadsheets have it. A record that makes no sense costs its first line and no other: reading goes on below it.
 */
export function makeCsvReader({ delimiter, longest, line: first = 1 }: CsvOptions) {
  const bare = new RegExp(`[${delimiter.replace(/[|\\^\]-]/g, '\\$&')}\r\n]`, 'g')
  let rest = ''
  let line = first
  /** Within a line too long to be kept: nothing is read until it ends. */
  let skipping = false

  /** Over the end of the line that is being skipped. */
  function pass(last: boolean): number {
    const end = nextLine(rest, 0, last)
    if (end === undefined) return endOf(rest)
    skipping = false
    line++
    return end
  }

  return {
    /** `last`: the text ends here, so that what is left is a record too. */
    *read(text: string, last = false): Generator<CsvRecord> {
      rest += text
      let at = skipping ? pass(last) : 0
      while (at < rest.length && !skipping) {
        const found = recordAt(rest, at, { bare, delimiter, longest, last })
        if (found === 'more') break
        yield { line, cells: found.cells, text: found.text, fault: found.fault }
        line += found.lines
        skipping = found.lines === 0
        at = found.end
      }
      rest = rest.slice(at)
    },
  }
}

export interface CsvOptions {
  delimiter: string
  /** Letters a record may have. */
  longest: number
  /** The number of the first line. */
  line?: number
}

interface Rules {
  bare: RegExp
  delimiter: string
  longest: number
  last: boolean
}
interface Found {
  cells: string[]
  text: string
  fault: CsvFault | null
  /** Where the next one begins. */
  end: number
  /** Line breaks up to there. */
  lines: number
}

function recordAt(text: string, start: number, rules: Rules): Found | 'more' {
  const read = cellsAt(text, start, rules)
  if (read === 'more') return text.length - start > rules.longest ? broken(text, start, 'too_long', rules) : 'more'
  if (typeof read === 'string') return broken(text, start, read, rules)
  const end = afterBreak(text, read.end, rules.last)
  if (end === 'more') return 'more'
  const raw = text.slice(start, read.end)
  const lines = breaksIn(raw) + (end > read.end ? 1 : 0)
  return { cells: read.cells, text: raw, fault: null, end, lines }
}

function cellsAt(text: string, start: number, rules: Rules): { cells: string[]; end: number } | CsvFault | 'more' {
  const cells: string[] = []
  for (let at = start; ; at++) {
    const cell = cellAt(text, at, rules)
    if (typeof cell === 'string') return cell
    if (cell.end - start > rules.longest) return 'too_long'
    cells.push(cell.value)
    at = cell.end
    if (text[at] !== rules.delimiter) return { cells, end: at }
  }
}

/** The record is given up, and its first line with it. */
function broken(text: string, start: number, fault: CsvFault, { longest, last }: Rules): Found {
  const end = nextLine(text, start, last)
  const raw = text.slice(start, end ?? text.length).replace(/[\r\n]+$/, '')
  const ended = end === undefined ? 0 : 1
  return { cells: [], text: raw.length > longest ? '' : raw, fault, end: end ?? endOf(text), lines: ended }
}

/** All of it, but for a `\r` that may be half of a line break. */
const endOf = (text: string) => (text.endsWith('\r') ? text.length - 1 : text.length)

type Cell = { value: string; end: number }

function cellAt(text: string, start: number, rules: Rules): Cell | CsvFault | 'more' {
  let at = start
  while (text[at] === ' ') at++
  if (text[at] === '"') return quotedCell(text, at + 1, rules)
  rules.bare.lastIndex = at
  const end = rules.bare.exec(text)?.index
  if (end === undefined && !rules.last) return 'more'
  return { value: text.slice(start, end), end: end ?? text.length }
}

function quotedCell(text: string, start: number, { delimiter, longest, last }: Rules): Cell | CsvFault | 'more' {
  const close = closingQuote(text, start)
  if (close < 0) return last || text.length - start > longest ? 'open_quote' : 'more'
  let end = close + 1
  while (text[end] === ' ') end++
  if (end >= text.length && !last) return 'more'
  const inside = text.slice(start, close)
  if (end >= text.length || text[end] === delimiter || isBreak(text[end]))
    return { value: inside.replaceAll('""', '"'), end }
  // What seems to close it opens a cell of a later line.
  return breaksIn(inside) > 0 ? 'open_quote' : 'after_quote'
}

/** Two quotes stand for one. */
function closingQuote(text: string, start: number): number {
  let at = text.indexOf('"', start)
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2)
  return at
}

const isBreak = (letter: string | undefined) => letter === '\n' || letter === '\r'

/** A lone `\r` ends a line too; whether it is alone is known from the next letter only. */
function afterBreak(text: string, at: number, last: boolean): number | 'more' {
  if (at >= text.length) return last ? at : 'more'
  if (text[at] === '\n') return at + 1
  if (at + 1 >= text.length) return last ? at + 1 : 'more'
  return text[at + 1] === '\n' ? at + 2 : at + 1
}

function nextLine(text: string, start: number, last: boolean): number | undefined {
  const found = /[\r\n]/g
  found.lastIndex = start
  const at = found.exec(text)?.index
  if (at === undefined) return undefined
  const end = afterBreak(text, at, last)
  return end === 'more' ? undefined : end
}

const breaksIn = (text: string) => text.match(/\r\n|\r|\n/g)?.length ?? 0
