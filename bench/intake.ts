/** Intake: accepted dispatches a second, while no worker runs. */
import type { Ground } from './ground.ts'
import { burst } from './load.ts'
import type { Row } from './numbers.ts'
import { alternate, newRun, type Pace } from './rounds.ts'
import { BATCH, type Ours, type Side, startBaseline, startOurs } from './sides.ts'

const CONNECTIONS = 64
const SINGLES = 4_000
const BATCHES = 12
const BATCH_CONNECTIONS = 4

export interface IntakeOptions {
  /** Asked when its turn comes; undefined when it is not wanted. */
  single: () => Pace | undefined
  batch: () => Pace | undefined
  profileTo?: string | undefined
}

export async function measureIntake(ground: Ground, { single, batch, profileTo }: IntakeOptions): Promise<Row[]> {
  const ours = await startOurs(ground, { roles: ['api'], backend: 'redis', profileTo })
  const baseline = await startBaseline(ground, { roles: ['api'] })
  try {
    for (const side of [ours, baseline]) await perSecond(side, SINGLES / 2)
    const rows: Row[] = []
    const forSingles = single()
    if (forSingles) rows.push(await singles(ours, baseline, forSingles))
    const forBatches = batch()
    if (forBatches) rows.push(await batches(ours, baseline, forBatches))
    return rows
  } finally {
    await Promise.all([ours.stop(), baseline.stop()])
  }
}

async function singles(ours: Ours, baseline: Side, pace: Pace): Promise<Row> {
  const rates = await alternate(
    pace,
    () => perSecond(ours, SINGLES),
    () => perSecond(baseline, SINGLES),
  )
  return {
    figure: `intake, single POSTs, ${CONNECTIONS} connections`,
    unit: 'dispatches/s',
    ...rates,
    target: { at: 'least', bound: 1 },
  }
}

async function batches(ours: Ours, baseline: Side, pace: Pace): Promise<Row> {
  const items = async () => {
    const { seconds, refused } = await burst(ours.batch, newRun('batch'), BATCHES, BATCH_CONNECTIONS)
    return ((BATCHES - refused) * BATCH) / seconds
  }
  await items()
  const rates = await alternate(pace, items, () => perSecond(baseline, SINGLES))
  return {
    figure: `intake, batches of ${BATCH} over ${BATCH_CONNECTIONS} connections, against single POSTs`,
    unit: 'dispatches/s',
    ...rates,
    target: { at: 'least', bound: 5 },
  }
}

async function perSecond(side: Side, count: number): Promise<number> {
  const { seconds, refused } = await burst(side, newRun('intake'), count, CONNECTIONS)
  return (count - refused) / seconds
}
