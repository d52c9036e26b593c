import { type ChannelName, chainOf } from '../domain/channel.ts'
import type { Contact } from '../domain/dispatch.ts'
import { type Failure, failure } from '../domain/failure.ts'
import type { Once } from './accept.ts'
import { type ChangePorts, channelsAfter, noAddress } from './change.ts'
import type { DispatchView, ResendStore, StepView } from './ports-read.ts'
import type { StoredAnswer } from './ports-store.ts'

export interface ResendOrder {
  id: string
  /** null: the channels of the dispatch, in their order. */
  channel: ChannelName | null
  locale: string | null
  contact: Contact | null
}

/** One more message, now, because a person asked for it: also where the dispatch has ended. */
export async function resend(
  ports: ChangePorts,
  order: ResendOrder,
): Promise<{ view: DispatchView; step: StepView } | { failure: Failure }> {
  const ready = await prepare(ports, order)
  if ('failure' in ready) return ready
  const n = await ports.changes.addResend(order.id, ready.usable)
  ports.wake()
  const view = await ports.dispatches.one(order.id)
  const step = view?.steps.find((one) => one.n === n)
  if (!view || !step) throw new Error('the step that was added cannot be read')
  return { view, step }
}

/** The same, once per idempotency key. `show` writes the answer that is stored with the key. */
export async function resendOnce(
  ports: ChangePorts & { resends: ResendStore },
  order: ResendOrder,
  once: Once,
  show: (step: StepView) => string,
): Promise<{ kind: 'made' | 'replayed'; answer: StoredAnswer } | { failure: Failure }> {
  const ready = await prepare(ports, order)
  if ('failure' in ready) return ready
  const sent = await ports.resends.addOnce({ id: order.id, channels: ready.usable, ...once, show })
  if (sent.kind === 'key_reused') return { failure: failure('idempotency_key_reused') }
  ports.wake()
  return sent
}

/** What the person's word changes for good, and the channels that have an address. */
async function prepare(
  ports: ChangePorts,
  { id, channel, locale, contact }: ResendOrder,
): Promise<{ usable: ChannelName[] } | { failure: Failure }> {
  const before = await ports.dispatches.one(id)
  if (!before) return { failure: failure('not_found') }
  const { usable, without } = channelsAfter(before, contact, channel && [channel])
  if (chainOf(usable).length === 0) return { failure: noAddress(without) }
  if (contact || locale) await ports.changes.change({ id, contact, locale, channels: null, timeZone: null }, true)
  return { usable }
}
