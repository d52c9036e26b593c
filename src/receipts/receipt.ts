import type { Receipt, ReceiptRefusal, ReceiptStatus } from '../flow/ports-receipts.ts'

/**
 * provider-errors 2.3, and for email: a server that took a message may still bounce it, and a person's complaint stands
 * above everything.
 */
const RANKS: Record<ReceiptStatus, number> = {
  scheduled: 0,
  accepted: 1,
  queued: 2,
  sending: 3,
  deferred: 3,
  sent: 4,
  partially_delivered: 4,
  delivered: 5,
  undelivered: 5,
  failed: 5,
  canceled: 5,
  read: 6,
  bounced: 6,
  complained: 7,
  unsubscribed: 7,
}
const FINAL_FROM = 5

type Told = Pick<Receipt, 'provider' | 'channel' | 'status' | 'key'> & Partial<Receipt>

/** A receipt from what a provider told; its rank follows from its status. */
export function receipt(told: Told): Receipt {
  const rank = RANKS[told.status]
  return {
    attemptId: null,
    stepId: null,
    providerId: null,
    address: null,
    outcome: null,
    mostResends: null,
    occurredAt: null,
    ...told,
    rank,
    final: rank >= FINAL_FROM,
  }
}

export const refused = (reason: ReceiptRefusal['reason']): ReceiptRefusal => ({ ok: false, reason })

const ATTEMPT = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d{1,5})\.\d{1,5}$/

/** An attempt's id and its step, where the text is one of ours. */
export function readAttempt(text: unknown): { attemptId: string | null; stepId: string | null } {
  const [attemptId = null, stepId = null] = (typeof text === 'string' && ATTEMPT.exec(text)) || []
  return { attemptId, stepId }
}
