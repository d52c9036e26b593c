import { stepsOf as everyStep } from '../store/tables.ts'
import type { Evidence } from './check.ts'

const ENDS: readonly string[] = ['opened', 'exhausted', 'failed', 'expired', 'cancelled', 'superseded', 'suppressed']
const OPEN: readonly string[] = ['pending', 'queued', 'claimed', 'ambiguous']

/** P1: a dispatch we answered for is there and reaches one outcome; only a late open may follow one. */
export function outcomes(evidence: Evidence): void {
  const { facts, world, broken } = evidence
  const t = facts.at(-1)?.t ?? 0
  for (const [dispatch, ends] of endsOf(evidence)) {
    const lateOpen = ends.length === 2 && ends[1] === 'opened' && (ends[0] === 'exhausted' || ends[0] === 'failed')
    if (ends.length !== 1 && !lateOpen)
      broken('P1', t, `${dispatch} has the outcomes [${ends}], its steps ${stepsOf(world, dispatch)}`)
  }
  for (const { dispatchId, n, kind, status } of everyStep(world.tables))
    if (kind !== 'close' && OPEN.includes(status))
      broken('P1', t, `step ${n} (${kind}) of ${dispatchId} is still ${status}`)
}

function endsOf({ facts, broken }: Evidence): Map<string, string[]> {
  const ends = new Map<string, string[]>()
  for (const fact of facts) {
    if (fact.what === 'plan') ends.set(fact.dispatch, [])
    if (fact.what === 'dispatch' && ENDS.includes(fact.to)) ends.get(fact.dispatch)?.push(fact.to)
    if (fact.what === 'told' && !ends.has(fact.dispatch))
      broken('P1', fact.t, `${fact.dispatch} was answered and is not there`)
  }
  return ends
}

const stepsOf = (world: Evidence['world'], dispatch: string) =>
  (world.tables.dispatches.get(dispatch)?.steps ?? [])
    .map(({ kind, status, reason }) => `${kind} ${status} ${reason}`)
    .join(', ')
