import { pipeline } from 'node:stream/promises'
import type { Pool, PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import {
  CopyError,
  type CopyHeader,
  type CopyTable,
  cutOff,
  FORMAT,
  type Frame,
  notACopy,
  readFrames,
} from './copy-format.ts'
import { migrationNames } from './migrate.ts'
import { inTransaction } from './pool.ts'

type Frames = AsyncGenerator<Frame, void>

export interface Restored {
  header: CopyHeader
  tables: number
  rows: number
}
export interface RestoreOptions {
  world: string
  /** `copy`: an older one, so that what it holds may have been sent since. `move`: the one and only, from a service that was stopped. */
  as: 'copy' | 'move'
}

/** Tables that have a row from their migration; the copy brings its own. */
const SEEDED = ['clock', 'feed', 'lane']

/**
 * Fills an empty, migrated database from a copy, wholly or not at all. Columns are named, so that the copy of an older
 * release fits a newer schema.
 */
export function restoreCopy(pool: Pool, source: AsyncIterable<Buffer>, options: RestoreOptions): Promise<Restored> {
  return inTransaction(pool, async (client) => {
    // Two at once, or a service that starts meanwhile, wait here; the second then finds rows.
    await client.query('lock table world, dispatch in exclusive mode')
    await assertEmpty(client)
    const frames = readFrames(source)
    try {
      const header = await readHeader(frames, options)
      const counts = await uncounted(client, async () => fill(client, frames, await columnsHere(client)))
      await continueIdentities(client)
      await (options.as === 'copy' ? markCopy(client, header.takenAt) : markMoved(client))
      return { header, tables: counts.length, rows: counts.reduce((sum, count) => sum + count, 0) }
    } finally {
      await frames.return()
    }
  })
}

/** The copy brings the counters of its rows: what is filled in is not counted once more. */
async function uncounted<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct t.tgrelid::regclass::text as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'app'::regnamespace and not c.relispartition and not t.tgisinternal`,
  )
  for (const { name } of rows) await client.query(`alter table ${name} disable trigger user`)
  const result = await work()
  for (const { name } of rows) await client.query(`alter table ${name} enable trigger user`)
  return result
}

async function assertEmpty(client: PoolClient): Promise<void> {
  const full: string[] = []
  for (const table of (await columnsHere(client)).keys()) {
    if (SEEDED.includes(table)) continue
    const { rowCount } = await client.query(`select from app.${client.escapeIdentifier(table)} limit 1`)
    if (rowCount) full.push(table)
  }
  if (full.length > 0)
    throw new CopyError(
      `This database is not empty (${full.join(', ')}). Name a new one in DATABASE_URL, or another DATA_DIR, that no service has started on.`,
    )
}

async function readHeader(frames: Frames, { world }: RestoreOptions): Promise<CopyHeader> {
  const { header } = await next(frames, 'header')
  if (header.format !== FORMAT) throw notACopy()
  const known = migrationNames()
  if (header.migrations.some((name) => !known.includes(name)))
    throw new CopyError(`The copy was made by a newer release (${header.release}). Restore it with that one.`)
  if (header.world !== null && header.world !== world)
    throw new CopyError(
      `The copy belongs to the ${header.world} world and this configuration to ${world}. Restore it with the configuration it was made with.`,
    )
  return header
}

/** Answers how many rows each table got. */
async function fill(client: PoolClient, frames: Frames, here: Map<string, string[]>): Promise<number[]> {
  const counts: number[] = []
  for (;;) {
    const frame = await next(frames, 'table', 'end')
    if (frame.kind === 'table') counts.push(await fillTable(client, frames, fitting(frame.table, here)))
    else if (frame.tables === counts.length) return counts
    else throw cutOff()
  }
}

async function fillTable(client: PoolClient, frames: Frames, { table, columns }: CopyTable): Promise<number> {
  const name = `app.${client.escapeIdentifier(table)}`
  if (SEEDED.includes(table)) await client.query(`delete from ${name}`)
  const named = columns.map((column) => client.escapeIdentifier(column)).join(', ')
  const rows = client.query(copyFrom(`copy ${name} (${named}) from stdin`))
  let wanted = 0
  await pipeline(async function* () {
    let frame = await next(frames, 'rows', 'table_end')
    for (; frame.kind === 'rows'; frame = await next(frames, 'rows', 'table_end')) yield frame.rows
    wanted = frame.rows
  }, rows)
  if (rows.rowCount === wanted) return wanted
  throw new CopyError(`The copy is damaged: ${table} should have ${wanted} rows and has ${rows.rowCount}.`)
}

function fitting(wanted: CopyTable, here: Map<string, string[]>): CopyTable {
  const columns = here.get(wanted.table)
  const missing = wanted.columns.filter((name) => !columns?.includes(name))
  if (missing.length > 0)
    throw new CopyError(`The schema here has no ${wanted.table}.${missing[0]}: restore with the release of the copy.`)
  return wanted
}

async function next<K extends Frame['kind']>(frames: Frames, ...kinds: K[]): Promise<Extract<Frame, { kind: K }>> {
  const { value } = await frames.next()
  if (!value) throw cutOff()
  if (!kinds.some((kind) => kind === value.kind)) throw notACopy()
  return value as Extract<Frame, { kind: K }>
}

async function columnsHere(client: PoolClient): Promise<Map<string, string[]>> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `select c.relname as name, array_agg(a.attname::text) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'schema_step'
     group by c.relname`,
  )
  return new Map(rows.map((row) => [row.name, row.columns]))
}

/** Numbers that the database gives go on after the highest that came. */
async function continueIdentities(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select c.relname as table, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attidentity <> ''
     where c.relnamespace = 'app'::regnamespace and not c.relispartition`,
  )
  for (const { table, column } of rows) {
    const name = client.escapeIdentifier(column)
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), max(${name})) from app.${client.escapeIdentifier(table)} having max(${name}) is not null`,
      [`app.${table}`, column],
    )
  }
}

/** What the lost database did after the copy was made is not in it: nothing leaves before a person has said so. */
async function markCopy(client: PoolClient, takenAt: string): Promise<void> {
  await client.query(
    'update world set restored_from = least(restored_from, $1::timestamptz), restored_at = null, moved_at = null',
    [takenAt],
  )
}

/**
 * The server is another one, and that is right. The heartbeat lies back far enough that the first start asks the partner
 * what was opened meanwhile, and not so far that it holds everything.
 */
async function markMoved(client: PoolClient): Promise<void> {
  await client.query(
    `update heartbeat set database_system = (select system_identifier::text from pg_control_system()), beaten_at = clock_timestamp() - interval '1 minute'`,
  )
}
