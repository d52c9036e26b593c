import type { Stage } from './faults.ts'
import type { Post } from './history.ts'

/** Every ten seconds a line for whoever watches. */
export function tellProgress({ postgres, outside }: Stage, posts: readonly Post[]): () => void {
  const begun = performance.now()
  const tell = async () => {
    const [row] = await postgres.ask<{ open: number; due: number }>(
      `select (select count(*) from dispatch where status in ('accepted', 'sent'))::int as open,
         (select count(*) from step where status = 'queued' or (status = 'pending' and due_at <= app_now()))::int as due`,
    )
    const acknowledged = posts.filter(({ ids }) => ids.length > 0).length
    console.error(
      `  ${Math.round((performance.now() - begun) / 1_000)} s: ${acknowledged} of ${posts.length} acknowledged, ` +
        `${outside.seen.arrivals.length} arrived, ${row?.open} open, ${row?.due} due`,
    )
  }
  // While the database is down there is nothing to tell.
  const timer = setInterval(() => void tell().catch(() => undefined), 10_000)
  return () => clearInterval(timer)
}
