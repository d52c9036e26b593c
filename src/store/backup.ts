import type { Pool, PoolClient } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { type CopyTable, FORMAT, writeFrame } from './copy-format.ts'
import { one } from './sql.ts'

/**
 * The whole schema `app` as one consistent copy, over the wire and in constant memory; see `copy-format.ts`. What is sealed stays sealed.
 * The service may run meanwhile. The queues are no part of it: the row is the truth.
 */
export async function* takeCopy(pool: Pool, release: string): AsyncGenerator<Buffer, void> {
  const client = await pool.connect()
  let whole = false
  try {
    await client.query('begin isolation level repeatable read, read only')
    // Whole tables are read here, in the order they lie: what the pool's planner is told not to do.
    await client.query('set local enable_seqscan = on')
    yield writeFrame({ kind: 'header', header: await readHeader(client, release) })
    const tables = await readTables(client)
    for (const table of tables) yield* copyOf(client, table)
    await client.query('commit')
    yield writeFrame({ kind: 'end', tables: tables.length })
    whole = true
  } finally {
    // A connection that was left in the middle of a COPY is good for nothing more.
    client.release(!whole)
  }
}

async function* copyOf(client: PoolClient, table: CopyTable): AsyncGenerator<Buffer, void> {
  yield writeFrame({ kind: 'table', table })
  const columns = table.columns.map((name) => client.escapeIdentifier(name)).join(', ')
  // A partitioned table has no rows of its own to COPY; a query over it has.
  const rows = client.query(
    copyTo(`copy (select ${columns} from app.${client.escapeIdentifier(table.table)}) to stdout`),
  )
  for await (const piece of rows) yield writeFrame({ kind: 'rows', rows: piece })
  yield writeFrame({ kind: 'table_end', rows: rows.rowCount })
}

async function readHeader(client: PoolClient, release: string) {
  const { rows } = await client.query<{ taken_at: Date; migrations: string[]; kind: string | null; id: string | null }>(
    `select app_now() as taken_at, array(select name from schema_step order by name) as migrations, w.kind, w.database_id as id
     from (values (1)) one left join world w on true`,
  )
  const { taken_at, migrations, kind, id } = one(rows)
  return { format: FORMAT, release, migrations, world: kind, databaseId: id, takenAt: taken_at.toISOString() } as const
}

/** Every table of ours as people see it, without the ledger of migrations; those that refer to others come after them. */
async function readTables(client: PoolClient): Promise<CopyTable[]> {
  const { rows } = await client.query<CopyTable>(
    `with recursive refers (oid, depth) as (
       select c.oid, 0 from pg_class c where c.relnamespace = 'app'::regnamespace
       union select f.conrelid, r.depth + 1 from refers r join pg_constraint f on f.contype = 'f' and f.confrelid = r.oid
     )
     select c.relname as table, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'schema_step'
     group by c.oid, c.relname
     order by (select max(depth) from refers r where r.oid = c.oid), c.relname`,
  )
  return rows
}
