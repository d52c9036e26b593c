import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export type Role = 'api' | 'worker' | 'api,worker'

/** One process of the service, started again whenever it is gone. */
export interface Supervised {
  name: string
  role: Role
  /** Ready since its last start, and not stopped by us. */
  isUp(): boolean
  /** Resolves when it is ready; false after `withinMs`. */
  up(withinMs: number): Promise<boolean>
  kill(): void
  freeze(): void
  thaw(): void
  /** As a deployment does it. Killed when it takes far too long. */
  restart(): Promise<Stop>
  /** Exits that nobody asked for. */
  ownExits(): number
  /** Starts that came to nothing, not even to an exit, and were ended as a supervisor's probe would. */
  hungStarts(): number
  starts(): number
  close(): Promise<void>
}

/** How long a graceful stop took; `clean` when nothing was cut short. */
export interface Stop {
  name: string
  ms: number
  clean: boolean
}

const ROOT = resolve(import.meta.dirname, '..')
const LONGEST_STOP_MS = 40_000
const LONGEST_START_MS = 30_000

export interface ProcessOrder {
  name: string
  role: Role
  env: Record<string, string>
  logDir: string
  /** A start that takes longer is ended. */
  startWithinMs?: number
}

/** A child of ours: signals go to its own process id and to no other. */
export function supervise(order: ProcessOrder): Supervised {
  const { name, role, env, logDir, startWithinMs = LONGEST_START_MS } = order
  let child: ChildProcess | undefined
  let readyAt = 0
  let frozen = false
  let closing = false
  let wanted = false
  let ownExits = 0
  let hungStarts = 0
  let starts = 0
  const endWithUs = () => void child?.kill('SIGKILL')
  process.once('exit', endWithUs)

  function start(): void {
    starts += 1
    readyAt = 0
    frozen = false
    wanted = false
    const logFile = join(logDir, `${name}-${starts}.log`)
    const log = openSync(logFile, 'a')
    const fresh = spawn(process.execPath, ['src/main.ts'], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...env, ROLES: role },
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    child = fresh
    fresh.once('exit', (_code, signal) => {
      if (!wanted && !closing && signal === null) ownExits += 1
      readyAt = 0
      if (!closing) setTimeout(start, wanted ? 50 : 500)
    })
    void watch(fresh, logFile)
  }

  async function watch(fresh: ChildProcess, logFile: string): Promise<void> {
    const until = performance.now() + startWithinMs
    while (child === fresh && isAlive(fresh)) {
      if (performance.now() > until) {
        hungStarts += 1
        fresh.kill('SIGKILL')
        return
      }
      if (/link-dispatcher (works|is ready)/.test(readFileSync(logFile, 'utf8'))) {
        readyAt = performance.now()
        return
      }
      await pause(50)
    }
  }

  const isUp = () => readyAt > 0 && child !== undefined && isAlive(child) && !frozen

  async function stop(): Promise<Stop> {
    const ending = child
    const begun = performance.now()
    wanted = true
    ending?.kill('SIGCONT')
    ending?.kill('SIGTERM')
    const force = setTimeout(() => ending?.kill('SIGKILL'), LONGEST_STOP_MS)
    while (ending && isAlive(ending)) await pause(20)
    clearTimeout(force)
    return { name, ms: performance.now() - begun, clean: ending?.exitCode === 0 }
  }

  start()
  return {
    name,
    role,
    isUp,
    async up(withinMs) {
      const until = performance.now() + withinMs
      while (!isUp() && performance.now() < until) await pause(20)
      return isUp()
    },
    kill() {
      wanted = true
      child?.kill('SIGKILL')
    },
    freeze() {
      frozen = true
      child?.kill('SIGSTOP')
    },
    thaw() {
      frozen = false
      child?.kill('SIGCONT')
    },
    restart: stop,
    ownExits: () => ownExits,
    hungStarts: () => hungStarts,
    starts: () => starts,
    async close() {
      closing = true
      child?.kill('SIGKILL')
      while (child && isAlive(child)) await pause(10)
      process.off('exit', endWithUs)
    },
  }
}

const isAlive = (child: ChildProcess) => child.pid !== undefined && child.exitCode === null && child.signalCode === null
