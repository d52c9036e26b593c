/** What the server itself says of the work it was given: statements, WAL, and when a house is quiet. */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { Ground } from './ground.ts'

export interface Work {
  statements: number
  /** Without `begin`, `commit` and `set`. */
  withoutControl: number
  /** Those of the queue, where it lives in Postgres. */
  ofQueue: number
  walBytes: number
}
export interface Statement {
  query: string
  calls: number
  totalMs: number
  rows: number
}

type Admin = Ground['postgres']['admin']

export async function beginCounting(admin: Admin): Promise<string> {
  await admin.query('select pg_stat_statements_reset()')
  return walAt(admin)
}

export async function endCounting(admin: Admin, database: string, walFrom: string): Promise<Work> {
  const { rows } = await admin.query<Record<'statements' | 'control' | 'queue' | 'wal', string>>(
    `select coalesce(sum(calls), 0) as statements,
       coalesce(sum(calls) filter (where query ~* '^(begin|commit|rollback|set)'), 0) as control,
       coalesce(sum(calls) filter (where query ~ '(move_to_|add_job|next_signal|bullmq|job)'), 0) as queue,
       pg_current_wal_lsn() - $2::pg_lsn as wal
     ${OF_DATABASE}`,
    [database, walFrom],
  )
  const [row] = rows
  const statements = Number(row?.statements)
  return {
    statements,
    withoutControl: statements - Number(row?.control),
    ofQueue: Number(row?.queue),
    walBytes: Number(row?.wal),
  }
}

export async function topStatements(admin: Admin, database: string, limit: number): Promise<Statement[]> {
  const { rows } = await admin.query<Record<keyof Statement, string>>(
    `select query, calls, total_exec_time as "totalMs", rows ${OF_DATABASE} order by total_exec_time desc limit $2`,
    [database, limit],
  )
  return rows.map(({ query, calls, totalMs, rows }) => ({
    query: query.replaceAll(/\s+/g, ' '),
    calls: Number(calls),
    totalMs: Number(totalMs),
    rows: Number(rows),
  }))
}

const MARK = 'asked by the bench'
const OF_DATABASE = `from pg_stat_statements where dbid = (select oid from pg_database where datname = $1) and query not like '%${MARK}%'`

async function walAt(admin: Admin): Promise<string> {
  const { rows } = await admin.query<{ at: string }>('select pg_current_wal_lsn()::text as at')
  return rows[0]?.at ?? '0/0'
}

/** Resolves when nothing is due or in hand and every event has its number. */
export async function untilQuiet(url: string): Promise<void> {
  await withClient(url, async (client) => {
    for (let tries = 0; tries < 600; tries++) {
      const { rows } = await client.query<{ busy: string }>(
        `select (select count(*) from step where status in ('queued', 'claimed'))
           + (select count(*) from step where status = 'pending' and due_at <= app_now())
           + (select count(*) from event where sequence is null) as busy /* ${MARK} */`,
      )
      if (rows[0]?.busy === '0') return
      await pause(50)
    }
    throw new Error('the house did not come to rest within 30 s')
  })
}

/** Opened dispatches, and reminders that an open stopped. */
export async function openedSoFar(url: string): Promise<{ opened: number; stopped: number }> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ opened: number; stopped: number }>(
      `select (select count(*) from dispatch where status = 'opened')::int as opened,
         (select count(*) from step where kind = 'reminder' and status = 'skipped' and reason = 'opened')::int as stopped /* ${MARK} */`,
    )
    return rows[0] ?? { opened: 0, stopped: 0 }
  })
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, options: '-c search_path=app' })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
