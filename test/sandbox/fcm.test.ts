import { createSign, generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeSandboxServiceAccount } from '../../src/sandbox/service-account.ts'
import { openProviders, type Providers } from './provider-house.ts'

let providers: Providers
beforeEach(async () => {
  providers = await openProviders()
})
afterEach(() => providers.close())

describe('FCM', () => {
  it('takes a push with a token that its own endpoint issued', async () => {
    const { status, body } = await push({ token: 'device-1' })

    expect(status).toBe(200)
    expect(body['name']).toMatch(/^projects\/link-dispatcher-sandbox\/messages\/.+/)
    expect(providers.mailbox.messagesTo('device-1')).toMatchObject([
      { channel: 'push', title: 'Hello', body: 'Your link', url: 'https://example.com/link' },
    ])
  })

  it('refuses a bearer that was never issued', async () => {
    const { status, body } = await push({ token: 'device-1' }, 'made-up')

    expect({ status, body }).toMatchObject({ status: 401, body: { error: { status: 'UNAUTHENTICATED' } } })
  })

  it('issues nothing for a grant signed with another key', async () => {
    const stranger = { ...makeSandboxServiceAccount(providers.base), private_key: anotherKey() }

    const answer = await grant(stranger)

    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' })
  })

  it.each([
    ['dead-1', 404, 'UNREGISTERED'],
    ['malformed-1', 400, 'INVALID_ARGUMENT'],
    ['mismatch-1', 403, 'SENDER_ID_MISMATCH'],
    ['apns-1', 401, 'THIRD_PARTY_AUTH_ERROR'],
    ['quota-1', 429, 'QUOTA_EXCEEDED'],
    ['unavailable-1', 503, 'UNAVAILABLE'],
    ['internal-1', 500, 'INTERNAL'],
  ])('answers for the token %s with %i %s and nothing but an FcmError', async (token, status, errorCode) => {
    const { status: answered, body } = await push({ token })

    const type = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'
    expect(answered).toBe(status)
    expect(body).toMatchObject({ error: { code: status, details: [{ '@type': type, errorCode }] } })
    expect(providers.mailbox.all()).toEqual([])
  })

  it.each([
    ['a reserved data key', { data: { from: 'x' } }],
    ['a ttl over four weeks', { android: { ttl: '2419201s' } }],
    ['more than 4,096 bytes', { data: { text: 'x'.repeat(4096) } }],
    ['a value that is no string', { data: { count: 1 } }],
  ])('names the field when the payload has %s', async (_case, change) => {
    const { status, body } = await push({ token: 'device-1', ...change })

    expect(status).toBe(400)
    expect(body).toMatchObject({
      error: { details: [{ fieldViolations: [{ field: expect.stringMatching(/^message/) }] }] },
    })
  })

  it('says when to come back', async () => {
    const { headers } = await push({ token: 'quota-1' })

    expect(headers.get('retry-after')).toBe('60')
  })

  it('answers once with an armed fault', async () => {
    providers.faults.arm('fcm', { kind: 'token_expired', count: 1 })

    expect((await push({ token: 'device-1' })).status).toBe(401)

    expect((await push({ token: 'device-1' })).status).toBe(200)
  })

  it('does not know another project', async () => {
    const { status, body } = await push({ token: 'device-1' }, undefined, 'another-project')

    expect(status).toBe(404)
    expect(body).not.toHaveProperty('error.details')
  })
})

const anotherKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

async function push(message: object, bearer?: string, project = 'link-dispatcher-sandbox') {
  const account = makeSandboxServiceAccount(providers.base)
  const token = bearer ?? ((await (await grant(account)).json()) as { access_token: string }).access_token
  const whole = {
    notification: { title: 'Hello', body: 'Your link' },
    data: { url: 'https://example.com/link' },
    ...message,
  }
  const answer = await fetch(`${providers.base}/v1/projects/${project}/messages:send`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ message: whole }),
  })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> }
}

function grant(account: ReturnType<typeof makeSandboxServiceAccount>) {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const scope = 'https://www.googleapis.com/auth/firebase.messaging'
  const claims = { iss: account.client_email, aud: account.token_uri, scope, iat: 1_000, exp: 4_600 }
  const unsigned = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  const signature = createSign('RSA-SHA256').update(unsigned).sign(account.private_key, 'base64url')
  return fetch(account.token_uri, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: `${unsigned}.${signature}`,
    }),
  })
}
