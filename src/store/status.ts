import type { Pool } from 'pg'
import type { StatusStore } from '../flow/ports-read.ts'
import { HAS_DUE_ROWS } from './campaign-rows.ts'
import { one, statement } from './sql.ts'

export function makeStatusStore(pool: Pool): StatusStore {
  return {
    async status() {
      const row = one(await readStatus(pool, []))
      return {
        dueLagMs: row.due_lag_ms ?? 0,
        pending: row.pending,
        queued: row.queued ?? {},
        ambiguous: row.ambiguous,
        doubtful: row.doubtful,
        slots: { all: row.slots, free: row.slots_free },
        unnumbered: row.unnumbered,
      }
    },
    async quiet() {
      return (await readBusy(pool, [])).length === 0
    },
  }
}

/**
 * A row for as long as something is due in an open lane whose pace lets it go, on its way to a worker, or in a worker's
 * hands; or a row of an audience is to become a dispatch.
 */
const readBusy = statement(
  'busy',
  `select from step where status in ('queued', 'claimed')
   union all
   (select from step s join lane l on l.id = s.lane and l.open and (l.per_hour is null or l.free_at <= app_now())
    where s.status = 'pending' and s.due_at <= app_now() limit 1)
   union all
   (select from campaign c join lane l on l.id = c.lane and l.open and (l.per_hour is null or l.free_at <= app_now())
    where c.status = 'running' and (c.valid_until is null or c.valid_until > app_now())
      and not exists (select from hold h where h.lifted_at is null and h.scope in ('all', 'partner'))
      and ${HAS_DUE_ROWS} limit 1)
   limit 1`,
)

/** Every part is an index probe or a small table; `pending` counts what is due, up to 10,000. */
const readStatus = statement<{
  due_lag_ms: number | null
  pending: number
  queued: Record<string, number> | null
  ambiguous: number
  doubtful: number
  slots: number
  slots_free: number
  unnumbered: number
}>(
  'status',
  `select
     (select (extract(epoch from app_now() - min(due_at)) * 1000)::float8 from lane l cross join unnest(array['sms', 'email', 'push', 'in_app']) c (channel)
       cross join (values (true), (false)) f (needs_link), lateral (
         select due_at from step s where s.lane = l.id and s.channel = c.channel and s.needs_link = f.needs_link and s.status = 'pending'
           and s.due_at <= app_now() order by s.due_at limit 1) s where l.open) as due_lag_ms,
     (select count(*)::int from (select from step where status = 'pending' and channel <> 'none' and due_at <= app_now() limit 10000) p) as pending,
     (select jsonb_object_agg(channel, n) from (select channel, count(*) n from step where status = 'queued' group by channel) q) as queued,
     (select count(*)::int from step where status = 'ambiguous') as ambiguous,
     (select count(*)::int from step where status = 'ambiguous' and reason = 'restored') as doubtful,
     (select count(*)::int from link_slot) as slots,
     (select count(*)::int from link_slot where free_at <= app_now()) as slots_free,
     (select count(*)::int from (select from event where sequence is null limit 10000) e) as unnumbered`,
)
