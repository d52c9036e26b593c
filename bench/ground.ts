/** What both sides stand on: one Redis, one Postgres server, one SMTP sink, one partner. All on free ports of the loopback. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort } from '../src/lib/free-port.ts'
import { startEmbedded } from '../src/store/embedded.ts'
import { type Running, start } from './processes.ts'

export type Ground = Awaited<ReturnType<typeof openGround>>

export async function openGround() {
  const dir = mkdtempSync(join(tmpdir(), 'link-dispatcher-bench-'))
  // The embedded server may run as another user, who has to pass.
  chmodSync(dir, 0o755)
  const logDir = join(dir, 'logs')
  mkdirSync(logDir)
  const closers: (() => Promise<void>)[] = [async () => rmSync(dir, { recursive: true, force: true })]
  const keep = (running: Running) => {
    closers.push(running.stop)
    return running
  }

  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one()
  }

  try {
    const [redisPort, smtpPort, sinkPort, partnerPort] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ]
    const redis = keep(await start(redisOrder(redisPort, dir, logDir)))
    const sink = keep(
      await start(
        nodeOrder('sink', 'bench/baseline/sink.mjs', logDir, {
          SINK_SMTP_PORT: `${smtpPort}`,
          SINK_HTTP_PORT: `${sinkPort}`,
        }),
      ),
    )
    keep(await start(nodeOrder('partner', 'bench/partner.ts', logDir, { PARTNER_PORT: `${partnerPort}` })))
    const database = await startEmbedded({ dataDir: join(dir, 'database') })
    closers.push(database.stop)
    const admin = new Client({ connectionString: database.url })
    await admin.connect()
    closers.push(() => admin.end())
    await admin.query('create extension if not exists pg_stat_statements')
    return {
      dir,
      logDir,
      redis: { pid: redis.pid, url: `redis://127.0.0.1:${redisPort}` },
      postgres: { pid: database.pid, admin, version: await serverVersion(admin) },
      sink: { pid: sink.pid, smtpPort, url: `http://127.0.0.1:${sinkPort}` },
      partnerUrl: `http://127.0.0.1:${partnerPort}`,
      /** An empty database of its own for each house. */
      async newDatabase(): Promise<{ name: string; url: string }> {
        const name = `bench_${process.hrtime.bigint()}`
        await admin.query(`create database ${name}`)
        const url = new URL(database.url)
        url.pathname = `/${name}`
        return { name, url: url.href }
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Each Node process runs on the Node that runs the bench. */
export const nodeOrder = (
  name: string,
  file: string,
  logDir: string,
  env: Record<string, string>,
  flags: string[] = [],
) => ({
  name,
  command: process.execPath,
  args: [...flags, file],
  env,
  logDir,
  ready: { says: name === 'sink' ? 'sink smtp' : 'ready' },
})

/** The documented default: AOF once a second. */
const redisOrder = (port: number, dir: string, logDir: string) => ({
  name: 'redis',
  command: process.env['REDIS_SERVER'] ?? 'redis-server',
  args: [
    ...['--bind', '127.0.0.1', '--port', `${port}`, '--dir', dir, '--save', '', '--appendonly', 'yes'],
    ...['--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
  ],
  logDir,
  ready: { says: 'Ready to accept connections' },
})

async function serverVersion(client: Client): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  return rows[0]?.server_version ?? ''
}
