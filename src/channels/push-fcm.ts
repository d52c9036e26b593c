import type { PushMessage } from '../domain/message.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Attempt, Provider } from '../flow/ports.ts'
import type { Http, HttpResult } from '../lib/http.ts'
import { asArray, asObject, readObject, unanswered, withWait } from './http-answers.ts'
import { makeTokenSource, readServiceAccount, type TokenSource } from './push-fcm-token.ts'

export interface FcmOptions {
  /** JSON of a service account, or the path of a file that holds it. */
  serviceAccount: string
  /** Instead of Google's own address; plain http is for loopback. */
  baseUrl?: string
  deadlineMs?: number
  http: Http
  now: () => Date
}

const LARGEST_PAYLOAD = 4_096
const LONGEST_TTL_S = 2_419_200

export function makeFcm(options: FcmOptions): Provider {
  let account: Promise<{ url: string; tokens: TokenSource }> | undefined
  return {
    name: 'fcm',
    sender: '*',
    channel: 'push',
    async send(message, attempt) {
      if (message.channel !== 'push') return { kind: 'permanent', reason: 'wrong_channel', alert: true }
      if (payloadSize(message) > LARGEST_PAYLOAD) return { kind: 'permanent', reason: 'payload_too_large', alert: true }
      account ??= openAccount(options)
      const opened = await account.catch(() => undefined)
      if (!opened) {
        account = undefined
        return { kind: 'alert', reason: 'service_account_invalid' }
      }
      return deliver(options, opened, { body: bodyOf(message, attempt, options.now()), startBy: attempt.startBy })
    },
    close: async () => undefined,
  }
}

async function openAccount({ serviceAccount, baseUrl, http, now }: FcmOptions) {
  const account = await readServiceAccount(serviceAccount)
  const base = (baseUrl ?? 'https://fcm.googleapis.com').replace(/\/$/, '')
  return { url: `${base}/v1/projects/${account.projectId}/messages:send`, tokens: makeTokenSource(account, http, now) }
}

/** An expired access token is the one thing that is repeated at once: FCM refused before it looked at the message. */
async function deliver(
  { http, deadlineMs = 10_000 }: FcmOptions,
  { url, tokens }: { url: string; tokens: TokenSource },
  { body, startBy }: { body: string; startBy: number },
): Promise<Outcome> {
  const first = await post()
  return isTokenRefused(first) ? post() : first

  async function post(): Promise<Outcome> {
    const token = await tokens.current()
    if (!token.ok) return token.outcome
    const headers = { Authorization: `Bearer ${token.value}`, 'Content-Type': 'application/json' }
    const outcome = judge(await http.request({ method: 'POST', url, headers, body, deadlineMs, startBy }))
    if (isTokenRefused(outcome)) tokens.drop(token.value)
    return outcome
  }
}

const isTokenRefused = (outcome: Outcome): boolean =>
  outcome.kind === 'alert' && outcome.reason === 'access_token_refused'

/** FCM's limit counts notification and data. `url` is our only data key; reserved ones (`from`, `google.…`) are never used. */
const payloadSize = ({ title, body, url }: PushMessage): number =>
  Buffer.byteLength(JSON.stringify({ notification: { title, body }, data: { url } }))

/** A copy replaces instead of stacking: collapse key and tag are the step's, whatever the attempt. */
function bodyOf({ token, title, body, url }: PushMessage, { stepId, validForMs }: Attempt, now: Date): string {
  const ttl = Math.min(Math.max(Math.floor(validForMs / 1_000), 0), LONGEST_TTL_S)
  const expiration = Math.floor(now.getTime() / 1_000) + ttl
  return JSON.stringify({
    message: {
      token,
      notification: { title, body },
      data: { url },
      android: { priority: 'HIGH', ttl: `${ttl}s`, collapse_key: stepId, notification: { tag: stepId } },
      apns: {
        headers: { 'apns-priority': '10', 'apns-expiration': String(expiration), 'apns-collapse-id': stepId },
        payload: { aps: { sound: 'default' } },
      },
      webpush: {
        headers: { TTL: String(ttl), Urgency: 'high' },
        notification: { tag: stepId },
        ...(url.startsWith('https:') && { fcm_options: { link: url } }),
      },
    },
  })
}

function judge(result: HttpResult): Outcome {
  if (result.kind !== 'answer') return unanswered(result)
  const body = readObject(result.body)
  if (result.status >= 200 && result.status < 300) {
    const name = body?.['name']
    return typeof name === 'string' && name
      ? { kind: 'accepted', providerId: name }
      : { kind: 'ambiguous', reason: 'unreadable_answer' }
  }
  const error = readError(body)
  const row = ROWS.find(
    (row) => row.status === result.status && row.code.test(error.code) && (row.when?.(error) ?? true),
  )
  return withWait(row?.outcome ?? { kind: 'retry', reason: `unclassified_code_${result.status}` }, result.headers)
}

interface FcmError {
  /** `FcmError.errorCode`, else the `google.rpc.Status` code with a `rpc:` before it. */
  code: string
  /** `BadRequest.fieldViolations`, names of fields. */
  fields: string[]
  /** `QuotaFailure.violations`: which quota. */
  quotas: string
}

function readError(body: Record<string, unknown> | undefined): FcmError {
  const error = asObject(body?.['error'])
  const details = asArray(error?.['details']).map((detail) => asObject(detail) ?? {})
  const named = details.find((detail) => String(detail['@type']).endsWith('FcmError'))?.['errorCode']
  return {
    code: typeof named === 'string' ? named : `rpc:${String(error?.['status'] ?? '')}`,
    fields: details
      .flatMap((detail) => asArray(detail['fieldViolations']))
      .map((field) => String(asObject(field)?.['field'])),
    quotas: JSON.stringify(details.flatMap((detail) => asArray(detail['violations']))),
  }
}

interface Row {
  status: number
  code: RegExp
  when?: (error: FcmError) => boolean
  outcome: Outcome
}

const DEAD = { kind: 'suppress', suppression: 'token_dead' } as const

/** provider-errors 4, version 2026-11; the first row that fits. The comment is Google's wording. */
const ROWS: Row[] = [
  // INVALID_ARGUMENT: Request parameters were invalid. With field violations the payload is ours, unless it is the token.
  {
    status: 400,
    code: /^INVALID_ARGUMENT$/,
    when: ({ fields }) => fields.every((field) => field === 'message.token'),
    outcome: { ...DEAD, reason: 'token_malformed' },
  },
  { status: 400, code: /./, outcome: { kind: 'permanent', reason: 'payload_refused', alert: true } },
  // UNREGISTERED: App instance was unregistered from FCM. Newer: the installation id is not registered.
  { status: 404, code: /^(UNREGISTERED|\w+_NOT_REGISTERED)$/, outcome: { ...DEAD, reason: 'token_unregistered' } },
  { status: 404, code: /./, outcome: { kind: 'alert', reason: 'project_unknown' } },
  // SENDER_ID_MISMATCH: The authenticated sender ID is different from the sender ID for the registration token.
  { status: 403, code: /^SENDER_ID_MISMATCH$/, outcome: { ...DEAD, reason: 'token_of_another_project' } },
  { status: 403, code: /./, outcome: { kind: 'alert', reason: 'permission_denied' } },
  // THIRD_PARTY_AUTH_ERROR: APNs certificate or web push auth key was invalid or missing.
  { status: 401, code: /^THIRD_PARTY_AUTH_ERROR$/, outcome: { kind: 'alert', reason: 'platform_key_invalid' } },
  // UNAUTHENTICATED: Request had invalid authentication credentials.
  { status: 401, code: /./, outcome: { kind: 'alert', reason: 'access_token_refused' } },
  // QUOTA_EXCEEDED: Sending limit exceeded for the message target. A device's quota delays that device only.
  {
    status: 429,
    code: /./,
    when: ({ quotas }) => /device/i.test(quotas),
    outcome: { kind: 'retry', reason: 'device_quota', afterMs: 60_000 },
  },
  { status: 429, code: /./, outcome: { kind: 'throttle', reason: 'quota_exceeded', afterMs: 60_000 } },
  // UNAVAILABLE: The server is overloaded.
  { status: 503, code: /./, outcome: { kind: 'retry', reason: 'unavailable' } },
  // INTERNAL: An unknown internal error occurred.
  { status: 500, code: /./, outcome: { kind: 'retry', reason: 'internal_error', afterMs: 10_000 } },
]
