import type { Pool } from 'pg'
import { one, statement } from './sql.ts'

export type World = 'sandbox' | 'test' | 'live'

/** Stamps a fresh database with this process's world, and refuses one that belongs to another (P12). */
export async function stampWorld(pool: Pool, kind: World): Promise<{ databaseId: string }> {
  await pool.query('insert into world (kind) values ($1) on conflict do nothing', [kind])
  const row = one(await readWorld(pool, []))
  if (row.moved_at) {
    throw new Error(
      `This database was moved to another server at ${row.moved_at.toISOString()}. Set DATABASE_URL to that one; two would send everything twice.`,
    )
  }
  if (row.kind !== kind) {
    throw new Error(
      `This database belongs to the ${row.kind} world and this process to ${kind}. Use another DATABASE_URL (or DATA_DIR), or change the configuration back.`,
    )
  }
  return { databaseId: row.database_id }
}

const readWorld = statement<{ kind: World; database_id: string; moved_at: Date | null }>(
  'world-read',
  'select kind, database_id, moved_at from world',
)

/** How far the time that decides is ahead of the server's; moved by the sandbox only. */
export interface WorldClock {
  reading(): Promise<{ aheadMs: number; serverNow: Date }>
  /** How far ahead the next planned step lies, ms; 0 when none is planned or one is due. */
  untilNextStep(): Promise<number>
  advance(ms: number): Promise<void>
}

export function makeWorldClock(pool: Pool): WorldClock {
  return {
    async reading() {
      const row = one(await readClock(pool, []))
      return { aheadMs: row.ahead_ms, serverNow: row.server_now }
    },
    async untilNextStep() {
      const [row] = await readNextStep(pool, [])
      return Math.max(0, Math.ceil(row?.ms ?? 0))
    },
    async advance(ms) {
      const { rowCount } = await pool.query(
        "update clock set ahead = ahead + make_interval(secs => $1::float8 / 1000) where exists (select from world where kind = 'sandbox')",
        [ms],
      )
      if (rowCount !== 1) throw new Error('Only a sandbox database has a clock that can be moved.')
    },
  }
}

const readClock = statement<{ ahead_ms: number; server_now: Date }>(
  'clock-read',
  'select (extract(epoch from ahead) * 1000)::float8 as ahead_ms, clock_timestamp() as server_now from clock',
)

const readNextStep = statement<{ ms: number | null }>(
  'next-step',
  `select (extract(epoch from min(due_at) - app_now()) * 1000)::float8 as ms from step
   where status = 'pending' and channel <> 'none' and due_at > app_now()`,
)

/** The gap since any process last said it was alive, and whether the server is the one it was (P11). */
export async function readHeart(pool: Pool): Promise<{ gapMs: number | null; moved: boolean }> {
  const [row] = await readBeat(pool, [])
  return { gapMs: row?.gap_ms ?? null, moved: row?.moved ?? false }
}

const readBeat = statement<{ gap_ms: number; moved: boolean }>(
  'heart-read',
  `select (extract(epoch from clock_timestamp() - h.beaten_at) * 1000)::float8 as gap_ms, h.database_system <> c.system_identifier::text as moved
   from heartbeat h cross join pg_control_system() c`,
)

/** Says that this process is alive, on this server. */
export async function beat(pool: Pool): Promise<void> {
  await beatHeart(pool, [])
}

const beatHeart = statement(
  'heartbeat',
  `insert into heartbeat (beaten_at, database_system) select clock_timestamp(), system_identifier::text from pg_control_system()
   on conflict (only_row) do update set beaten_at = excluded.beaten_at, database_system = excluded.database_system`,
)
