import { Pool } from 'pg'
import { CHANNELS, type ChannelName } from '../src/domain/channel.ts'
import { makeQueues } from '../src/queue/queue.ts'
import type { Stage } from './faults.ts'

interface Turn {
  dispatch_id: string
  n: number
  turn: number
  channel: string
}

/** Jobs a queue hands out twice, and jobs of turns long over, put where the service finds them. */
export async function doubleJobs({ postgres, redis }: Stage): Promise<string> {
  const steps = await postgres.ask<Turn>(
    `(select dispatch_id, n, turn, channel from step where status in ('queued', 'claimed') limit 100)
     union all (select dispatch_id, n, turn, channel from step where status in ('handed', 'delivered', 'ambiguous') and kind <> 'close' limit 50)
     union all (select dispatch_id, n, turn - 1, channel from step where turn > 1 and kind <> 'close' limit 50)`,
  )
  const pool = new Pool({ connectionString: postgres.url, max: 2, options: '-c search_path=app,bullmq' })
  pool.on('error', () => undefined)
  const queues = await makeQueues({
    channels: CHANNELS,
    redisUrl: redis?.url,
    pool,
    concurrency: 1,
    onError: () => undefined,
  })
  try {
    for (const channel of CHANNELS) {
      const jobs = steps.filter((step) => step.channel === channel)
      const twice = jobs.flatMap(({ dispatch_id: dispatchId, n, turn }) => [[{ dispatchId, n, turn }]])
      if (twice.length > 0) await queues.add(channel satisfies ChannelName, [...twice, ...twice])
    }
    return `${2 * steps.length} jobs`
  } finally {
    await queues.close()
    await pool.end()
  }
}
