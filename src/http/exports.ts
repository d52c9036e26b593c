import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify/sync'
import type { Answer } from './answer.ts'
import type { HttpPorts } from './ports.ts'

const TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson; charset=utf-8' }
export type ExportFormat = keyof typeof TYPES

/** Streams pieces of text as a file, as fast as the reader takes them. */
export function download(
  { log }: Pick<HttpPorts, 'log'>,
  { name, format }: { name: string; format: ExportFormat },
  pieces: AsyncIterable<string>,
): Answer {
  return {
    status: 200,
    headers: {
      'Content-Type': TYPES[format],
      'Content-Disposition': `attachment; filename="${name}.${format}"`,
    },
    stream(res) {
      pipeline(Readable.from(pieces), res).catch((err: NodeJS.ErrnoException) => {
        // A reader that went away is no fault of ours; the answer is cut off all the same.
        if (err.code !== 'ERR_STREAM_PREMATURE_CLOSE') log.error({ err }, 'an export broke off')
      })
    },
  }
}

/** For spreadsheets: with a mark of its encoding, and without cells that would be run as a formula. */
export const csvHead = (columns: string[]): string => `\uFEFF${csvRows([columns])}`

export const csvRows = (rows: (string | null)[][]): string =>
  stringify(rows, { record_delimiter: 'windows', escape_formulas: true })
