import type { ChannelName } from '../domain/channel.ts'
import { type Contact, isRunning, reachable } from '../domain/dispatch.ts'
import { type Failure, failure } from '../domain/failure.ts'
import type { ChangeOrder, ChangeStore, DispatchReader, DispatchView } from './ports-read.ts'

export interface ChangePorts {
  dispatches: Pick<DispatchReader, 'one'>
  changes: ChangeStore
  wake(): void
}

/** Another address, preference, language or zone for a running dispatch, from its next claim on. */
export async function change(
  ports: ChangePorts,
  order: ChangeOrder,
): Promise<{ view: DispatchView } | { failure: Failure }> {
  const view = await ports.dispatches.one(order.id)
  if (!view) return { failure: failure('not_found') }
  if (!isRunning(view.status)) return over(view)
  const { usable, without } = channelsAfter(view, order.contact, order.channels)
  if (usable.length === 0) return { failure: noAddress(without) }
  const changed = await ports.changes.change({ ...order, channels: order.channels && usable }, false)
  const after = await ports.dispatches.one(order.id)
  if (!changed || !after) return over(after ?? view)
  ports.wake()
  return { view: after }
}

/** What the person could be reached on once the contact has changed. */
export function channelsAfter(view: DispatchView, contact: Contact | null, channels: readonly ChannelName[] | null) {
  return reachable({ ...view.person.contact, ...contact }, channels ?? view.channels)
}

export const noAddress = (without: readonly ChannelName[]): Failure =>
  failure('contact_missing', [{ path: 'contact', message: `no address for ${without.join(', ')}` }])

const over = ({ status }: DispatchView) => ({ failure: failure('dispatch_over', [], { dispatchStatus: status }) })
