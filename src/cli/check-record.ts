import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { checkRecord, type Verdict } from '../domain/check-record.ts'
import { type DispatchRecord, RECORD_VERSION } from '../domain/record.ts'
import { recordSchema } from '../http/record.ts'

const EXIT: Record<Verdict, number> = { holds: 0, broken: 1, unproven: 2 }
/** What was given cannot be read as a record. */
const NO_RECORD = 3

/** Needs neither configuration nor a database: whoever holds a record can check it. */
export function addCheckRecord(program: Command): void {
  program
    .command('check-record')
    .description(
      'check what the record of a dispatch proves of P2, P3 and P6; exit code 0 all hold, 1 broken, 2 unproven, 3 no record',
    )
    .argument('<file>', 'the answer of GET /v1/dispatches/{id}/record; - for standard input')
    .action(async (file: string) => {
      process.exitCode = await checkRecordFile(file, console.log)
    })
}

/** One line for each promise; answers the exit code. */
export async function checkRecordFile(file: string, print: (line: string) => void): Promise<number> {
  const read = asRecord(await textOf(file))
  if (!read.ok) {
    print(`${file === '-' ? 'Standard input' : file} ${read.problem}`)
    return NO_RECORD
  }
  const findings = checkRecord(read.record)
  for (const { promise, verdict, why } of findings) print(`${promise} ${verdict}: ${why.join(' ')}`)
  const verdicts = new Set(findings.map(({ verdict }) => verdict))
  return EXIT[verdicts.has('broken') ? 'broken' : verdicts.has('unproven') ? 'unproven' : 'holds']
}

/** Undefined where there is no such file, or no right to read it. */
async function textOf(file: string): Promise<string | undefined> {
  if (file === '-') return text(process.stdin)
  try {
    return await readFile(file, 'utf8')
  } catch {
    return undefined
  }
}

type Read = { ok: true; record: DispatchRecord } | { ok: false; problem: string }

function asRecord(given: string | undefined): Read {
  if (given === undefined) return refused('cannot be read.')
  const json = parsed(given)
  if (json === undefined) return refused('is no record: it is not JSON.')
  const { record: version } = (json ?? {}) as { record?: unknown }
  if (version === undefined) return refused('is no record: it has no field "record".')
  if (version !== RECORD_VERSION)
    return refused(`is a record of version ${String(version)}, and this release reads version ${RECORD_VERSION}.`)
  const { success, data, error } = recordSchema.safeParse(json)
  if (success) return { ok: true, record: data }
  const [first] = error.issues
  return refused(`is no whole record: ${first?.path.join('.')}: ${first?.message}.`)
}

const refused = (problem: string): Read => ({ ok: false, problem })

function parsed(given: string): unknown {
  try {
    return JSON.parse(given)
  } catch {
    return undefined // The parser's only way to say that the text is no JSON.
  }
}
