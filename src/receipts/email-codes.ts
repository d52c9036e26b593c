import type { Outcome } from '../domain/outcome.ts'
import type { Receipt } from '../flow/ports-receipts.ts'
import { rowOf } from './body.ts'

export type MailWord = Pick<Receipt, 'status' | 'outcome'>

/** The enhanced status (RFC 3463) in a text such as `5.1.1` or `smtp; 550 5.1.1 user unknown`, or undefined. */
export const enhancedStatus = (text: string | undefined): string | undefined =>
  /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])/.exec(text ?? '')?.[0]

/**
 * A mail that was given back (provider-errors 3, last paragraph). What a soft failure means for the address nobody
 * knows, so nothing follows from it; without a status we know only that this message did not arrive.
 */
export function judgeBounce(status: string | undefined): MailWord {
  if (status === undefined)
    return { status: 'bounced', outcome: { kind: 'permanent', reason: 'bounced_without_status' } }
  const row = STATUSES.find(({ pattern }) => pattern.test(status))
  return row?.word ?? { status: 'bounced', outcome: { kind: 'permanent', reason: 'unclassified_status' } }
}

export const suppress = (reason: string, suppression: Suppression): Outcome => ({
  kind: 'suppress',
  reason,
  suppression,
})
type Suppression = Extract<Outcome, { kind: 'suppress' }>['suppression']

/** The person pressed the button for unwanted mail. */
export const COMPLAINT: MailWord = { status: 'complained', outcome: suppress('complaint', 'complaint') }
/** The person asked for no more mail. */
export const UNSUBSCRIBED: MailWord = { status: 'unsubscribed', outcome: suppress('unsubscribed', 'opt_out') }
export const HARD_BOUNCE: MailWord = { status: 'bounced', outcome: suppress('bounced', 'hard_bounce') }
export const DEFERRED: MailWord = { status: 'deferred', outcome: null }
export const DELIVERED: MailWord = { status: 'delivered', outcome: null }

export const lost = (reason: string): MailWord => ({ status: 'bounced', outcome: { kind: 'permanent', reason } })
/** Lost, and a person must look: our reputation, our content or our account. */
export const flagged = (reason: string): MailWord => ({
  status: 'bounced',
  outcome: { kind: 'permanent', reason, alert: true },
})

const STATUSES: { pattern: RegExp; word: MailWord }[] = [
  { pattern: /^2\./, word: DELIVERED },
  { pattern: /^4\./, word: { status: 'undelivered', outcome: null } }, // Persistent transient failure
  { pattern: /^5\.7\./, word: flagged('refused_by_policy') }, // Security or policy status: not the recipient's fault
  { pattern: /^5\.6\./, word: flagged('message_malformed') }, // Message content or media status
  { pattern: /^5\.[23]\.[34]$/, word: flagged('message_too_large') }, // Message length exceeds limit; message too big for system
  { pattern: /^5\.2\.2$/, word: lost('mailbox_full') }, // Mailbox full: it clears in practice
  { pattern: /^5\./, word: HARD_BOUNCE },
]

/** RFC 5965 and RFC 6591; SES uses the same words. Undefined: no complaint of a person. */
export const judgeFeedback = (type: string | undefined): MailWord | undefined =>
  rowOf(FEEDBACK, type?.trim().toLowerCase())

const FEEDBACK: Record<string, MailWord> = {
  abuse: COMPLAINT,
  fraud: COMPLAINT,
  virus: COMPLAINT,
  other: COMPLAINT,
  'opt-out': UNSUBSCRIBED,
  'opt-out-list': UNSUBSCRIBED,
  // `not-spam` takes a complaint back, `auth-failure` and `dkim` are reports about our set-up.
}
