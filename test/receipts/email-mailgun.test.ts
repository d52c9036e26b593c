import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeMailgun } from '../../src/receipts/email-mailgun.ts'

const KEY = 'signing-key-of-the-test'
const NOW = new Date('2026-11-22T18:00:00Z')
const SECONDS = NOW.getTime() / 1_000
const STEP = '019a9f3e-7b1c-7000-8000-0123456789ab.2'
const HOUR = 3_600

const EVENT = {
  id: 'CPgfbmQMTCKtHW6uIWtuVe',
  timestamp: 1_795_370_000.25,
  event: 'delivered',
  recipient: 'michael@example.com',
  message: { headers: { 'message-id': `${STEP}@links.example.com` } },
}

let count = 0
function signature({ key = KEY, timestamp = String(SECONDS) as string | number, token = `token-${++count}` } = {}) {
  return { timestamp, token, signature: createHmac('sha256', key).update(`${timestamp}${token}`).digest('hex') }
}

const reader = () => makeMailgun({ signingKeys: ['older-key', KEY], domain: 'links.example.com' })
const read = (body: unknown, from = reader()) =>
  from.read({ url: '/', raw: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), headers: {} }, NOW)

async function told(event: object) {
  const reading = await read({ signature: signature(), 'event-data': { ...EVENT, ...event } })
  return reading.ok ? reading.receipts : []
}

describe('the signature', () => {
  test('of Mailgun lets an event in', async () => {
    expect(await read({ signature: signature(), 'event-data': EVENT })).toMatchObject({ ok: true })
  })

  test.each([
    ['an older key of ours', { key: 'older-key' }],
    ['a time as a number', { timestamp: SECONDS }],
    ['a retry eight hours later', { timestamp: String(SECONDS - 8 * HOUR) }],
  ])('may have %s', async (_, wish) => {
    expect(await read({ signature: signature(wish), 'event-data': EVENT })).toMatchObject({ ok: true })
  })

  test.each([
    ['of another key', { ...signature({ key: 'x' }) }],
    ['of another token', { ...signature(), token: 'x' }],
    ['of another time', { ...signature(), timestamp: String(SECONDS - 1) }],
    ['in upper case', { ...signature(), signature: signature().signature.toUpperCase() }],
    ['from yesterday', signature({ timestamp: String(SECONDS - 13 * HOUR) })],
    ['from tomorrow', signature({ timestamp: String(SECONDS + HOUR) })],
    ['without a real time', signature({ timestamp: 'soon' })],
  ])('%s is refused', async (_, forged) => {
    expect(await read({ signature: forged, 'event-data': EVENT })).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test.each([
    ['nothing signed', { 'event-data': EVENT }, 'no_signature'],
    ['half a signature', { signature: { token: 'x' }, 'event-data': EVENT }, 'no_signature'],
    ['no object', 'null', 'no_signature'],
    ['no event', { signature: signature() }, 'bad_body'],
    ['a cut body', JSON.stringify({ signature: signature(), 'event-data': EVENT }).slice(0, -1), 'bad_body'],
    ['more than 512 KiB', { signature: signature(), 'event-data': EVENT, x: 'x'.repeat(524_288) }, 'bad_body'],
  ])('%s is refused', async (_, body, reason) => {
    expect(await read(body)).toEqual({ ok: false, reason })
  })
})

describe('a signature that was seen before', () => {
  test('cannot carry another event', async () => {
    const from = reader()
    const seen = signature()
    await read({ signature: seen, 'event-data': EVENT }, from)

    const replayed = await read({ signature: seen, 'event-data': { ...EVENT, event: 'complained' } }, from)

    expect(replayed).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test('may carry the same again: an honest retry, with the same key', async () => {
    const from = reader()
    const body = { signature: signature(), 'event-data': EVENT }

    const [first, again] = [await read(body, from), await read(body, from)]

    expect(first).toMatchObject({ ok: true, receipts: [{ stepId: STEP }] })
    expect(again).toEqual(first)
  })

  test('is not taken by a forgery that came first', async () => {
    const from = reader()
    const good = signature()
    await read({ signature: { ...good, signature: 'x' }, 'event-data': { ...EVENT, event: 'complained' } }, from)

    expect(await read({ signature: good, 'event-data': EVENT }, from)).toMatchObject({ ok: true })
  })
})

describe('what Mailgun says', () => {
  const HARD = { kind: 'suppress', reason: 'bounced', suppression: 'hard_bounce' }
  const OPT_OUT = { kind: 'suppress', reason: 'unsubscribed', suppression: 'opt_out' }
  const COMPLAINT = { kind: 'suppress', reason: 'complaint', suppression: 'complaint' }
  const failed = (part: object) => ({ event: 'failed', severity: 'permanent', ...part })
  const status = (part: object) => failed({ reason: 'bounce', 'delivery-status': part })

  test('becomes a receipt of the step in our Message-ID', async () => {
    expect(await told({})).toEqual([
      {
        provider: 'mailgun',
        channel: 'email',
        attemptId: null,
        stepId: STEP,
        providerId: `${STEP}@links.example.com`,
        address: 'michael@example.com',
        status: 'delivered',
        rank: 5,
        final: true,
        outcome: null,
        mostResends: null,
        occurredAt: new Date(1_795_370_000_250),
        key: 'mailgun:CPgfbmQMTCKtHW6uIWtuVe:1795370000.25',
      },
    ])
  })

  test.each<[string, object, string, object | null]>([
    ['accepted', { event: 'accepted' }, 'queued', null],
    ['a soft failure', { event: 'failed', severity: 'temporary', reason: 'generic' }, 'deferred', null],
    ['no such mailbox', status({ code: 550, 'enhanced-code': '5.1.1' }), 'bounced', HARD],
    [
      'no such mailbox, by its text',
      status({ code: 550, message: '5.1.1 The account does not exist' }),
      'bounced',
      HARD,
    ],
    [
      'a refusal of policy',
      status({ code: 550, message: '5.7.1 spam' }),
      'bounced',
      { kind: 'permanent', reason: 'refused_by_policy', alert: true },
    ],
    [
      '550 and no more',
      status({ code: 550, message: 'no' }),
      'bounced',
      { kind: 'permanent', reason: 'bounced_without_status' },
    ],
    [
      'too old',
      failed({ reason: 'old', 'delivery-status': { code: 602 } }),
      'bounced',
      { kind: 'permanent', reason: 'bounced_without_status' },
    ],
    [
      'a reason called like a method',
      failed({ reason: 'constructor' }),
      'bounced',
      { kind: 'permanent', reason: 'bounced_without_status' },
    ],
    ['an address that bounced before', failed({ reason: 'suppress-bounce' }), 'bounced', HARD],
    ['the same by code', failed({ 'delivery-status': { code: 605 } }), 'bounced', HARD],
    ['one that unsubscribed', failed({ reason: 'suppress-unsubscribe' }), 'unsubscribed', OPT_OUT],
    ['the same by code', failed({ 'delivery-status': { code: 606 } }), 'unsubscribed', OPT_OUT],
    ['one that complained', failed({ reason: 'suppress-complaint' }), 'complained', COMPLAINT],
    ['the same by code', failed({ 'delivery-status': { code: 607 } }), 'complained', COMPLAINT],
    ['rejected', { event: 'rejected' }, 'bounced', { kind: 'permanent', reason: 'rejected_by_provider', alert: true }],
    ['a complaint', { event: 'complained' }, 'complained', COMPLAINT],
    ['an unsubscription', { event: 'unsubscribed' }, 'unsubscribed', OPT_OUT],
  ])('%s', async (_, event, word, outcome) => {
    const [receipt] = await told(event)

    expect(receipt).toMatchObject({ status: word, stepId: STEP })
    expect(receipt?.outcome).toEqual(outcome)
  })

  test.each(['opened', 'clicked', 'stored', 'toString'])('%s is no receipt', async (event) => {
    expect(await told({ event })).toEqual([])
  })

  test.each<[string, object | null]>([
    ["another one's", { headers: { 'message-id': `${STEP}@evil.example` } }],
    ['no', null],
  ])('about a mail with %s Message-ID names no step', async (_, message) => {
    expect(await told({ message })).toMatchObject([{ stepId: null, address: 'michael@example.com' }])
  })
})
