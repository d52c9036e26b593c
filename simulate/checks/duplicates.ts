import type { Fact, RequestFact } from '../engine/history.ts'
import type { Break, Evidence } from './check.ts'

type Request = RequestFact & { t: number }
interface Seen {
  steps: Map<string, Request[]>
  /** Requests whose message certainly never arrives. */
  lost: Set<string>
  /** Steps whose unclear push was sent once more, as policy says. */
  resent: Set<string>
}

const keyOf = ({ dispatch, n }: { dispatch: string; n: number }) => `${dispatch}/${n}`

/**
 * P3: no request of a step starts while an earlier one may have arrived. Policy resends one unclear push, whose copy replaces
 * it; what follows that resend is explained by it.
 */
export function duplicates({ facts, broken }: Evidence): void {
  const seen: Seen = { steps: new Map(), lost: new Set(), resent: new Set() }
  for (const fact of facts) {
    if (fact.what === 'request') judge(seen, fact, broken)
    else note(seen, fact)
  }
}

function note({ lost, resent }: Seen, fact: Fact): void {
  if (fact.what === 'undelivered') lost.add(fact.request)
  if (fact.what === 'step' && fact.reason === 'unclear_resent') resent.add(keyOf(fact))
}

function judge({ steps, lost, resent }: Seen, fact: Request, broken: Break): void {
  const key = keyOf(fact)
  const before = steps.get(key) ?? []
  steps.set(key, [...before, fact])
  const same = before.find(({ turn, address }) => turn === fact.turn && address === fact.address)
  if (same) broken('P3', fact.t, `step ${key} was sent twice to ${fact.address} in one turn`)
  const twins = before.filter(({ turn, taken, id }) => turn !== fact.turn && taken && !lost.has(id))
  const turns = new Set(twins.map(({ turn }) => turn))
  const isExplained = resent.has(key) && turns.size <= 1 && twins.every(({ channel }) => channel === 'push')
  if (twins.length === 0 || isExplained) return
  const had = twins.map(({ provider, id }) => `${provider} had ${id}`)
  broken('P3', fact.t, `step ${key} was sent once more by ${fact.provider} while ${had}`)
}
