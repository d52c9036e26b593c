import { Pool, type PoolClient, types } from 'pg'

// int8 arrives as a string; every bigint of ours (ms, sequence, counts) fits a number.
types.setTypeParser(types.builtins.INT8, Number)

export interface PoolOptions {
  url: string
  max: number
  onError: (error: Error) => void
}

/**
 * `bullmq` stays on the path: the queue's Postgres backend looks its tables up there.
 * Partition pruning is off, for PostgreSQL 18 (seen in 18.4) prunes wrongly while a statement runs: once it has waited for a row
 * that somebody else changed, later parts of the same statement miss rows, or the server crashes. Looking into every
 * partition's index costs some microseconds. `test/store/pool.test.ts` shows the fault.
 */
export function makePool({ url, max, onError }: PoolOptions): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    options: '-c search_path=app,bullmq -c timezone=UTC -c enable_partition_pruning=off',
    connectionTimeoutMillis: 10_000,
    application_name: 'link-dispatcher',
  })
  pool.setMaxListeners(0)
  pool.on('error', onError)
  return pool
}

/** Deadlock and serialization failures are retried here, up to three times, so that no caller ever sees one. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await once(pool, work)
    } catch (error) {
      if (round >= 4 || !isTransient(error)) throw error
    }
  }
}

export const isTransient = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code
  return code === '40P01' || code === '40001'
}

async function once<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    client.release(broken)
  }
}
