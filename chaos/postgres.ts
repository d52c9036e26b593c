import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'pg'
import { type Embedded, startEmbedded } from '../src/store/embedded.ts'
import { startWire, type Wire } from './wire.ts'

export interface OwnPostgres {
  /** Through a wire of ours, so that the address stays the same over restarts. */
  url: string
  wire: Wire
  /** One statement; fails while the server is down. */
  ask<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>
  /** The server and all its children, by kill -9. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** A Postgres of this run's own, below its own folder. */
export async function startPostgres(dataDir: string): Promise<OwnPostgres> {
  let server: Embedded = await startEmbedded({ dataDir })
  const wire = await startWire(portOf(server.url))
  const url = new URL(server.url)
  url.port = String(wire.port)
  const home = join(realpathSync(dataDir), 'postgres', 'data')
  const endWithUs = () => tryKill(server.pid, 'SIGINT')
  process.once('exit', endWithUs)

  let pool = poolOn(server.url)
  const ask: OwnPostgres['ask'] = async (sql, values = []) => (await pool.query(sql, values)).rows

  /** What is about to be destroyed is asked who it is, and must answer with the folder that this run made. */
  async function proveOurs(): Promise<void> {
    const [row] = await ask<{ data_directory: string }>('show data_directory')
    if (
      row?.data_directory !== home ||
      !readFileSync(join(home, 'postmaster.pid'), 'utf8').startsWith(`${server.pid}\n`)
    )
      throw new Error(`The Postgres with process id ${server.pid} is not the one this run started: it is left alone.`)
  }

  return {
    url: url.href,
    wire,
    ask,
    async kill() {
      await proveOurs()
      const family = [server.pid, ...childrenOf(server.pid)]
      for (const pid of family) tryKill(pid, 'SIGKILL')
      wire.cut()
      await pool.end()
    },
    async start() {
      server = await startEmbedded({ dataDir })
      pool = poolOn(server.url)
      wire.lead(portOf(server.url))
    },
    async close() {
      await pool.end()
      await wire.close()
      await server.stop()
      process.off('exit', endWithUs)
    },
  }
}

/** Not through the wire, so that the run itself sees what the service cannot. */
function poolOn(url: string): Pool {
  const pool = new Pool({ connectionString: url, max: 4, options: '-c search_path=app,bullmq -c timezone=UTC' })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

const portOf = (url: string) => Number(new URL(url).port)

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Elsewhere than on Linux the children notice by themselves that their server is gone. */
function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .map(Number)
    .filter((one) => one > 0 && parentOf(one) === pid)
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    // It ended while we looked.
    return undefined
  }
}
