import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { freePort } from '../../src/lib/free-port.ts'

/** Where Redis is, or the sentence that a test which needs it fails with. */
export type RedisFound = { url: string } | { problem: string }

const PROBLEM =
  'These tests need Redis: install redis-server (or valkey-server), or set REDIS_URL to a server they may use.'

/** REDIS_URL, else a server program on the PATH, else (as root on Debian) the one that apt-get installs. */
export function findRedis(): RedisFound | { program: string } {
  const url = process.env['REDIS_URL']
  if (url) return { url }
  const program = programOnPath() ?? (installRedis() ? programOnPath() : undefined)
  return program ? { program } : { problem: PROBLEM }
}

export async function startRedis(
  program: string,
  folder: string,
): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const port = await freePort()
  const child = spawn(program, [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
    ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'],
  ])
  const exited = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) break
  }
  if (child.exitCode !== null || !child.pid) throw new Error(`${program} did not start on port ${port}.`)
  child.stdout.resume()

  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

const programOnPath = () =>
  ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0)

function installRedis(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  spawnSync('apt-get', ['update'], options)
  return spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], options).status === 0
}
