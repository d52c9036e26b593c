/** `npm run bench`: ours against the afternoon version, in ratios, in one run. See README.md. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import type { Statement } from './database.ts'
import { type Ground, openGround } from './ground.ts'
import { measureIntake } from './intake.ts'
import { type Judged, judge, type Row, tableOf } from './numbers.ts'
import { measureOpens } from './opens.ts'
import { stopAll } from './processes.ts'
import { measureBurst, measureSteady, withHouse } from './road.ts'
import type { Pace } from './rounds.ts'
import type { Ours, Side } from './sides.ts'
import { measureStarts } from './starts.ts'

/** Each figure's share of the time there is. `memory` is read in the burst of e2e-redis. */
const SHARES = { intake: 2, batch: 2, 'e2e-redis': 5, steady: 10, webhook: 4, 'e2e-postgres': 4, start: 1 }
type Figure = keyof typeof SHARES
const FIGURES = Object.keys(SHARES) as Figure[]

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '5.5' },
    out: { type: 'string', default: '.data/bench/last.json' },
    profile: { type: 'string' },
  },
})
const wanted = figuresIn(values.only)
const rounds = Number(values.rounds)
const deadline = performance.now() + Number(values.minutes) * 60_000
const tops: Record<string, Statement[]> = {}
const rows: Judged[] = []
let interrupted = false

function figuresIn(only: string | undefined): Set<Figure> {
  const names = only?.split(',').map((name) => (name === 'memory' ? 'e2e-redis' : name)) ?? FIGURES
  const unknown = names.filter((name) => !FIGURES.some((figure) => figure === name))
  if (unknown.length > 0) throw new Error(`--only takes ${[...FIGURES, 'memory'].join(', ')}`)
  return new Set(names as Figure[])
}

/** Undefined when the figure is not wanted; else its share of what time is left. */
function paceOf(figure: Figure): Pace | undefined {
  if (!wanted.has(figure)) return undefined
  const now = performance.now()
  const left = FIGURES.slice(FIGURES.indexOf(figure)).filter((one) => wanted.has(one))
  const share = SHARES[figure] / left.reduce((sum, one) => sum + SHARES[one], 0)
  return { rounds, until: now + (deadline - now) * share }
}

function note(...measured: Row[]): void {
  for (const row of measured) rows.push(judge(row))
  console.error(`${tableOf(rows.slice(-measured.length))}\n`)
}

/** What goes wrong with one figure is told, and costs no other. */
async function attempt(work: () => Promise<void>): Promise<void> {
  if (interrupted) return
  try {
    await work()
  } catch (error) {
    process.exitCode = 1
    console.error(error)
  }
}

const { profile: profileTo } = values

async function measure(ground: Ground): Promise<void> {
  if (wanted.has('intake') || wanted.has('batch')) await attempt(() => intakeFigures(ground))
  if (wanted.has('e2e-redis') || wanted.has('steady') || wanted.has('webhook'))
    await attempt(() =>
      withHouse(ground, { backend: 'redis', profileTo }, async (ours, baseline) => {
        await attempt(() => burstFigures(ground, ours, baseline, 'Redis'))
        await attempt(() => steadyFigures(ground, ours, baseline))
        await attempt(() => webhookFigures(ground, ours))
      }),
    )
  if (wanted.has('e2e-postgres'))
    await attempt(() =>
      withHouse(ground, { backend: 'postgres', profileTo }, (ours, baseline) =>
        burstFigures(ground, ours, baseline, 'Postgres'),
      ),
    )
  await attempt(() => startFigures(ground))
}

async function intakeFigures(ground: Ground): Promise<void> {
  note(...(await measureIntake(ground, { single: () => paceOf('intake'), batch: () => paceOf('batch'), profileTo })))
}

async function burstFigures(ground: Ground, ours: Ours, baseline: Side, backend: 'Redis' | 'Postgres'): Promise<void> {
  const pace = paceOf(backend === 'Redis' ? 'e2e-redis' : 'e2e-postgres')
  if (!pace) return
  const measured = await measureBurst(ground, ours, baseline, backend, pace)
  note(...measured.rows)
  tops[backend] = measured.top
}

async function steadyFigures(ground: Ground, ours: Ours, baseline: Side): Promise<void> {
  const pace = paceOf('steady')
  if (pace) note(...(await measureSteady(ground, ours, baseline, pace)))
}

async function webhookFigures(ground: Ground, ours: Ours): Promise<void> {
  const pace = paceOf('webhook')
  if (pace) note(await measureOpens(ground, ours, pace))
}

async function startFigures(ground: Ground): Promise<void> {
  const pace = paceOf('start')
  if (pace) note(...(await measureStarts(ground, pace)))
}

const begun = new Date()
const ground = await openGround()
const machine = {
  cores: cpus().length,
  cpu: cpus()[0]?.model.trim(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  postgres: ground.postgres.version,
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupted = true
    process.exitCode = 130
    void stopAll()
  })
try {
  await measure(ground)
} finally {
  await ground.close()
}
mkdirSync(dirname(values.out), { recursive: true })
writeFileSync(values.out, `${JSON.stringify({ begun, machine, rows, topStatements: tops }, null, 2)}\n`)
console.log(tableOf(rows))
console.log(`\n${JSON.stringify(machine)}; medians (lowest to highest); all of it in ${values.out}`)
