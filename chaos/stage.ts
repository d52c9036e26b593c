import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Closers } from '../src/lib/closers.ts'
import { freePort } from '../src/lib/free-port.ts'
import type { Stage } from './faults.ts'
import { countLostLeases } from './found.ts'
import { openOutside } from './outside.ts'
import { startPostgres } from './postgres.ts'
import { supervise } from './processes.ts'
import { makeChance } from './random.ts'
import { startRedis } from './redis.ts'

export type Backend = 'postgres' | 'redis'
export type Opened = Stage & {
  apiUrl: string
  /** Creations the partner allows in a minute. */
  limit: number
  env: Record<string, string>
  dir: string
  logDir: string
}

export interface StageOptions {
  backend: Backend
  seed: number
  limit: number
  dir: string
  /** Settings of the service beside those that every run has. */
  settings?: Record<string, string>
}

const WORKERS = 2

/** Servers, the world outside, one API and two workers: all of the run's own, and ready. */
export async function openStage(
  { backend, seed, limit, dir, settings = {} }: StageOptions,
  closers: Closers,
): Promise<Opened> {
  const logDir = join(dir, 'logs')
  mkdirSync(logDir)
  const postgres = await startPostgres(join(dir, 'database'))
  closers.add('postgres', postgres.close)
  const redis = backend === 'redis' ? await startRedis(join(dir, 'redis')) : undefined
  if (redis) closers.add('redis', redis.close)
  const outside = await openOutside(makeChance(seed + 1), limit, closers)
  const port = await freePort()
  const apiUrl = `http://127.0.0.1:${port}`
  outside.relay.lead(apiUrl)
  const env = {
    ...outside.env,
    ...settings,
    PORT: String(port),
    DATABASE_URL: postgres.url,
    DATA_DIR: join(dir, 'data'),
    ...(redis && { REDIS_URL: redis.url }),
  }
  const api = supervise({ name: 'api', role: 'api', env, logDir })
  closers.add('api', api.close)
  if (!(await api.up(60_000))) throw new Error(`The API did not start: see ${logDir}.`)
  await countLostLeases(postgres)
  const workers = Array.from({ length: WORKERS }, (_, i) =>
    supervise({ name: `worker-${i + 1}`, role: 'worker', env, logDir }),
  )
  for (const worker of workers) closers.add(worker.name, worker.close)
  for (const worker of workers)
    if (!(await worker.up(60_000))) throw new Error(`A worker did not start: see ${logDir}.`)
  return { postgres, redis, outside, processes: [api, ...workers], apiUrl, limit, env, dir, logDir }
}
