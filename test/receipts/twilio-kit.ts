import { createHash } from 'node:crypto'
import twilio from 'twilio'
import type { ReceiptRequest } from '../../src/flow/ports-receipts.ts'

export const TOKEN = '12345678901234567890123456789012'
export const SECONDARY = 'abcdefabcdefabcdefabcdefabcdefab'
export const PUBLIC_URL = 'https://links.example.com'
export const STEP = '019a9f3e-7b1c-7000-8000-0123456789ab.2'
export const ATTEMPT = `${STEP}.1`
export const PATH = `/webhooks/twilio/status?attempt=${ATTEMPT}`
export const NOW = new Date('2026-11-22T18:00:00Z')

type Form = Record<string, string>

export const FORM: Form = {
  AccountSid: `AC${'0'.repeat(32)}`,
  ApiVersion: '2010-04-01',
  From: '+15005550006',
  MessageSid: 'SM1',
  MessageStatus: 'delivered',
  SmsSid: 'SM1',
  SmsStatus: 'delivered',
  To: '+15125550123',
}

interface Wish {
  token?: string
  path?: string
  /** The URL Twilio was told, where it differs from ours. */
  signedUrl?: string
  headers?: Record<string, string>
}

/** A form as Twilio posts it, signed by Twilio's own package. */
export function posted(form: Form, { token = TOKEN, path = PATH, signedUrl, headers = {} }: Wish = {}): ReceiptRequest {
  const signature = twilio.getExpectedTwilioSignature(token, signedUrl ?? PUBLIC_URL + path, form)
  return {
    url: path,
    raw: Buffer.from(new URLSearchParams(form).toString()),
    headers: { 'x-twilio-signature': signature, ...headers },
  }
}

/** A JSON body as Twilio posts it: its hash stands in the signed URL. */
export function postedJson(body: string, token = TOKEN): ReceiptRequest {
  const path = `${PATH}&bodySHA256=${createHash('sha256').update(body).digest('hex')}`
  const signature = twilio.getExpectedTwilioSignature(token, PUBLIC_URL + path, {})
  return { url: path, raw: Buffer.from(body), headers: { 'x-twilio-signature': signature } }
}
