import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import type { StepTurn } from '../../src/flow/ports-store.ts'
import { type Closers, makeClosers } from '../../src/lib/closers.ts'
import { newUuid } from '../../src/lib/id.ts'
import { makeQueues, type QueueOptions, type Queues } from '../../src/queue/queue.ts'
import { makePool } from '../../src/store/pool.ts'
import { freshDatabase } from '../support/postgres.ts'
import { asAdmin } from '../support/postgres-server.ts'
import { redisPrefix, redisUrl } from '../support/redis.ts'
import { findRedis, startRedis } from '../support/redis-server.ts'

interface Ground {
  options: Pick<QueueOptions, 'redisUrl' | 'pool' | 'prefix'>
  /** Everything the backend has stored, as text. */
  stored(): Promise<string>
}

const errors: Error[] = []
let closers: Closers = makeClosers()
afterEach(async () => {
  await closers.closeAll()
  closers = makeClosers()
  errors.length = 0
})

const openPool = (url: string, max = 12): Pool => {
  const pool = makePool({ url, max, onError: (error) => errors.push(error) })
  closers.add('pool', () => (pool.ended ? undefined : pool.end()))
  return pool
}

async function onPostgres(): Promise<Ground> {
  const { url, drop } = await freshDatabase()
  closers.add('database', drop)
  const pool = openPool(url)
  const stored = async () => JSON.stringify((await pool.query('select * from bullmq.job')).rows)
  return { options: { pool, prefix: 'test' }, stored }
}

async function onRedis(): Promise<Ground> {
  const [url, prefix] = [await redisUrl(), redisPrefix()]
  const redis = new Redis(url)
  closers.add('redis', async () => {
    const keys = await redis.keys(`*${prefix}*`)
    if (keys.length > 0) await redis.del(keys)
    await redis.quit()
  })
  const stored = async () => {
    const keys = await redis.keys(`*${prefix}*`)
    const kinds = await Promise.all(keys.map((key) => redis.type(key)))
    const hashes = keys.filter((_, i) => kinds[i] === 'hash')
    return JSON.stringify([keys, await Promise.all(hashes.map((key) => redis.hgetall(key)))])
  }
  // Nothing is asked of Postgres here: a pool that leads nowhere shows it.
  return { options: { redisUrl: url, pool: openPool('postgres://127.0.0.1:9/nowhere'), prefix }, stored }
}

/** The queues of one process. */
async function openQueues({ options }: Ground, concurrency = 10): Promise<Queues> {
  const onError = (error: Error) => errors.push(error)
  const queues = await makeQueues({ channels: ['sms', 'email', 'in_app'], ...options, concurrency, onError })
  closers.add('queues', queues.close)
  return queues
}

const turn = (n = 1): StepTurn => ({ dispatchId: newUuid(), n, turn: 1 })
const turns = (count: number) => Array.from({ length: count }, () => turn())
const byId = (a: StepTurn, b: StepTurn) => a.dispatchId.localeCompare(b.dispatchId)

/** Remembers what a worker was handed, and resolves when it was `count` steps. */
function makeHands() {
  const seen: StepTurn[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  return {
    seen,
    take(step: StepTurn) {
      seen.push(step)
      for (const { count, resolve } of waiting) if (seen.length >= count) resolve()
    },
    has: (count: number) =>
      new Promise<void>((resolve) => {
        if (seen.length >= count) resolve()
        else waiting.push({ count, resolve })
      }),
  }
}

describe.each([
  ['Postgres', onPostgres],
  ['Redis', onRedis],
])('the queues on %s', (_, open) => {
  it('hand every step of every job to the worker of its channel', async () => {
    const queues = await openQueues(await open())
    const [sms, email] = [makeHands(), makeHands()]
    const [one, two, three, other] = [turns(25), turns(1), turns(7), turns(2)]
    await queues.work(['sms'], async (step) => sms.take(step))
    await queues.work(['email'], async (step) => email.take(step))

    await queues.add('sms', [one, two, three])
    await queues.add('email', [other])
    await Promise.all([sms.has(33), email.has(2)])

    expect(sms.seen.toSorted(byId)).toEqual([...one, ...two, ...three].toSorted(byId))
    expect(email.seen.toSorted(byId)).toEqual(other.toSorted(byId))
  })

  it('hold ids and numbers only', async () => {
    const ground = await open()
    const queues = await openQueues(ground)
    const step = { ...turn(3), turn: 7, phone: '+15125550123', url: 'https://links.example.com/l/secret' }

    await queues.add('sms', [[step]])

    const stored = await ground.stored()
    expect(stored).toContain(step.dispatchId)
    expect(stored).not.toMatch(/5125550123|secret/)
  })

  it('neither lose nor repeat a step whose handler throws, nor keep what it said', async () => {
    const ground = await open()
    const queues = await openQueues(ground)
    const hands = makeHands()
    const [bad, good, later] = [turn(13), turn(), turn()]
    await queues.work(['sms'], async (step) => {
      hands.take(step)
      if (step.n === 13) throw new Error('a bug about +15125550123')
    })

    await queues.add('sms', [[bad, good]])
    await hands.has(2)
    await queues.add('sms', [[later]])
    await hands.has(3)
    await queues.stopWorking()

    expect(hands.seen).toEqual([bad, good, later])
    expect(errors.map(({ message }) => message)).toEqual(['a bug about +15125550123'])
    expect(await queues.depth()).toMatchObject({ sms: 0 })
    expect(await ground.stored()).not.toContain('5125550123')
  })

  it('finish the other steps of a job before they close, though one of them threw', async () => {
    const queues = await openQueues(await open())
    const hands = makeHands()
    const gate = Promise.withResolvers<void>()
    const finished: number[] = []
    await queues.work(['sms'], async ({ n, ...step }) => {
      hands.take({ n, ...step })
      if (n === 1) throw new Error('a bug')
      await gate.promise
      finished.push(n)
    })
    await queues.add('sms', [[turn(1), turn(2)]])
    await hands.has(2)

    const stopping = queues.stopWorking()
    gate.resolve()
    await stopping

    expect(finished).toEqual([2])
  })

  it('keep what is added while no worker runs for the one that comes later', async () => {
    const ground = await open()
    const before = await openQueues(ground)
    const steps = turns(3)
    await before.add(
      'sms',
      steps.map((step) => [step]),
    )
    await before.close()
    const hands = makeHands()

    const after = await openQueues(ground)
    await after.work(['sms'], async (step) => hands.take(step))
    await hands.has(3)

    expect(hands.seen.toSorted(byId)).toEqual(steps.toSorted(byId))
  })

  it('finish what runs when they stop working, and take nothing more', async () => {
    const queues = await openQueues(await open(), 1)
    const hands = makeHands()
    const gate = Promise.withResolvers<void>()
    let finished = 0
    await queues.work(['sms'], async (step) => {
      hands.take(step)
      await gate.promise
      finished++
    })
    await queues.add('sms', [[turn()], [turn()]])
    await hands.has(1)

    const stopping = queues.stopWorking()
    gate.resolve()
    await stopping

    expect([hands.seen.length, finished]).toEqual([1, 1])
    expect(await queues.depth()).toMatchObject({ sms: 1 })
  })

  it('close no sooner than what runs is finished, though they were told before to stop working', async () => {
    const ground = await open()
    const [queues, others] = [await openQueues(ground), await openQueues(ground)]
    const hands = makeHands()
    const gate = Promise.withResolvers<void>()
    const order: string[] = []
    await queues.work(['sms'], async (step) => {
      hands.take(step)
      await gate.promise
      order.push('finished')
    })
    await queues.add('sms', [[turn()]])
    await hands.has(1)

    const stopping = queues.stopWorking()
    const closing = queues.close().then(() => order.push('closed'))
    const meanwhile = makeHands()
    await others.work(['email'], async (step) => meanwhile.take(step))
    await others.add('email', [[turn()]])
    await meanwhile.has(1)
    gate.resolve()
    await Promise.all([stopping, closing])

    expect(order).toEqual(['finished', 'closed'])
  })

  it('hand out what is urgent before what is not, however long that has waited', async () => {
    const queues = await openQueues(await open(), 1)
    const hands = makeHands()
    const [backlog, single] = [turns(5), turn()]

    for (const step of backlog) await queues.add('sms', [[step]], 10)
    await queues.add('sms', [[single]], 0)
    await queues.work(['sms'], async (step) => hands.take(step))
    await hands.has(6)

    expect(hands.seen).toEqual([single, ...backlog])
  })

  it('say how much waits, a channel', async () => {
    const queues = await openQueues(await open())

    await queues.add('sms', [turns(25), turns(1)])
    await queues.add('in_app', [turns(1)])

    expect(await queues.depth()).toEqual({ sms: 2, email: 0, in_app: 1 })
  })

  it('are shared by the workers of two processes', async () => {
    const ground = await open()
    const [one, two] = [await openQueues(ground, 1), await openQueues(ground, 1)]
    const gate = Promise.withResolvers<void>()
    const [mine, yours] = [makeHands(), makeHands()]
    const busy = (hands: typeof mine) => async (step: StepTurn) => {
      hands.take(step)
      await gate.promise
    }
    await one.work(['sms'], busy(mine))
    await two.work(['sms'], busy(yours))

    await one.add('sms', [[turn()], [turn()]])
    await Promise.all([mine.has(1), yours.has(1)])
    gate.resolve()
    await Promise.all([one.stopWorking(), two.stopWorking()])

    expect(mine.seen).not.toEqual(yours.seen)
    expect(await one.depth()).toMatchObject({ sms: 0 })
  })

  it('take 500 jobs at once, and hand over each of them once', async () => {
    const queues = await openQueues(await open(), 50)
    const hands = makeHands()
    const steps = turns(500)
    await queues.work(['sms'], async (step) => hands.take(step))

    await queues.add(
      'sms',
      steps.map((step) => [step]),
    )
    await hands.has(500)
    await queues.stopWorking()

    expect(hands.seen.toSorted(byId)).toEqual(steps.toSorted(byId))
  })

  it('wake a worker that has nothing to do', { timeout: 8_000 }, async () => {
    const ground = await open()
    const [working, adding] = [await openQueues(ground), await openQueues(ground)]
    const hands = makeHands()
    await working.work(['sms'], async (step) => hands.take(step))

    await adding.add('sms', [turns(1)])
    await hands.has(1)
    await adding.add('sms', [turns(1)])
    await hands.has(2)

    expect(hands.seen).toHaveLength(2)
  })

  it('leave no connection open when they are closed', async () => {
    const ground = await open()
    const before = await sockets()
    const queues = await openQueues(ground)
    const hands = makeHands()
    await queues.work(['sms', 'email'], async (step) => hands.take(step))
    await queues.add('sms', [turns(1)])
    await hands.has(1)

    await queues.close()
    await ground.options.pool.end()

    await expect.poll(sockets).toBeLessThanOrEqual(before)
    expect(errors).toEqual([])
  })
})

const sockets = async () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

describe('on Postgres', () => {
  it('adds by a plain pool, one statement at a time, and holds no connection of it', async () => {
    const { url, drop } = await freshDatabase()
    closers.add('database', drop)
    const pool = openPool(url, 1)
    const queues = await openQueues({ options: { pool, prefix: 'test' }, stored: async () => '' })

    await Promise.all([queues.add('sms', [turns(2)]), queues.add('email', [turns(1), turns(1)])])

    expect(await queues.depth()).toMatchObject({ sms: 1, email: 2 })
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
  })

  it('refuse to work when they cannot be reached, instead of trying for ever', async () => {
    const { url, drop } = await freshDatabase()
    closers.add('database', drop)
    const pool = openPool(url, 4)
    const queues = await openQueues({ options: { pool, prefix: 'test' }, stored: async () => '' })
    await pool.end()

    await expect(queues.work(['sms'], async () => undefined)).rejects.toThrow('end on the pool')
  })

  it('says nothing of connections that end after the queues were closed', async () => {
    const { url, drop } = await freshDatabase()
    closers.add('database', drop)
    const pool = makePool({ url, max: 12, onError: () => undefined })
    closers.add('pool', () => pool.end())
    const queues = await openQueues({ options: { pool, prefix: 'test' }, stored: async () => '' })
    await queues.work(['sms'], async () => undefined)
    await queues.add('sms', [turns(1)])
    await queues.close()
    const lost = once(pool, 'error', { signal: AbortSignal.timeout(5_000) })

    await asAdmin(url, (client) =>
      client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      ),
    )

    await lost
    expect(errors).toEqual([])
  })
})

const own = findRedis()

describe.runIf('program' in own)('on a Redis that may evict keys', () => {
  it('refuses to start, says what to set, and hangs up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evicting-'))
    closers.add('folder', () => rmSync(folder, { recursive: true }))
    const server = await startRedis('program' in own ? own.program : '', folder)
    closers.add('server', server.stop)
    const redis = new Redis(server.url)
    closers.add('redis', async () => redis.disconnect())
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')

    const opening = makeQueues({
      channels: ['sms'],
      redisUrl: server.url,
      pool: openPool('postgres://127.0.0.1:9/nowhere'),
      concurrency: 1,
      onError: (error) => errors.push(error),
    })

    await expect(opening).rejects.toThrow('maxmemory-policy allkeys-lru')
    await expect
      .poll(
        async () =>
          String(await redis.client('LIST'))
            .trim()
            .split('\n').length,
      )
      .toBe(1)
  })
})
