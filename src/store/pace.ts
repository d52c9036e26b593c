import type { Pool } from 'pg'
import type { PaceOrder, PaceStore } from '../flow/ports-pace.ts'
import { batched, columns, statement } from './sql.ts'

/**
 * One row a sender says when its next unit may start (the server's clock, all processes). Units are evenly spaced, so that
 * no rolling period holds more than its share; whoever takes several units pays for them before the next.
 */
export function makePaceStore(pool: Pool): PaceStore {
  const run = async (orders: PaceOrder[]) => {
    const keys = orders.map(({ provider, sender }) => ({ provider, sender }))
    await know(pool, columns(keys, 'provider', 'sender'))
    const rows = await take(pool, [
      ...columns(orders, 'provider', 'sender', 'withinMs'),
      orders.map(({ units, msAUnit }) => units * msAUnit),
    ])
    const byPlace = new Map(rows.map((row) => [row.place, row.wait_ms]))
    return orders.map((_, i) => byPlace.get(i + 1) ?? null)
  }
  return { take: batched(run) }
}

const know = statement(
  'pace-know',
  `insert into pace (provider, sender) select distinct provider, sender from unnest($1::text[], $2::text[]) as k (provider, sender)
   order by 1, 2 on conflict do nothing`,
)

/** Whoever would have to wait too long takes nothing, and so does everybody behind them. */
const take = statement<{ place: number; wait_ms: number }>(
  'pace-take',
  `with k as (
     select * from unnest($1::text[], $2::text[], $3::int[], $4::float8[]) with ordinality as t (provider, sender, within_ms, cost_ms, place)
   ), locked as (
     select provider, sender, free_at from pace where (provider, sender) in (select provider, sender from k) order by provider, sender for update
   ), wanted as (
     select k.*, greatest(extract(epoch from l.free_at - clock_timestamp()) * 1000, 0)
       + sum(cost_ms) over (partition by k.provider, k.sender order by place) - cost_ms as wait_ms
     from k join locked l using (provider, sender)
   ), granted as (
     select * from wanted where wait_ms <= within_ms
   ), moved as (
     update pace p set free_at = clock_timestamp() + make_interval(secs => g.ms / 1000)
     from (select provider, sender, max(wait_ms + cost_ms) as ms from granted group by provider, sender) g
     where p.provider = g.provider and p.sender = g.sender
   )
   select place::int, wait_ms::float8 from granted`,
)
