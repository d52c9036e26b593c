import type { Pool } from 'pg'
import { CopyError } from './copy-format.ts'
import { one } from './sql.ts'

/** A worker's heart beats every five seconds. */
const ALIVE = "interval '15 seconds'"

/** What a service writes while it is moved would be lost: no process of one may be connected, nor have been a moment ago. */
export async function assertStopped(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ connected: number; beats: boolean }>(
    `select (select count(*)::int from pg_stat_activity where datname = current_database() and application_name = 'link-dispatcher') as connected,
       coalesce((select beaten_at > clock_timestamp() - ${ALIVE} from heartbeat), false) as beats`,
  )
  const { connected, beats } = one(rows)
  // Our own connections have that name too.
  if (connected <= pool.totalCount && !beats) return
  throw new CopyError(
    'A service is running on this database. Stop every process of it, wait 15 seconds, and move again.',
  )
}

/** Two services on two copies would send everything twice: the one that was left starts nothing any more. */
export async function leaveMoved(pool: Pool): Promise<void> {
  await pool.query('update world set moved_at = clock_timestamp()')
}
