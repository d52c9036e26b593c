import { type ChannelName, chainOf } from '../domain/channel.ts'
import type { Contact } from '../domain/dispatch.ts'
import { type Failure, failure } from '../domain/failure.ts'
import { type ChangePorts, channelsAfter, noAddress } from './change.ts'
import type { DispatchView, StepView } from './ports-read.ts'

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
  { id, channel, locale, contact }: ResendOrder,
): Promise<{ view: DispatchView; step: StepView } | { failure: Failure }> {
  const before = await ports.dispatches.one(id)
  if (!before) return { failure: failure('not_found') }
  const { usable, without } = channelsAfter(before, contact, channel && [channel])
  if (chainOf(usable).length === 0) return { failure: noAddress(without) }
  if (contact || locale) await ports.changes.change({ id, contact, locale, channels: null, timeZone: null }, true)
  const n = await ports.changes.addResend(id, usable)
  ports.wake()
  const view = await ports.dispatches.one(id)
  const step = view?.steps.find((one) => one.n === n)
  if (!view || !step) throw new Error('the step that was added cannot be read')
  return { view, step }
}
