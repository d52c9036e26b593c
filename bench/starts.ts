/** From the command until it says that it is ready, which is after its server answers: as `npm start` does it, embedded Postgres and sandbox included. */
import { join } from 'node:path'
import { freePort } from '../src/lib/free-port.ts'
import { startEmbedded } from '../src/store/embedded.ts'
import { type Ground, nodeOrder } from './ground.ts'
import type { Row } from './numbers.ts'
import { start } from './processes.ts'
import { alternate, newRun, type Pace } from './rounds.ts'

export async function measureStarts(ground: Ground, pace: Pace): Promise<Row[]> {
  const home = join(ground.dir, 'home')
  const first = await startOnce(ground, home)
  const both = await alternate(
    pace,
    () => startOnce(ground, home),
    () => startBaselineOnce(ground),
  )
  return [
    { figure: 'first start to ready, data folder made', unit: 's', ours: [first] },
    {
      figure: 'second start to ready, one process (the baseline has no database)',
      unit: 's',
      ...both,
      target: { at: 'value most', bound: 3 },
    },
  ]
}

/** Any free ports are taken by the service itself, which says where it is. */
async function startOnce(ground: Ground, home: string): Promise<number> {
  const env = { PORT: '0', SANDBOX_PORT: '0', SANDBOX: 'on', DATA_DIR: home }
  const order = nodeOrder('start', 'src/main.ts', ground.logDir, env)
  try {
    const running = await start({ ...order, ready: { says: 'link-dispatcher is ready' } })
    await running.stop()
    return running.readyMs / 1_000
  } catch (error) {
    // Whatever held the database is gone: adopt it, and stop it.
    await (await startEmbedded({ dataDir: home })).stop()
    throw error
  }
}

async function startBaselineOnce(ground: Ground): Promise<number> {
  const env = { ROLE: 'all', REDIS_URL: ground.redis.url, API_PORT: `${await freePort()}`, QUEUE: newRun('start') }
  const running = await start(nodeOrder('start-baseline', 'bench/baseline/service.mjs', ground.logDir, env))
  await running.stop()
  return running.readyMs / 1_000
}
