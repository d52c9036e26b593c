import { setTimeout as pause } from 'node:timers/promises'
import { doubleJobs } from './doubled-jobs.ts'
import type { Fault } from './history.ts'
import { outages } from './outages.ts'
import type { Outside } from './outside.ts'
import type { OwnPostgres } from './postgres.ts'
import type { Supervised } from './processes.ts'
import type { Chance } from './random.ts'
import type { OwnRedis } from './redis.ts'

export interface Stage {
  postgres: OwnPostgres
  redis: OwnRedis | undefined
  processes: Supervised[]
  outside: Outside
}

export interface Plan {
  chance: Chance
  kills: number
  forMs: number
  /** Kinds that may happen; absent: all. */
  only?: readonly string[] | undefined
}

/** One way to break something, and to mend it again; the answer is a note for the log. */
export interface Breakage {
  kind: string
  target: string
  run(): Promise<string | undefined>
}

/** Longer than the lease of a queued step. */
const PAST_THE_LEASE_MS = 33_000
const BETWEEN_OTHERS_MS = 2_500

/** Breaks things for a while, at moments and in an order that the seed decides. Resolves when all is mended. */
export async function makeTrouble(stage: Stage, plan: Plan): Promise<Fault[]> {
  const faults: Fault[] = []
  const wanted = (kind: string) => !plan.only || plan.only.includes(kind)
  const begun = performance.now()
  const at = (ms: number) => pause(Math.max(0, begun + ms - performance.now()))

  async function note({ kind, target, run }: Breakage): Promise<void> {
    const from = Date.now()
    try {
      const said = await run()
      faults.push({ kind, target, from, to: Date.now(), ...(said && { note: said }) })
    } catch (error) {
      faults.push({ kind, target, from, to: Date.now(), note: `failed: ${(error as Error).message}` })
    }
  }

  async function killing(): Promise<void> {
    const mending: Promise<void>[] = []
    for (let n = 0; n < plan.kills; n++) {
      await at(((n + plan.chance.next()) * plan.forMs) / plan.kills)
      mending.push(note(await nextKill(stage, plan.chance)))
    }
    await Promise.all(mending)
  }

  async function others(): Promise<void> {
    const mending: Promise<void>[] = []
    const kinds = otherKinds(stage, plan.chance).filter(({ kind }) => wanted(kind))
    const rounds = Math.floor(plan.forMs / BETWEEN_OTHERS_MS)
    let waiting: Breakage[] = []
    for (let n = 0; n < rounds && kinds.length > 0; n++) {
      if (waiting.length === 0) waiting = plan.chance.shuffled(kinds)
      const next = waiting.pop()
      await at(n * BETWEEN_OTHERS_MS + plan.chance.between(0, BETWEEN_OTHERS_MS))
      if (next) mending.push(note(next))
    }
    await Promise.all(mending)
  }

  /** What lasts too long to come as often as the others: at a part of each stretch of time, once at least. */
  async function seldom(everyMs: number, part: number, breakage: Breakage): Promise<void> {
    const times = wanted(breakage.kind) ? Math.max(1, Math.floor(plan.forMs / everyMs)) : 0
    for (let n = 0; n < times; n++) {
      await at(((n + part) * plan.forMs) / times)
      await note(breakage)
    }
  }

  await Promise.all([
    wanted('kill') ? killing() : undefined,
    others(),
    seldom(120_000, 0.3, longFreeze(stage, Math.min(PAST_THE_LEASE_MS, plan.forMs / 2))),
    seldom(240_000, 0.85, suspension(stage, plan.chance.between(4_000, 8_000))),
  ])
  return faults
}

/** A worker, longer than its leases: it wakes into a world that has gone on. */
const longFreeze = ({ processes }: Stage, forMs: number): Breakage => ({
  kind: 'freeze past the lease',
  target: 'worker-1',
  async run() {
    const worker = processes.find(({ name }) => name === 'worker-1')
    await worker?.up(10_000)
    return worker && freeze(worker, forMs)
  },
})

/** Everything is held for half a minute then: the service looks by itself whether the partner serves it again. */
const suspension = ({ outside: { world } }: Stage, forMs: number): Breakage => ({
  kind: 'suspended',
  target: 'partner',
  async run() {
    world.suspend()
    await pause(forMs)
    world.unsuspend()
    return undefined
  },
})

/** A worker half of the time, the API a quarter, the servers an eighth each. */
async function nextKill({ postgres, redis, processes }: Stage, chance: Chance): Promise<Breakage> {
  const workers = processes.filter(({ role }) => role === 'worker')
  const apis = processes.filter(({ role }) => role === 'api')
  const eighth = chance.between(0, redis ? 7 : 6)
  if (eighth === 6) return { kind: 'kill', target: 'postgres', run: () => restarted(postgres) }
  if (eighth === 7 && redis) return { kind: 'kill', target: 'redis', run: () => restarted(redis) }
  const victims = chance.shuffled(eighth < 4 ? workers : apis)
  // One that is just starting would be killed for nothing: the kill waits for somebody who works.
  const until = performance.now() + 15_000
  while (!victims.some((one) => one.isUp()) && performance.now() < until) await pause(20)
  const victim = victims.find((one) => one.isUp()) ?? victims[0]
  return {
    kind: 'kill',
    target: victim?.role ?? '',
    async run() {
      victim?.kill()
      await pause(50)
      await victim?.up(20_000)
      return victim?.name
    },
  }
}

const busy = new WeakSet<object>()

/** Killed by kill -9 and started again; one that is already being mended is left to it. */
async function restarted(server: { kill(): Promise<void>; start(): Promise<void> }): Promise<string | undefined> {
  while (busy.has(server)) await pause(50)
  busy.add(server)
  try {
    await server.kill()
    await server.start()
    return undefined
  } finally {
    busy.delete(server)
  }
}

function otherKinds(stage: Stage, chance: Chance): Breakage[] {
  const { postgres, redis, processes } = stage
  const short = () => chance.between(2_300, 5_000)
  const frozen = (role: 'api' | 'worker'): Breakage => ({
    kind: `freeze ${role}`,
    target: role,
    async run() {
      const [one] = chance.shuffled(processes.filter((process) => process.role === role && process.isUp()))
      return one && freeze(one, short())
    },
  })
  const onRedis: Breakage[] = redis
    ? [
        { kind: 'flush', target: 'redis', run: () => alone(redis, () => redis.flush()) },
        {
          kind: 'old snapshot',
          target: 'redis',
          run: () =>
            alone(redis, async () => {
              if (!redis.snapshot()) return
              await pause(5_000)
              await redis.restore()
            }),
        },
      ]
    : []
  return [
    frozen('worker'),
    frozen('worker'),
    frozen('api'),
    { kind: 'locked table', target: 'postgres', run: () => lockFacts(postgres, short()) },
    { kind: 'connections ended', target: 'postgres', run: () => endConnections(postgres) },
    { kind: 'half-open', target: 'postgres', run: () => hole(postgres, chance.between(1_000, 3_000)) },
    { kind: 'doubled jobs', target: 'queue', run: () => doubleJobs(stage) },
    ...onRedis,
    ...outages(stage.outside, chance),
  ]
}

async function alone(server: object, work: () => Promise<void>): Promise<undefined> {
  while (busy.has(server)) await pause(50)
  busy.add(server)
  await work().finally(() => busy.delete(server))
  return undefined
}

async function freeze(process: Supervised, forMs: number): Promise<string> {
  process.freeze()
  try {
    await pause(forMs)
  } finally {
    process.thaw()
  }
  return process.name
}

/** Whoever has claimed cannot read the stop facts: when it can, the start is past. */
async function lockFacts(postgres: OwnPostgres, forMs: number): Promise<undefined> {
  await postgres.ask(
    `do $$ begin lock table app.suppression in access exclusive mode; perform pg_sleep(${forMs / 1_000}); end $$`,
  )
  return undefined
}

async function endConnections(postgres: OwnPostgres): Promise<string> {
  const rows = await postgres.ask(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'link-dispatcher%'",
  )
  return `${rows.length} connections`
}

async function hole(postgres: OwnPostgres, forMs: number): Promise<undefined> {
  postgres.wire.set('hole')
  await pause(forMs)
  postgres.wire.set('pass')
  return undefined
}
