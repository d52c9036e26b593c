import type { PgPool, WorkerOptions } from 'bullmq'
import { createPostgresBackend, runMigrations, withBackend } from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import type { Pool } from 'pg'
import type { ChannelName } from '../domain/channel.ts'
import type { StepTurn } from '../flow/ports-store.ts'

/** What a job carries: ids only, never a name, an address, a link or a body. */
export interface JobData {
  steps: [dispatchId: string, n: number, turn: number][]
}

export interface Queues {
  /** Jobs of a lower `priority` number come first; those of 0, which is usual, before all others. */
  add(channel: ChannelName, jobs: StepTurn[][], priority?: number): Promise<void>
  /** Runs `handle` for every step of every job of these channels until closed. Rejects when the queues cannot be reached. */
  work(channels: readonly ChannelName[], handle: (turn: StepTurn) => Promise<unknown>): Promise<void>
  depth(): Promise<Record<string, number>>
  /** No further job is taken; what runs is finished. */
  stopWorking(): Promise<void>
  close(): Promise<void>
}

export interface QueueOptions {
  channels: readonly ChannelName[]
  /** Unset: the queues live in Postgres. */
  redisUrl?: string | undefined
  pool: Pool
  prefix?: string | undefined
  /** Jobs one process works on at once, a channel. */
  concurrency: number
  /** BullMQ's own spans, to whatever tracer this process has. */
  traced?: boolean
  onError: (error: Error) => void
}

/** Finished jobs go at once, and never by count: that costs half the rate on Postgres (reference/dependencies.md, section 2). */
const JOB = { attempts: 1, removeOnComplete: true, removeOnFail: { age: 3_600 } }
const PREFIX = 'link-dispatcher'

/** BullMQ on Postgres or on Redis, same API. Losing every job costs seconds: the pump finds the steps again by their lease. */
export async function makeQueues(options: QueueOptions): Promise<Queues> {
  const { channels, redisUrl, pool, prefix = PREFIX, concurrency, traced = false, onError } = options
  let closed = false
  // BullMQ goes on listening to its connections; that they end after the queues is how a process stops.
  const onConnectionError = (error: Error) => {
    if (!closed) onError(error)
  }
  const spans = traced ? { telemetry: new (await import('bullmq-otel')).BullMQOtel() } : {}
  const backend = redisUrl ? await onRedis(redisUrl, spans, onConnectionError) : await onPostgres(pool, spans)
  const queues = new Map(channels.map((channel) => [channel, backend.queue(nameOf(channel, prefix))]))
  for (const queue of queues.values()) queue.on('error', onConnectionError)
  await Promise.all([...queues.values()].map((queue) => queue.waitUntilReady()))
  const workers: WorkerLike[] = []
  const stopping: Promise<void>[] = []
  const stopWorking = async () => {
    stopping.push(...workers.splice(0).map((worker) => worker.close()))
    await Promise.all(stopping)
  }
  return {
    async add(channel, jobs, priority = 0) {
      const opts = priority > 0 ? { ...JOB, priority } : JOB
      const data = jobs.map((steps) => ({
        steps: steps.map(({ dispatchId, n, turn }): JobData['steps'][number] => [dispatchId, n, turn]),
      }))
      await queues.get(channel)?.addBulk(data.map((data) => ({ name: 'deliver', data, opts })))
    },
    async work(wanted, handle) {
      for (const channel of wanted) {
        const worker = backend.worker(nameOf(channel, prefix), concurrency, ({ steps }) => run(steps, handle, onError))
        worker.on('error', onConnectionError)
        workers.push(worker)
        await worker.waitUntilReady()
        worker.run().catch(onError)
      }
    },
    async depth() {
      const counts = await Promise.all(
        [...queues].map(async ([channel, queue]) => [
          channel,
          await queue.getJobCountByTypes('waiting', 'active', 'prioritized'),
        ]),
      )
      return Object.fromEntries(counts)
    },
    stopWorking,
    async close() {
      await stopWorking()
      closed = true
      await Promise.all([...queues.values()].map((queue) => queue.close()))
      await backend.close()
    },
  }
}

/** A job ends when every step of it did: a bug in one is told, and neither cuts the others short nor repeats them. */
async function run(
  steps: JobData['steps'],
  handle: (turn: StepTurn) => Promise<unknown>,
  onError: QueueOptions['onError'],
): Promise<void> {
  const ends = await Promise.allSettled(steps.map(async ([dispatchId, n, turn]) => handle({ dispatchId, n, turn })))
  for (const end of ends) if (end.status === 'rejected') onError(end.reason)
}

const nameOf = (channel: ChannelName, prefix: string) => `${prefix}-${channel.replace('_', '-')}`

/** Both are waited for: BullMQ on Postgres keeps a first connection that failed for ever, and a worker would spin on it. */
interface QueueLike {
  waitUntilReady(): Promise<unknown>
  addBulk(jobs: { name: string; data: JobData; opts: typeof JOB & { priority?: number } }[]): Promise<unknown>
  getJobCountByTypes(...types: ('waiting' | 'active' | 'prioritized')[]): Promise<number>
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): Promise<void>
}
interface WorkerLike {
  waitUntilReady(): Promise<unknown>
  run(): Promise<void>
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): Promise<void>
}
interface Backend {
  queue(name: string): QueueLike
  worker(name: string, concurrency: number, handle: (data: JobData) => Promise<void>): WorkerLike
  close(): Promise<void>
}

type Spans = Pick<WorkerOptions, 'telemetry'>

/** A worker that dies twice with a job must not decide a message's fate: stalled jobs are simply run again. */
const WORKER = { autorun: false, maxStalledCount: 1_000, lockDuration: 30_000, stalledInterval: 15_000 }
const STREAMS = { streams: { events: { maxLen: 100 } } }

async function onPostgres(pool: Pool, spans: Spans): Promise<Backend> {
  const client = await pool.connect()
  try {
    await runMigrations(client)
  } finally {
    client.release()
  }
  // @types/pg's Pool does not fit BullMQ's own shape of it, though it is the same object.
  const connection = pool as unknown as PgPool
  const { Queue, Worker } = withBackend(createPostgresBackend)
  return {
    queue: (name) => new Queue<JobData>(name, { connection, ...STREAMS, ...spans }),
    worker: (name, concurrency, handle) =>
      new Worker<JobData>(name, (job) => handle(job.data), { connection, concurrency, ...WORKER, ...spans }),
    // The pool is its owner's to close.
    close: () => Promise.resolve(),
  }
}

async function onRedis(url: string, spans: Spans, onError: (error: Error) => void): Promise<Backend> {
  const { Queue, Worker } = await import('bullmq')
  const connection = connect(url)
  connection.on('error', onError)
  await refuseEviction(connection).catch((error) => {
    connection.disconnect()
    throw error
  })
  const prefix = connection instanceof Cluster ? { prefix: '{bull}' } : {}
  return {
    queue: (name) => new Queue<JobData>(name, { connection, ...prefix, ...STREAMS, ...spans }),
    worker: (name, concurrency, handle) =>
      new Worker<JobData>(name, (job) => handle(job.data), { connection, concurrency, ...prefix, ...WORKER, ...spans }),
    close: async () => {
      connection.disconnect()
    },
  }
}

/** redis:// and rediss:// one server, redis+sentinel://host:port,…/master, redis+cluster://host:port,… */
function connect(url: string): Redis | Cluster {
  const { protocol, username, password, hosts, path } = readRedisUrl(url)
  const auth = { ...(username && { username }), ...(password && { password }), maxRetriesPerRequest: null }
  const tls = protocol.startsWith('rediss') ? { tls: {} } : {}
  if (protocol.endsWith('+cluster')) return new Cluster(hosts, { redisOptions: { ...auth, ...tls } })
  if (protocol.endsWith('+sentinel'))
    return new Redis({
      sentinels: hosts,
      name: path || 'mymaster',
      ...auth,
      ...(password && { sentinelPassword: password }),
      ...(protocol.startsWith('rediss') && { tls: {}, enableTLSForSentinelMode: true }),
      reconnectOnError: isReadOnly,
    })
  return new Redis(url, { maxRetriesPerRequest: null, reconnectOnError: isReadOnly })
}

const isReadOnly = (error: Error) => error.message.startsWith('READONLY')

function readRedisUrl(url: string) {
  const {
    protocol = '',
    auth = '',
    hosts = '',
    path = '',
  } = /^(?<protocol>[a-z+]+):\/\/(?:(?<auth>[^@]*)@)?(?<hosts>[^/]+)\/?(?<path>.*)$/.exec(url)?.groups ?? {}
  const [username = '', password = ''] = auth.split(':').map(decodeURIComponent)
  const nodes = hosts
    .split(',')
    .map((node) => ({ host: node.split(':')[0] ?? node, port: Number(node.split(':')[1] ?? 6379) }))
  return { protocol, username, password, hosts: nodes, path }
}

/** A Redis that may evict keys loses jobs silently: refuse to start on it (the jobs would come back, but only by lease). */
async function refuseEviction(connection: Redis | Cluster): Promise<void> {
  const info = await connection.info('memory')
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? 'noeviction'
  if (policy !== 'noeviction')
    throw new Error(`Redis evicts keys (maxmemory-policy ${policy}). Set maxmemory-policy to noeviction.`)
}
