import type { Outcome } from '../domain/outcome.ts'

/** How far a message came, and the words with which it ended. */
export interface SmtpFailure {
  /** The command the reply answers; `session` when it answers none. */
  stage: 'greeting' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'message' | 'session'
  /** nodemailer's `error.code`. */
  code: string
  /** `550 5.1.1 …`, where the relay said something. */
  reply?: string
  /** Whether the relay had asked for the message (354): before that it was certainly not sent. */
  dataOpen: boolean
  /** Replies to this message's commands. */
  replies: number
}

/**
 * A reply to a command is certain. Without one the 354 rule decides: not asked for the message, so not sent; asked for
 * it and no final reply, so nobody can know.
 */
export function judgeFailure(failure: SmtpFailure): Outcome {
  const { stage, reply, dataOpen, code } = failure
  const row = reply && REPLIES.find((row) => row.at.includes(stage) && row.reply.test(reply))
  if (row) return row.outcome
  if (dataOpen) return { kind: 'ambiguous', reason: 'no_final_reply' }
  if (reply) return /^421/.test(reply) ? BUSY : { kind: 'retry', reason: 'unreadable_answer' }
  return ERRORS[code] ?? { kind: 'retry', reason: 'connection_lost' }
}

const MINUTE_MS = 60_000
const BUSY: Outcome = { kind: 'throttle', reason: 'relay_busy', afterMs: 3 * MINUTE_MS }
const SLOW_DOWN: Outcome = { kind: 'throttle', reason: 'relay_slows_us', afterMs: 5 * MINUTE_MS }
const NOT_AUTHENTICATED: Outcome = { kind: 'alert', reason: 'mail_not_authenticated' }
const POLICY: Outcome = { kind: 'permanent', reason: 'refused_by_policy', alert: true }
const BOUNCE = { kind: 'suppress', suppression: 'hard_bounce' } as const
const alert = (reason: string): Outcome => ({ kind: 'alert', reason })
const bug = (reason: string): Outcome => ({ kind: 'permanent', reason, alert: true })

/** Errors that carry no reply. Everything else without a reply falls to the 354 rule. */
const ERRORS: Record<string, Outcome> = {
  EDNS: { kind: 'retry', reason: 'dns_lookup_failed' },
  ETLS: { kind: 'retry', reason: 'tls_failed' },
  ETIMEDOUT: { kind: 'retry', reason: 'timeout' },
  ESOCKET: { kind: 'retry', reason: 'connection_failed' },
  EAUTH: alert('credentials_refused'),
  ENOAUTH: alert('credentials_missing'),
  EOAUTH2: alert('credentials_refused'),
  ECONFIG: alert('relay_misconfigured'),
  EENVELOPE: bug('address_malformed'),
  EMESSAGE: bug('message_too_large'), // Message size larger than allowed
  ESTREAM: bug('message_unreadable'),
  EFILEACCESS: bug('message_unreadable'),
  EURLACCESS: bug('message_unreadable'),
  EFETCH: bug('message_unreadable'),
}

interface Row {
  at: SmtpFailure['stage'][]
  reply: RegExp
  outcome: Outcome
}

/** provider-errors 3, version 2026-11: the first row that fits decides. A reply is `code [enhanced code] text`. */
const REPLIES: Row[] = [
  { at: ['greeting'], reply: /^4/, outcome: BUSY }, // 421 Service not available, closing transmission channel
  { at: ['greeting'], reply: /^5/, outcome: alert('relay_refuses_us') }, // 554 No SMTP service here
  { at: ['tls'], reply: /./, outcome: { kind: 'retry', reason: 'tls_failed' } }, // 454 TLS not available
  { at: ['auth'], reply: /^421/, outcome: BUSY },
  { at: ['auth'], reply: /^4/, outcome: { kind: 'retry', reason: 'authentication_unavailable' } }, // 454 4.7.0 Temporary authentication failure
  { at: ['auth'], reply: /./, outcome: alert('credentials_refused') }, // 535 5.7.8 Authentication credentials invalid; 534 too weak

  // 550 5.7.26: this mail is unauthenticated (SPF, DKIM, DMARC): all mail is held.
  { at: ['mail', 'rcpt', 'data', 'message'], reply: /^5\d\d.5\.7\.26/, outcome: NOT_AUTHENTICATED },
  // Greylisting is about this message, whatever enhanced code it wears.
  {
    at: ['rcpt', 'data', 'message'],
    reply: /^4(?!21).*gr[ea]y.?list/i,
    outcome: { kind: 'retry', reason: 'greylisted', afterMs: 5 * MINUTE_MS },
  },
  // 421 4.7.28 and other 4.7.x: an unusual rate of mail from us.
  { at: ['mail', 'rcpt', 'data', 'message'], reply: /^4\d\d.4\.7\.\d/, outcome: SLOW_DOWN },

  { at: ['mail'], reply: /^4/, outcome: { kind: 'retry', reason: 'sender_deferred' } },
  { at: ['mail'], reply: /^5/, outcome: alert('sender_refused') },

  // 450 4.2.1: the user is receiving mail too quickly. That address waits, not the relay.
  {
    at: ['rcpt'],
    reply: /^450.4\.2\.1/,
    outcome: { kind: 'retry', reason: 'recipient_too_busy', afterMs: 30 * MINUTE_MS },
  },
  // 452 4.2.2, 552 5.2.2: mailbox full. It clears in practice.
  {
    at: ['rcpt'],
    reply: /^(4\d\d.4|5\d\d.5)\.2\.2/,
    outcome: { kind: 'retry', reason: 'mailbox_full', afterMs: 30 * MINUTE_MS },
  },
  { at: ['rcpt'], reply: /^421/, outcome: BUSY },
  { at: ['rcpt'], reply: /^4/, outcome: { kind: 'retry', reason: 'recipient_deferred', afterMs: 5 * MINUTE_MS } }, // 450, 451, 452
  // 5.7.x: policy or reputation, not the recipient's fault.
  { at: ['rcpt', 'data', 'message'], reply: /^5\d\d.5\.7\.\d/, outcome: POLICY },
  { at: ['rcpt'], reply: /^5\d\d.5\.1\.(1|2|3|6|10)\b/, outcome: { ...BOUNCE, reason: 'mailbox_unknown' } },
  { at: ['rcpt'], reply: /^(551|553)\b/, outcome: { ...BOUNCE, reason: 'mailbox_unknown' } }, // User not local; mailbox name not allowed
  { at: ['rcpt'], reply: /^550.5\.2\.1/, outcome: { ...BOUNCE, reason: 'mailbox_disabled' } },
  { at: ['rcpt'], reply: /^5/, outcome: { kind: 'permanent', reason: 'recipient_refused' } },

  { at: ['data'], reply: /^4/, outcome: { kind: 'retry', reason: 'data_deferred' } },
  { at: ['data'], reply: /^5/, outcome: { kind: 'permanent', reason: 'data_refused' } },

  // After the dot: refused with a reply, so certain.
  { at: ['message'], reply: /^4/, outcome: { kind: 'retry', reason: 'message_deferred' } },
  { at: ['message'], reply: /^5\d\d.5\.6\.\d/, outcome: bug('message_malformed') },
  { at: ['message'], reply: /^5/, outcome: { kind: 'permanent', reason: 'message_refused' } },
]
