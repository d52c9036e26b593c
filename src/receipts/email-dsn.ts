import { createHmac } from 'node:crypto'
import PostalMime, { type Email } from 'postal-mime'
import type { Receipt, ReceiptReader, ReceiptRequest } from '../flow/ports-receipts.ts'
import { headerOf, rowOf, sameText, sha256, timeOf } from './body.ts'
import { DEFERRED, DELIVERED, enhancedStatus, judgeBounce, judgeFeedback, type MailWord } from './email-codes.ts'
import { stepOf } from './email-reference.ts'
import { receipt, refused } from './receipt.ts'
import { addressOf, type Fields, readBlocks } from './report-fields.ts'

export interface DsnOptions {
  /** Shared with the mail server that posts the reports; more than one while it is being changed. */
  secrets: readonly string[]
  /** The domain of our Message-IDs; where given, no other counts. */
  domain?: string
}

const MOST_BYTES = 1_024 * 1_024
/** The parser's time goes by lines: a megabyte of empty ones would hold up everything else for seconds. */
const MOST_LINES = 10_000

/**
 * Reports about our mail as they stand in a mailbox: bounces (RFC 3464) and complaints (RFC 5965), posted as raw MIME
 * by our own mail server, with `Authorization: Bearer <secret>` or `X-Signature: sha256=<HMAC of the body>`.
 *
 * Anybody may write to that mailbox, so a report counts only if it returns a Message-ID of ours, which nobody can guess.
 */
export function makeDsn({ secrets, domain }: DsnOptions): ReceiptReader {
  return {
    channel: 'email',
    async read(request) {
      if (!headerOf(request, 'authorization') && !headerOf(request, 'x-signature')) return refused('no_signature')
      if (request.raw.length > MOST_BYTES) return refused('bad_body')
      if (!isTrusted(request, secrets)) return refused('bad_signature')

      const mail = await parse(request.raw)
      return mail ? { ok: true, receipts: receiptsIn(mail, domain) } : refused('bad_body')
    },
  }
}

function receiptsIn(mail: Email, domain: string | undefined): Receipt[] {
  const stepId = stepOf(messageIdIn(mail), domain)
  return isReport(mail) && stepId !== null ? [...bounces(mail, stepId), ...complaints(mail, stepId)] : []
}

function isTrusted(request: ReceiptRequest, secrets: readonly string[]): boolean {
  const given = headerOf(request, 'x-signature') ?? headerOf(request, 'authorization')?.replace(/^bearer +/i, 'Bearer ')
  const matches = secrets.flatMap((secret) => [
    sameText(given ?? '', `Bearer ${secret}`),
    sameText(given ?? '', `sha256=${createHmac('sha256', secret).update(request.raw).digest('hex')}`),
  ])
  return matches.includes(true)
}

function hasFewLines(raw: Buffer): boolean {
  let lines = 0
  for (let at = raw.indexOf(LINE_FEED); at >= 0 && lines <= MOST_LINES; at = raw.indexOf(LINE_FEED, at + 1)) lines++
  return lines <= MOST_LINES
}
const LINE_FEED = 10

/** Undefined where the mail is longer, deeper or has more headers than a report ever has. */
async function parse(raw: Buffer): Promise<Email | undefined> {
  if (!hasFewLines(raw)) return undefined
  try {
    return await PostalMime.parse(raw, {
      forceRfc822Attachments: true,
      maxNestingDepth: 10,
      maxHeadersSize: 128 * 1_024,
      attachmentEncoding: 'utf8',
    })
  } catch {
    return undefined
  }
}

const isReport = (mail: Email): boolean =>
  /^multipart\/report\b/i.test(mail.headers.find(({ key }) => key === 'content-type')?.value.trim() ?? '')

function parts(mail: Email, types: RegExp): string[] {
  return mail.attachments.flatMap(({ mimeType, content }) =>
    types.test(mimeType) && typeof content === 'string' ? [content] : [],
  )
}

/** From the returned mail or its head; some servers return neither, but answer to it. */
function messageIdIn(mail: Email): string | undefined {
  const [returned = ''] = parts(mail, /^(message\/(rfc822|global|rfc822-headers|global-headers)|text\/rfc822-headers)$/)
  return readBlocks(returned)[0]?.get('message-id') ?? mail.inReplyTo
}

function bounces(mail: Email, stepId: string): Receipt[] {
  const [report = ''] = parts(mail, /^message\/(global-)?delivery-status$/)
  const [about, ...recipients] = readBlocks(report)
  return recipients.flatMap((fields) => {
    const word = judgeRecipient(fields)
    if (!word) return []
    const address = addressOf(fields.get('original-recipient')) ?? addressOf(fields.get('final-recipient'))
    const occurredAt = timeOf(fields.get('last-attempt-date') ?? about?.get('arrival-date') ?? mail.date)
    return [told(stepId, word, address, occurredAt, report)]
  })
}

function judgeRecipient(fields: Fields): MailWord | undefined {
  const action = /^[a-z]+/.exec(fields.get('action')?.toLowerCase() ?? '')?.[0] ?? ''
  if (action !== 'failed') return rowOf(ACTIONS, action)
  return judgeBounce(enhancedStatus(fields.get('status')) ?? enhancedStatus(fields.get('diagnostic-code')))
}

/** `relayed` and `expanded` only say that nobody will hear more. */
const ACTIONS: Record<string, MailWord> = { delayed: DEFERRED, delivered: DELIVERED }

function complaints(mail: Email, stepId: string): Receipt[] {
  const [report = ''] = parts(mail, /^message\/feedback-report$/)
  const [fields] = readBlocks(report)
  const word = judgeFeedback(fields?.get('feedback-type'))
  if (!fields || !word) return []
  const occurredAt = timeOf(fields.get('received-date') ?? fields.get('arrival-date') ?? mail.date)
  return [told(stepId, word, addressOf(fields.get('original-rcpt-to')), occurredAt, report)]
}

/** The same report posted twice differs in its outer head only, if at all. */
const told = (
  stepId: string,
  word: MailWord,
  address: string | null,
  occurredAt: Date | null,
  report: string,
): Receipt =>
  receipt({
    provider: 'dsn',
    channel: 'email',
    stepId,
    address,
    ...word,
    occurredAt,
    key: `dsn:${stepId}:${word.status}:${sha256(report).toString('hex').slice(0, 32)}`,
  })
