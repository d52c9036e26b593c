import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { EXPECTED_PATHS } from './checks/rare-paths.ts'
import type { CrewOrder, CrewReport, Failure } from './crew.ts'
import { describeSeed } from './describe.ts'

/** Fewer seeds than this cannot be expected to meet every rare path. */
const ENOUGH_SEEDS = 1_000
const USAGE = 'npm run simulate -- [--seeds 1000] [--from 1] [--workers 2] | --seed 17 [--verbose]'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
})
process.exitCode =
  values.seed === undefined ? await runMany() : await describeSeed(numberOf(values.seed), values.verbose)

async function runMany(): Promise<number> {
  const [seeds, from, workers] = [values.seeds, values.from, values.workers].map(numberOf) as [number, number, number]
  const began = performance.now()
  const crew = Math.min(workers, seeds)
  const orders = Array.from({ length: crew }, (_, i): CrewOrder => ({ first: from + i, step: crew, end: from + seeds }))
  const reports = await Promise.all(orders.map(work))
  const seconds = (performance.now() - began) / 1_000
  const failures = reports.flatMap((report) => report.failures).sort((a, b) => a.seed - b.seed)
  const replayed = reports.reduce((sum, report) => sum + report.replayed, 0)
  const sometimes = addUp(reports)
  const missing = EXPECTED_PATHS.filter((path) => !sometimes[path])

  for (const [path, count] of Object.entries(sometimes).sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(count).padStart(9)}  ${path}`)
  console.log(`\n${seeds} seeds in ${seconds.toFixed(1)} s, ${replayed} of them replayed to the same hash`)
  for (const failure of failures.slice(0, 20)) tell(failure)
  if (failures.length > 0) {
    console.log(`\nviolated: ${failures.length} seeds of ${seeds}`)
    return 1
  }
  if (missing.length > 0) console.log(`never met: ${missing.join(', ')}`)
  if (missing.length > 0 && seeds >= ENOUGH_SEEDS) {
    console.log('unknown: a rare path that never happened was not tested')
    return 2
  }
  console.log('green: no promise was broken')
  return 0
}

function work(order: CrewOrder): Promise<CrewReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./crew.ts', import.meta.url), { workerData: order })
    worker.on('message', resolve)
    worker.on('error', reject)
  })
}

function tell({ seed, violations, last }: Failure): void {
  for (const { promise, message, t } of violations.slice(0, 3))
    console.log(`\nseed ${seed} broke ${promise} at ${new Date(t).toISOString()}: ${message}`)
  for (const line of last) console.log(`  ${line}`)
  console.log(`  again: npm run simulate -- --seed ${seed} --verbose`)
}

function addUp(reports: CrewReport[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { sometimes } of reports)
    for (const [path, count] of Object.entries(sometimes)) sums[path] = (sums[path] ?? 0) + count
  return sums
}

function numberOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`not a number: ${text}. ${USAGE}`)
  return Number(text)
}
