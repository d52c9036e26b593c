import { createReadStream, statSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { EXIT, Refused, type Service } from './service.ts'
import { makeProgress, type Terminal } from './terminal.ts'

export interface UploadOptions {
  map?: Record<string, string | null>
  format?: 'csv' | 'ndjson'
  delimiter?: string
}

/** As the service answers it (docs/api/campaigns-audience.md). */
export interface UploadAnswer {
  uploadId: string
  rows: number
  taken: number
  known: number
  doubled: number
  refused: number
  mapping: Record<string, string>
  ignored: string[]
  errors: { line: number; column: string; reason: string }[]
  refusals: string
}

const TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson' }

/** `-` is standard input. */
export async function upload(
  service: Service,
  terminal: Terminal,
  { id, file, map, format, delimiter }: UploadOptions & { id: string; file: string },
): Promise<UploadAnswer> {
  const type = format ?? formatOf(file)
  const query = new URLSearchParams({
    filename: file === '-' ? 'standard input' : basename(file),
    ...(map && { map: JSON.stringify(map) }),
    ...(delimiter && { delimiter }),
  })
  const progress = makeProgress(terminal, {
    what: 'uploaded',
    unit: 'MB',
    total: file === '-' ? null : sizeOf(file) / 1e6,
  })
  try {
    const body = Readable.toWeb(Readable.from(streamOf(file).pipe(counting((bytes) => progress.at(bytes / 1e6)))))
    return await service.send(`/v1/campaigns/${id}/audience?${query}`, body as ReadableStream<Uint8Array>, TYPES[type])
  } finally {
    progress.end()
  }
}

/** What the answer says, line by line. */
export function tellUpload(answer: UploadAnswer, file: string | undefined, say: (line: string) => void): number {
  const { rows, taken, known, doubled, refused } = answer
  say(
    `${rows} ${rows === 1 ? 'row' : 'rows'}: ${taken} new, ${known} known before, ${doubled} twice in the file, ${refused} refused.`,
  )
  const mapped = Object.entries(answer.mapping).flatMap(([column, path]) =>
    path === null ? [] : [`${column} → ${path}`],
  )
  if (mapped.length > 0) say(`Columns: ${mapped.join(', ')}.`)
  if (answer.ignored.length > 0) say(`Ignored: ${answer.ignored.join(', ')}.`)
  for (const { line, column, reason } of answer.errors.slice(0, 10)) say(`  line ${line}: ${column} ${reason}`)
  if (refused > 0)
    say(
      file
        ? `The refused rows are in ${file}.`
        : 'Every refused row, with its line and reason: repeat it with --refused <file>.',
    )
  return refused > 0 ? EXIT.partly : EXIT.done
}

function formatOf(file: string): 'csv' | 'ndjson' {
  const end = extname(file).toLowerCase()
  if (['.ndjson', '.jsonl'].includes(end)) return 'ndjson'
  if (['.csv', '.txt', '.tsv'].includes(end)) return 'csv'
  throw new Refused('Say what it is: --format csv or --format ndjson.', EXIT.usage)
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch {
    throw new Refused(`${file} cannot be read.`, EXIT.usage)
  }
}

const streamOf = (file: string): Readable => (file === '-' ? process.stdin : createReadStream(file))

function counting(tell: (bytes: number) => void): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      tell(bytes)
      done(null, chunk)
    },
  })
}
