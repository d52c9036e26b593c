import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const SETTLED_WITHIN_MS = 15_000

/** The Postgres that holds a data folder. */
export interface Server {
  pid: number
  port: number
  ready: boolean
}

/** Where initdb puts its files, below the folder that also keeps the password and the log. */
export const cluster = (home: string) => join(home, 'data')

const lockFile = (home: string) => join(cluster(home), 'postmaster.pid')

export function running(home: string): Server | undefined {
  const lines = readIfThere(lockFile(home)).split('\n')
  const pid = Number(lines[0])
  if (!(pid > 0) || !commandLine(pid).includes(cluster(home))) return undefined
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
}

/**
 * Postgres refuses to start while the process id in its lock file is alive, whoever has it now: in a container that was
 * started again, often a neighbour. The lock of a dead process stays, since Postgres then looks for orphans itself.
 */
export function removeForeignLock(home: string): void {
  const pid = Number(readIfThere(lockFile(home)).split('\n')[0])
  if (pid > 0 && isAlive(pid) && !running(home)) rmSync(lockFile(home), { force: true })
}

/** The server that holds this folder, once it is ready; undefined when there is none, or it was just going. */
export async function settled(home: string): Promise<Server | undefined> {
  const until = performance.now() + SETTLED_WITHIN_MS
  let server = running(home)
  // A server that was killed this very moment still has its process and its lock, but no longer a word to say.
  while (server && !(server.ready && (await answers(server.port)))) {
    if (performance.now() > until)
      throw new Error(`The embedded Postgres (pid ${server.pid}) is neither ready nor gone. Stop it and start again.`)
    await pause(25)
    server = running(home)
  }
  return server
}

/** Whether a Postgres says anything at all: the shortest question of its protocol is whether it speaks TLS. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from('0000000804d2162f', 'hex')))
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.once('data', () => end(true))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}

/** A process id alone proves nothing: after a reboot another program may have it. */
function commandLine(pid: number): string {
  if (process.platform === 'linux') return readIfThere(`/proc/${pid}/cmdline`)
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if (isCode(error, 'ESRCH')) return false
    if (isCode(error, 'EPERM')) return true
    throw error
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESRCH')) return ''
    throw error
  }
}

const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code
