import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeFcm } from '../../src/channels/push-fcm.ts'
import type { Provider } from '../../src/flow/ports.ts'
import { anAttempt, type Bench, describeProvider, type Mood } from './contract.ts'
import { type Asked, json, localHttp, localServer, refusingAddress } from './local-http.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const NOW = new Date('2026-11-22T10:00:00Z')
const message = {
  channel: 'push',
  token: 'device-1',
  title: 'Hola',
  body: 'Tu enlace',
  url: 'https://m.example.com/x',
} as const

describe('the contract', () => {
  describeProvider(
    Object.assign(bench, {
      refused: async () => ({ ...(await bench('sends')), provider: fcm((await refusingAddress()).url) }),
      unknownRecipient: 'suppress' as const,
    }),
  )
})

test('asks exactly as FCM documents it', async () => {
  const { asked, provider } = await google((response) => json(response, 200, { name: 'projects/p1/messages/1' }))

  await provider.send(message, anAttempt({ stepId: 'stp_9', validForMs: 3_600_900 }))

  const [request] = asked.filter(isMessage)
  expect(request).toMatchObject({ method: 'POST', path: '/v1/projects/p1/messages:send' })
  expect(request?.headers.authorization).toBe('Bearer token-1')
  expect(JSON.parse(request?.body ?? '')).toEqual({
    message: {
      token: 'device-1',
      notification: { title: 'Hola', body: 'Tu enlace' },
      data: { url: 'https://m.example.com/x' },
      android: { priority: 'HIGH', ttl: '3600s', collapse_key: 'stp_9', notification: { tag: 'stp_9' } },
      apns: {
        headers: {
          'apns-priority': '10',
          'apns-expiration': String(NOW.getTime() / 1_000 + 3_600),
          'apns-collapse-id': 'stp_9',
        },
        payload: { aps: { sound: 'default' } },
      },
      webpush: {
        headers: { TTL: '3600', Urgency: 'high' },
        notification: { tag: 'stp_9' },
        fcm_options: { link: 'https://m.example.com/x' },
      },
    },
  })
})

test('asks the account’s own token_uri with a grant it signed', async () => {
  const { asked, provider, url } = await google((response) => json(response, 200, { name: 'n' }))

  await provider.send(message, anAttempt())

  const grant = new URLSearchParams(asked.find((request) => request.path === '/token')?.body)
  const [header = '', claims = '', signature = ''] = (grant.get('assertion') ?? '').split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect(grant.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
  expect(read(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
  expect(read(claims)).toEqual({
    iss: 'robot@p1.example.com',
    scope: 'https://www.googleapis.com/auth/firebase.messaging',
    aud: `${url}/token`,
    iat: NOW.getTime() / 1_000,
    exp: NOW.getTime() / 1_000 + 3_600,
  })
  const signed = Buffer.from(`${header}.${claims}`)
  expect(verify('RSA-SHA256', signed, createPublicKey(privateKey), Buffer.from(signature, 'base64url'))).toBe(true)
})

test('many messages share one access token', async () => {
  const { asked, provider } = await google((response) => json(response, 200, { name: 'n' }))

  await Promise.all(Array.from({ length: 5 }, () => provider.send(message, anAttempt())))
  await provider.send(message, anAttempt())

  expect(asked.filter((request) => request.path === '/token')).toHaveLength(1)
})

test('a token about to end is not used again', async () => {
  const { asked, provider } = await google((response) => json(response, 200, { name: 'n' }), { expiresIn: 30 })

  await provider.send(message, anAttempt())
  await provider.send(message, anAttempt())

  expect(asked.filter((request) => request.path === '/token')).toHaveLength(2)
})

test('an expired access token is renewed once, and the message asked again', async () => {
  const { asked, provider } = await google((response, request) =>
    request.headers.authorization === 'Bearer token-1'
      ? json(response, 401, rpc('UNAUTHENTICATED'))
      : json(response, 200, { name: 'n' }),
  )

  const outcome = await provider.send(message, anAttempt())

  expect(outcome).toEqual({ kind: 'accepted', providerId: 'n' })
  expect(asked.map((request) => request.path.split('/').at(-1))).toEqual([
    'token',
    'messages:send',
    'token',
    'messages:send',
  ])
})

test('a second refused access token is an alert', async () => {
  const { asked, provider } = await google((response) => json(response, 401, rpc('UNAUTHENTICATED')))

  const outcome = await provider.send(message, anAttempt())

  expect(outcome).toEqual({ kind: 'alert', reason: 'access_token_refused' })
  expect(asked.filter(isMessage)).toHaveLength(2)
})

test.each([
  [400, { kind: 'alert', reason: 'credentials_refused' }],
  [429, { kind: 'throttle' }],
  [503, { kind: 'retry' }],
])('a token endpoint that answers %s: no message is asked for', async (status, expected) => {
  const { asked, provider } = await google((response) => json(response, 200, { name: 'n' }), { tokenStatus: status })

  const outcome = await provider.send(message, anAttempt())

  expect(outcome).toMatchObject(expected)
  expect(asked.filter(isMessage)).toEqual([])
})

test.each([
  ['the only detail is FcmError', 400, fcmError('INVALID_ARGUMENT'), { kind: 'suppress', suppression: 'token_dead' }],
  [
    'the token is the violated field',
    400,
    fcmError('INVALID_ARGUMENT', violation('message.token')),
    { kind: 'suppress', suppression: 'token_dead' },
  ],
  [
    'another field is violated',
    400,
    fcmError('INVALID_ARGUMENT', violation('message.android.ttl')),
    { kind: 'permanent', alert: true },
  ],
  ['no FcmError at all', 400, rpc('INVALID_ARGUMENT', violation('message.data')), { kind: 'permanent', alert: true }],
  ['unregistered', 404, fcmError('UNREGISTERED'), { kind: 'suppress', suppression: 'token_dead' }],
  [
    'unregistered by its newer name',
    404,
    fcmError('INSTALLATION_ID_NOT_REGISTERED'),
    { kind: 'suppress', suppression: 'token_dead' },
  ],
  ['wrong project', 404, rpc('NOT_FOUND'), { kind: 'alert' }],
  ['not even JSON', 404, 'nothing here', { kind: 'alert' }],
  ['another project’s token', 403, fcmError('SENDER_ID_MISMATCH'), { kind: 'suppress', suppression: 'token_dead' }],
  ['no rights', 403, rpc('PERMISSION_DENIED'), { kind: 'alert', reason: 'permission_denied' }],
  ['APNs key bad', 401, fcmError('THIRD_PARTY_AUTH_ERROR'), { kind: 'alert', reason: 'platform_key_invalid' }],
  ['quota', 429, fcmError('QUOTA_EXCEEDED'), { kind: 'throttle', afterMs: 60_000 }],
  [
    'quota of one device',
    429,
    fcmError('QUOTA_EXCEEDED', {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ subject: 'device:1' }],
    }),
    { kind: 'retry', reason: 'device_quota' },
  ],
  ['overloaded', 503, fcmError('UNAVAILABLE'), { kind: 'retry' }],
  ['internal', 500, fcmError('INTERNAL'), { kind: 'retry', afterMs: 10_000 }],
  ['unspecified', 409, fcmError('UNSPECIFIED_ERROR'), { kind: 'retry', reason: 'unclassified_code_409' }],
  ['gateway', 502, 'bad gateway', { kind: 'retry', reason: 'unclassified_code_502' }],
])('%s: HTTP %s', async (_name, status, body, expected) => {
  const { provider } = await google((response) => json(response, status, body))

  const outcome = await provider.send(message, anAttempt())

  expect(outcome).toMatchObject(expected)
})

test('Retry-After is obeyed, but a quota pauses for a minute at least', async () => {
  const { provider } = await google((response) =>
    json(response, 429, fcmError('QUOTA_EXCEEDED'), { 'retry-after': '5' }),
  )
  const busy = await google((response) => json(response, 503, fcmError('UNAVAILABLE'), { 'retry-after': '120' }))

  const quota = await provider.send(message, anAttempt())
  const overloaded = await busy.provider.send(message, anAttempt())

  expect(quota).toMatchObject({ kind: 'throttle', afterMs: 60_000 })
  expect(overloaded).toMatchObject({ kind: 'retry', afterMs: 120_000 })
})

test('more than 4,096 bytes never leave', async () => {
  const { asked, provider } = await google((response) => json(response, 200, { name: 'n' }))

  const outcome = await provider.send({ ...message, body: 'é'.repeat(2_100) }, anAttempt())

  expect(outcome).toEqual({ kind: 'permanent', reason: 'payload_too_large', alert: true })
  expect(asked).toEqual([])
})

test('a service account can be a file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcm-'))
  const file = path.join(folder, 'account.json')
  const { provider } = await google((response) => json(response, 200, { name: 'n' }), {
    store: async (account) => {
      await writeFile(file, account)
      return file
    },
  })

  const outcome = await provider.send(message, anAttempt())

  expect(outcome.kind).toBe('accepted')
  await rm(folder, { recursive: true })
})

test.each([
  ['not there', '/nowhere/account.json'],
  ['not JSON', '{'],
  ['without a key', '{"project_id":"p1"}'],
])('a service account that is %s is an alert', async (_name, serviceAccount) => {
  const provider = makeFcm({ serviceAccount, http: localHttp(), now: () => NOW })

  const outcome = await provider.send(message, anAttempt())

  expect(outcome).toEqual({ kind: 'alert', reason: 'service_account_invalid' })
})

function fcmError(errorCode: string, ...more: object[]) {
  return rpc('STATUS', { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }, ...more)
}

function violation(field: string) {
  return { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description: 'words' }] }
}

function rpc(status: string, ...details: object[]) {
  return { error: { code: 400, message: 'words', status, details } }
}

const isMessage = (asked: Asked) => asked.path.endsWith('messages:send')

const accountJson = (url: string) =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'p1',
    private_key_id: 'k1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'robot@p1.example.com',
    token_uri: `${url}/token`,
  })

function fcm(url: string, { deadlineMs = 5_000, serviceAccount = accountJson(url) } = {}): Provider {
  return makeFcm({ serviceAccount, baseUrl: url, deadlineMs, http: localHttp(), now: () => NOW })
}

interface GoogleOptions {
  expiresIn?: number
  tokenStatus?: number
  deadlineMs?: number
  store?: (account: string) => Promise<string>
}

/** Google's token endpoint and FCM in one; the n-th token is `token-n`. */
async function google(
  answer: (response: ServerResponse, asked: Asked) => void,
  { expiresIn = 3_600, tokenStatus = 200, deadlineMs = 5_000, store = async (account) => account }: GoogleOptions = {},
): Promise<{ asked: Asked[]; provider: Provider; url: string }> {
  const asked: Asked[] = []
  let tokens = 0
  const url = await localServer((request, response) => {
    asked.push(request)
    if (request.path !== '/token') return answer(response, request)
    json(response, tokenStatus, { access_token: `token-${++tokens}`, expires_in: expiresIn })
  })
  return { asked, provider: fcm(url, { deadlineMs, serviceAccount: await store(accountJson(url)) }), url }
}

async function bench(mood: Mood): Promise<Bench> {
  const written: string[] = []
  const marks: string[] = []
  const deadlineMs = mood === 'silent_after_write' ? 100 : 5_000
  const { provider } = await google(
    (response, { body }) => {
      written.push(body)
      marks.push(JSON.parse(body).message.android.notification.tag)
      if (mood === 'sends') json(response, 200, { name: 'projects/p1/messages/1' })
      if (mood === 'busy') json(response, 429, fcmError('QUOTA_EXCEEDED'))
      if (mood === 'unknown_recipient') json(response, 404, fcmError('UNREGISTERED'))
      if (mood === 'garbage') response.end('<html>')
    },
    { deadlineMs },
  )
  return { provider, message, written, marks: () => marks }
}
