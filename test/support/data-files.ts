import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Client, QueryConfig } from 'pg'
import { inject } from 'vitest'
import { asAdmin } from './postgres-server.ts'
import { redisUrl } from './redis.ts'

/** Where the server writes next: the log from here on is what `filesOf` reads. */
export const logPosition = (): Promise<string> =>
  asAdmin(inject('databaseUrl'), async (client) => {
    const { rows } = await client.query<{ name: string }>('select pg_walfile_name(pg_current_wal_lsn()) as name')
    return rows[0]?.name ?? ''
  })

/** Shows the files of one database as they lie on the disk, the write-ahead log since `from`, and the texts of statements. */
export async function readFiles(
  databaseUrl: string,
  from: string,
  look: (name: string, bytes: Buffer) => void,
): Promise<void> {
  await asAdmin(databaseUrl, async (client) => {
    await client.query('checkpoint')
    const { rows } = await client.query<{ name: string }>(
      `select 'base/' || d.oid || '/' || f as name from pg_database d, pg_ls_dir('base/' || d.oid) f where d.datname = current_database()
       union all select 'pg_wal/' || name from pg_ls_waldir() where name >= $1
       union all select 'pg_stat_tmp/' || f from pg_ls_dir('pg_stat_tmp') f`,
      [from],
    )
    for (const { name } of rows) {
      const bytes = await readServerFile(client, name)
      if (bytes) look(name, bytes)
    }
  })
}

/** Files come and go; one that is gone holds nothing any more. */
async function readServerFile(client: Client, name: string): Promise<Buffer | null> {
  const { rows } = await client.query<{ bytes: Buffer | null }>({
    text: 'select pg_read_binary_file($1, 0, 1 << 28, true) as bytes',
    values: [name],
    binary: true,
  } as QueryConfig)
  return rows[0]?.bytes ?? null
}

/** Columns for ciphertext that hold anything else, or nothing at all. */
export async function notSealed(databaseUrl: string): Promise<string[]> {
  return asAdmin(databaseUrl, async (client) => {
    const { rows: columns } = await client.query<{ table: string; column: string }>(
      `select table_name as "table", column_name as "column" from information_schema.columns c
       join pg_class p on p.relname = c.table_name and p.relnamespace = 'app'::regnamespace and not p.relispartition
       where table_schema = 'app' and data_type = 'bytea' and column_name in ('sealed', 'contact')`,
    )
    const found: string[] = []
    for (const { table, column } of columns) {
      const { rows } = await client.query<{ sealed: boolean | null }>(
        `select bool_and(get_byte(${column}, 0) = 1 and length(${column}) > 30) as sealed from app.${table}`,
      )
      if (rows[0]?.sealed !== true) found.push(`${table}.${column}`)
    }
    return columns.length === 0 ? ['there are no such columns'] : found
  })
}

/** A dump of everything in Redis, made now and not compressed. */
export async function redisDump(): Promise<Buffer> {
  const redis = new Redis(await redisUrl())
  try {
    await redis.config('SET', 'rdbcompression', 'no')
    await redis.save()
    const [, folder = ''] = (await redis.config('GET', 'dir')) as string[]
    const [, file = ''] = (await redis.config('GET', 'dbfilename')) as string[]
    return readFileSync(join(folder, file))
  } finally {
    redis.disconnect()
  }
}
