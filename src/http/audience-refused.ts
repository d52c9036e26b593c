import { once } from 'node:events'
import { stringify } from 'csv-stringify/sync'
import type { Response } from 'express'
import type { Refusal, Upload } from '../flow/ports-campaign.ts'
import { makeCsvReader } from '../lib/csv.ts'
import type { Answer } from './answer.ts'
import { LONGEST_LINE } from './audience-head.ts'
import type { HttpPorts } from './ports.ts'

const AT_ONCE = 1_000

/** One record for each line, whatever the number of its faults, so that a mended file holds nobody twice. */
export function streamRefused(ports: Pick<HttpPorts, 'audiences' | 'log'>, upload: Upload): Answer {
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': `attachment; filename="refused-${upload.createdAt.toISOString().slice(0, 10)}.csv"`,
    },
    stream(res) {
      write(ports, upload, res).catch((error: unknown) => {
        ports.log.error({ err: error }, 'refused lines could not be read')
        res.destroy()
      })
    },
  }
}

async function write({ audiences }: Pick<HttpPorts, 'audiences'>, upload: Upload, res: Response): Promise<void> {
  const { columns = ['row'], delimiter } = upload.about as { columns?: string[]; delimiter?: string }
  const asCsv = (records: string[][]) =>
    stringify(records, { delimiter: delimiter ?? ',', record_delimiter: 'windows', escape_formulas: true })
  res.write(`\uFEFF${asCsv([['line', 'column', 'reason', ...columns]])}`)
  let held: Refusal[] = []
  let after = { line: 0, place: -1 }
  for (;;) {
    const page = await audiences.refusals(upload.id, after, AT_ONCE)
    const all = [...held, ...page]
    // The last line may have more faults on the next page.
    const last = page.length < AT_ONCE ? undefined : all.at(-1)?.line
    held = all.filter(({ line }) => line === last)
    const whole = Map.groupBy(
      all.filter(({ line }) => line !== last),
      ({ line }) => line,
    )
    const text = asCsv([...whole.values()].map((faults) => recordOf(faults, delimiter)))
    if (text !== '' && !res.write(text)) await drained(res)
    after = all.at(-1) ? placeOf(page) : after
    if (page.length < AT_ONCE || res.destroyed) break
  }
  res.end()
}

const placeOf = (page: (Refusal & { place: number })[]) => {
  const { line, place } = page.at(-1) ?? { line: 0, place: -1 }
  return { line, place }
}

function recordOf(faults: Refusal[], delimiter: string | undefined): string[] {
  const [first] = faults
  const text = first?.text ?? ''
  const reason = faults.map((one) => (faults.length > 1 && one.field ? `${one.field} ${one.reason}` : one.reason))
  return [
    String(first?.line),
    faults.map(({ field }) => field).join(', '),
    reason.join('; '),
    ...cellsOf(text, delimiter),
  ]
}

/** A line that was no record stands in one cell, as it came. */
function cellsOf(text: string, delimiter: string | undefined): string[] {
  if (text === '') return []
  if (delimiter === undefined) return [text]
  const [record, ...more] = makeCsvReader({ delimiter, longest: LONGEST_LINE }).read(text, true)
  return !record || record.fault || more.length > 0 ? [text] : record.cells
}

async function drained(res: Response): Promise<void> {
  await Promise.race([once(res, 'drain'), once(res, 'close')])
}
