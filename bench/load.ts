/** The load client: requests from this process, and what the sink saw of them. */
import { setTimeout as pause } from 'node:timers/promises'
import { Pool, request } from 'undici'

export interface Shot {
  path: string
  headers: Record<string, string>
  body: string
}
export interface Target {
  url: string
  /** The request number `n` of a run; `mark` is what the sink looks for in the subject. */
  shot(run: string, n: number, mark: string): Shot
}
export interface Fired {
  /** On the clock of the sink. */
  begun: number
  seconds: number
  /** Answers that were no 2xx. */
  refused: number
}

/** The sink's clock: wall time with fractions of a millisecond. */
export const clock = () => performance.timeOrigin + performance.now()
export const markOf = (run: string, n: number) => `bench|${run}|${n}|${clock().toFixed(3)}`

/** As fast as so many connections can, each with one request at a time. */
export async function burst(target: Target, run: string, count: number, connections: number): Promise<Fired> {
  const pool = new Pool(target.url, { connections, pipelining: 1 })
  const begun = clock()
  let next = 0
  let refused = 0
  const lane = async () => {
    while (next < count) refused += await fire(pool, target, run, next++)
  }
  await Promise.all(Array.from({ length: connections }, lane))
  const seconds = (clock() - begun) / 1_000
  await pool.close()
  return { begun, seconds, refused }
}

/** So many a second, whatever the answers take. */
export async function steady(target: Target, run: string, perSecond: number, seconds: number): Promise<Fired> {
  const pool = new Pool(target.url, { connections: 20, pipelining: 1 })
  const begun = clock()
  const shots: Promise<number>[] = []
  for (let n = 0; n < perSecond * seconds; n++) {
    await pause(Math.max(0, begun + (n * 1_000) / perSecond - clock()))
    shots.push(fire(pool, target, run, n))
  }
  const refused = (await Promise.all(shots)).reduce((sum, one) => sum + one, 0)
  await pool.close()
  return { begun, seconds: (clock() - begun) / 1_000, refused }
}

async function fire(pool: Pool, target: Target, run: string, n: number): Promise<number> {
  const shot = target.shot(run, n, markOf(run, n))
  const answer = await pool.request({ ...shot, method: 'POST' })
  const text = await answer.body.text()
  const fine = answer.statusCode < 300 && !text.includes('"status":4')
  if (!fine && !told.has(answer.statusCode)) {
    told.add(answer.statusCode)
    console.error(`  an answer was ${answer.statusCode}: ${text.slice(0, 300)}`)
  }
  return fine ? 0 : 1
}
const told = new Set<number>()

export interface Arrived {
  unique: number
  dup: number
  last: number
  bytes: number
  n: number
  timeout?: boolean
  lat_ms: { p50: number; p99: number; max: number }
}

/** Resolves when so many messages of a run have come to the sink. */
export async function arrivals(sinkUrl: string, run: string, count: number): Promise<Arrived> {
  const url = `${sinkUrl}/wait?run=${run}&n=${count}&timeout=60`
  const answer = await request(url, { headersTimeout: 0, bodyTimeout: 0 })
  const arrived = (await answer.body.json()) as Arrived
  if (arrived.unique < count) console.error(`  only ${arrived.unique} of ${count} messages of ${run} came`)
  if (arrived.dup > 0) console.error(`  ${arrived.dup} messages of ${run} came twice`)
  return arrived
}
