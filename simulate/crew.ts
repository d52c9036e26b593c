import { setImmediate as breathe } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { linesBefore } from './describe.ts'
import { simulate, type Violation } from './simulate.ts'

/** Seeds `first`, `first + step`, … below `end`. */
export interface CrewOrder {
  first: number
  step: number
  end: number
}
export interface Failure {
  seed: number
  violations: Violation[]
  /** What happened just before. */
  last: string[]
}
export interface CrewReport {
  failures: Failure[]
  sometimes: Record<string, number>
  replayed: number
}

/** Every so many seeds, and every one that fails, are run twice: the history must come out the same. */
const REPLAY_EVERY = 100

parentPort?.postMessage(await runAll(workerData as CrewOrder))

async function runAll({ first, step, end }: CrewOrder): Promise<CrewReport> {
  const report: CrewReport = { failures: [], sometimes: {}, replayed: 0 }
  for (let seed = first; seed < end; seed += step) {
    const { violations, sometimes, facts, hash } = await simulate(seed)
    for (const [path, count] of Object.entries(sometimes))
      report.sometimes[path] = (report.sometimes[path] ?? 0) + count
    if (violations.length > 0 || seed % REPLAY_EVERY === 0) {
      const again = await simulate(seed)
      if (again.hash === hash) report.replayed++
      else violations.push({ promise: 'replay', message: `${hash} became ${again.hash}`, t: 0 })
    }
    const [worst] = violations
    if (worst) report.failures.push({ seed, violations, last: linesBefore(facts, worst.t, 12) })
    await breathe()
  }
  return report
}
