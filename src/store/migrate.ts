import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { inTransaction, isTransient } from './pool.ts'

const FOLDER = path.join(import.meta.dirname, 'migrations')

/** Brings the schema `app` up to this release. Idempotent; any number of processes may call it at once. */
export async function migrate(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ n: number }>("select current_setting('server_version_num')::int as n")
  const version = rows[0]?.n ?? 0
  if (version < 180_000) {
    throw new Error(
      `The database is PostgreSQL ${Math.floor(version / 10_000)}; link-dispatcher needs 18 or newer. Upgrade it, or unset DATABASE_URL to use the embedded one.`,
    )
  }
  await pool.query('create schema if not exists app').catch(ignoreTwin)
  await pool
    .query(
      'create table if not exists app.schema_step (name text primary key, applied_at timestamptz not null default now())',
    )
    .catch(ignoreTwin)
  for (const name of migrationNames()) await apply(pool, name)
  await patiently(pool, (client) => client.query('call keep_partitions(2)'))
}

/** True when every migration of this release is in; what `/readyz` asks. */
export async function isMigrated(pool: Pool): Promise<boolean> {
  const { rows: ledger } = await pool.query("select to_regclass('app.schema_step') as found")
  if (ledger[0]?.found === null) return false
  const { rows } = await pool.query<{ name: string }>('select name from schema_step')
  const applied = new Set(rows.map((row) => row.name))
  return migrationNames().every((name) => applied.has(name))
}

/** Of this release, in order. */
export const migrationNames = () =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort()

/** The ledger row goes in first: a second process waits on it, collides, and knows somebody else did the work. */
async function apply(pool: Pool, name: string): Promise<void> {
  await patiently(pool, async (client) => {
    const { rowCount } = await client.query('insert into schema_step (name) values ($1) on conflict do nothing', [name])
    if (rowCount === 1) await client.query(readFileSync(path.join(FOLDER, name), 'utf8'))
  })
}

const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 3_000
const GIVE_UP_AFTER_MS = 60_000

/**
 * Processes of the release before go on meanwhile (P10), and lock tables in orders of their own: whoever changes the schema
 * gives way, so that no deadlock fails one of them, and lets those through that wait behind it. On a busy server it waits
 * longer each time.
 */
async function patiently(pool: Pool, work: (client: PoolClient) => Promise<unknown>): Promise<void> {
  const until = performance.now() + GIVE_UP_AFTER_MS
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      return await inTransaction(pool, async (client) => {
        await client.query(`set local lock_timeout = ${waitMs}`)
        await work(client)
      })
    } catch (error) {
      const gaveWay = isTransient(error) || (error as { code?: unknown }).code === '55P03'
      if (!gaveWay || performance.now() > until) throw error
      await pause(FIRST_WAIT_MS)
    }
  }
}

/** A row, schema, table or type of that name is there already. */
const TWIN_CODES = new Set(['23505', '42P06', '42P07', '42710'])

/** `if not exists` still collides when two processes create at the same instant; the loser has nothing left to do. */
function ignoreTwin(error: { code?: string }): void {
  if (!TWIN_CODES.has(error.code ?? '')) throw error
}
