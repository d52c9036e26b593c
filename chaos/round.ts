import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeClosers } from '../src/lib/closers.ts'
import { freePort } from '../src/lib/free-port.ts'
import { check } from './checker.ts'
import { makeCaller, startCrm } from './crm.ts'
import { makeTrouble, type Stage } from './faults.ts'
import { countLostLeases, rarePaths, readFound } from './found.ts'
import { heal } from './healing.ts'
import type { Arrival, Fault, History, Post } from './history.ts'
import { openOutside } from './outside.ts'
import { startPeople } from './people.ts'
import { startPostgres } from './postgres.ts'
import { supervise } from './processes.ts'
import { makeChance } from './random.ts'
import { startRedis } from './redis.ts'
import type { Report } from './report.ts'

export interface RoundOptions {
  backend: 'postgres' | 'redis'
  dispatches: number
  kills: number
  seed: number
  minutes: number
  only?: readonly string[] | undefined
}

/** Healing takes half of a short run, and of a long one no more than this: it depends on what is due, not on how long it lasted. */
const HEALING_MINUTES = 15
const troubleMinutes = (minutes: number) => Math.max(minutes / 2, minutes - HEALING_MINUTES)
const WORKERS = 2

/** One run on one backend: everything is started, broken, healed, compared, and gone again. */
export async function runRound(options: RoundOptions, onClose: (close: () => Promise<void>) => void): Promise<Report> {
  const begun = performance.now()
  const until = begun + options.minutes * 60_000
  const closers = makeClosers()
  onClose(closers.closeAll)
  const dir = mkdtempSync(join(tmpdir(), 'link-dispatcher-chaos-'))
  chmodSync(dir, 0o755)
  try {
    const stage = await open(options, dir, closers)
    const { history, notes } = await live(options, stage, until)
    const verdict = check(history)
    if (verdict.verdict === 'green') closers.add('folder', () => rmSync(dir, { recursive: true, force: true }))
    else notes['kept for a look'] = dir
    const { backend, seed } = options
    return { backend, seed, verdict, history, notes, seconds: (performance.now() - begun) / 1_000 }
  } finally {
    await closers.closeAll()
  }
}

type Opened = Stage & { apiUrl: string; limit: number }

async function open(
  { backend, dispatches, minutes, seed }: RoundOptions,
  dir: string,
  closers: ReturnType<typeof makeClosers>,
): Promise<Opened> {
  const logDir = join(dir, 'logs')
  mkdirSync(logDir)
  // Low enough to bind while a backlog is worked off.
  const limit = Math.max(60, Math.ceil((dispatches / troubleMinutes(minutes)) * 1.1))
  const postgres = await startPostgres(join(dir, 'database'))
  closers.add('postgres', postgres.close)
  const redis = backend === 'redis' ? await startRedis(join(dir, 'redis')) : undefined
  if (redis) closers.add('redis', redis.close)
  const outside = await openOutside(makeChance(seed + 1), limit, closers)
  const port = await freePort()
  const apiUrl = `http://127.0.0.1:${port}`
  outside.relay.lead(apiUrl)
  const env = {
    ...outside.env,
    PORT: String(port),
    DATABASE_URL: postgres.url,
    DATA_DIR: join(dir, 'data'),
    ...(redis && { REDIS_URL: redis.url }),
  }
  const api = supervise({ name: 'api', role: 'api', env, logDir })
  closers.add('api', api.close)
  if (!(await api.up(60_000))) throw new Error(`The API did not start: see ${logDir}.`)
  await countLostLeases(postgres)
  const workers = Array.from({ length: WORKERS }, (_, i) =>
    supervise({ name: `worker-${i + 1}`, role: 'worker', env, logDir }),
  )
  for (const worker of workers) closers.add(worker.name, worker.close)
  for (const worker of workers)
    if (!(await worker.up(60_000))) throw new Error(`A worker did not start: see ${logDir}.`)
  return { postgres, redis, outside, processes: [api, ...workers], apiUrl, limit }
}

async function live(
  { dispatches, kills, seed, minutes, only }: RoundOptions,
  stage: Opened,
  until: number,
): Promise<{ history: History; notes: Report['notes'] }> {
  const { outside, processes, postgres, limit } = stage
  const forMs = troubleMinutes(minutes) * 60_000
  const calls = setInterval(() => outside.seen.readCalls(outside), 10_000)
  const { call, close: closeCaller } = makeCaller(stage.apiUrl, outside.apiKey)
  const crm = startCrm({
    call,
    chance: makeChance(seed + 2),
    now: outside.now,
    dispatches,
    overMs: forMs * 0.95,
    giveUpAt: Date.now() + forMs * 1.4,
  })
  const letRest = startPeople({ outside, call, chance: makeChance(seed + 3), owners: crm.owners })
  const stopTelling = tellProgress(stage, crm.posts)
  const faults = await makeTrouble(stage, { chance: makeChance(seed), kills, forMs, only })
  const calmAt = performance.now()
  await crm.done
  const healed = await heal(stage, until)
  stopTelling()
  await letRest()
  await closeCaller()
  clearInterval(calls)
  outside.seen.readCalls(outside)

  const { posts, refused } = crm
  const arrivals = await owned(stage, outside.seen.arrivals)
  const history: History = {
    posts,
    arrivals,
    opened: [...outside.seen.opened.values()],
    stopped: outside.seen.stopped,
    faults,
    links: outside.world.links().map(({ linkId, createdAt, expiresAt }) => ({
      linkId,
      createdAt: createdAt.getTime(),
      expiresAt: expiresAt.getTime(),
    })),
    creates: { at: outside.seen.createsAt, limit },
    found: await readFound(postgres, outside, new Map(arrivals.map(({ to, channel }) => [to, channel]))),
    sometimes: {
      ...(await rarePaths(postgres)),
      ...sometimesOutside(posts, outside.seen.opened.values(), faults),
    },
    atRest: healed.atRest,
    unfinished: [...healed.problems, ...refused.slice(0, 5)],
  }
  return {
    history,
    notes: {
      'seconds to heal': Math.round((performance.now() - calmAt) / 1_000),
      'clock wound by, minutes': Math.round(healed.windedMs / 60_000),
      'workers stopped in, ms': healed.stops.map(Math.round).join(', '),
      'claims nobody was left to answer for': healed.orphans,
      'starts that hung': processes.map((one) => `${one.name} ${one.hungStarts()}`).join(', '),
      'exits of their own': processes
        .map((one) => `${one.name} ${one.ownExits()} of ${one.starts()} starts`)
        .join(', '),
    },
  }
}

/** Every ten seconds a line for whoever watches. */
function tellProgress({ postgres, outside }: Stage, posts: readonly Post[]): () => void {
  const begun = performance.now()
  const tell = async () => {
    const [row] = await postgres.ask<{ open: number; due: number }>(
      `select (select count(*) from dispatch where status in ('accepted', 'sent'))::int as open,
         (select count(*) from step where status = 'queued' or (status = 'pending' and due_at <= app_now()))::int as due`,
    )
    const acknowledged = posts.filter(({ ids }) => ids.length > 0).length
    console.error(
      `  ${Math.round((performance.now() - begun) / 1_000)} s: ${acknowledged} of ${posts.length} acknowledged, ` +
        `${outside.seen.arrivals.length} arrived, ${row?.open} open, ${row?.due} due`,
    )
  }
  // While the database is down there is nothing to tell.
  const timer = setInterval(() => void tell().catch(() => undefined), 10_000)
  return () => clearInterval(timer)
}

/** A push says only whose device it is; the dispatch is the one that tried that address. */
async function owned({ postgres, outside }: Stage, arrivals: Arrival[]): Promise<Arrival[]> {
  const rows = await postgres.ask<{ id: string; hash: Buffer }>(
    "select distinct dispatch_id as id, address_hash as hash from attempt where channel = 'push'",
  )
  const byHash = new Map(rows.map(({ id, hash }) => [hash.toString('hex'), id]))
  return arrivals.map((arrival) =>
    arrival.channel === 'push'
      ? { ...arrival, dispatchId: byHash.get(outside.vault.lookup('token', arrival.to).toString('hex')) ?? null }
      : arrival,
  )
}

const sometimesOutside = (posts: Post[], opened: Iterable<{ tries: number }>, faults: Fault[]) => ({
  'requests repeated until answered': posts.filter(({ tries, ids }) => tries > ids.length).length,
  'answers given twice for one key': posts.filter(({ ids }) => ids.length > 1).length,
  'opens told more than once': [...opened].filter(({ tries }) => tries > 1).length,
  'doubled jobs put on the queues': faults.filter(({ kind, note }) => kind === 'doubled jobs' && note?.endsWith('jobs'))
    .length,
  'workers frozen past their lease': faults.filter(({ kind, note }) => kind === 'freeze past the lease' && note).length,
})
