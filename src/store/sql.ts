import type { Pool, PoolClient, QueryResultRow } from 'pg'
import { type BatcherOptions, makeBatcher } from '../lib/batcher.ts'
import { isTransient } from './pool.ts'

export type Queryable = Pick<Pool | PoolClient, 'query'>

/**
 * One prepared statement: named, so that the server parses and plans it once a connection (null: each time).
 * Rows come back as the database has them (snake_case); each store file gives them its own names.
 */
export function statement<Row extends QueryResultRow>(name: string | null, text: string) {
  return async (db: Queryable, values: unknown[]): Promise<Row[]> => {
    for (let round = 1; ; round++) {
      try {
        return (await db.query<Row>({ ...(name && { name }), text, values })).rows
      } catch (error) {
        // Inside a transaction the whole of it must be repeated: `inTransaction` does that.
        if (round >= 4 || 'release' in db || !isTransient(error)) throw error
      }
    }
  }
}

/** Turns rows into one array a column, for `unnest($1::uuid[], $2::text[], …)`. */
export function columns<T, K extends keyof T>(rows: readonly T[], ...keys: K[]): T[K][][] {
  return keys.map((key) => rows.map((row) => row[key]))
}

export function one<T>(rows: readonly T[]): T {
  const [row] = rows
  if (row === undefined) throw new Error('expected a row, got none')
  return row
}

/** A batcher over one statement or transaction: an item that the database refuses does not take its neighbours down. */
export const batched = <Item, Answer>(
  run: (items: Item[]) => Promise<Answer[]>,
  options: Pick<BatcherOptions<Item>, 'lanes' | 'marks'> = {},
) => makeBatcher(run, { ...options, divisible: refusedByDatabase })

/** An answer of the server's (SQLSTATE), so the transaction is known to be rolled back; a lost connection proves nothing. */
function refusedByDatabase(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('08') && !code.startsWith('57')
}
