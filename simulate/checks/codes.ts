import type { Fact, RequestFact } from '../engine/history.ts'
import type { Evidence } from './check.ts'

/** An end that ends the codes too. */
const DEAD: readonly string[] = ['cancelled', 'superseded', 'suppressed', 'expired']

interface Sight {
  evergreen: Set<string>
  /** Code → dispatch, as stored. */
  kept: Map<string, string>
  /** Code → step and turn. */
  sent: Map<string, string>
  /** Dispatch → when its codes died. */
  dead: Map<string, number>
  /** Code → when a fresh link was asked for. */
  asked: Map<string, number>
}

/**
 * Evergreen codes: a message carries one that is known, and that no other carries; none leads anywhere once its dispatch is
 * over, nor whoever asked for a fresh link with it.
 */
export function codes({ facts, broken }: Evidence): void {
  const seen: Sight = { evergreen: new Set(), kept: new Map(), sent: new Map(), dead: new Map(), asked: new Map() }
  for (const fact of facts) {
    const wrong = fact.what === 'request' ? carries(seen, fact) : fact.what === 'led' ? leads(seen, fact) : undefined
    if (wrong) broken('codes', fact.t, wrong)
    see(seen, fact)
  }
}

function see({ evergreen, kept, sent, dead, asked }: Sight, fact: Fact): void {
  switch (fact.what) {
    case 'plan':
      if (fact.evergreen) evergreen.add(fact.dispatch)
      break
    case 'code kept':
      kept.set(fact.code, fact.dispatch)
      break
    case 'request':
      if (fact.code) sent.set(fact.code, turnOf(fact))
      break
    case 'code asked':
      asked.set(fact.code, fact.t)
      break
    case 'dispatch':
      if (DEAD.includes(fact.to)) dead.set(fact.dispatch, fact.t)
      break
  }
}

const turnOf = ({ dispatch, n, turn }: RequestFact) => `${dispatch}/${n}/${turn}`

function carries({ evergreen, kept, sent }: Sight, request: RequestFact): string | undefined {
  const { dispatch, code } = request
  const what = `step ${request.n} (${request.kind}) of ${dispatch} by ${request.channel}`
  if (!evergreen.has(dispatch)) return code && `${what} carries a code, not its link`
  if (!code) return `${what} carries its link, not a code`
  if (kept.get(code) !== dispatch) return `${what} carries a code that nobody knows`
  return (sent.get(code) ?? turnOf(request)) === turnOf(request) ? undefined : `${what} carries another message's code`
}

/** Judged by when the visit began: its answer may have been on its way. */
function leads({ kept, dead, asked }: Sight, { code, since }: Extract<Fact, { what: 'led' }>): string | undefined {
  const dispatch = kept.get(code) ?? ''
  if ((dead.get(dispatch) ?? since) < since) return `${code} leads on though ${dispatch} is over`
  return (asked.get(code) ?? since) < since ? `${code} leads on though a fresh link was asked for with it` : undefined
}
