import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'pg'
import { request } from 'undici'
import { readCopyFile, writeCopyFile } from '../src/store/copy-file.ts'
import { migrate } from '../src/store/migrate.ts'
import { makePool } from '../src/store/pool.ts'
import { restoreCopy } from '../src/store/restore.ts'
import type { Stage } from './faults.ts'
import { owned } from './gathered.ts'
import { quiet, stillOpen, wind } from './healing.ts'
import type { RestoredSeen } from './history.ts'
import { makeNewcomers } from './newcomers.ts'
import { supervise } from './processes.ts'
import type { Opened } from './stage.ts'

const TRIES = 100
/** Upkeep beats once in five seconds, and the pump looks five times meanwhile. */
const BEATS_HELD = 3
const BEAT_WITHIN_MS = 60_000
/** Before it says that it is ready, it has asked the partner about everything that was opened. */
const START_WITHIN_MS = 5 * 60_000
const REST_WITHIN_MS = 15 * 60_000

/** A copy as `dispatcher backup` makes it, of a database in trouble: tried again while that cannot be reached. Undefined when it never could be. */
export async function takeCopy({ postgres, dir }: Opened): Promise<string | undefined> {
  for (let n = 1; n <= TRIES; n++) {
    const file = join(dir, `copy-${n}`)
    const pool = makePool({ url: postgres.url, max: 1, onError: () => undefined })
    const written = await writeCopyFile(pool, file, 'chaos').then(
      () => true,
      () => false,
    )
    await pool.end()
    if (written) return file
    await pause(500)
  }
  return undefined
}

/** The database is lost, and an older copy takes its place: started held, released by a person, and left to itself for hours (P11). */
export async function restoreAndRelease(stage: Opened, file: string, aheadMs: number): Promise<RestoredSeen> {
  const { outside, env, logDir } = stage
  for (const one of stage.processes) await one.close()
  const { url, ask, close } = await fillDatabase(stage, file, aheadMs)
  const from = outside.seen.arrivals.length
  const openedBefore = await countOpened(ask)
  const service = supervise({
    name: 'restored',
    role: 'api,worker',
    env: { ...env, DATABASE_URL: url },
    logDir,
    startWithinMs: START_WITHIN_MS,
  })
  try {
    if (!(await service.up(START_WITHIN_MS))) throw new Error('The service did not start on the restored copy.')
    await beats(ask, BEATS_HELD)
    const held = outside.seen.arrivals.length - from
    const released = await release(stage, ask)
    const newcomers = await makeNewcomers(stage)
    const atRest = await liveOn({ ...stage, postgres: { ...stage.postgres, ask }, processes: [service] }, aheadMs)
    const came = await owned(ask, outside, outside.seen.arrivals.slice(from))
    return {
      ...released,
      whileHeld: came.slice(0, held),
      afterwards: came.slice(held).filter(({ to }) => !newcomers.has(to)),
      newcomers: new Set(came.filter(({ to }) => newcomers.has(to)).map(({ to }) => to)).size,
      opensLearned: (await countOpened(ask)) - openedBefore,
      atRest,
    }
  } finally {
    await service.close()
    await close()
  }
}

type Ask = Opened['postgres']['ask']

/** Beside the lost one, on the same server; its clock shows what the world's shows. */
async function fillDatabase({ postgres }: Opened, file: string, aheadMs: number) {
  await postgres.ask('create database restored')
  const address = new URL(postgres.url)
  address.pathname = '/restored'
  const url = address.href
  const filling = makePool({ url, max: 1, onError: () => undefined })
  await migrate(filling)
  await restoreCopy(filling, readCopyFile(file), { world: 'test', as: 'copy' })
  await filling.end()
  const pool = new Pool({ connectionString: url, max: 4, options: '-c search_path=app,bullmq -c timezone=UTC' })
  const ask: Ask = async (sql, values = []) => (await pool.query(sql, values)).rows
  await ask('update clock set ahead = make_interval(secs => $1::float8 / 1000)', [aheadMs])
  return { url, ask, close: () => pool.end() }
}

/** The worker's own sign of life, seen so many times: it looked for something to do, and for longer than once. */
async function beats(ask: Ask, wanted: number): Promise<void> {
  const until = performance.now() + BEAT_WITHIN_MS
  const seen = new Set<number>()
  while (seen.size <= wanted) {
    if (performance.now() > until)
      throw new Error('The service that started on the restored copy shows no sign of life.')
    const [row] = await ask<{ at: Date }>('select beaten_at as at from heartbeat')
    if (row) seen.add(row.at.getTime())
    await pause(100)
  }
}

async function countOpened(ask: Ask): Promise<number> {
  const [row] = await ask<{ n: number }>("select count(*)::int as n from dispatch where status = 'opened'")
  return row?.n ?? 0
}

/** As a person does it; what is in doubt then counts as handed over. */
async function release({ apiUrl, outside }: Opened, ask: Ask): Promise<Pick<RestoredSeen, 'reason' | 'doubtful'>> {
  const headers = { authorization: `Bearer ${outside.apiKey}` }
  const holds = await request(`${apiUrl}/v1/holds`, { headers })
  const { items } = (await holds.body.json()) as { items: { id: string; scope: string; reason: string }[] }
  const hold = items.find(({ scope }) => scope === 'all')
  const [row] = await ask<{ n: number }>(
    "select count(*)::int as n from step where status = 'ambiguous' and reason = 'restored'",
  )
  if (hold) {
    const lifted = await request(`${apiUrl}/v1/holds/${hold.id}`, { method: 'DELETE', headers })
    await lifted.body.dump()
    if (lifted.statusCode !== 200) throw new Error(`The hold could not be lifted: ${lifted.statusCode}.`)
  }
  return { reason: hold?.reason ?? null, doubtful: row?.n ?? 0 }
}

/** What it means to do by itself, it does now. */
async function liveOn(stage: Stage, aheadMs: number): Promise<boolean> {
  const until = performance.now() + REST_WITHIN_MS
  await quiet(stage, until)
  await wind(stage, until, aheadMs)
  return (await quiet(stage, until)) && (await stillOpen(stage)) === 0
}
