import type { Pool } from 'pg'

/** Once an hour: room for the months to come, and no idempotency key kept longer than it is good for. */
export async function tidy(pool: Pool): Promise<void> {
  await pool.query('call keep_partitions(2)')
  await pool.query("delete from idempotency where created_at < app_now() - interval '25 hours'")
  await pool.query('delete from console_session where expires_at < clock_timestamp()')
  await pool.query("delete from recipient_lease where held_until < clock_timestamp() - interval '1 hour'")
}
