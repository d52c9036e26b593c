import type { Pool } from 'pg'

/** Counts blocks of tables and indexes that all statements of `ask` touch, by the server's own count. All go over one connection. */
export function blocksOn(onlyConnection: Pool) {
  /** A backend tells its counts now and then; asked to, at the end of its next statement. */
  async function blocks(): Promise<number> {
    await onlyConnection.query('select pg_stat_force_next_flush()')
    const { rows } = await onlyConnection.query<{ n: number }>(
      `select sum(coalesce(heap_blks_hit, 0) + coalesce(heap_blks_read, 0) + coalesce(idx_blks_hit, 0) + coalesce(idx_blks_read, 0))::int as n
       from pg_statio_user_tables`,
    )
    return rows[0]?.n ?? 0
  }
  return async (ask: () => Promise<unknown>): Promise<number> => {
    const before = await blocks()
    const start = performance.now()
    await ask()
    const took = performance.now() - start
    const touched = (await blocks()) - before
    process.stdout.write(`  ${touched} blocks, ${took.toFixed(1)} ms\n`)
    return touched
  }
}
