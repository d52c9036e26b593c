import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'

/** A process that was killed a moment ago may still seem to be there. */
const GONE_WITHIN_MS = 2_000

/**
 * Takes the place of the one service whose embedded server this is, for as long as this process lives; answers how to give
 * it back, or null while another service has it. The server itself lets go of it when that one dies.
 */
export async function ownEmbedded(url: string): Promise<(() => Promise<void>) | null> {
  const client = new Client({ connectionString: url, application_name: 'link-dispatcher owner', keepAlive: true })
  // The server is gone, and with it what there was to own.
  client.on('error', () => undefined)
  await client.connect()
  const until = performance.now() + GONE_WITHIN_MS
  while (!(await taken(client))) {
    if (performance.now() > until) {
      await client.end()
      return null
    }
    await pause(100)
  }
  return () => client.end()
}

async function taken(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>(
    "select pg_try_advisory_lock(hashtext('link-dispatcher/owner')) as ours",
  )
  return rows[0]?.ours ?? false
}
