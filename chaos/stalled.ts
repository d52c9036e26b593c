import { QueueEvents } from 'bullmq'
import { Redis } from 'ioredis'
import type { Stage } from './faults.ts'
import type { OwnPostgres } from './postgres.ts'

/** Queues that messages travel in, as `src/queue/queue.ts` names them. */
const QUEUES = ['sms', 'email', 'push'].map((channel) => `link-dispatcher-${channel}`)

export interface Stalled {
  count(): Promise<number>
  close(): Promise<void>
}

/** Counts the jobs that BullMQ calls stalled: their worker was gone, or did not say that it was not. */
export const watchStalled = ({ postgres, redis }: Stage): Promise<Stalled> =>
  redis ? onRedis(redis.url) : onPostgres(postgres)

async function onRedis(url: string): Promise<Stalled> {
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  connection.on('error', () => undefined)
  const listeners = QUEUES.map((name) => new QueueEvents(name, { connection }))
  let stalled = 0
  for (const listener of listeners) {
    listener.on('error', () => undefined)
    listener.on('stalled', () => {
      stalled += 1
    })
  }
  await Promise.all(listeners.map((listener) => listener.waitUntilReady()))
  return {
    count: async () => stalled,
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()))
      connection.disconnect()
    },
  }
}

/** There the event may be cleared away before it is read; the row cannot. */
async function onPostgres({ ask }: OwnPostgres): Promise<Stalled> {
  await ask(`create table chaos.stalled (at timestamptz default clock_timestamp());
    create function chaos.note_stalled() returns trigger language plpgsql as $$
      begin insert into chaos.stalled default values; return null; end $$;
    create trigger stalled after update on bullmq.job for each row
      when (new.stalled_count > old.stalled_count) execute function chaos.note_stalled()`)
  return {
    async count() {
      const [row] = await ask<{ n: number }>('select count(*)::int as n from chaos.stalled')
      return row?.n ?? 0
    },
    close: async () => undefined,
  }
}
