import type { DispatchStatus } from '../../src/domain/dispatch.ts'
import type { StepKind } from '../../src/domain/step.ts'
import { moveDispatch, moveStep, stepsOf, type Tables } from './tables.ts'

export const PLANNED_OR_ASKED: readonly StepKind[] = ['first', 'reminder', 'resend', 'close']
export const PLANNED: readonly StepKind[] = ['first', 'reminder', 'close']

/** src/store/stop.ts, `stop-dispatches`. */
export function endDispatches(
  tables: Tables,
  ids: readonly string[],
  status: DispatchStatus,
  reason: string | null,
  { from, kinds }: { from: (status: DispatchStatus) => boolean; kinds: readonly StepKind[] },
): { id: string; stopped: number }[] {
  return [...new Set(ids)].sort().flatMap((id) => {
    const row = tables.dispatches.get(id)
    if (!row || !from(row.status)) return []
    moveDispatch(tables, row, status, reason)
    const doomed = row.steps.filter((s) => (s.status === 'pending' || s.status === 'queued') && kinds.includes(s.kind))
    for (const step of doomed) moveStep(tables, step, 'skipped', status)
    return [{ id, stopped: doomed.filter(({ kind }) => kind !== 'close').length }]
  })
}

/** `still-claimed`: for how long a step of these may still start; null: none may. */
export function mayStartFor(tables: Tables, ids: readonly string[]): number | null {
  const now = tables.now()
  const left = ids.flatMap((id) =>
    (tables.dispatches.get(id)?.steps ?? []).flatMap(({ status, startBy }) =>
      status === 'claimed' && startBy !== null && startBy > now ? [startBy - now] : [],
    ),
  )
  return left.length === 0 ? null : Math.max(...left)
}

/** `claimed-until` */
export function someClaimed(tables: Tables, until: number): boolean {
  const now = tables.now()
  for (const { status, startBy } of stepsOf(tables))
    if (status === 'claimed' && startBy !== null && startBy > now && startBy <= until) return true
  return false
}
