/** `npm run chaos`: the service under fire, and what became of its promises. See README.md. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Verdict } from './checker.ts'
import { type Report, tableOf } from './report.ts'
import { runRound } from './round.ts'

const { values } = parseArgs({
  options: {
    dispatches: { type: 'string', default: '5000' },
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    backend: { type: 'string', default: 'both' },
    minutes: { type: 'string', default: '6' },
    json: { type: 'string' },
    faults: { type: 'string' },
  },
})

const [dispatches, kills] = [positive(values.dispatches), positive(values.kills)]
const [seed, minutes] = [positive(values.seed), positive(values.minutes)]
const backends = (['postgres', 'redis'] as const).filter((name) => [name, 'both'].includes(values.backend))
if (backends.length === 0) fail('--backend is postgres, redis or both')

let close: () => Promise<void> = async () => undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void close().finally(() => process.exit(130)))

const reports: Report[] = []
for (const backend of backends) {
  const report = await runRound(
    { backend, dispatches, kills, seed, minutes, only: values.faults?.split(',') },
    (all) => {
      close = all
    },
  ).catch(broke)
  reports.push(report)
  console.log(tableOf(report))
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(reports.map(summaryOf), null, 2)}\n`)
process.exit(exitCode(reports.map(({ verdict }) => verdict.verdict)))

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

function positive(text: string): number {
  const value = Number(text)
  return value >= 0 ? value : fail(`${text} is no number`)
}

function fail(why: string): never {
  console.error(why)
  process.exit(64)
}
