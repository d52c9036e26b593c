import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { makeClock } from '../lib/clock.ts'
import type { Closers } from '../lib/closers.ts'
import { startEmbedded } from '../store/embedded.ts'
import { ownEmbedded } from '../store/embedded-owner.ts'
import { migrate } from '../store/migrate.ts'
import { makePool } from '../store/pool.ts'
import { makeWakes } from '../store/wakes.ts'
import { makeWorldClock, stampWorld } from '../store/world.ts'
import { openTraces } from './tracing.ts'

export type Ground = Awaited<ReturnType<typeof openGround>>

/** The database, its clock, and a port to listen on. */
export async function openGround(config: Config, log: Logger, closers: Closers) {
  const failed = (what: string) => (error: unknown) => log.error({ err: error }, what)
  // Opened first and so closed last: what closes after it is not followed.
  const traces = await openTraces(config, log, closers)
  const { pool, databaseUrl } = await openDatabase(config, log, closers)
  await stampWorld(pool, config.world)

  const clock = makeClock()
  const worldClock = makeWorldClock(pool)
  const follow = async () => clock.follow(await worldClock.reading())
  await follow()
  const wakes = await makeWakes(pool, databaseUrl, failed('wake connection lost'))
  closers.add('wakes', wakes.close)

  // An audience may come for hours. Whoever sends anything else so slowly is let go by `http/body.ts`.
  const server = createServer({ requestTimeout: 0 }, notYet)
  const url = config.roles.includes('api') ? await listen(server, config, closers) : undefined
  const publicUrl = config.publicUrl ?? url
  const time = { clock, worldClock, follow, wakes }
  return { config, log, closers, failed, traces, databaseUrl, pool, ...time, server, url, publicUrl }
}

/** The configured database, or the embedded one below DATA_DIR, brought up to this release. */
export async function openDatabase(config: Config, log: Logger, closers: Closers, { guest = false } = {}) {
  const databaseUrl = config.database.url ?? (await openEmbedded(config, log, closers, guest))
  const onError = (error: Error) => log.error({ err: error }, 'database connection lost')
  const pool = makePool({ url: databaseUrl, max: 24, onError })
  closers.add('database pool', () => pool.end())
  await migrate(pool)
  return { pool, databaseUrl }
}

/** One service owns the server and stops it last. A guest leaves one that was already running alone: its service is still using it. */
async function openEmbedded(config: Config, log: Logger, closers: Closers, guest: boolean): Promise<string> {
  const database = await startEmbedded({ dataDir: config.dataDir, log: (line) => log.debug(line) })
  if (guest && database.adopted) return database.url
  const disown = await ownEmbedded(database.url)
  if (!disown)
    throw new Error(
      `Another link-dispatcher runs on ${config.dataDir} and would lose its database with this one: stop it, choose another DATA_DIR, or give both the same DATABASE_URL.`,
    )
  closers.add('embedded database', () => disown().then(database.stop))
  return database.url
}

/** Until the door is wired: a balancer asks again, and nobody hangs. */
const notYet: RequestListener = (_req, res) => {
  res.writeHead(503, { 'Retry-After': '1' }).end()
}

/** The door's own handler takes the place of `notYet`. */
export function openTo(server: Server, handler: RequestListener): void {
  server.off('request', notYet).on('request', handler)
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

/** Open requests are answered, connections closed as they fall idle; whoever still holds one after 5 s (a live page) is let go. */
export function finishRequests(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((done) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    const force = setTimeout(() => server.closeAllConnections(), 5_000)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(force)
      done()
    })
  })
}
