import type { SmsMessage } from '../domain/message.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Attempt, Provider } from '../flow/ports.ts'
import type { Http, HttpResult } from '../lib/http.ts'
import { asArray, asObject, readObject, retryAfterMs, unanswered, withWait } from './http-answers.ts'

export interface VonageOptions {
  apiKey: string
  apiSecret: string
  from: string
  /** Instead of Vonage's own address; plain http is for loopback. */
  baseUrl?: string
  deadlineMs?: number
  http: Http
}

const THREE_DAYS_MS = 72 * 3_600_000

export function makeVonage(options: VonageOptions): Provider {
  return {
    name: 'vonage',
    sender: options.from,
    channel: 'sms',
    async send(message, attempt) {
      if (message.channel !== 'sms') return { kind: 'permanent', reason: 'wrong_channel', alert: true }
      return judge(await post(options, message, attempt))
    },
    close: async () => undefined,
  }
}

function post(options: VonageOptions, message: SmsMessage, attempt: Attempt): Promise<HttpResult> {
  const credentials = Buffer.from(`${options.apiKey}:${options.apiSecret}`).toString('base64')
  return options.http.request({
    method: 'POST',
    url: `${(options.baseUrl ?? 'https://rest.nexmo.com').replace(/\/$/, '')}/sms/json`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: `Basic ${credentials}` },
    body: new URLSearchParams({
      from: options.from,
      to: message.to.replace(/^\+/, ''),
      text: message.text,
      type: isGsm(message.text) ? 'text' : 'unicode',
      ttl: String(Math.min(Math.max(Math.floor(attempt.validForMs), 1), THREE_DAYS_MS)),
      'client-ref': attempt.id,
    }).toString(),
    deadlineMs: options.deadlineMs ?? 10_000,
    startBy: attempt.startBy,
  })
}

/** GSM 03.38, basic and extension table: anything else would arrive as question marks unless sent as `unicode`. */
const isGsm = (text: string): boolean =>
  /^[\n\r !"#$%&'()*+,\-./0-9:;<=>?@A-Z_a-z£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà^{}\\[~\]|€]*$/.test(text)

function judge(result: HttpResult): Outcome {
  if (result.kind !== 'answer') return unanswered(result)
  if (result.status < 200 || result.status >= 300)
    return withWait(byHttpStatus(result.status, result.headers), result.headers)
  const parts = asArray(readObject(result.body)?.['messages']).map((part) => asObject(part) ?? {})
  const accepted = parts.filter((part) => String(part['status']) === '0')
  const providerId = accepted[0]?.['message-id']
  if (parts.length === 0) return { kind: 'ambiguous', reason: 'unreadable_answer' }
  if (accepted.length === 0) return byStatus(String(parts[0]?.['status']))
  if (accepted.length < parts.length) return { kind: 'ambiguous', reason: 'partly_accepted' }
  return typeof providerId === 'string' && providerId
    ? { kind: 'accepted', providerId }
    : { kind: 'ambiguous', reason: 'unreadable_answer' }
}

function byHttpStatus(status: number, headers: Record<string, string>): Outcome {
  if (status === 429) return { kind: 'throttle', reason: 'too_many_requests' }
  if (status === 401 || status === 403) return alert('credentials_refused')
  if (status === 404 || status < 400) return alert('wrong_address')
  if (status === 503 && retryAfterMs(headers) !== undefined) return { kind: 'retry', reason: 'unavailable' }
  return status >= 500
    ? { kind: 'ambiguous', reason: 'server_error' }
    : { kind: 'permanent', reason: `unclassified_code_${status}` }
}

function byStatus(status: string): Outcome {
  if (!/^\d+$/.test(status)) return { kind: 'ambiguous', reason: 'unreadable_answer' }
  return STATUSES[status] ?? { kind: 'permanent', reason: `unclassified_code_${status}` }
}

const alert = (reason: string): Outcome => ({ kind: 'alert', reason })
const bug = (reason: string): Outcome => ({ kind: 'permanent', reason, alert: true })

/** Every part says `status`, under HTTP 200. A status other than 0 was not queued. The comment is Vonage's wording. */
const STATUSES: Record<string, Outcome> = {
  1: { kind: 'throttle', reason: 'too_many_requests' }, // Throttled: faster than the account limit
  2: bug('parameter_missing'), // Missing Parameters
  3: bug('parameter_invalid'), // Invalid Parameters
  4: alert('credentials_refused'), // Invalid Credentials
  5: { kind: 'retry', reason: 'server_error' }, // Internal Error: an error has occurred in the platform whilst processing this message
  6: { kind: 'permanent', reason: 'route_missing' }, // Invalid Message: for example an unrecognized number prefix
  7: { kind: 'permanent', reason: 'number_barred' }, // Number Barred: may not receive messages
  8: alert('account_suspended'), // Partner Account Barred
  9: alert('no_credit'), // Partner Quota Violation: not sufficient credit
  10: { kind: 'throttle', reason: 'too_many_connections' }, // Too Many Existing Binds
  11: alert('account_not_enabled'), // Account Not Enabled For HTTP
  12: bug('body_too_long'), // Message Too Long
  14: alert('signature_refused'), // Invalid Signature
  15: alert('sender_invalid'), // Invalid Sender Address
  22: bug('network_code_invalid'), // Invalid Network Code
  23: alert('callback_invalid'), // Invalid Callback URL
  29: alert('trial_account'), // Non-Whitelisted Destination: demo account
  32: alert('credentials_refused'), // Signature And API Secret Disallowed
  33: { kind: 'suppress', reason: 'number_deactivated', suppression: 'invalid' }, // Number De-activated
}
