import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from '../src/lib/free-port.ts'

export interface OwnRedis {
  url: string
  kill(): Promise<void>
  start(): Promise<void>
  flush(): Promise<void>
  /** Remembers what is on disk now; false while there is nothing. */
  snapshot(): boolean
  /** Killed, its files replaced by the remembered ones, started. */
  restore(): Promise<void>
  close(): Promise<void>
}

/** A Redis of this run's own, as its pages advise for queues: an append-only file, flushed once a second. */
export async function startRedis(dir: string): Promise<OwnRedis> {
  mkdirSync(dir, { recursive: true })
  const home = realpathSync(dir)
  const files = join(home, 'appendonlydir')
  const kept = `${home}-snapshot`
  const port = await freePort()
  const program = process.env['REDIS_SERVER'] ?? 'redis-server'
  let child: ChildProcess | undefined
  const endWithUs = () => void child?.kill('SIGKILL')
  process.once('exit', endWithUs)

  async function start(): Promise<void> {
    const fresh = spawn(
      program,
      [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', home, '--save', '', '--appendonly', 'yes'],
        ...['--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
      ],
      { stdio: 'ignore', detached: true },
    )
    fresh.once('error', () => undefined)
    child = fresh
    for (let tries = 0; tries < 200; tries++) {
      if (await answers()) return
      await pause(50)
    }
    throw new Error(`${program} did not start. Install redis-server, or name the program in REDIS_SERVER.`)
  }

  const answers = () =>
    ask((redis) => redis.ping()).then(
      () => true,
      () => false,
    )

  async function ask<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({ port, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      return await work(redis)
    } finally {
      redis.disconnect()
    }
  }

  async function proveOurs(): Promise<void> {
    const [dirOf, info] = await ask((redis) => Promise.all([redis.config('GET', 'dir'), redis.info('server')]))
    const pid = Number(/process_id:(\d+)/.exec(info)?.[1])
    if ((dirOf as string[])[1] !== home || pid !== child?.pid)
      throw new Error(`The Redis on port ${port} is not the one this run started: it is left alone.`)
  }

  async function kill(): Promise<void> {
    await proveOurs()
    const ended = child && once(child, 'exit')
    child?.kill('SIGKILL')
    await ended
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    async flush() {
      await proveOurs()
      await ask((redis) => redis.flushall())
    },
    snapshot() {
      if (!existsSync(files)) return false
      rmSync(kept, { recursive: true, force: true })
      cpSync(files, kept, { recursive: true })
      return true
    },
    async restore() {
      await kill()
      rmSync(files, { recursive: true, force: true })
      cpSync(kept, files, { recursive: true })
      await start()
    },
    async close() {
      const ended = child && child.exitCode === null && child.signalCode === null && once(child, 'exit')
      child?.kill('SIGTERM')
      await ended
      process.off('exit', endWithUs)
    },
  }
}
