import type { ChannelName } from './channel.ts'

/** Design section 4. Declared here, drawn in docs/states.md, enforced in SQL by naming the states a move expects. */
export const DISPATCH_STATES = [
  'accepted',
  'sent',
  'opened',
  'exhausted',
  'failed',
  'expired',
  'cancelled',
  'superseded',
  'suppressed',
] as const
export type DispatchStatus = (typeof DISPATCH_STATES)[number]

/** Which states a state may be entered from. */
export const ENTERED_FROM: Record<DispatchStatus, readonly DispatchStatus[]> = {
  accepted: [],
  sent: ['accepted'],
  opened: ['accepted', 'sent', 'exhausted', 'failed'],
  exhausted: ['sent'],
  failed: ['accepted', 'sent'],
  expired: ['accepted'],
  cancelled: ['accepted', 'sent'],
  superseded: ['accepted', 'sent'],
  suppressed: ['accepted', 'sent'],
}

/** A dispatch whose plan still runs. */
export const RUNNING = ['accepted', 'sent'] as const satisfies readonly DispatchStatus[]

export const isRunning = (status: DispatchStatus) => status === 'accepted' || status === 'sent'

export type Category = 'transactional' | 'commercial'
export type IfActive = 'supersede' | 'join' | 'reject'

/** Where a person can be reached. Plain only in memory. */
export interface Contact {
  phone?: string
  email?: string
  pushTokens?: string[]
  name?: { firstName?: string; lastName?: string }
}

/** The channels of a preference that have an address, and those that were listed in vain. */
export function reachable(contact: Contact, preference: readonly ChannelName[]) {
  const has = (channel: ChannelName) =>
    channel === 'in_app' ||
    (channel === 'sms' && contact.phone !== undefined) ||
    (channel === 'email' && contact.email !== undefined) ||
    (channel === 'push' && (contact.pushTokens?.length ?? 0) > 0)
  return { usable: preference.filter(has), without: preference.filter((channel) => !has(channel)) }
}
