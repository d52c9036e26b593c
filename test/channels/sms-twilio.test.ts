import { describe, expect, test } from 'vitest'
import { makeTwilio, type TwilioOptions } from '../../src/channels/sms-twilio.ts'
import type { Provider } from '../../src/flow/ports.ts'
import { anAttempt, type Bench, describeProvider, type Mood } from './contract.ts'
import { type Asked, json, localHttp, localServer, refusingAddress } from './local-http.ts'

const SID = 'AC00000000000000000000000000000001'
const message = { channel: 'sms', to: '+15125550123', text: 'Hello ñ' } as const

describe('the contract', () => {
  describeProvider(
    Object.assign(bench, {
      refused: async () => ({ ...(await bench('sends')), provider: twilio((await refusingAddress()).url) }),
      unknownRecipient: 'suppress' as const,
      noStepMark: 'Twilio has no idempotency key; the attempt is named in the callback address',
    }),
  )
})

test('asks exactly as Twilio documents it', async () => {
  const { asked, provider } = await recording({ publicUrl: 'https://links.example.com/' })

  await provider.send(message, anAttempt({ id: 'att_7', validForMs: 90_500 }))

  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({ method: 'POST', path: `/2010-04-01/Accounts/${SID}/Messages.json` })
  expect(asked[0]?.headers.authorization).toBe(`Basic ${btoa(`${SID}:secret`)}`)
  expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
    To: '+15125550123',
    From: '+15005550006',
    Body: 'Hello ñ',
    ValidityPeriod: '90',
    StatusCallback: 'https://links.example.com/webhooks/twilio/status?attempt=att_7',
  })
})

test.each([
  ['a second at least', 10, '1'],
  ['ten hours at most', 7 * 86_400_000, '36000'],
])('the validity period is %s', async (_name, validForMs, seconds) => {
  const { asked, provider } = await recording()

  await provider.send(message, anAttempt({ validForMs }))

  expect(new URLSearchParams(asked[0]?.body).get('ValidityPeriod')).toBe(seconds)
})

test('a messaging service takes the place of a sender', async () => {
  const { asked, provider } = await recording({ messagingServiceSid: 'MG1' })

  await provider.send(message, anAttempt())

  expect(new URLSearchParams(asked[0]?.body).get('MessagingServiceSid')).toBe('MG1')
  expect(new URLSearchParams(asked[0]?.body).has('From')).toBe(false)
})

test('a callback over plain http is only asked of a stand-in on this machine', async () => {
  const { asked, provider } = await recording({ publicUrl: 'http://127.0.0.1:3000' })

  await provider.send(message, anAttempt())

  expect(new URLSearchParams(asked[0]?.body).get('StatusCallback')).toMatch(/^http:\/\/127\.0\.0\.1:3000\//)
})

test('a text to our own sender is our mistake and never leaves', async () => {
  const { asked, provider } = await recording()

  const outcome = await provider.send({ ...message, to: '+15005550006' }, anAttempt())

  expect(outcome).toEqual({ kind: 'alert', reason: 'recipient_is_sender' })
  expect(asked).toEqual([])
})

test('an account id the SDK refuses is an alert, not an exception', async () => {
  const provider = makeTwilio({ accountSid: 'nonsense', authToken: 'secret', from: '+15005550006', http: localHttp() })

  const outcome = await provider.send(message, anAttempt())

  expect(outcome).toEqual({ kind: 'alert', reason: 'client_failed' })
})

test.each([
  [429, 20429, { kind: 'throttle' }],
  [429, undefined, { kind: 'throttle' }],
  [401, 20003, { kind: 'alert' }],
  [401, undefined, { kind: 'alert' }],
  [403, 20005, { kind: 'alert' }],
  [404, 20404, { kind: 'alert' }],
  [404, undefined, { kind: 'alert' }],
  [503, 20503, { kind: 'retry' }],
  [503, undefined, { kind: 'ambiguous' }],
  [500, 20500, { kind: 'ambiguous' }],
  [500, undefined, { kind: 'ambiguous' }],
  [502, undefined, { kind: 'ambiguous' }],
  [504, undefined, { kind: 'ambiguous' }],
  [302, undefined, { kind: 'alert' }],
  [400, 21211, { kind: 'suppress', suppression: 'invalid' }],
  [400, 21214, { kind: 'suppress', suppression: 'invalid' }],
  [400, 21217, { kind: 'suppress', suppression: 'invalid' }],
  [400, 21614, { kind: 'suppress', suppression: 'not_sms_capable' }],
  [400, 21635, { kind: 'suppress', suppression: 'not_sms_capable' }],
  [400, 21610, { kind: 'suppress', suppression: 'opt_out' }],
  [400, 21408, { kind: 'permanent', alert: true }],
  [400, 21612, { kind: 'permanent' }],
  [400, 21611, { kind: 'throttle' }],
  ...[21212, 21601, 21603, 21606, 21608, 21609, 21659, 21660].map((code) => [400, code, { kind: 'alert' }] as const),
  ...[21701, 21703, 21704, 21705].map((code) => [400, code, { kind: 'alert' }] as const),
  ...[21602, 21604, 21617, 21618, 90007, 21624].map((code) => [400, code, { kind: 'permanent', alert: true }] as const),
  [400, 99999, { kind: 'permanent', reason: 'unclassified_code_99999' }],
  [400, undefined, { kind: 'permanent', reason: 'unclassified_code_400' }],
] as const)('HTTP %s with code %s', async (status, code, expected) => {
  const url = await localServer((_asked, response) =>
    json(response, status, code ? { code, message: 'words', status } : {}),
  )

  const outcome = await twilio(url).send(message, anAttempt())

  expect(outcome).toMatchObject(expected)
})

test.each([
  ['503 that says when', 503, '30', { kind: 'retry', afterMs: 30_000 }],
  ['429 that says when', 429, '7', { kind: 'throttle', afterMs: 7_000 }],
  ['a wait longer than 15 minutes', 429, '86400', { kind: 'throttle', afterMs: 900_000 }],
  ['a date', 429, 'Sun, 22 Nov 2026 10:01:00 GMT', { kind: 'throttle', afterMs: 60_000 }],
])('Retry-After: %s', async (_name, status, retryAfter, expected) => {
  const headers = { 'retry-after': retryAfter, date: 'Sun, 22 Nov 2026 10:00:00 GMT' }
  const url = await localServer((_asked, response) => json(response, status, {}, headers))

  const outcome = await twilio(url).send(message, anAttempt())

  expect(outcome).toMatchObject(expected)
})

test('a 201 without a SID may have made a message', async () => {
  const url = await localServer((_asked, response) => json(response, 201, { status: 'queued' }))

  const outcome = await twilio(url).send(message, anAttempt())

  expect(outcome).toEqual({ kind: 'ambiguous', reason: 'unreadable_answer' })
})

test('no outcome repeats the number or the text', async () => {
  const url = await localServer((_asked, response) =>
    json(response, 400, { code: 21211, message: "The 'To' number +15125550123 is not valid" }),
  )

  const outcome = await twilio(url).send(message, anAttempt())

  expect(JSON.stringify(outcome)).not.toMatch(/5125550123|Hello/)
})

function twilio(baseUrl: string, part: Partial<TwilioOptions> = {}): Provider {
  return makeTwilio({
    accountSid: SID,
    authToken: 'secret',
    from: '+15005550006',
    baseUrl,
    deadlineMs: 2_000,
    http: localHttp(),
    ...part,
  })
}

async function recording(part: Partial<TwilioOptions> = {}): Promise<{ asked: Asked[]; provider: Provider }> {
  const asked: Asked[] = []
  const url = await localServer((request, response) => {
    asked.push(request)
    json(response, 201, { sid: 'SM1', status: 'queued' })
  })
  return { asked, provider: twilio(url, part) }
}

async function bench(mood: Mood): Promise<Bench> {
  const written: string[] = []
  const url = await localServer((asked, response) => {
    written.push(asked.body)
    if (mood === 'sends') json(response, 201, { sid: `SM${written.length}`, status: 'queued' })
    if (mood === 'busy') json(response, 429, { code: 20429 }, { 'retry-after': '2' })
    if (mood === 'unknown_recipient') json(response, 400, { code: 21211 })
    if (mood === 'garbage') response.end('<html>')
  })
  const deadlineMs = mood === 'silent_after_write' ? 100 : 5_000
  return { provider: twilio(url, { deadlineMs }), message, written }
}
