import type { Pool } from 'pg'

/** Once an hour: room for the months to come, and nothing kept longer than it is good for. */
export async function tidy(pool: Pool): Promise<void> {
  await pool.query('call keep_partitions(2)')
  await pool.query("delete from idempotency where created_at < app_now() - interval '25 hours'")
  await pool.query('delete from console_session where expires_at < clock_timestamp()')
  await pool.query("delete from recipient_lease where held_until < clock_timestamp() - interval '1 hour'")
  await pool.query(forgetCodes)
}

/** A link lives for 7 days at most: by then a code of a dispatch that ended for good, or whose time is over, leads nowhere. */
const forgetCodes = `delete from evergreen e using dispatch d
  where d.id = e.dispatch_id and d.ended_at < app_now() - interval '8 days'
    and (d.status in ('cancelled', 'superseded', 'suppressed', 'expired') or (d.valid_until < app_now() - interval '8 days' and not exists (
      select from carried c join link l on l.id = c.link_id where c.dispatch_id = d.id and l.expires_at > app_now())))`
