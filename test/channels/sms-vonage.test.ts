import { describe, expect, test } from 'vitest'
import { makeVonage } from '../../src/channels/sms-vonage.ts'
import type { Provider } from '../../src/flow/ports.ts'
import { anAttempt, type Bench, describeProvider, type Mood } from './contract.ts'
import { type Asked, json, localHttp, localServer, refusingAddress } from './local-http.ts'

const message = { channel: 'sms', to: '+15125550123', text: 'Hello' } as const

describe('the contract', () => {
  describeProvider(
    Object.assign(bench, {
      refused: async () => ({ ...(await bench('sends')), provider: vonage((await refusingAddress()).url) }),
      unknownRecipient: 'suppress' as const,
      noStepMark: 'Vonage has no idempotency key; client-ref names the attempt',
    }),
  )
})

test('asks exactly as Vonage documents it', async () => {
  const asked: Asked[] = []
  const url = await localServer((request, response) => {
    asked.push(request)
    json(response, 200, part('0'))
  })

  await vonage(url).send(message, anAttempt({ id: 'att_7', validForMs: 90_000.7 }))

  expect(asked[0]).toMatchObject({ method: 'POST', path: '/sms/json' })
  expect(asked[0]?.headers.authorization).toBe(`Basic ${btoa('key:secret')}`)
  expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
    from: 'Acme',
    to: '15125550123',
    text: 'Hello',
    type: 'text',
    ttl: '90000',
    'client-ref': 'att_7',
  })
})

test.each([
  ['Tu enlace: ¡listo! €5 ñ', 'text'],
  ['Tu número está listo', 'unicode'],
  ['你好', 'unicode'],
])('%s goes as %s', async (text, type) => {
  const asked: Asked[] = []
  const url = await localServer((request, response) => {
    asked.push(request)
    json(response, 200, part('0'))
  })

  await vonage(url).send({ ...message, text }, anAttempt())

  expect(new URLSearchParams(asked[0]?.body).get('type')).toBe(type)
})

test.each([
  ['1', { kind: 'throttle' }],
  ['2', { kind: 'permanent', alert: true }],
  ['3', { kind: 'permanent', alert: true }],
  ['4', { kind: 'alert' }],
  ['5', { kind: 'retry' }],
  ['6', { kind: 'permanent' }],
  ['7', { kind: 'permanent' }],
  ['8', { kind: 'alert' }],
  ['9', { kind: 'alert' }],
  ['10', { kind: 'throttle' }],
  ['11', { kind: 'alert' }],
  ['12', { kind: 'permanent', alert: true }],
  ['14', { kind: 'alert' }],
  ['15', { kind: 'alert' }],
  ['22', { kind: 'permanent', alert: true }],
  ['23', { kind: 'alert' }],
  ['29', { kind: 'alert' }],
  ['32', { kind: 'alert' }],
  ['33', { kind: 'suppress', suppression: 'invalid' }],
  ['99', { kind: 'permanent', reason: 'unclassified_code_99' }],
  ['what', { kind: 'ambiguous' }],
])('status %s', async (status, expected) => {
  const url = await localServer((_asked, response) => json(response, 200, part(status)))

  const outcome = await vonage(url).send(message, anAttempt())

  expect(outcome).toMatchObject(expected)
})

test.each([
  [301, {}, { kind: 'alert' }],
  [400, {}, { kind: 'permanent', reason: 'unclassified_code_400' }],
  [401, {}, { kind: 'alert' }],
  [403, {}, { kind: 'alert' }],
  [404, {}, { kind: 'alert' }],
  [429, { 'retry-after': '3' }, { kind: 'throttle', afterMs: 3_000 }],
  [500, {}, { kind: 'ambiguous' }],
  [503, {}, { kind: 'ambiguous' }],
  [503, { 'retry-after': '3' }, { kind: 'retry', afterMs: 3_000 }],
])('HTTP %s %o', async (status, headers, expected) => {
  const url = await localServer((_asked, response) => json(response, status, {}, { ...headers }))

  const outcome = await vonage(url).send(message, anAttempt())

  expect(outcome).toMatchObject(expected)
})

test('a long text of which only a part was queued is ambiguous', async () => {
  const url = await localServer((_asked, response) =>
    json(response, 200, { messages: [{ status: '0', 'message-id': 'A' }, { status: '1' }] }),
  )

  const outcome = await vonage(url).send(message, anAttempt())

  expect(outcome).toEqual({ kind: 'ambiguous', reason: 'partly_accepted' })
})

const part = (status: string) => ({
  'message-count': '1',
  messages: [{ to: '15125550123', status, 'message-id': '0C0000', 'error-text': 'words' }],
})

function vonage(baseUrl: string, deadlineMs = 5_000): Provider {
  return makeVonage({ apiKey: 'key', apiSecret: 'secret', from: 'Acme', baseUrl, deadlineMs, http: localHttp() })
}

async function bench(mood: Mood): Promise<Bench> {
  const written: string[] = []
  const url = await localServer((asked, response) => {
    written.push(asked.body)
    if (mood === 'sends') json(response, 200, part('0'))
    if (mood === 'busy') json(response, 429, {}, { 'retry-after': '2' })
    if (mood === 'unknown_recipient') json(response, 200, part('33'))
    if (mood === 'garbage') response.end('<html>')
  })
  return { provider: vonage(url, mood === 'silent_after_write' ? 100 : 5_000), message, written }
}
