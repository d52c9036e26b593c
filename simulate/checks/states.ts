import type { Evidence } from './check.ts'

/** Design section 4, written down once more. */
const DISPATCH: Record<string, string> = {
  accepted: 'sent opened failed cancelled superseded suppressed expired',
  sent: 'opened exhausted failed cancelled superseded suppressed',
  exhausted: 'opened',
  failed: 'opened',
}
const STEP: Record<string, string> = {
  pending: 'queued skipped',
  queued: 'claimed pending skipped failed',
  claimed: 'handed pending ambiguous skipped failed',
  ambiguous: 'handed pending failed',
  handed: 'delivered pending failed',
}
const allows = (table: Record<string, string>, from: string, to: string) => (table[from] ?? '').split(' ').includes(to)

/** The drawn states, and how long an unclear attempt may stay one while somebody could look. */
export function states({ facts, broken }: Evidence): void {
  for (const fact of facts) {
    if (fact.what === 'dispatch' && !allows(DISPATCH, fact.from, fact.to))
      broken('states', fact.t, `${fact.dispatch} went from ${fact.from} to ${fact.to}`)
    if (fact.what !== 'step') continue
    const straight = fact.from === 'pending' && fact.to === 'handed'
    const isRight = straight && (fact.kind === 'close' || arrivedAlready(facts, fact))
    if (!isRight && !allows(STEP, fact.from, fact.to))
      broken('states', fact.t, `step ${fact.n} of ${fact.dispatch} went from ${fact.from} to ${fact.to}`)
  }
  unclear({ facts, broken })
}

/** What waits to be sent once more has arrived after all: taken and delivered in one breath. */
const arrivedAlready = (
  facts: Evidence['facts'],
  { dispatch, n, t }: Extract<Evidence['facts'][number], { what: 'step' }>,
) => facts.some((f) => f.what === 'step' && f.dispatch === dispatch && f.n === n && f.t === t && f.to === 'delivered')

const LONGEST_MS = 10 * 60_000
/** A reconciler looks every 5 s, and asks a provider that may take 10 s to stay silent, more than once. */
const SLACK_MS = 90_000

function unclear({ facts, broken }: Pick<Evidence, 'facts' | 'broken'>): void {
  const since = new Map<string, number>()
  for (const fact of facts) {
    if (fact.what !== 'step') continue
    const key = `${fact.dispatch}/${fact.n}`
    const from = since.get(key)
    if (from !== undefined && fact.from === 'ambiguous') {
      const open = fact.t - from - unableMs(facts, from, fact.t)
      if (open > LONGEST_MS + SLACK_MS)
        broken('P3', fact.t, `step ${key} was ambiguous for ${Math.round(open / 1000)} s`)
      since.delete(key)
    }
    if (fact.to === 'ambiguous') since.set(key, fact.t)
  }
}

/** How long in this time no worker could look, and a minute more for each fault. */
function unableMs(facts: Evidence['facts'], from: number, to: number): number {
  const until = facts.filter(({ t }) => t <= to)
  const faults = until.filter(({ t, what }) => what === 'fault' && t >= from).length
  const counts = until.flatMap((fact) => (fact.what === 'workers' ? [fact] : []))
  const gaps = counts.map(({ t, able }, i) => {
    const end = counts[i + 1]?.t ?? to
    return able > 0 ? 0 : Math.max(0, end - Math.max(t, from))
  })
  return faults * 60_000 + gaps.reduce((sum, gap) => sum + gap, 0)
}
