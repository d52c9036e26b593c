/** Processes the bench starts, watches and ends: each by its own id, and none is left behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export interface Running {
  name: string
  pid: number
  /** From the spawn until it said that it was ready. */
  readyMs: number
  stop(): Promise<void>
}

export interface Order {
  name: string
  command: string
  args: string[]
  env?: Record<string, string>
  /** Where its output goes; a production log is written, not thrown away. */
  logDir: string
  /** Ready when this appears in its output, or when this URL answers 200. */
  ready: { says: string } | { answers: string }
  /** How long it may take until then. */
  withinMs?: number
}

const alive = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** When a person interrupts: all of them, each as gently as it asks for. */
export async function stopAll(): Promise<void> {
  await Promise.all([...alive].map((child) => stop(child, once(child, 'exit'))))
}

export async function start({
  name,
  command,
  args,
  env = {},
  logDir,
  ready,
  withinMs = 30_000,
}: Order): Promise<Running> {
  const begun = performance.now()
  const logFile = join(logDir, `${name}-${process.hrtime.bigint()}.log`)
  const log = openSync(logFile, 'a')
  const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', log, log] })
  closeSync(log)
  alive.add(child)
  const ended = new Promise<void>((done) => {
    child.once('error', () => done())
    child.once('exit', () => done())
  })
  void ended.then(() => alive.delete(child))
  const isReady =
    'says' in ready ? () => readFileSync(logFile, 'utf8').includes(ready.says) : () => answers(ready.answers)
  while (!(await isReady())) {
    if (!alive.has(child) || performance.now() - begun > withinMs)
      throw new Error(`${name} did not start:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`)
    await pause(2)
  }
  const readyMs = performance.now() - begun
  return { name, pid: child.pid ?? 0, readyMs, stop: () => stop(child, ended) }
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(force)
}

/** A server that listens before it can answer may never answer what came too early: ask anew. */
async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(100) })).status === 200
  } catch {
    return false
  }
}

export interface Sample {
  rssMb: number
  cpuMs: number
}

const MS_A_TICK = 10

/** CPU since its start, and memory now. `family` counts the children too, those that ended included: a database server's backends. */
export function sample(pid: number, family = false): Sample {
  const own = readSample(pid, family)
  if (!family) return own
  const children = childrenOf(pid).map((child) => readSample(child, false))
  return {
    rssMb: own.rssMb,
    cpuMs: children.reduce((sum, child) => sum + child.cpuMs, own.cpuMs),
  }
}

function readSample(pid: number, withEnded: boolean): Sample {
  const fields = statOf(pid)
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number)
  const ticks = user + system + (withEnded ? endedUser + endedSystem : 0)
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? 0)
  return { rssMb: rss / 1_024, cpuMs: ticks * MS_A_TICK }
}

/** The fields after the name, which may hold spaces. */
function statOf(pid: number): string[] {
  const text = readIfThere(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((one) => one > 0 && Number(statOf(one)[1]) === pid)

/** Watches peaks until told to stop; answers, by process, the CPU spent meanwhile and the most memory seen. */
export function watch(processes: readonly { name: string; pid: number }[], family: readonly string[] = []) {
  const read = () => processes.map(({ name, pid }) => sample(pid, family.includes(name)))
  const before = read()
  const peaks = before.map(({ rssMb }) => rssMb)
  const timer = setInterval(() => {
    for (const [i, { pid }] of processes.entries()) peaks[i] = Math.max(peaks[i] ?? 0, sample(pid).rssMb)
  }, 100)
  return function stopWatching(): Record<string, Sample> {
    clearInterval(timer)
    const after = read()
    return Object.fromEntries(
      processes.map(({ name }, i) => [
        name,
        { rssMb: peaks[i] ?? 0, cpuMs: (after[i]?.cpuMs ?? 0) - (before[i]?.cpuMs ?? 0) },
      ]),
    )
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH')
      return ''
    throw error
  }
}
