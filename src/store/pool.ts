import { Pool, type PoolClient, types } from 'pg'

// int8 arrives as a string; every bigint of ours (ms, sequence, counts) fits a number.
types.setTypeParser(types.builtins.INT8, Number)

export interface PoolOptions {
  url: string
  max: number
  /** False where the statements are not ours: the queue library's were written for a planner left alone. */
  pinned?: boolean
  onError: (error: Error) => void
}

const EVERYWHERE = { search_path: 'app,bullmq', timezone: 'UTC' }
const PINNED = {
  enable_partition_pruning: 'off',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
}

/**
 * `bullmq` stays on the path: the queue's Postgres backend looks its tables up there.
 *
 * Every hot statement starts from a few hundred ids and finds its rows by index. A planner that has no statistics yet (a
 * fresh database, a new month's partition) hashes or scans whole tables instead, keeps that plan, and is a hundred times
 * slower an hour later: so the other ways to join are off, and so is compiling what runs for a millisecond.
 *
 * Partition pruning is off, for PostgreSQL 18 (seen in 18.4) prunes wrongly while a statement runs: once it has waited for a row
 * that somebody else changed, later parts of the same statement miss rows, or the server crashes. Looking into every
 * partition's index costs some microseconds. `test/store/pool.test.ts` shows the fault.
 */
export function makePool({ url, max, pinned = true, onError }: PoolOptions): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    options: Object.entries({ ...EVERYWHERE, ...(pinned && PINNED) })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    connectionTimeoutMillis: 10_000,
    application_name: 'link-dispatcher',
  })
  pool.setMaxListeners(0)
  // One that breaks while it is lent out fails the statement under way; with nobody listening it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  // A connection we have let go of may still hear that its server stops: nobody has lost it.
  pool.on('error', (error) => {
    if (!pool.ending) onError(error)
  })
  return pool
}

/** Deadlock and serialization failures are retried here, up to three times, so that no caller ever sees one. */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  begin = 'begin',
): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await once(pool, work, begin)
    } catch (error) {
      if (round >= 4 || !isTransient(error)) throw error
    }
  }
}

export const isTransient = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code
  return code === '40P01' || code === '40001'
}

async function once<T>(pool: Pool, work: (client: PoolClient) => Promise<T>, begin: string): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(begin)
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
