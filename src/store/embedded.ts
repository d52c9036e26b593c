import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../lib/free-port.ts'
import { cluster, removeForeignLock, running, type Server, settled } from './embedded-holder.ts'
import { assertOurs, findPrograms, giveToServer, type Programs } from './embedded-programs.ts'

const READY_WITHIN_MS = 15_000
const GONE_WITHIN_MS = 15_000
const TRIES = 4

const SETTINGS = {
  max_connections: '200',
  shared_buffers: '128MB',
  shared_preload_libraries: 'pg_stat_statements',
  // The server's log must not repeat rows or statements: they may hold what only encrypted columns may.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
}

export interface EmbeddedOptions {
  dataDir: string
  log?: (line: string) => void
}

export interface Embedded {
  url: string
  pid: number
  /** True when the server was already running on this data folder: left behind by a process that was killed. */
  adopted: boolean
  /** A fast shutdown: open transactions are rolled back. Close the pools first. */
  stop(): Promise<void>
}

/** A real Postgres below `dataDir`, for trying things out and for single-node use: made once, started or adopted. */
export async function startEmbedded({ dataDir, log = () => undefined }: EmbeddedOptions): Promise<Embedded> {
  mkdirSync(dataDir, { recursive: true })
  assertOurs(dataDir)
  const home = join(realpathSync(dataDir), 'postgres')
  if (existsSync(home)) assertOurs(home)

  const left = await settled(home)
  if (left) {
    log('adopted the embedded Postgres that an earlier run left behind')
    return handle(home, left, true)
  }
  if (!existsSync(home)) {
    await make(home)
    log('made a new database cluster')
  }
  giveToServer(home)
  const server = await start(await findPrograms(home), home)
  log('started the embedded Postgres')
  return handle(home, server, false)
}

function handle(home: string, { pid, port }: Server, adopted: boolean): Embedded {
  const password = readFileSync(join(home, 'password'), 'utf8')
  let stopping: Promise<void> | undefined
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    pid,
    adopted,
    stop() {
      stopping ??= stopServer(home, pid)
      return stopping
    },
  }
}

/** Cluster and password appear together by one rename, so a run killed half way leaves nothing to repair. */
async function make(home: string): Promise<void> {
  const draft = `${home}.new`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(cluster(draft), { recursive: true, mode: 0o700 })
  writeFileSync(join(draft, 'password'), randomBytes(24).toString('base64url'), { mode: 0o600 })
  giveToServer(draft)

  const { file, args, options } = (await findPrograms(draft)).command('initdb', [
    ...['-D', cluster(draft), '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${join(draft, 'password')}`],
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
  ])
  const { status, stderr, error } = spawnSync(file, args, { ...options, encoding: 'utf8' })
  if (status !== 0) {
    const why = String(stderr || error?.message).trim()
    throw new Error(
      `The embedded Postgres could not make its database: ${why}. Mend that, or set DATABASE_URL to a Postgres of your own.`,
      { cause: error },
    )
  }
  renameSync(draft, home)
}

/** Tries a few times: the port may be taken in between, and orphans of a killed server need a moment to go. */
async function start(programs: Programs, home: string): Promise<Server> {
  for (let left = TRIES; left > 0; left--) {
    const child = spawnServer(programs, home, await freePort())
    const server = await ready(home, child)
    if (server) return server
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await pause(200)
    removeForeignLock(home)
  }
  const tail = readFileSync(join(home, 'log'), 'utf8').trimEnd().split('\n').slice(-5).join('\n')
  throw new Error(`The embedded Postgres did not start. The end of ${join(home, 'log')} says why:\n${tail}`)
}

function spawnServer(programs: Programs, home: string, port: number): ChildProcess {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { file, args, options } = programs.command('postgres', [
    ...['-D', cluster(home), '-p', String(port), '-h', '127.0.0.1', '-k', '', ...settings],
  ])
  const log = openSync(join(home, 'log'), 'a', 0o600)
  // Detached: Ctrl-C in a terminal reaches only us, and we stop the server last.
  const child = spawn(file, args, { ...options, stdio: ['ignore', log, log], detached: true })
  child.on('error', (error) => writeFileSync(join(home, 'log'), `${error.message}\n`, { flag: 'a' }))
  child.unref()
  closeSync(log)
  return child
}

async function ready(home: string, child: ChildProcess): Promise<Server | undefined> {
  const until = performance.now() + READY_WITHIN_MS
  while (performance.now() < until && child.exitCode === null && child.signalCode === null && child.pid) {
    const server = running(home)
    if (server?.ready) return server
    await pause(10)
  }
  return undefined
}

async function stopServer(home: string, pid: number): Promise<void> {
  if (running(home)?.pid !== pid) return
  process.kill(pid, 'SIGINT')
  const until = performance.now() + GONE_WITHIN_MS
  while (running(home)?.pid === pid) {
    if (performance.now() > until)
      throw new Error(`The embedded Postgres (pid ${pid}) did not stop. Its log is ${join(home, 'log')}.`)
    await pause(10)
  }
}
