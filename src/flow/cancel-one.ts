import { isRunning } from '../domain/dispatch.ts'
import { type Failure, failure } from '../domain/failure.ts'
import { type CancelPorts, cancel, type Revocations } from './cancel.ts'
import type { DispatchReader, DispatchView } from './ports-read.ts'

export interface CancelOneOrder {
  id: string
  reason: string | null
  revokeLinks: boolean
}

/** Stops one dispatch. Once more is no mistake; stopping one that ended otherwise is. */
export async function cancelOne(
  ports: CancelPorts & { dispatches: Pick<DispatchReader, 'one'> },
  { id, reason, revokeLinks }: CancelOneOrder,
): Promise<{ view: DispatchView; links: Revocations } | { failure: Failure }> {
  const before = await ports.dispatches.one(id)
  if (!before) return { failure: failure('not_found') }
  if (!isRunning(before.status) && before.status !== 'cancelled') return over(before)
  const { links } = await cancel(ports, { ids: [id], reason, revokeLinks })
  const view = await ports.dispatches.one(id)
  // Somebody was faster, for instance the person with the link.
  if (view?.status !== 'cancelled') return over(view ?? before)
  return { view, links }
}

const over = ({ status }: DispatchView) => ({ failure: failure('dispatch_over', [], { dispatchStatus: status }) })
