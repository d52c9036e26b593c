import { setTimeout as pause } from 'node:timers/promises'
import type { Stage } from './faults.ts'
import type { Stop } from './processes.ts'

const MINUTE = 60_000
export interface Healed {
  atRest: boolean
  /** How the workers stopped. */
  stops: Stop[]
  /** Claims that no process was left to answer for. */
  orphans: number
  windedMs: number
  problems: string[]
}

/** Everything works again: what is due is done, then the clock is wound until every plan has ended. */
export async function heal(stage: Stage, until: number): Promise<Healed> {
  mend(stage)
  const problems: string[] = []
  for (const one of stage.processes) if (!(await one.up(20_000))) problems.push(`${one.name} did not come back`)
  const left = until - performance.now()
  // A hold on the partner is probed by the service itself, half a minute after it was placed: that time passes at once.
  await stage.postgres.ask(
    "update hold set probe_at = app_now() where scope = 'partner' and probe_at > app_now() and lifted_at is null",
  )
  // What waits for the partner's limit need not be waited for: it goes on when the clock is wound.
  await quiet(stage, performance.now() + left / 4, STILL_ANSWERED_MS)
  const { stops, orphans } = await replaceWorkers(stage)
  await quiet(stage, performance.now() + left / 8)
  const windedMs = await wind(stage, until)
  const atRest = (await quiet(stage, until)) && (await numbered(stage, until))
  return { atRest, stops, orphans, windedMs, problems }
}

function mend({ outside, processes, postgres }: Stage): void {
  for (const wire of [...Object.values(outside.wires), postgres.wire]) wire.set('pass')
  outside.world.faults.reset()
  outside.world.unsuspend()
  for (const one of processes) one.thaw()
}

/**
 * Workers are replaced as by a deployment. What is claimed after that belongs to processes that were killed; the deadline
 * of such a claim (13 minutes for an email) is let pass by moving it.
 */
async function replaceWorkers({ processes, postgres }: Stage): Promise<{ stops: Stop[]; orphans: number }> {
  const stops: Stop[] = []
  const [from] = await postgres.ask<{ now: Date }>('select clock_timestamp() as now')
  for (const one of processes.filter(({ role }) => role === 'worker')) {
    stops.push(await one.restart())
    await one.up(20_000)
  }
  const orphans = await postgres.ask(
    `update step set lease_until = clock_timestamp() where status = 'claimed' and start_by < $1 and lease_until > clock_timestamp() returning n`,
    [from?.now],
  )
  return { stops, orphans: orphans.length }
}

/** A claim that is older belongs, while processes are killed, to one that is gone. */
const STILL_ANSWERED_MS = 15_000

/** What is due this long while nothing moves is held: only the clock helps. */
const HELD_FOR_MS = 4_000

/** Nothing in hand (claims older than `claimedMs` do not count), no webhook under way, and nothing due but what is held. */
export async function quiet({ postgres, outside }: Stage, until: number, claimedMs = 86_400_000): Promise<boolean> {
  let last = { due: 0, since: performance.now() }
  while (performance.now() < until) {
    // Under a backlog webhooks never cease; then the steps say that it is not quiet.
    await Promise.race([outside.world.idle(), pause(1_000)])
    const [row] = await postgres.ask<{ moving: number; due: number }>(
      `select count(*) filter (where status = 'queued'
           or (status = 'claimed' and start_by > clock_timestamp() - make_interval(secs => $1::float8 / 1000)))::int as moving,
         count(*) filter (where status in ('pending', 'ambiguous') and due_at <= app_now())::int as due
       from step where status in ('queued', 'claimed', 'pending', 'ambiguous')`,
      [claimedMs],
    )
    const { moving = 1, due = 0 } = row ?? {}
    if (moving === 0 && due === 0) return true
    if (moving > 0 || due !== last.due) last = { due, since: performance.now() }
    if (performance.now() - last.since > HELD_FOR_MS) return true
    await pause(100)
  }
  return false
}

async function numbered({ postgres }: Stage, until: number): Promise<boolean> {
  while (performance.now() < until) {
    const rows = await postgres.ask('select from event where sequence is null limit 1')
    if (rows.length === 0) return true
    await pause(100)
  }
  return false
}

/** Longer than any plan of this run: what is open after it stays open for ever. */
const LONGEST_WIND_MS = 48 * 60 * MINUTE

/** From where the clock is: in small steps first, so that what is asked every minute is asked and reminders keep their order; then in larger ones. */
export async function wind(stage: Stage, until: number, fromMs = 0): Promise<number> {
  const { postgres, outside } = stage
  let aheadMs = 0
  while (performance.now() < until && aheadMs < LONGEST_WIND_MS && (await stillOpen(stage)) > 0) {
    const [next] = await postgres.ask<{ ms: number | null }>(
      `select (extract(epoch from min(due_at) - app_now()) * 1000)::float8 as ms from step where status in ('pending', 'ambiguous') and due_at > app_now()`,
    )
    const least = aheadMs < 12 * MINUTE ? MINUTE : aheadMs < 60 * MINUTE ? 5 * MINUTE : 15 * MINUTE
    aheadMs += aheadMs < 12 * MINUTE ? least : Math.max(least, next?.ms ?? 0)
    outside.wind(fromMs + aheadMs)
    await postgres.ask(`update clock set ahead = make_interval(secs => $1::float8 / 1000)`, [fromMs + aheadMs])
    await postgres.ask(`select pg_notify('wake', 'clock')`)
    await pause(300)
    await quiet(stage, until)
  }
  return aheadMs
}

export async function stillOpen({ postgres }: Stage): Promise<number> {
  const [row] = await postgres.ask<{ open: number }>(
    "select count(*)::int as open from dispatch where status in ('accepted', 'sent')",
  )
  return row?.open ?? 0
}
