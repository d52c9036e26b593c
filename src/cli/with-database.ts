import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { type Config, readConfig } from '../config.ts'
import { type Closers, makeClosers } from '../lib/closers.ts'
import { makeLog } from '../lib/log.ts'
import { openDatabase } from '../wiring/ground.ts'

type Opened = Awaited<ReturnType<typeof openDatabase>> & { config: Config; log: Logger; closers: Closers }

/** What a command does with the service's own configuration and database, which the service may be using meanwhile. */
export async function withDatabase(work: (opened: Opened) => Promise<void>): Promise<void> {
  const closers = makeClosers()
  try {
    const config = readConfig()
    const log = makeLog({ level: 'warn' })
    await work({ config, log, closers, ...(await openDatabase(config, log, closers, { guest: true })) })
  } finally {
    await closers.closeAll()
  }
}

/** Of this release, as a copy names it. */
export function releaseName(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}
