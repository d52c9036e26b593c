import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type Closers, makeClosers } from '../../src/lib/closers.ts'
import { startEmbedded } from '../../src/store/embedded.ts'
import { dropDatabasesOf } from './postgres-server.ts'
import { findRedis, type RedisFound, startRedis } from './redis-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A Postgres server that may make and drop databases. */
    databaseUrl: string
    /** Part of the name of every database of this run. */
    runId: string
    redis: RedisFound
  }
}

/** One Postgres and one Redis for the whole suite; both end with it, also when it fails. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const closers = makeClosers()
  try {
    await open(project, closers)
  } catch (error) {
    await closers.closeAll()
    throw error
  }
  return closers.closeAll
}

async function open(project: TestProject, closers: Closers): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'link-dispatcher-test-'))
  chmodSync(folder, 0o755)
  closers.add('folder', () => rmSync(folder, { recursive: true, force: true }))

  const runId = randomBytes(4).toString('hex')
  const databaseUrl = process.env['TEST_DATABASE_URL'] ?? (await openPostgres(folder, closers))
  closers.add('databases', () => dropDatabasesOf(databaseUrl, runId))

  project.provide('runId', runId)
  project.provide('databaseUrl', databaseUrl)
  project.provide('redis', await openRedis(folder, closers))
}

async function openPostgres(folder: string, closers: Closers): Promise<string> {
  const server = await startEmbedded({ dataDir: folder })
  const release = endWithUs(server.pid, 'SIGINT')
  closers.add('postgres', () => server.stop().then(release))
  return server.url
}

async function openRedis(folder: string, closers: Closers): Promise<RedisFound> {
  const found = findRedis()
  if (!('program' in found)) return found
  const server = await startRedis(found.program, folder)
  const release = endWithUs(server.pid, 'SIGTERM')
  closers.add('redis', () => server.stop().then(release))
  return { url: server.url }
}

/** For a run that ends before its teardown; the answer takes the promise back. */
function endWithUs(pid: number, signal: NodeJS.Signals): () => void {
  const end = () => process.kill(pid, signal)
  process.once('exit', end)
  return () => process.off('exit', end)
}
