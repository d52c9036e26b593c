import { createPostgresBackend, type PgPool, Queue, withBackend } from 'bullmq'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { makePool } from '../../src/store/pool.ts'
import type { House } from './house.ts'
import { redisUrl } from './redis.ts'

interface QueueDoor {
  /** Jobs of a channel are added and nobody takes them. */
  pause(channel: string): Promise<void>
  resume(channel: string): Promise<void>
  /** All that the queues hold, as one text. */
  text(): Promise<string>
  /** Everything the queues hold is gone, as after a flush. */
  lose(): Promise<void>
}

/** The queues of a house, seen from beside it. */
export async function queuesOf(house: House, backend: 'postgres' | 'redis'): Promise<QueueDoor> {
  return backend === 'redis' ? onRedis(house) : onPostgres(house)
}

interface QueueLike {
  pause(): Promise<unknown>
  resume(): Promise<unknown>
  close(): Promise<unknown>
}

function door(open: (channel: string) => QueueLike): Omit<QueueDoor, 'text' | 'lose'> {
  const within = async <T>(channel: string, act: (queue: QueueLike) => Promise<T>) => {
    const queue = open(channel)
    try {
      return await act(queue)
    } finally {
      await queue.close()
    }
  }
  return {
    pause: (channel) => within(channel, async (queue) => void (await queue.pause())),
    resume: (channel) => within(channel, async (queue) => void (await queue.resume())),
  }
}

async function onRedis(house: House): Promise<QueueDoor> {
  const redis = new Redis(await redisUrl(), { maxRetriesPerRequest: null })
  onTestFinished(() => redis.disconnect())
  const keys = () => redis.keys(`*${house.queuePrefix}*`)
  const show = async (key: string): Promise<unknown> => {
    const type = await redis.type(key)
    if (type === 'hash') return redis.hgetall(key)
    if (type === 'list') return redis.lrange(key, 0, -1)
    if (type === 'zset') return redis.zrange(key, 0, '-1')
    if (type === 'set') return redis.smembers(key)
    return type === 'stream' ? redis.xrange(key, '-', '+') : redis.get(key)
  }
  return {
    ...door((channel) => new Queue(`${house.queuePrefix}-${channel}`, { connection: redis })),
    async text() {
      const found = await keys()
      return JSON.stringify(await Promise.all(found.map(async (key) => [key, await show(key)])))
    },
    async lose() {
      await redis.del(await keys())
    },
  }
}

async function onPostgres({ databaseUrl, queuePrefix }: House): Promise<QueueDoor> {
  const pool = makePool({ url: databaseUrl, max: 4, onError: () => undefined })
  onTestFinished(() => pool.end())
  const connection = pool as unknown as PgPool
  const backed = withBackend(createPostgresBackend)
  return {
    ...door((channel) => new backed.Queue(`${queuePrefix}-${channel}`, { connection })),
    text: () => textOfTables(databaseUrl, 'bullmq'),
    async lose() {
      const tables = await tablesOf(databaseUrl, 'bullmq')
      await pool.query(`truncate ${tables.filter((name) => !name.includes('migration')).join()} cascade`)
    },
  }
}

/** Every row of every table, or of those of one schema, as one text; bytes as hexadecimals. */
export async function textOfTables(databaseUrl: string, schema?: string): Promise<string> {
  const tables = await tablesOf(databaseUrl, schema)
  return withClient(databaseUrl, async (client) => {
    const texts: string[] = []
    for (const table of tables) {
      const { rows } = await client.query<{ row: string }>(`select to_jsonb(t)::text as row from ${table} t`)
      texts.push(table, ...rows.map(({ row }) => row))
    }
    return texts.join('\n')
  })
}

const tablesOf = (databaseUrl: string, schema?: string) =>
  withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema') and ($1::text is null or schemaname = $1)`,
      [schema ?? null],
    )
    return rows.map(({ name }) => name)
  })

export async function withClient<T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(databaseUrl)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
