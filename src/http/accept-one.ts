import type { Failure } from '../domain/failure.ts'
import { accept, type Once } from '../flow/accept.ts'
import type { DispatchOrder } from '../flow/order.ts'
import type { Answer } from './answer.ts'
import { showAccepted } from './dispatch-view.ts'
import { locationOf, replayed } from './once.ts'
import type { HttpPorts } from './ports.ts'

/** One order through the flow, and its answer: 202 with where to look. */
export async function acceptOne(ports: HttpPorts, order: DispatchOrder, once: Once | null): Promise<Answer | Failure> {
  let text = ''
  const accepted = await accept(ports, order, once, (dispatch) => {
    text = showAccepted(dispatch)
    return text
  })
  if (!accepted.ok) return accepted.failure
  if (accepted.answer.kind === 'replayed') return replayed(accepted.answer.answer)
  ports.metrics.accepted(1)
  return { status: 202, text, headers: { Location: locationOf(accepted.dispatch.id) } }
}
