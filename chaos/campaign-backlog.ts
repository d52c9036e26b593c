import { setTimeout as pause } from 'node:timers/promises'
import type { Stretch } from './campaign-rates.ts'
import type { Opened } from './stage.ts'

/** What of a campaign still waits for a link, looked at every second. */
export interface Backlog {
  /** Stretches of time in which there certainly was one. */
  stretches: Stretch[]
  left(): number
  /** Resolves when none is left, or at `until`. */
  over(until: number): Promise<boolean>
  close(): void
}

const EVERY_MS = 1_000
/** So many seconds of the partner's limit are a backlog; less may be on its way already. */
const LEAST_S = 5

export function watchBacklog({ postgres, limit }: Opened, campaignId: string, limited: string): Backlog {
  const least = (limit / 60) * LEAST_S
  const stretches: Stretch[] = []
  let left = Number.POSITIVE_INFINITY
  let open: Stretch | undefined

  async function look(): Promise<void> {
    const [row] = await postgres.ask<{ left: number; free: number }>(LEFT, [campaignId, limited])
    left = row?.left ?? left
    const now = Date.now()
    if (!row || row.free < least) {
      open = undefined
      return
    }
    if (!open) {
      open = { from: now, to: now }
      stretches.push(open)
    }
    open.to = now
  }
  const timer = setInterval(() => void look().catch(() => undefined), EVERY_MS)
  return {
    stretches,
    left: () => left,
    async over(until) {
      while (left > 0 && performance.now() < until) await pause(200)
      return left === 0
    },
    close: () => clearInterval(timer),
  }
}

/** Rows whose time has come, and messages that have no link yet; `free`: those that wait for no provider's limit. */
const LEFT = `select (rows.n + steps.n)::int as left, (rows.n + steps.free)::int as free from (
    select count(*) as n from audience_row where campaign_id = $1 and status = 'waiting' and send_at <= (select app_now())
  ) rows, (
    select count(*) as n, count(*) filter (where s.channel <> $2) as free from step s join campaign c on c.lane = s.lane
    where c.id = $1 and s.needs_link and s.status = 'pending' and s.channel <> 'none' and s.due_at <= (select app_now())
  ) steps`
