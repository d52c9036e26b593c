import type { Receipt, ReceiptReader, ReceiptStatus } from '../flow/ports-receipts.ts'
import { readAttempt, receipt, refused } from './receipt.ts'
import { judgeCode } from './twilio-codes.ts'
import { readTwilio, type TwilioWebhookOptions } from './twilio-signature.ts'

/** Twilio's status callbacks. The attempt stands in the query of the URL, which the signature covers. */
export function makeTwilioStatus(options: TwilioWebhookOptions): ReceiptReader {
  return {
    channel: 'sms',
    async read(request, now) {
      const reading = readTwilio(options, request)
      if (!reading.ok) return reading
      const { parameters, query } = reading
      const providerId = parameters.get('MessageSid') ?? parameters.get('SmsSid')
      const status = parameters.get('MessageStatus') ?? parameters.get('SmsStatus')
      if (!providerId || !status) return refused('bad_body')

      const told = readTwilioStatus({
        providerId,
        status,
        errorCode: parameters.get('ErrorCode'),
        attemptId: query.get('attempt'),
        to: parameters.get('To'),
        from: parameters.get('From'),
        now,
      })
      return { ok: true, receipts: told ? [told] : [] }
    },
  }
}

/** What a status says, whoever tells it: a callback, or the answer to our own question. */
export interface TwilioStatus {
  providerId: string
  status: string
  errorCode?: string | undefined
  attemptId?: string | null | undefined
  to?: string | undefined
  from?: string | undefined
  now: Date
}

/** A status that nobody has heard of says nothing. */
export function readTwilioStatus(told: TwilioStatus): Receipt | undefined {
  const status = STATUSES.find((known) => known === told.status)
  if (!status) return undefined
  const failure = FAILED.has(status) ? judgeCode(told.errorCode, { from: told.from ?? '', now: told.now }) : undefined
  return receipt({
    provider: 'twilio',
    channel: 'sms',
    ...readAttempt(told.attemptId),
    providerId: told.providerId,
    address: told.to ?? null,
    status,
    ...(status === 'canceled' ? { outcome: { kind: 'permanent', reason: 'canceled_at_provider' } } : failure),
    key: `twilio:${told.providerId}:${status}`,
  })
}

const STATUSES: ReceiptStatus[] = [
  'scheduled',
  'accepted',
  'queued',
  'sending',
  'sent',
  'partially_delivered',
  'delivered',
  'undelivered',
  'failed',
  'canceled',
  'read',
]
const FAILED: ReadonlySet<ReceiptStatus> = new Set<ReceiptStatus>(['undelivered', 'failed'])
