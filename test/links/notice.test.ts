import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeNoticeReader } from '../../src/links/notice.ts'

const SECRET = 'whsec_local_test_0001'
const TIMESTAMP = '1767225600'
const NOW = new Date(1_767_225_600_000)
const OPENED =
  '{"event":"link.opened","timestamp":"2026-01-01T00:00:00.000Z","data":{"linkId":"link_demo_0a1b2c3d4e5f","referenceId":"crm-0001","openedAt":"2026-01-01T00:00:00.000Z"}}'
const OPENED_HEX = 'edaeb654e3665093a0b3c87e0b68ae166c7c6c84cc491ff126c82afa41622515'
const PENA = '{"event":"link.opened","data":{"name":"Peña"}}'
const PENA_HEX = 'cd6364d09bc6f9a4a5d03fb3de34d7d8e745a53a2ba2a6ae767580a5d0520f76'

const reader = makeNoticeReader({ secrets: [SECRET] })
type Headers = Record<string, string | string[] | undefined>

const signedBy = (secret: string, body: string, timestamp = TIMESTAMP): Headers => ({
  'x-m2m-timestamp': timestamp,
  'x-m2m-signature': `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
})
const read = (body: string | Buffer, headers: Headers, now = NOW) => reader.read(Buffer.from(body), headers, now)

/** What a rightly signed body says, or nothing. */
function noticeOf(body: object) {
  const text = JSON.stringify(body)
  const reading = read(text, signedBy(SECRET, text))
  return reading.ok ? reading.notice : undefined
}

describe('a rightly signed notice', () => {
  test.each([
    ['the first vector', OPENED, OPENED_HEX],
    ['the vector with a letter of two bytes', PENA, PENA_HEX],
    ['upper-case hex', OPENED, OPENED_HEX.toUpperCase()],
  ])('%s is accepted', (_, body, hex) => {
    const reading = read(body, {
      'x-m2m-timestamp': TIMESTAMP,
      'x-m2m-signature': `sha256=${hex}`,
      'x-m2m-event': 'link.opened',
    })

    expect(reading).toMatchObject({ ok: true, stale: false, notice: { type: 'link.opened', raw: body } })
  })

  test('any secret of the list will do, so that a change loses nothing', () => {
    const rotating = makeNoticeReader({ secrets: ['whsec_new', SECRET] })

    expect(rotating.read(Buffer.from(OPENED), signedBy(SECRET, OPENED), NOW).ok).toBe(true)
    expect(rotating.read(Buffer.from(OPENED), signedBy('whsec_new', OPENED), NOW).ok).toBe(true)
    expect(rotating.read(Buffer.from(OPENED), signedBy('whsec_older', OPENED), NOW).ok).toBe(false)
  })

  test('without secrets nothing is accepted', () => {
    expect(makeNoticeReader({ secrets: [] }).read(Buffer.from(OPENED), signedBy('', OPENED), NOW).ok).toBe(false)
  })

  test.each([
    ['in time', 0, false],
    ['at the edge', 300_000, false],
    ['too old: an honest retry', 300_001, true],
    ['from the future', -300_001, true],
  ])('%s is accepted, and says whether it is stale', (_, lateMs, stale) => {
    const reading = read(OPENED, signedBy(SECRET, OPENED), new Date(NOW.getTime() + lateMs))

    expect(reading).toMatchObject({ ok: true, stale })
  })
})

describe('what is forged or mutated is refused', () => {
  const reversed = JSON.stringify({
    data: JSON.parse(OPENED).data,
    timestamp: '2026-01-01T00:00:00.000Z',
    event: 'link.opened',
  })

  test.each([
    ['with spaces', JSON.stringify(JSON.parse(OPENED), null, 1)],
    ['with a line end', `${OPENED}\n`],
    ['in another order', reversed],
    ['with escapes', OPENED.replace('link.opened', 'link\\u002eopened')],
    ['with one more field', OPENED.replace('{"event"', '{"a":1,"event"')],
    ['empty', ''],
    ['cut', OPENED.slice(0, -1)],
    ['of another event', PENA],
  ])('a body %s', (_, body) => {
    expect(read(body, signedBy(SECRET, OPENED))).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test.each<[string, string | string[]]>([
    ['of another secret', `sha256=${createHmac('sha256', 'other').update(`${TIMESTAMP}.${OPENED}`).digest('hex')}`],
    ['over the body alone', `sha256=${createHmac('sha256', SECRET).update(OPENED).digest('hex')}`],
    ['without its prefix', OPENED_HEX],
    ['with another prefix', `sha512=${OPENED_HEX}`],
    ['with its prefix in capitals', `SHA256=${OPENED_HEX}`],
    ['in base64', `sha256=${Buffer.from(OPENED_HEX, 'hex').toString('base64')}`],
    ['cut by a digit', `sha256=${OPENED_HEX.slice(0, -1)}`],
    ['cut to a byte', `sha256=${OPENED_HEX.slice(0, 2)}`],
    ['empty', ''],
    ['with an empty digest', 'sha256='],
    ['padded', `sha256=${OPENED_HEX}00`],
    ['with a space before', ` sha256=${OPENED_HEX}`],
    ['with a line end', `sha256=${OPENED_HEX}\n`],
    ['with a letter beyond f', `sha256=${OPENED_HEX.slice(0, -1)}g`],
    ['with a wide digit', `sha256=${OPENED_HEX.slice(0, -1)}５`],
    ['with a non-ASCII end', `sha256=${OPENED_HEX.slice(0, -1)}é`],
    ['twice in a header', `sha256=${OPENED_HEX}, sha256=${OPENED_HEX}`],
    ['in two headers', [`sha256=${OPENED_HEX}`, `sha256=${OPENED_HEX}`]],
    ['in a list of a hundred', Array.from({ length: 100 }, () => `sha256=${OPENED_HEX}`).join(',')],
    ['a megabyte long', `sha256=${'a'.repeat(1_000_000)}`],
  ])('a signature %s', (_, signature) => {
    const reading = read(OPENED, { 'x-m2m-timestamp': TIMESTAMP, 'x-m2m-signature': signature })

    expect(reading).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test.each<[string, string | string[]]>([
    ['another', '1767225601'],
    ['one with a sign', '+1767225600'],
    ['one with a fraction', '1767225600.0'],
    ['one with a space', ' 1767225600'],
    ['an empty one', ''],
    ['words', 'yesterday'],
    ['a huge one', '9'.repeat(400)],
    ['two', [TIMESTAMP, TIMESTAMP]],
  ])('a timestamp: %s', (_, timestamp) => {
    const signature = signedBy(SECRET, OPENED)['x-m2m-signature']

    expect(read(OPENED, { 'x-m2m-timestamp': timestamp, 'x-m2m-signature': signature }).ok).toBe(false)
  })

  test('a timestamp that is no number is refused though rightly signed', () => {
    expect(read(OPENED, signedBy(SECRET, OPENED, 'NaN'))).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test.each(['x-m2m-signature', 'x-m2m-timestamp'])('no %s', (name) => {
    expect(read(OPENED, { ...signedBy(SECRET, OPENED), [name]: undefined })).toEqual({
      ok: false,
      reason: 'no_signature',
    })
  })

  test.each<[string, string | string[]]>([
    ['another event', 'link.created'],
    ['the event twice', ['link.opened', 'link.opened']],
    ['nothing', ''],
  ])('an unsigned event header that says %s', (_, event) => {
    const reading = read(OPENED, { ...signedBy(SECRET, OPENED), 'x-m2m-event': event })

    expect(reading).toEqual({ ok: false, reason: 'event_mismatch' })
  })

  test.each([
    ['no JSON', 'event=link.opened'],
    ['an array', '[]'],
    ['null', 'null'],
    ['without an event', '{"data":{}}'],
    ['with an event that is none', '{"event":"a\\nb","data":{}}'],
    ['with a thousand letters of event', `{"event":"${'a'.repeat(1_000)}"}`],
    ['nested twenty thousand deep', '['.repeat(20_000)],
    ['of more than 256 KiB', `{"event":"x","data":{"a":"${'a'.repeat(262_144)}"}}`],
  ])('a signed body %s', (_, body) => {
    expect(read(body, signedBy(SECRET, body))).toEqual({ ok: false, reason: 'bad_body' })
  })

  test('bytes and headers of any kind never throw', () => {
    const header = fc.option(fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(`sha256=${OPENED_HEX}`)), {
      nil: undefined,
    })

    fc.assert(
      fc.property(fc.uint8Array(), header, header, header, (bytes, signature, timestamp, event) => {
        const headers = { 'x-m2m-signature': signature, 'x-m2m-timestamp': timestamp, 'x-m2m-event': event }
        expect(reader.read(Buffer.from(bytes), headers, NOW).ok).toBe(false)
      }),
    )
  })
})

describe('what a notice says', () => {
  test('link.opened', () => {
    const data = {
      linkId: 'link_1',
      referenceId: 'crm-1',
      openedAt: '2026-01-01T00:00:01.000Z',
      deviceInfo: { userAgent: 'Safari' },
    }

    expect(noticeOf({ event: 'link.opened', timestamp: '2026-01-01T00:00:02.000Z', data })).toMatchObject({
      key: 'link.opened:link_1',
      occurredAt: new Date('2026-01-01T00:00:02.000Z'),
      openedAt: new Date('2026-01-01T00:00:01.000Z'),
      linkId: 'link_1',
      referenceId: 'crm-1',
      userAgent: 'Safari',
      operationId: null,
      url: null,
    })
  })

  test('link.opened without a time was opened when the notice says', () => {
    expect(noticeOf({ event: 'link.opened', data: { linkId: 'link_1' } })).toMatchObject({
      occurredAt: NOW,
      openedAt: NOW,
    })
  })

  test('link.created brings the URL of a lost answer', () => {
    const data = {
      linkId: 'link_1',
      url: 'https://send.m2m.leapfinancial.com/link_1',
      expiresAt: '2026-01-02T00:00:00.000Z',
    }

    expect(noticeOf({ event: 'link.created', data })).toMatchObject({
      key: 'link.created:link_1',
      url: data.url,
      expiresAt: new Date(data.expiresAt),
      openedAt: null,
    })
  })

  test('user.data_request keeps the names of fields, and only names', () => {
    const data = {
      dataRequestId: 'dr_1',
      linkId: 'link_1',
      requiredFields: ['name.firstName', 'dob'],
      replyEndpoint: 'https://evil.example',
    }

    expect(noticeOf({ event: 'user.data_request', data })).toMatchObject({
      key: 'user.data_request:dr_1',
      dataRequestId: 'dr_1',
      requiredFields: ['name.firstName', 'dob'],
    })
  })

  test.each([
    ['operation.created', { operationId: 'op_1', referenceId: 'crm-1' }, 'operation.created:op_1'],
    ['operation.cancelled', { operationId: 'op_1', linkId: 'link_1' }, 'operation.cancelled:op_1'],
  ])('%s is known by its operation', (event, data, key) => {
    expect(noticeOf({ event, data })).toMatchObject({ key, operationId: 'op_1' })
  })

  test.each([
    ['an unknown event', { event: 'link_expired.v2', data: { linkId: 'link_1' } }],
    ['an event without data', { event: 'link.opened' }],
    ['an event with odd data', { event: 'link.opened', data: 'link_1' }],
    [
      'an event with odd fields',
      { event: 'link.opened', data: { linkId: 7, openedAt: 'soon', requiredFields: 'dob', deviceInfo: [] } },
    ],
    ['an id that no database takes', { event: 'link.opened', data: { linkId: 'a\u0000b' } }],
  ])('%s is kept, and known by its bytes', (_, body) => {
    const notice = noticeOf(body)

    expect(notice?.key).toMatch(/^hash:[0-9a-f]{64}$/)
    expect(notice?.raw).toBe(JSON.stringify(body))
  })
})
