import { Client } from 'pg'

/** Runs `work` on one connection to the server's own database, outside any test database. */
export async function asAdmin<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

export const databaseName = (runId: string, rest: string) => `test_${runId}_${rest}`

export function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

/** On a server that outlives the run nothing of the run stays behind. */
export function dropDatabasesOf(url: string, runId: string): Promise<void> {
  return asAdmin(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1)',
      [databaseName(runId, '')],
    )
    for (const { name } of rows) await client.query(`drop database if exists ${name} with (force)`)
  })
}
