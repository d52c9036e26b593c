import type { Fact, RequestFact } from '../engine/history.ts'

type Request = RequestFact & { t: number }

/** Which opens were answered, and what may no longer start because of them. */
export interface Opens {
  see(fact: Fact): void
  /** The link whose open forbids this request. */
  forbids(request: Request): string | undefined
}

/** A hand-over may take a minute, a person three seconds more, and two clocks may differ. */
const HAND_OVER_MS = 60_000 + 3_000 + 2_000
const BEFORE_MS = 2_000 + 2_000
/** A dispatch that waits for a second sign of life waits at least this long. */
const GRACE_MS = 60 * 60_000

export function makeOpens(): Opens {
  const openedAt = new Map<string, number>()
  const machines = new Set<string>()
  const answered = new Set<string>()
  /** Somebody began a transfer: a person. */
  const inside = new Set<string>()
  const carried = new Map<string, Set<string>>()
  const holding = new Set<string>()
  const claimed = new Map<string, number[]>()

  const looksLikeMachine = (link: string): boolean => {
    const at = openedAt.get(link) ?? 0
    const soon = (t: number) => at >= t - BEFORE_MS && at <= t + HAND_OVER_MS
    return !inside.has(link) && (machines.has(link) || (claimed.get(link) ?? []).some(soon))
  }
  const isOver = (link: string, { dispatch, t }: Request): boolean =>
    answered.has(link) && !(holding.has(dispatch) && looksLikeMachine(link) && t > (openedAt.get(link) ?? 0) + GRACE_MS)

  const meet = (fact: Extract<Fact, { what: 'opened' | 'open answered' }>): void => {
    if (fact.what === 'opened') {
      openedAt.set(fact.link, fact.t)
      if (fact.byMachine) machines.add(fact.link)
      return
    }
    answered.add(fact.link)
    if (fact.event === 'operation.created') inside.add(fact.link)
  }

  return {
    see(fact) {
      if (fact.what === 'opened' || fact.what === 'open answered') meet(fact)
      if (fact.what === 'plan' && fact.holds) holding.add(fact.dispatch)
      if (fact.what !== 'claim') return
      carried.set(fact.dispatch, (carried.get(fact.dispatch) ?? new Set()).add(fact.link))
      claimed.set(fact.link, [...(claimed.get(fact.link) ?? []), fact.t])
    },
    forbids(request) {
      // An opened link is never sent again, whoever asked for it.
      if (answered.has(request.link)) return request.link
      if (request.kind === 'resend') return undefined
      return [...(carried.get(request.dispatch) ?? [])].find((link) => isOver(link, request))
    },
  }
}
