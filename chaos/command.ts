import { writeFileSync } from 'node:fs'
import type { Verdict } from './checker.ts'
import { type Report, tableOf } from './report.ts'
import type { Backend } from './stage.ts'

export interface CommonOptions {
  backend: string
  seed?: string | undefined
  json?: string | undefined
}
export interface Round {
  backend: Backend
  seed: number
}
export type OnClose = (close: () => Promise<void>) => void

/** Runs on each backend that was asked for, prints the tables, and ends the process with what they say. */
export async function runAll(
  { backend, seed = String(Math.floor(Math.random() * 1_000_000)), json }: CommonOptions,
  run: (round: Round, onClose: OnClose) => Promise<Report>,
): Promise<never> {
  const backends = (['postgres', 'redis'] as const).filter((name) => [name, 'both'].includes(backend))
  if (backends.length === 0) fail('--backend is postgres, redis or both')
  let close: () => Promise<void> = async () => undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void close().finally(() => process.exit(130)))

  const reports: Report[] = []
  for (const one of backends) {
    const report = await run({ backend: one, seed: positive(seed) }, (all) => {
      close = all
    }).catch(broke)
    reports.push(report)
    console.log(tableOf(report))
  }
  if (json) writeFileSync(json, `${JSON.stringify(reports.map(summaryOf), null, 2)}\n`)
  process.exit(exitCode(reports.map(({ verdict }) => verdict.verdict)))
}

/** One broken promise outweighs everything; then a run that says nothing. */
function exitCode(verdicts: Verdict['verdict'][]): number {
  if (verdicts.includes('violated')) return 1
  return verdicts.includes('unknown') ? 2 : 0
}

/** The run itself failed: nothing is known, and that is no broken promise. */
function broke(error: unknown): never {
  console.error(error)
  process.exit(2)
}

/** Without addresses and links: what anyone may keep. */
function summaryOf({ history, verdict, ...rest }: Report) {
  return { ...rest, ...verdict, sometimes: history.sometimes, faults: history.faults }
}

export function positive(text: string): number {
  const value = Number(text)
  return value >= 0 ? value : fail(`${text} is no number`)
}

function fail(why: string): never {
  console.error(why)
  process.exit(64)
}
