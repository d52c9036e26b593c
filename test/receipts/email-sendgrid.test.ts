import { createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeSendgrid } from '../../src/receipts/email-sendgrid.ts'

const STEP = '019a9f3e-7b1c-7000-8000-0123456789ab.2'
const NOW = new Date('2026-11-22T18:00:00Z')
const TIMESTAMP = '1795370400'
const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const derOf = (key: typeof ours.publicKey) => key.export({ type: 'spki', format: 'der' }).toString('base64')

const reader = makeSendgrid({ publicKeys: [derOf(ours.publicKey)], domain: 'links.example.com' })
const EVENT = {
  email: 'michael@example.com',
  timestamp: 1_795_370_399,
  'smtp-id': `<${STEP}@links.example.com>`,
  event: 'delivered',
  sg_event_id: 'event-1',
  sg_message_id: '14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0',
}

function posted(body: string, { signer = ours.privateKey, timestamp = TIMESTAMP } = {}) {
  const signature = createSign('sha256').update(timestamp).update(body).sign(signer, 'base64')
  return {
    url: '/webhooks/email/sendgrid',
    raw: Buffer.from(body),
    headers: {
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': timestamp,
    },
  }
}

async function told(...events: object[]) {
  const reading = await reader.read(posted(JSON.stringify(events.map((event) => ({ ...EVENT, ...event })))), NOW)
  return reading.ok ? reading.receipts : []
}

describe('the signature', () => {
  const body = `${JSON.stringify([EVENT])}\r\n`
  const good = posted(body)

  test('over time and bytes lets events in', async () => {
    expect(await reader.read(good, NOW)).toMatchObject({ ok: true, receipts: [{ stepId: STEP }] })
  })

  test('of either key counts while the key is being changed', async () => {
    const both = makeSendgrid({ publicKeys: [derOf(stranger.publicKey), derOf(ours.publicKey)] })

    expect((await both.read(good, NOW)).ok).toBe(true)
    expect((await both.read(posted(body, { signer: stranger.privateKey }), NOW)).ok).toBe(true)
  })

  test.each([
    ['of a stranger', posted(body, { signer: stranger.privateKey })],
    ['over another body', { ...good, raw: Buffer.from(body.replace('delivered', 'spamreport')) }],
    ['over a cut body', { ...good, raw: good.raw.subarray(0, -1) }],
    ['over the same events written another way', { ...good, raw: Buffer.from(JSON.stringify([EVENT], null, 1)) }],
    [
      'of another time',
      { ...good, headers: { ...good.headers, 'x-twilio-email-event-webhook-timestamp': '1795370401' } },
    ],
    ['that is none', { ...good, headers: { ...good.headers, 'x-twilio-email-event-webhook-signature': '!!' } }],
  ])('%s is refused', async (_, request) => {
    expect(await reader.read(request, NOW)).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test.each(['x-twilio-email-event-webhook-signature', 'x-twilio-email-event-webhook-timestamp'])(
    'is needed with %s',
    async (name) => {
      const request = { ...good, headers: { ...good.headers, [name]: undefined } }

      expect(await reader.read(request, NOW)).toEqual({ ok: false, reason: 'no_signature' })
    },
  )

  test.each([
    ['no JSON', '[{'],
    ['no list', '{}'],
    ['larger than 1 MiB', JSON.stringify([{ ...EVENT, x: 'x'.repeat(1_048_576) }])],
    ['of more than 5,000 events', JSON.stringify(Array.from({ length: 5_001 }, () => ({})))],
  ])('does not help a body that is %s', async (_, text) => {
    expect(await reader.read(posted(text), NOW)).toEqual({ ok: false, reason: 'bad_body' })
  })

  test.each([
    ['no base64', 'not a key'],
    ['no key', Buffer.from('not a key').toString('base64')],
    ['on another curve', derOf(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey)],
  ])('cannot be checked with a key that is %s, and nothing starts with it', (_, key) => {
    expect(() => makeSendgrid({ publicKeys: [key] })).toThrow('no base64 DER public key')
  })
})

describe('what SendGrid says', () => {
  const HARD = { kind: 'suppress', reason: 'bounced', suppression: 'hard_bounce' }
  const OPT_OUT = { kind: 'suppress', reason: 'unsubscribed', suppression: 'opt_out' }
  const COMPLAINT = { kind: 'suppress', reason: 'complaint', suppression: 'complaint' }
  const flagged = (reason: string) => ({ kind: 'permanent', reason, alert: true })
  const bounce = (part: object) => ({ event: 'bounce', type: 'bounce', ...part })
  const dropped = (reason: string) => ({ event: 'dropped', reason })

  test('becomes a receipt of the step in our Message-ID', async () => {
    expect(await told({})).toEqual([
      {
        provider: 'sendgrid',
        channel: 'email',
        attemptId: null,
        stepId: STEP,
        providerId: '14c5d75ce93.dfd.64b469',
        address: 'michael@example.com',
        status: 'delivered',
        rank: 5,
        final: true,
        outcome: null,
        mostResends: null,
        occurredAt: new Date(1_795_370_399_000),
        key: 'sendgrid:event-1',
      },
    ])
  })

  test.each<[string, object, string, object | null]>([
    ['processed', { event: 'processed' }, 'queued', null],
    ['deferred', { event: 'deferred', response: '400 try again later' }, 'deferred', null],
    ['no such mailbox', bounce({ status: '5.1.1', reason: '550 5.1.1 unknown' }), 'bounced', HARD],
    ['a general bounce', bounce({ status: '5.0.0' }), 'bounced', HARD],
    ['a bounce of policy', bounce({ status: '5.7.1' }), 'bounced', flagged('refused_by_policy')],
    ['a soft bounce', bounce({ status: '4.4.7' }), 'undelivered', null],
    ['a bounce that only its text explains', bounce({ reason: '550 5.1.1 unknown' }), 'bounced', HARD],
    [
      'a bounce without any status',
      bounce({ reason: 'no' }),
      'bounced',
      { kind: 'permanent', reason: 'bounced_without_status' },
    ],
    ['a block', bounce({ type: 'blocked', status: '5.7.1' }), 'bounced', flagged('refused_by_policy')],
    [
      'a block that looks hard',
      bounce({ type: 'blocked', status: '5.1.1' }),
      'bounced',
      { kind: 'permanent', reason: 'blocked' },
    ],
    [
      'a block without a status',
      bounce({ type: 'blocked' }),
      'bounced',
      { kind: 'permanent', reason: 'bounced_without_status' },
    ],
    [
      'a bounce of a new type',
      bounce({ type: 'constructor', status: '5.1.1' }),
      'bounced',
      { kind: 'permanent', reason: 'gave_up' },
    ],
    [
      'given up after three days',
      bounce({ type: 'expired', status: '5.0.0' }),
      'bounced',
      { kind: 'permanent', reason: 'gave_up' },
    ],
    ['an address that bounced before', dropped('Bounced Address'), 'bounced', HARD],
    ['one that complained', dropped('Spam Reporting Address'), 'complained', COMPLAINT],
    ['one that unsubscribed', dropped('Unsubscribed Address'), 'unsubscribed', OPT_OUT],
    [
      'one that is none',
      dropped('Invalid'),
      'bounced',
      { kind: 'suppress', reason: 'address_malformed', suppression: 'invalid' },
    ],
    ['refused content', dropped('Spam Content'), 'bounced', flagged('content_refused')],
    ['a malformed message', dropped('Invalid SMTPAPI header'), 'bounced', flagged('message_malformed')],
    [
      'no quota left',
      dropped('Recipient List over Package Quota'),
      'bounced',
      { kind: 'alert', reason: 'quota_reached' },
    ],
    ['dropped for a new reason', dropped('Brand new'), 'bounced', { kind: 'permanent', reason: 'dropped_by_provider' }],
    [
      'dropped for an odd reason',
      dropped('constructor'),
      'bounced',
      { kind: 'permanent', reason: 'dropped_by_provider' },
    ],
    ['a complaint', { event: 'spamreport' }, 'complained', COMPLAINT],
    ['an unsubscription', { event: 'unsubscribe' }, 'unsubscribed', OPT_OUT],
    ['an unsubscription from a group', { event: 'group_unsubscribe' }, 'unsubscribed', OPT_OUT],
  ])('%s', async (_, event, status, outcome) => {
    const [receipt] = await told(event)

    expect(receipt).toMatchObject({ status, stepId: STEP })
    expect(receipt?.outcome).toEqual(outcome)
  })

  test.each(['open', 'click', 'group_resubscribe', 'toString', ''])('%j is no receipt', async (event) => {
    expect(await told({ event })).toEqual([])
  })

  test('in a batch is read one by one, and what is no event is passed over', async () => {
    const reading = await reader.read(posted(JSON.stringify([null, 1, [], 'x', EVENT])), NOW)

    expect(reading).toMatchObject({ ok: true, receipts: [{ key: 'sendgrid:event-1' }] })
  })

  test('twice has the same key, also where SendGrid gave none', async () => {
    const [first, again] = await told({ sg_event_id: undefined }, { sg_event_id: undefined })

    expect(first?.key).toMatch(/^sendgrid:[0-9a-f]{32}$/)
    expect(again?.key).toBe(first?.key)
  })

  test('about a mail of somebody else names no step', async () => {
    expect(await told({ 'smtp-id': '<14c5d75ce93.dfd.64b469@ismtpd-555>' })).toMatchObject([{ stepId: null }])
  })
})
