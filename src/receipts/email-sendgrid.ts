import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { Receipt, ReceiptReader } from '../flow/ports-receipts.ts'
import { dig, headerOf, readJson, rowOf, sha256, textAt, timeOf } from './body.ts'
import {
  COMPLAINT,
  DEFERRED,
  DELIVERED,
  enhancedStatus,
  flagged,
  HARD_BOUNCE,
  judgeBounce,
  lost,
  type MailWord,
  suppress,
  UNSUBSCRIBED,
} from './email-codes.ts'
import { stepOf } from './email-reference.ts'
import { receipt, refused } from './receipt.ts'

export interface SendgridOptions {
  /** Verification keys as SendGrid shows them: base64 of DER; more than one while the key is being changed. */
  publicKeys: readonly string[]
  domain?: string
}

const MOST_BYTES = 1_024 * 1_024
const MOST_EVENTS = 5_000

/** SendGrid's signed event webhook. Throws for a key that is none: nothing may start with it. */
export function makeSendgrid({ publicKeys, domain }: SendgridOptions): ReceiptReader {
  const keys = publicKeys.map(readKey)
  return {
    channel: 'email',
    async read(request) {
      const { raw } = request
      const signature = headerOf(request, 'x-twilio-email-event-webhook-signature')
      const timestamp = headerOf(request, 'x-twilio-email-event-webhook-timestamp')
      if (!signature || !timestamp) return refused('no_signature')
      if (raw.length > MOST_BYTES) return refused('bad_body')
      const signed = Buffer.concat([Buffer.from(timestamp), raw])
      if (!keys.some((key) => isSigned(signed, signature, key))) return refused('bad_signature')

      const events = readJson(raw.toString('utf8'))
      if (!Array.isArray(events) || events.length > MOST_EVENTS) return refused('bad_body')
      return { ok: true, receipts: events.flatMap((event) => readEvent(event, domain)) }
    },
  }
}

function readKey(text: string): KeyObject {
  const key = parseKey(text)
  if (key?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  throw new Error('The SendGrid verification key is no base64 DER public key on P-256.')
}

function parseKey(text: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** A signature that is none can make OpenSSL throw; it is a wrong one all the same. */
function isSigned(signed: Buffer, signature: string, key: KeyObject): boolean {
  try {
    return verify('sha256', signed, key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}

function readEvent(event: unknown, domain: string | undefined): Receipt[] {
  const word = judgeEvent(event)
  if (!word) return []
  const id = textAt(event, 'sg_event_id') ?? sha256(JSON.stringify(event)).toString('hex').slice(0, 32)
  const told = receipt({
    provider: 'sendgrid',
    channel: 'email',
    stepId: stepOf(textAt(event, 'smtp-id'), domain),
    // What the relay answered with, followed by where the message has been.
    providerId: textAt(event, 'sg_message_id')?.replace(/\.(recvd|filter).*$/s, '') ?? null,
    address: textAt(event, 'email') ?? null,
    ...word,
    occurredAt: timeOf(dig(event, 'timestamp')),
    key: `sendgrid:${id}`,
  })
  return [told]
}

function judgeEvent(event: unknown): MailWord | undefined {
  const name = textAt(event, 'event') ?? ''
  const reason = textAt(event, 'reason') ?? ''
  if (name === 'bounce') return judgeFailed(event, reason)
  if (name === 'dropped') return rowOf(DROPS, reason.toLowerCase()) ?? lost('dropped_by_provider')
  return rowOf(EVENTS, name)
}

/** `blocked` is about the message or our reputation and `expired` about time: neither may cost the address. */
function judgeFailed(event: unknown, reason: string): MailWord {
  const word = judgeBounce(enhancedStatus(textAt(event, 'status')) ?? enhancedStatus(reason))
  const type = textAt(event, 'type') ?? 'bounce'
  if (type === 'bounce' || word.outcome?.kind !== 'suppress') return word
  return lost(type === 'blocked' ? 'blocked' : 'gave_up')
}

/** Opens and clicks say nothing that we act upon: a mail opened is not a link opened. */
const EVENTS: Record<string, MailWord> = {
  processed: { status: 'queued', outcome: null },
  deferred: DEFERRED,
  delivered: DELIVERED,
  spamreport: COMPLAINT,
  unsubscribe: UNSUBSCRIBED,
  group_unsubscribe: UNSUBSCRIBED,
}

/** Never handed to the recipient's server. The key is SendGrid's wording. */
const DROPS: Record<string, MailWord> = {
  'bounced address': HARD_BOUNCE,
  'spam reporting address': COMPLAINT,
  'unsubscribed address': UNSUBSCRIBED,
  invalid: { status: 'bounced', outcome: suppress('address_malformed', 'invalid') },
  'spam content': flagged('content_refused'),
  'invalid smtpapi header': flagged('message_malformed'),
  'recipient list over package quota': { status: 'bounced', outcome: { kind: 'alert', reason: 'quota_reached' } },
}
