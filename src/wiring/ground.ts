import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { makeClock } from '../lib/clock.ts'
import type { Closers } from '../lib/closers.ts'
import { startEmbedded } from '../store/embedded.ts'
import { migrate } from '../store/migrate.ts'
import { makePool } from '../store/pool.ts'
import { makeWakes } from '../store/wakes.ts'
import { makeWorldClock, stampWorld } from '../store/world.ts'

export type Ground = Awaited<ReturnType<typeof openGround>>

/** The database, its clock, and a port to listen on. */
export async function openGround(config: Config, log: Logger, closers: Closers) {
  const failed = (what: string) => (error: unknown) => log.error({ err: error }, what)
  const databaseUrl = config.database.url ?? (await openEmbedded(config, log, closers))
  const pool = makePool({ url: databaseUrl, max: 24, onError: failed('database connection lost') })
  closers.add('database pool', () => pool.end())
  await migrate(pool)
  await stampWorld(pool, config.world)

  const clock = makeClock()
  const worldClock = makeWorldClock(pool)
  const follow = async () => clock.follow(await worldClock.reading())
  await follow()
  const wakes = await makeWakes(pool, databaseUrl, failed('wake connection lost'))
  closers.add('wakes', wakes.close)

  const server = createServer()
  const url = config.roles.includes('api') ? await listen(server, config, closers) : undefined
  return {
    config,
    log,
    closers,
    failed,
    databaseUrl,
    pool,
    clock,
    worldClock,
    follow,
    wakes,
    server,
    url,
    publicUrl: config.publicUrl ?? url,
  }
}

async function openEmbedded(config: Config, log: Logger, closers: Closers): Promise<string> {
  const database = await startEmbedded({ dataDir: config.dataDir, log: (line) => log.debug(line) })
  closers.add('embedded database', database.stop)
  return database.url
}

function listen(server: Server, config: Config, closers: Closers): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(
        taken
          ? new Error(`Port ${config.server.port} is taken. Set PORT to a free one (and SANDBOX_PORT, if you set it).`)
          : error,
      )
    })
    server.listen(config.server.port, config.server.host, () => {
      closers.add('server', () => finishRequests(server))
      const { port } = server.address() as AddressInfo
      const host = ['0.0.0.0', '::'].includes(config.server.host) ? '127.0.0.1' : config.server.host
      resolve(`http://${host}:${port}`)
    })
  })
}

/** Open requests are answered, idle connections closed; whoever still holds one after 5 s (a live page) is let go. */
function finishRequests(server: Server): Promise<void> {
  return new Promise((done) => {
    const force = setTimeout(() => server.closeAllConnections(), 5_000)
    server.close(() => {
      clearTimeout(force)
      done()
    })
    server.closeIdleConnections()
  })
}
