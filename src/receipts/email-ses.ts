import type { Receipt, ReceiptReader } from '../flow/ports-receipts.ts'
import { dig, listAt, readJson, rowOf, textAt, timeOf } from './body.ts'
import {
  COMPLAINT,
  DEFERRED,
  DELIVERED,
  enhancedStatus,
  flagged,
  HARD_BOUNCE,
  judgeBounce,
  judgeFeedback,
  lost,
  type MailWord,
  UNSUBSCRIBED,
} from './email-codes.ts'
import { stepOf } from './email-reference.ts'
import { readAttempt, receipt, refused } from './receipt.ts'
import { makeSns, type SnsOptions } from './sns.ts'

export interface SesOptions extends SnsOptions {
  domain?: string
}

/** Amazon SES through SNS: feedback notifications and published events alike. */
export function makeSes({ domain, ...options }: SesOptions): ReceiptReader {
  const sns = makeSns(options)
  return {
    channel: 'email',
    async read({ raw }, now) {
      const reading = await sns.open(raw, now)
      if (!reading.ok) return reading
      const { message } = reading
      if (message.type === 'SubscriptionConfirmation') {
        if (!sns.mayConfirm(message)) return refused('bad_body')
        return (await sns.confirm(message)) ? { ok: true, receipts: [] } : refused('unavailable')
      }
      if (message.type !== 'Notification') return { ok: true, receipts: [] }
      return { ok: true, receipts: readEvent(readJson(message.text), message.messageId, domain) }
    },
  }
}

/** One receipt a recipient; what is no event of SES, such as its first test message, says nothing. */
function readEvent(event: unknown, messageId: string, domain: string | undefined): Receipt[] {
  const type = textAt(event, 'eventType') ?? textAt(event, 'notificationType') ?? ''
  const mail = dig(event, 'mail')
  const part = dig(event, rowOf(PARTS, type) ?? '')
  const common = {
    provider: 'ses',
    channel: 'email',
    stepId: stepOf(messageIdIn(mail), domain),
    ...attemptIn(mail),
    providerId: textAt(mail, 'messageId') ?? null,
    occurredAt: timeOf(textAt(part, 'timestamp') ?? textAt(mail, 'timestamp')),
  } as const
  const id = textAt(part, 'feedbackId') ?? messageId
  return recipientsOf(part, mail).flatMap((recipient, index) => {
    const word = judgeEvent(type, part, recipient)
    const address = textAt(recipient, 'emailAddress') ?? (typeof recipient === 'string' ? recipient : null)
    return word ? [receipt({ ...common, address, ...word, key: `ses:${id}:${word.status}:${index}` })] : []
  })
}

const PARTS: Record<string, string> = {
  Bounce: 'bounce',
  Complaint: 'complaint',
  Delivery: 'delivery',
  DeliveryDelay: 'deliveryDelay',
  Reject: 'reject',
  Send: 'send',
  Subscription: 'subscription',
}

/** Headers are there when the topic was told to carry them. */
function messageIdIn(mail: unknown): string | undefined {
  const header = listAt(mail, 'headers').find((one) => textAt(one, 'name')?.toLowerCase() === 'message-id')
  return textAt(header, 'value') ?? textAt(mail, 'commonHeaders', 'messageId')
}

/** A tag of the message, where the relay was told to set one. */
function attemptIn(mail: unknown) {
  const read = readAttempt(textAt(mail, 'tags', 'attempt', 0))
  return read.attemptId === null ? {} : read
}

const MOST_RECIPIENTS = 50

/** Objects with an address for bounces and complaints, plain addresses for the rest. */
function recipientsOf(part: unknown, mail: unknown): unknown[] {
  const lists = ['bouncedRecipients', 'complainedRecipients', 'delayedRecipients', 'recipients']
  const found = [...lists.map((name) => listAt(part, name)), listAt(mail, 'destination')]
  return (found.find((list) => list.length > 0) ?? [undefined]).slice(0, MOST_RECIPIENTS)
}

function judgeEvent(type: string, part: unknown, recipient: unknown): MailWord | undefined {
  switch (type) {
    case 'Bounce':
      return judgeBounced(part, recipient)
    case 'Complaint':
      return textAt(part, 'complaintFeedbackType') ? judgeFeedback(textAt(part, 'complaintFeedbackType')) : COMPLAINT
    case 'Subscription':
      return dig(part, 'newTopicPreferences', 'unsubscribeAll') === true ? UNSUBSCRIBED : undefined
    default:
      return rowOf(EVENTS, type)
  }
}

const EVENTS: Record<string, MailWord> = {
  Send: { status: 'sent', outcome: null },
  Delivery: DELIVERED,
  DeliveryDelay: DEFERRED,
  Reject: flagged('rejected_by_provider'),
}

/** A transient or undetermined bounce may be an out-of-office answer to a mail that arrived. */
function judgeBounced(bounce: unknown, recipient: unknown): MailWord {
  const kind = `${textAt(bounce, 'bounceType')} ${textAt(bounce, 'bounceSubType')}`
  if (kind === 'Permanent General' || kind === 'Permanent NoEmail') return judgeHard(recipient)
  return rowOf(BOUNCES, kind) ?? (kind.startsWith('Permanent') ? lost('unclassified_bounce') : DEFERRED)
}

/** Hard by SES's word; a status that says the address is not to blame still counts more. */
function judgeHard(recipient: unknown): MailWord {
  const status = enhancedStatus(textAt(recipient, 'status')) ?? enhancedStatus(textAt(recipient, 'diagnosticCode'))
  return status?.startsWith('5.') ? judgeBounce(status) : HARD_BOUNCE
}

/** The comment is Amazon's wording. */
const BOUNCES: Record<string, MailWord> = {
  'Permanent Suppressed': HARD_BOUNCE, // on the suppression list because it has a recent history of producing hard bounces
  'Permanent OnAccountSuppressionList': HARD_BOUNCE, // on the account-level suppression list
  'Permanent UnsubscribedRecipient': UNSUBSCRIBED, // the contact unsubscribed from the topic
  'Transient MessageTooLarge': flagged('message_too_large'), // the message was too large
  'Transient ContentRejected': flagged('content_refused'), // contains content that the provider doesn't allow
  'Transient AttachmentRejected': flagged('content_refused'), // contains an unacceptable attachment
}
