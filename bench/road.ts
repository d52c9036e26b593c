/** The whole road: from the request to the SMTP sink, in a burst and at a steady pace; memory and work while it lasts. */
import { beginCounting, endCounting, type Statement, topStatements, untilQuiet, type Work } from './database.ts'
import type { Ground } from './ground.ts'
import { type Arrived, arrivals, burst, steady } from './load.ts'
import type { Row } from './numbers.ts'
import { type Sample, watch } from './processes.ts'
import { alternate, type Both, newRun, type Pace } from './rounds.ts'
import { type Ours, type Shape, type Side, startBaseline, startOurs } from './sides.ts'

const CONNECTIONS = 20
const BURST = 3_000
const WARM_UP = 1_500
const RATE = 20
const RATE_SECONDS = 20

/** Our api and worker beside the baseline's, warmed up; both end with `use`. */
export async function withHouse<T>(
  ground: Ground,
  shape: Omit<Shape, 'roles'>,
  use: (ours: Ours, baseline: Side) => Promise<T>,
): Promise<T> {
  const roles = ['api', 'worker'] as const
  const ours = await startOurs(ground, { ...shape, roles })
  const baseline = await startBaseline(ground, { roles })
  try {
    await through(ground, ours, WARM_UP)
    await untilQuiet(ours.database.url)
    await through(ground, baseline, WARM_UP)
    return await use(ours, baseline)
  } finally {
    await Promise.all([ours.stop(), baseline.stop()])
  }
}

/** So many dispatches from the request to the sink. */
export async function through(ground: Ground, side: Side, count: number, run = newRun('road')) {
  const fired = await burst(side, run, count, CONNECTIONS)
  const arrived = await arrivals(ground.sink.url, run, count - fired.refused)
  return {
    run,
    perSecond: arrived.unique / ((arrived.last - fired.begun) / 1_000),
    intakePerSecond: count / fired.seconds,
  }
}

interface Burst {
  perSecond: number
  intakePerSecond: number
  spent: Record<string, Sample>
  work?: Work
}
export interface RoadFigures {
  rows: Row[]
  top: Statement[]
}

export async function measureBurst(
  ground: Ground,
  ours: Ours,
  baseline: Side,
  backend: string,
  pace: Pace,
): Promise<RoadFigures> {
  let top: Statement[] = []
  const both = await alternate<Burst>(
    pace,
    async () => {
      const { admin } = ground.postgres
      const from = await beginCounting(admin)
      const measured = await watched(ground, ours, () => untilQuiet(ours.database.url))
      const work = await endCounting(admin, ours.database.name, from)
      top = await topStatements(admin, ours.database.name, 15)
      return { ...measured, work }
    },
    () => watched(ground, baseline),
  )
  return { rows: burstRows(both, backend), top }
}

/** What comes after the last message (states, events) is work of the burst too, though not of its pace. */
async function watched(ground: Ground, side: Side, rest?: () => Promise<void>): Promise<Burst> {
  const family = [
    ...side.processes,
    { name: 'redis', pid: ground.redis.pid },
    { name: 'postgres', pid: ground.postgres.pid },
    { name: 'sink', pid: ground.sink.pid },
  ]
  const stopWatching = watch(family, ['postgres'])
  const { perSecond, intakePerSecond } = await through(ground, side, BURST)
  await rest?.()
  return { perSecond, intakePerSecond, spent: stopWatching() }
}

function burstRows(both: Both<Burst>, backend: string): Row[] {
  const column = (pick: (burst: Burst) => number) => ({ ours: both.ours.map(pick), baseline: both.baseline.map(pick) })
  const onlyOurs = (pick: (work: Work) => number) => ({
    ours: both.ours.flatMap(({ work }) => (work ? [pick(work) / BURST] : [])),
  })
  const cpu = (name: string) => column(({ spent }) => (spent[name]?.cpuMs ?? 0) / BURST)
  const memory = ({ spent }: Burst) => (spent['api']?.rssMb ?? 0) + (spent['worker']?.rssMb ?? 0)
  const tag = `${backend} backend`
  return [
    {
      figure: `request to SMTP sink, burst of ${BURST}, ${tag}`,
      unit: 'dispatches/s',
      ...column(({ perSecond }) => perSecond),
      target: { at: 'least', bound: backend === 'Redis' ? 1 : 0.7 },
    },
    {
      figure: `peak resident memory of api and worker in that burst, ${tag}`,
      unit: 'MiB',
      ...column(memory),
      target: { at: 'most', bound: 1.5 },
    },
    {
      figure: `intake during that burst, ${CONNECTIONS} connections, ${tag}`,
      unit: 'dispatches/s',
      ...column((one) => one.intakePerSecond),
    },
    {
      figure: `statements, accept to handed, ${tag}`,
      unit: 'per dispatch',
      ...onlyOurs((work) => work.statements),
      target: { at: 'value most', bound: 1 },
    },
    {
      figure: `of them without begin, commit, set, ${tag}`,
      unit: 'per dispatch',
      ...onlyOurs((work) => work.withoutControl),
    },
    { figure: `of them the queue's own, ${tag}`, unit: 'per dispatch', ...onlyOurs((work) => work.ofQueue) },
    { figure: `WAL, ${tag}`, unit: 'bytes per dispatch', ...onlyOurs((work) => work.walBytes) },
    ...['api', 'worker', 'redis', 'sink'].map((name) => ({
      figure: `CPU of ${name}, ${tag}`,
      unit: 'ms per dispatch',
      ...cpu(name),
    })),
    { figure: `CPU of postgres, ${tag}`, unit: 'ms per dispatch', ours: cpu('postgres').ours },
  ]
}

export async function measureSteady(ground: Ground, ours: Ours, baseline: Side, pace: Pace): Promise<Row[]> {
  const one = async (side: Side): Promise<Arrived> => {
    const run = newRun('steady')
    const { refused } = await steady(side, run, RATE, RATE_SECONDS)
    return arrivals(ground.sink.url, run, RATE * RATE_SECONDS - refused)
  }
  const both = await alternate(
    pace,
    () => one(ours),
    () => one(baseline),
  )
  const row = (name: 'p50' | 'p99', bound: number): Row => ({
    figure: `${name} from request to sink at ${RATE}/s for ${RATE_SECONDS} s`,
    unit: 'ms',
    ours: both.ours.map(({ lat_ms }) => lat_ms[name]),
    baseline: both.baseline.map(({ lat_ms }) => lat_ms[name]),
    target: { at: 'most', bound },
  })
  return [row('p50', 2), row('p99', 2.5)]
}
