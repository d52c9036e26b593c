import { audiencePath, guessPath, plainName } from '../domain/audience-columns.ts'
import { type CsvRecord, makeCsvReader } from '../lib/csv.ts'

export const LONGEST_LINE = 65_536
/** What a manager may have called the separator, and what files use. */
export const DELIMITERS: Record<string, string> = {
  ',': ',',
  ';': ';',
  '\t': '\t',
  '|': '|',
  comma: ',',
  semicolon: ';',
  tab: '\t',
  pipe: '|',
}
const CANDIDATES = [',', ';', '\t', '|']

export interface Head {
  delimiter: string
  /** Names of the columns, as the file has them. */
  columns: string[]
  /** Path by column; null: nobody reads it. */
  paths: (string | null)[]
  /** The line it stands in: rows begin below. */
  line: number
}
export interface Wish {
  delimiter: string | undefined
  /** Path by name of column; null: ignore it. */
  map: Record<string, string | null>
}
export interface Wrong {
  path: string
  message: string
}

/**
 * What the columns of a file are, by what was asked for and by their names; and everything that keeps it from being
 * taken. Without a head not even the columns are known.
 */
export function readHead(text: string, wish: Wish): { head: Head | null; wrong: Wrong[] } {
  const [, saidInFile] = /^sep=([,;\t|])\r?$/im.exec(text.slice(0, text.search(/\n|$/))) ?? []
  const delimiter = wish.delimiter ?? saidInFile ?? guessDelimiter(text)
  const record = firstRecord(text, delimiter, saidInFile !== undefined)
  if (!record)
    return { head: null, wrong: [{ path: 'body', message: 'is empty: the first line must name the columns' }] }
  if (record.fault)
    return {
      head: null,
      wrong: [{ path: 'body', message: 'has a first line that cannot be read as names of columns' }],
    }
  const columns = record.cells.map((name) => name.trim())
  const wanted = readMap(columns, wish.map)
  const paths = fillGuesses(columns, wanted.paths)
  return {
    head: { delimiter, columns, paths, line: record.line },
    wrong: [...wanted.wrong, ...faultsIn(columns, paths)],
  }
}

/** Excel puts `sep=;` before the names where the separator is not the usual one. */
function firstRecord(text: string, delimiter: string, afterSep: boolean): CsvRecord | undefined {
  for (const record of makeCsvReader({ delimiter, longest: LONGEST_LINE }).read(text, true)) {
    const isSep = afterSep && record.line === 1
    if (!isSep && record.text.trim() !== '') return record
  }
  return undefined
}

/** Whatever parts the first line into most cells; the comma where nothing does. */
function guessDelimiter(text: string): string {
  const counted = CANDIDATES.map((delimiter) => ({
    delimiter,
    cells: firstRecord(text, delimiter, false)?.cells.length ?? 0,
  }))
  return counted.reduce((best, one) => (one.cells > best.cells ? one : best)).delimiter
}

function readMap(columns: string[], map: Wish['map']): { paths: Map<number, string | null>; wrong: Wrong[] } {
  const paths = new Map<number, string | null>()
  const wrong: Wrong[] = []
  for (const [name, wished] of Object.entries(map)) {
    const places = placesOf(columns, name)
    const path = wished === null ? null : audiencePath(wished)
    if (places.length === 0) wrong.push({ path: 'map', message: `the file has no column ${shown(name)}` })
    else if (places.length > 1) wrong.push({ path: 'map', message: `the file has the column ${shown(name)} twice` })
    else if (path === undefined) wrong.push({ path: 'map', message: `${shown(name)} leads to no field there is` })
    else paths.set(places[0] ?? 0, path)
  }
  return { paths, wrong }
}

/** Exactly as it is written, else without regard to case, blanks and accents. */
function placesOf(columns: string[], name: string): number[] {
  const find = (same: (column: string) => boolean) => columns.flatMap((column, i) => (same(column) ? [i] : []))
  const exact = find((column) => column === name.trim())
  return exact.length > 0 ? exact : find((column) => column !== '' && plainName(column) === plainName(name))
}

/** What the map leaves open is guessed from names; no path is filled twice by a guess. */
function fillGuesses(columns: string[], wanted: Map<number, string | null>): (string | null)[] {
  const bringsAccounts = [...wanted.values(), ...columns.map((name) => guessPath(name, false)?.path)].some((path) =>
    path?.startsWith('userData.paymentMethod.'),
  )
  const guesses = columns
    .map((name, place) => ({ place, guess: wanted.has(place) ? undefined : guessPath(name, bringsAccounts) }))
    .toSorted((a, b) => (a.guess?.rank ?? 0) - (b.guess?.rank ?? 0))
  const taken = new Set(wanted.values())
  const paths = columns.map((_, place) => wanted.get(place) ?? null)
  for (const { place, guess } of guesses) {
    const isDoubled = columns.filter((name) => name === columns[place]).length > 1
    if (!guess || (taken.has(guess.path) && !isDoubled)) continue
    taken.add(guess.path)
    paths[place] = guess.path
  }
  return paths
}

function faultsIn(columns: string[], paths: (string | null)[]): Wrong[] {
  const used = paths.filter((path) => path !== null)
  const twice = paths.flatMap((path, i) => (path !== null && paths.indexOf(path) !== i ? [columns[i] ?? ''] : []))
  const within = used.filter((path) => used.some((other) => other.startsWith(`${path}.`)))
  return [
    ...twice.map((name) => ({
      path: 'map',
      message: `${shown(name)} would fill a field that another column fills: rename one of them, or map it to null`,
    })),
    ...within.map((path) => ({ path: 'map', message: `${path} and a field within it cannot both be filled` })),
    ...(used.includes('referenceId') ? [] : [NO_REFERENCE]),
  ]
}

const NO_REFERENCE: Wrong = {
  path: 'referenceId',
  message:
    'no column is understood as referenceId: call one so in the first line, or say which with map={"<column>":"referenceId"}',
}

/** A name from outside is repeated only when it looks like a name and not like data. */
const shown = (name: string) => (/^\p{L}[\p{L} _.-]{0,39}$/u.test(name.trim()) ? name.trim() : 'of that name')
