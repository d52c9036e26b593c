import { createHmac } from 'node:crypto'
import type { Fault } from './faults.ts'

export interface SignedRequest {
  headers: Record<string, string>
  body: string
}

/** `sha256=` + hex of HMAC-SHA256 over timestamp, a dot, and the exact bytes of the body. */
export const signature = (secret: string, timestamp: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`

/** The four headers of a delivery over the exact bytes that will be sent. */
export function signRequest(secret: string, event: string, timestamp: string, body: string): SignedRequest {
  return {
    headers: {
      'Content-Type': 'application/json',
      'X-M2M-Event': event,
      'X-M2M-Timestamp': timestamp,
      'X-M2M-Signature': signature(secret, timestamp, body),
    },
    body,
  }
}

/** Faults that change a signed request on its way out. */
export const MANGLES: Record<string, (request: SignedRequest) => SignedRequest> = {
  bad_signature: (request) =>
    withSignature(request, (value) => value.replace(/[0-9a-f]$/, (c) => (c === '0' ? '1' : '0'))),
  missing_signature: ({ headers: { 'X-M2M-Signature': _, ...headers }, body }) => ({ headers, body }),
  truncated_signature: (request) => withSignature(request, (value) => value.slice(0, -10)),
  uppercase_signature: (request) => withSignature(request, (value) => `sha256=${value.slice(7).toUpperCase()}`),
  reserialised_body: (request) => ({ ...request, body: JSON.stringify(JSON.parse(request.body), null, 2) }),
}

/** Faults that change what gets signed: rightly signed, but old or with letters beyond ASCII. */
export const RESIGNS: Record<string, (timestamp: string, body: string, fault: Fault) => [string, string]> = {
  stale_timestamp: (timestamp, body, { delayMs = 3_600_000 }) => [
    String(Math.floor(Number(timestamp) - delayMs / 1_000)),
    body,
  ],
  multibyte_body: (timestamp, body) => {
    const envelope = JSON.parse(body)
    return [timestamp, JSON.stringify({ ...envelope, data: { ...envelope.data, metadata: { note: 'Peña ✓ 送金' } } })]
  },
}

function withSignature(request: SignedRequest, change: (value: string) => string): SignedRequest {
  return {
    ...request,
    headers: { ...request.headers, 'X-M2M-Signature': change(request.headers['X-M2M-Signature'] ?? '') },
  }
}
