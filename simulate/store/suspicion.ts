import {
  CLOCKS_APART_MS,
  LONGEST_HAND_OVER_MS,
  SUSPECT_GRACE_MS,
  type Suspicion,
  TOO_FAST_MS,
} from '../../src/domain/suspicion.ts'
import type { AttemptRow, DispatchRow, LinkRow, NoticeRow, Tables } from './tables.ts'

/** src/store/suspicion.ts, `opens-judged`: decided when the open is first applied, and read from there ever after. */
export function judge(tables: Tables, notice: NoticeRow, links: readonly LinkRow[]): Suspicion | null {
  const at = notice.openedAt
  const isFirst = notice.type === 'link.opened' && notice.appliedAt === null && notice.suspect === null
  if (isFirst && at !== null && wasTooFast(tables, at, links)) notice.suspect = 'too_fast'
  return notice.type === 'link.opened' ? notice.suspect : null
}

function wasTooFast(tables: Tables, openedAt: number, links: readonly LinkRow[]): boolean {
  const ids = new Set(links.map(({ id }) => id))
  const isSoon = ({ claimedAt, settledAt }: AttemptRow) =>
    openedAt >= claimedAt - CLOCKS_APART_MS &&
    openedAt < Math.min(settledAt ?? tables.now(), claimedAt + LONGEST_HAND_OVER_MS) + TOO_FAST_MS
  const counts = (a: AttemptRow) =>
    (a.channel === 'sms' || a.channel === 'email') && ['accepted', 'ambiguous'].includes(a.outcome ?? 'accepted')
  return [...tables.dispatches.values()].some((row) =>
    row.attempts.some((a) => ids.has(a.linkId) && row.carried.has(a.linkId) && counts(a) && isSoon(a)),
  )
}

/** `plans-held` */
export function holdPlan(tables: Tables, row: DispatchRow, at: number): void {
  const until = Math.min(at, tables.now()) + SUSPECT_GRACE_MS
  if ((row.suspectUntil ?? Number.NEGATIVE_INFINITY) >= until) return
  row.suspectUntil = until
  for (const step of row.steps) {
    const waits = (step.kind === 'first' || step.kind === 'reminder') && step.status === 'pending'
    if (!waits || step.dueAt === null || step.dueAt >= until) continue
    if (step.fallBackAt !== null) step.fallBackAt += until - step.dueAt
    step.dueAt = until
  }
  tables.history.note({ what: 'sometimes', path: 'held for a suspect open' })
  tables.changed()
}
