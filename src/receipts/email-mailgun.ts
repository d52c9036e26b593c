import { createHmac } from 'node:crypto'
import type { Receipt, ReceiptReader } from '../flow/ports-receipts.ts'
import { asText, dig, readJson, rowOf, sameText, sha256, textAt, timeOf } from './body.ts'
import {
  COMPLAINT,
  DEFERRED,
  DELIVERED,
  enhancedStatus,
  flagged,
  HARD_BOUNCE,
  judgeBounce,
  type MailWord,
  UNSUBSCRIBED,
} from './email-codes.ts'
import { stepOf } from './email-reference.ts'
import { receipt, refused } from './receipt.ts'

export interface MailgunOptions {
  /** Webhook signing keys; more than one while the key is being changed. */
  signingKeys: readonly string[]
  domain?: string
}

const MOST_BYTES = 512 * 1_024

/** Mailgun's webhooks. Their signature covers a time and a token but not the event: the token is remembered with it. */
export function makeMailgun({ signingKeys, domain }: MailgunOptions): ReceiptReader {
  const tokens = makeTokens()
  return {
    channel: 'email',
    async read({ raw }, now) {
      const body = raw.length > MOST_BYTES ? undefined : readJson(raw.toString('utf8'))
      if (body === undefined) return refused('bad_body')
      const signature = signatureOf(body)
      if (!signature) return refused('no_signature')
      if (!isSigned(signature, signingKeys)) return refused('bad_signature')
      if (!tokens.isGood(signature, raw, now)) return refused('bad_signature')

      const event = dig(body, 'event-data')
      if (!textAt(event, 'event')) return refused('bad_body')
      return { ok: true, receipts: readEvent(event, signature.token, domain) }
    },
  }
}

interface Signature {
  timestamp: string
  token: string
  signature: string
}

function signatureOf(body: unknown): Signature | undefined {
  const at = dig(body, 'signature', 'timestamp')
  const timestamp = typeof at === 'number' ? String(at) : asText(at)
  const [token, signature] = [textAt(body, 'signature', 'token'), textAt(body, 'signature', 'signature')]
  return timestamp && token && signature ? { timestamp, token, signature } : undefined
}

function isSigned({ timestamp, token, signature }: Signature, keys: readonly string[]): boolean {
  const expected = keys.map((key) =>
    createHmac('sha256', key)
      .update(timestamp + token)
      .digest('hex'),
  )
  return expected.map((digest) => sameText(signature, digest)).includes(true)
}

/** Mailgun tries again for about eight hours. */
const OLDEST_MS = 12 * 3_600_000
const AHEAD_MS = 10 * 60_000
const MOST_TOKENS = 50_000

/** A token belongs to the body it first came with: an honest retry is the same again, anything else is a forgery. */
function makeTokens() {
  const seen = new Map<string, string>()
  return {
    isGood({ token, timestamp }: Signature, raw: Buffer, now: Date): boolean {
      const ageMs = now.getTime() - Number(timestamp) * 1_000
      if (!(ageMs <= OLDEST_MS && ageMs >= -AHEAD_MS)) return false
      const body = sha256(raw).toString('base64')
      const first = seen.get(token) ?? body
      seen.set(token, first)
      const [oldest] = seen.keys()
      if (seen.size > MOST_TOKENS && oldest !== undefined) seen.delete(oldest)
      return first === body
    },
  }
}

function readEvent(event: unknown, token: string, domain: string | undefined): Receipt[] {
  const word = judgeEvent(event)
  if (!word) return []
  const messageId = textAt(event, 'message', 'headers', 'message-id')
  const id = textAt(event, 'id')
  const told = receipt({
    provider: 'mailgun',
    channel: 'email',
    stepId: stepOf(messageId, domain),
    providerId: messageId ?? null,
    address: textAt(event, 'recipient') ?? null,
    ...word,
    occurredAt: timeOf(dig(event, 'timestamp')),
    // An id is unique within a day only.
    key: `mailgun:${id ? `${id}:${String(dig(event, 'timestamp'))}` : token}`,
  })
  return [told]
}

function judgeEvent(event: unknown): MailWord | undefined {
  const name = textAt(event, 'event') ?? ''
  if (name !== 'failed') return rowOf(EVENTS, name)
  if (textAt(event, 'severity') === 'temporary') return DEFERRED
  const code = String(dig(event, 'delivery-status', 'code') ?? '')
  return rowOf(REASONS, textAt(event, 'reason')) ?? rowOf(REASONS, code) ?? judgeBounce(statusIn(event))
}

const statusIn = (event: unknown): string | undefined =>
  ['enhanced-code', 'message', 'description']
    .map((name) => enhancedStatus(textAt(event, 'delivery-status', name)))
    .find((status) => status !== undefined)

/** Opened and clicked say nothing that we act upon: a mail opened is not a link opened. */
const EVENTS: Record<string, MailWord> = {
  accepted: { status: 'queued', outcome: null },
  delivered: DELIVERED,
  rejected: flagged('rejected_by_provider'),
  complained: COMPLAINT,
  unsubscribed: UNSUBSCRIBED,
}

/** Addresses on Mailgun's own lists, by reason and by code. */
const REASONS: Record<string, MailWord> = {
  'suppress-bounce': HARD_BOUNCE, // Not delivering to previously bounced address
  'suppress-unsubscribe': UNSUBSCRIBED, // Not delivering to unsubscribed address
  'suppress-complaint': COMPLAINT, // Not delivering to a user who marked your messages as spam
  605: HARD_BOUNCE,
  606: UNSUBSCRIBED,
  607: COMPLAINT,
}
