/**
 * A copy of a database as a stream of frames: a letter, four bytes of length, and as many bytes.
 * `H` what it is a copy of; then for each table `T` its name and columns, `D` its rows as COPY wrote them, `E` their number;
 * last `Z`, with the number of tables. Without a `Z` a copy is cut off, and worth nothing.
 */
export interface CopyHeader {
  format: typeof FORMAT
  release: string
  /** Which migrations the database had: a release that does not know one of them cannot read the copy. */
  migrations: string[]
  world: string | null
  databaseId: string | null
  /** What was sent before is in the copy; what was sent after is not. ISO 8601. */
  takenAt: string
}
export interface CopyTable {
  table: string
  columns: string[]
}

export type Frame =
  | { kind: 'header'; header: CopyHeader }
  | { kind: 'table'; table: CopyTable }
  | { kind: 'rows'; rows: Buffer }
  | { kind: 'table_end'; rows: number }
  | { kind: 'end'; tables: number }

export const FORMAT = 'link-dispatcher copy 1'

/** Why a copy cannot be used, in a sentence that says what to do. */
export class CopyError extends Error {
  override name = 'CopyError'
}

const LETTERS = { header: 'H', table: 'T', rows: 'D', table_end: 'E', end: 'Z' } as const
const HEAD_BYTES = 5
/** COPY's own pieces are 64 kB; a longer one is no piece of ours, and must not fill the memory. */
const LONGEST = 64 * 1_024 * 1_024

export function writeFrame(frame: Frame): Buffer {
  const body = frame.kind === 'rows' ? frame.rows : Buffer.from(JSON.stringify(frame))
  const head = Buffer.alloc(HEAD_BYTES)
  head.write(LETTERS[frame.kind], 'latin1')
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

/** The frames of a copy, one after the other; throws a `CopyError` where it is none, or ends too early. */
export async function* readFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame, void> {
  const pieces = source[Symbol.asyncIterator]()
  const take = makeTaker(pieces)
  try {
    for (;;) {
      const head = await take(HEAD_BYTES)
      const [letter, length] = [head.toString('latin1', 0, 1), head.readUInt32BE(1)]
      if (!Object.values<string>(LETTERS).includes(letter) || length > LONGEST) throw notACopy()
      const body = await take(length)
      const frame = letter === LETTERS.rows ? { kind: 'rows' as const, rows: body } : parse(body)
      // What comes after the end is only the check sum of whoever packed it: it is looked at before the end counts.
      if (frame.kind === 'end' && !(await pieces.next()).done) throw notACopy()
      yield frame
      if (frame.kind === 'end') return
    }
  } finally {
    await pieces.return?.()
  }
}

/** Exactly so many bytes of a stream that comes in pieces of any size. */
function makeTaker(pieces: AsyncIterator<Buffer>): (bytes: number) => Promise<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  return async (bytes) => {
    const parts = [rest]
    let held = rest.length
    while (held < bytes) {
      const piece = await pieces.next()
      if (piece.done) throw cutOff()
      parts.push(piece.value)
      held += piece.value.length
    }
    const whole = parts.length === 1 ? rest : Buffer.concat(parts, held)
    rest = whole.subarray(bytes)
    return whole.subarray(0, bytes)
  }
}

function parse(body: Buffer): Frame {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw notACopy()
  }
}

export const cutOff = () =>
  new CopyError('The copy is cut off: its end is missing. Nothing was restored; use another one.')
export const notACopy = () => new CopyError('This is no copy that `dispatcher backup` made. Nothing was restored.')
