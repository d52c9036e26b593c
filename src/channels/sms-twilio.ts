import type { Twilio } from 'twilio'
import type { SmsMessage } from '../domain/message.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Attempt, Provider } from '../flow/ports.ts'
import type { Http, HttpResult } from '../lib/http.ts'
import { isLoopback, readObject, retryAfterMs, unanswered, withWait } from './http-answers.ts'

export interface TwilioOptions {
  accountSid: string
  authToken: string
  from?: string
  messagingServiceSid?: string
  /** Instead of Twilio's own address; plain http is for loopback. */
  baseUrl?: string
  /** Where status callbacks reach us. */
  publicUrl?: string
  deadlineMs?: number
  http: Http
}

export function makeTwilio(options: TwilioOptions): Provider {
  return {
    name: 'twilio',
    sender: options.messagingServiceSid ?? options.from ?? '*',
    channel: 'sms',
    async send(message, attempt) {
      if (message.channel !== 'sms') return { kind: 'permanent', reason: 'wrong_channel', alert: true }
      if (message.to === options.from) return { kind: 'alert', reason: 'recipient_is_sender' }
      return judge(await create(options, message, attempt))
    },
    close: async () => undefined,
  }
}

/** One client object an attempt: the SDK builds the request, ours carries it, and its fate is read from ours. */
async function create(options: TwilioOptions, message: SmsMessage, attempt: Attempt): Promise<HttpResult | undefined> {
  let result: HttpResult | undefined
  const carrier = {
    async request(asked: SdkRequest) {
      result = await carry(options, asked, attempt.startBy)
      if (result.kind !== 'answer') throw new Error(result.reason)
      return { statusCode: result.status, body: result.body, headers: result.headers }
    },
  }
  try {
    const { default: sdk } = await import('twilio')
    const httpClient = carrier as unknown as NonNullable<Twilio['_httpClient']>
    const client = new sdk.Twilio(options.accountSid, options.authToken, { httpClient })
    await client.messages.create(parameters(options, message, attempt))
    return result
  } catch {
    // The SDK throws for every answer that is no 2xx; what happened is in `result`, or nothing was asked.
    return result
  }
}

interface SdkRequest {
  method: string
  uri: string
  username?: string
  password?: string
  headers?: Record<string, string>
  data?: Record<string, string>
}

function carry(options: TwilioOptions, asked: SdkRequest, startBy: number): Promise<HttpResult> {
  const { pathname, search } = new URL(asked.uri)
  const credentials = Buffer.from(`${asked.username}:${asked.password}`).toString('base64')
  return options.http.request({
    method: 'POST',
    url: options.baseUrl ? `${options.baseUrl.replace(/\/$/, '')}${pathname}${search}` : asked.uri,
    headers: { ...asked.headers, Authorization: `Basic ${credentials}` },
    body: new URLSearchParams(asked.data).toString(),
    deadlineMs: options.deadlineMs ?? 10_000,
    startBy,
  })
}

function parameters(options: TwilioOptions, message: SmsMessage, attempt: Attempt) {
  const { from, messagingServiceSid, publicUrl, baseUrl = '' } = options
  const reachable = publicUrl && (publicUrl.startsWith('https:') || isLoopback(baseUrl))
  return {
    to: message.to,
    body: message.text,
    ...(messagingServiceSid ? { messagingServiceSid } : { from: from ?? '' }),
    validityPeriod: Math.min(Math.max(Math.floor(attempt.validForMs / 1_000), 1), 36_000),
    ...(reachable && {
      statusCallback: `${publicUrl.replace(/\/$/, '')}/webhooks/twilio/status?attempt=${attempt.id}`,
    }),
  }
}

function judge(result: HttpResult | undefined): Outcome {
  if (!result) return { kind: 'alert', reason: 'client_failed' }
  if (result.kind !== 'answer') return unanswered(result)
  const body = readObject(result.body)
  if (result.status >= 200 && result.status < 300) {
    const sid = body?.['sid']
    return typeof sid === 'string' && sid
      ? { kind: 'accepted', providerId: sid }
      : { kind: 'ambiguous', reason: 'unreadable_answer' }
  }
  return withWait(
    CODES[Number(body?.['code'])] ?? byStatus(result.status, result.headers, body?.['code']),
    result.headers,
  )
}

function byStatus(status: number, headers: Record<string, string>, code: unknown): Outcome {
  if (status === 503 && retryAfterMs(headers) !== undefined) return { kind: 'retry', reason: 'unavailable' }
  if (status >= 500) return { kind: 'ambiguous', reason: 'server_error' }
  if (status < 400) return { kind: 'alert', reason: 'redirected' }
  return STATUSES[status] ?? { kind: 'permanent', reason: `unclassified_code_${Number(code) || status}` }
}

const alert = (reason: string): Outcome => ({ kind: 'alert', reason })
/** Our bug: must be caught before the call. */
const bug = (reason: string): Outcome => ({ kind: 'permanent', reason, alert: true })

const STATUSES: Record<number, Outcome> = {
  401: alert('credentials_refused'),
  404: alert('account_unknown'),
  429: { kind: 'throttle', reason: 'too_many_requests' },
}

/** provider-errors 2.1, version 2026-11. The comment is Twilio's wording. */
const CODES: Record<number, Outcome> = {
  20429: { kind: 'throttle', reason: 'too_many_requests' }, // Too many requests
  20003: alert('credentials_refused'), // Permission Denied
  20005: alert('account_not_active'), // Account not active
  20404: alert('account_unknown'), // Not Found
  20503: { kind: 'retry', reason: 'unavailable' }, // Service unavailable
  20500: { kind: 'ambiguous', reason: 'server_error' }, // Internal server error
  21211: { kind: 'suppress', reason: 'number_invalid', suppression: 'invalid' }, // Invalid 'To' Phone Number
  21214: { kind: 'suppress', reason: 'number_unreachable', suppression: 'invalid' }, // 'To' phone number cannot be reached
  21217: { kind: 'suppress', reason: 'number_invalid', suppression: 'invalid' }, // Phone number does not appear to be valid
  21614: { kind: 'suppress', reason: 'not_mobile', suppression: 'not_sms_capable' }, // 'To' number is not a valid mobile number
  21635: { kind: 'suppress', reason: 'landline', suppression: 'not_sms_capable' }, // 'To' number cannot be a landline
  21610: { kind: 'suppress', reason: 'opted_out', suppression: 'opt_out' }, // Attempt to send to unsubscribed recipient
  21408: bug('region_not_enabled'), // Permission to send an SMS has not been enabled for the region indicated by the 'To' number
  21612: { kind: 'permanent', reason: 'route_missing' }, // The 'To' phone number is not currently reachable via SMS from this 'From'
  21611: { kind: 'throttle', reason: 'sender_queue_full' }, // This 'From' number has exceeded the maximum number of queued messages
  21212: alert('sender_invalid'), // Invalid 'From' Phone Number
  21601: alert('sender_not_sms_capable'), // Phone number is not a valid SMS-capable inbound phone number
  21603: alert('sender_missing'), // A 'From' phone number is required
  21606: alert('sender_invalid'), // The 'From' phone number is not a valid, SMS-capable inbound phone number for your account
  21608: alert('trial_account'), // The 'To' phone number provided is not yet verified for this account
  21609: alert('callback_invalid'), // Invalid 'StatusCallback' URL
  21659: alert('sender_not_ours'), // 'From' is not a Twilio phone number or short code country mismatch
  21660: alert('sender_not_ours'), // Mismatch between the 'From' number and the account
  21701: alert('service_missing'), // The Messaging Service does not exist
  21703: alert('service_empty'), // The Messaging Service does not have a phone number available to send a message
  21704: alert('service_empty'), // The Messaging Service contains no phone numbers
  21705: alert('service_invalid'), // The Messaging Service is invalid
  21602: bug('body_missing'), // Message body is required
  21604: bug('recipient_missing'), // 'To' phone number is required to send a Message
  21617: bug('body_too_long'), // The concatenated message body exceeds the 1600 character limit
  21618: bug('body_refused'), // The message body cannot be sent
  90007: bug('validity_out_of_range'), // Validity period is out of range
  21624: bug('validity_out_of_range'), // Validity period is out of range (older code)
}
