import type { Outcome } from '../domain/outcome.ts'

/** What a code in a status callback amounts to. */
export interface Judgement {
  outcome: Outcome
  /** How often it may lead to another try. */
  mostResends: number | null
}

/** provider-errors 2.2; what the table does not know is final for this message and says nothing about the address. */
export function judgeCode(code: string | undefined, { from, now }: { from: string; now: Date }): Judgement {
  const row = CODES[Number(code)] ?? {
    outcome: permanent(`unclassified_code_${/^\d{1,6}$/.exec(code ?? '') ?? 'none'}`),
  }
  const outcome = row.fromShortCode && /^\d{3,8}$/.test(from) ? row.fromShortCode : row.outcome
  const until = row.untilMidnight && outcome.kind === 'throttle' ? { afterMs: msToPacificMidnight(now) } : {}
  return { outcome: { ...outcome, ...until }, mostResends: row.mostResends ?? null }
}

interface Row {
  outcome: Outcome
  mostResends?: number
  /** Where a short code as sender changes the meaning. */
  fromShortCode?: Outcome
  /** The count starts again at 00:00 US Pacific. */
  untilMidnight?: true
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const alert = (reason: string): Outcome => ({ kind: 'alert', reason })
const permanent = (reason: string): Outcome => ({ kind: 'permanent', reason })
/** Final for this message, and a person must look. */
const flagged = (reason: string): Outcome => ({ kind: 'permanent', reason, alert: true })
const throttle = (reason: string): Outcome => ({ kind: 'throttle', reason })
const retry = (reason: string, afterMs?: number): Outcome => ({ kind: 'retry', reason, ...(afterMs && { afterMs }) })
const ambiguous = (reason: string): Outcome => ({ kind: 'ambiguous', reason })

/** Version 2026-11. The comment is Twilio's wording. */
const CODES: Record<number, Row> = {
  21610: { outcome: { kind: 'suppress', reason: 'opted_out', suppression: 'opt_out' } }, // Attempt to send to unsubscribed recipient
  30001: { outcome: throttle('queue_overflow') }, // Queue overflow
  30002: { outcome: alert('account_suspended') }, // Account suspended
  30003: { outcome: retry('handset_unreachable', 30 * MINUTE_MS), mostResends: 2 }, // Unreachable destination handset
  30004: { outcome: permanent('message_blocked') }, // Message blocked
  30005: { outcome: { kind: 'suppress', reason: 'handset_unknown', suppression: 'invalid' } }, // Unknown destination handset
  30006: {
    outcome: { kind: 'suppress', reason: 'landline_or_unreachable_carrier', suppression: 'not_sms_capable' }, // Landline or unreachable carrier
    fromShortCode: permanent('carrier_unreachable_for_short_code'),
  },
  30007: { outcome: flagged('filtered') }, // Message filtered
  30008: { outcome: retry('unknown_error'), mostResends: 1 }, // Unknown error
  30010: { outcome: alert('price_above_maximum') }, // Message price exceeds max price
  30017: { outcome: retry('carrier_congested') }, // Carrier network congestion
  30018: { outcome: alert('sender_not_registered') }, // Destination carrier requires sender ID pre-registration
  30019: { outcome: flagged('content_too_large') }, // Content size exceeds carrier limit
  30022: { outcome: throttle('campaign_rate_exceeded') }, // US A2P 10DLC: rate limits exceeded
  30023: { outcome: throttle('daily_cap_reached'), untilMidnight: true }, // US A2P 10DLC: daily message cap reached
  30024: { outcome: alert('sender_not_provisioned') }, // Numeric sender ID not provisioned on carrier
  30027: { outcome: throttle('carrier_daily_limit_reached'), untilMidnight: true }, // US A2P 10DLC: T-Mobile daily message limit reached
  30032: { outcome: alert('toll_free_not_verified') }, // Toll-free number has not been verified
  30033: { outcome: alert('campaign_suspended') }, // US A2P 10DLC: campaign suspended
  30034: { outcome: alert('sender_not_registered') }, // US A2P 10DLC: message from an unregistered number
  30035: { outcome: alert('sender_being_configured') }, // US A2P 10DLC: message from a number that is still being configured
  30036: { outcome: retry('validity_expired') }, // Validity period expired
  30410: { outcome: ambiguous('carrier_timeout') }, // Provider timeout error
  30450: { outcome: retry('fraud_guard', 30 * MINUTE_MS), mostResends: 1 }, // Message delivery blocked: fraud guard
  63001: { outcome: alert('channel_not_authenticated') }, // Channel could not authenticate the request
  63002: { outcome: alert('channel_sender_missing') }, // Channel could not find the From address
  63003: { outcome: { kind: 'suppress', reason: 'channel_recipient_missing', suppression: 'invalid' } }, // Channel could not find the To address
  63005: { outcome: flagged('content_refused') }, // Channel did not accept the given content
  63007: { outcome: alert('channel_sender_missing') }, // Twilio could not find a channel with the specified From address
  63008: { outcome: alert('channel_misconfigured') }, // Could not execute the request because the channel module was misconfigured
  63009: { outcome: ambiguous('channel_error') }, // Channel provider returned an error when executing the request
  63010: { outcome: ambiguous('channel_internal_error') }, // Channels: Twilio internal error
  63012: { outcome: ambiguous('channel_unavailable') }, // Channel provider returned an internal service error
  63013: { outcome: flagged('channel_policy_violated') }, // This message send failed because it violates the channel provider's policy
  63014: { outcome: { kind: 'suppress', reason: 'blocked_by_user', suppression: 'blocked_by_user' } }, // Failed because it was blocked by a user action
  63016: { outcome: permanent('outside_reply_window') }, // Outside the allowed window, a template is needed
  63017: { outcome: throttle('channel_rate_limit') }, // Channel provider's rate limit was reached
  63018: { outcome: throttle('channel_rate_limit') }, // Rate limit exceeded for channel
  63021: { outcome: flagged('content_invalid') }, // Channel invalid content error
  63023: { outcome: ambiguous('channel_error') }, // Channel generic error
  63024: { outcome: { kind: 'suppress', reason: 'channel_recipient_invalid', suppression: 'invalid' } }, // Invalid message recipient
  63032: { outcome: permanent('channel_limits_recipient') }, // User's number is part of an experiment
  63033: { outcome: { kind: 'suppress', reason: 'blocked_by_user', suppression: 'blocked_by_user' } }, // Recipient blocked to receive message
  63036: { outcome: retry('recipient_unreachable') }, // Recipient is unreachable
  63038: { outcome: throttle('account_daily_limit_reached'), untilMidnight: true }, // Account exceeded the daily messages limit
}

const PACIFIC = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** On the day the clocks there are put back it ends an hour early, and the provider throttles once more. */
function msToPacificMidnight(now: Date): number {
  const [hours = 0, minutes = 0, seconds = 0] = PACIFIC.format(now).split(':').map(Number)
  return DAY_MS - ((hours * 60 + minutes) * 60 + seconds) * 1_000
}
