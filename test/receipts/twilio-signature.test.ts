import fc from 'fast-check'
import twilio from 'twilio'
import { describe, expect, test } from 'vitest'
import { readTwilio } from '../../src/receipts/twilio-signature.ts'
import { FORM, PATH, PUBLIC_URL, posted, postedJson, SECONDARY, TOKEN } from './twilio-kit.ts'

const options = { publicUrl: PUBLIC_URL, authTokens: [TOKEN, SECONDARY] }
const read = (request: Parameters<typeof readTwilio>[1], part: Partial<typeof options> = {}) =>
  readTwilio({ ...options, ...part }, request)

describe('a rightly signed request is taken', () => {
  test.each([
    ['with the primary token', posted(FORM)],
    ['with the secondary token', posted(FORM, { token: SECONDARY })],
    ['with a parameter we have never seen', posted({ ...FORM, BrandNew: '1' })],
    ['with accents, emoji, plus and ampersand', posted({ ...FORM, Body: 'Peña & co + 💸 \r\n=?' })],
    ['with empty values', posted({ ...FORM, Body: '' })],
    ['as JSON with the hash of its body', postedJson(JSON.stringify(FORM))],
    ['signed with the usual port in the URL', posted(FORM, { signedUrl: `https://links.example.com:443${PATH}` })],
  ])('%s', (_, request) => {
    expect(read(request)).toMatchObject({ ok: true })
  })

  test('whatever the order of its parameters', () => {
    const request = posted(FORM)
    const raw = Buffer.from(new URLSearchParams(Object.entries(FORM).reverse()).toString())

    expect(read({ ...request, raw })).toMatchObject({ ok: true })
  })

  test.each([
    ['its port', 'https://links.example.com:8443', 'https://links.example.com:8443'],
    ['its port, left out by the signer', 'https://links.example.com:8443', 'https://links.example.com'],
    ['plain http', 'http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['an IPv6 host', 'http://[::1]:3000', 'http://[::1]:3000'],
    ['a path before ours', 'https://example.com/links', 'https://example.com/links'],
    ['a slash at its end', 'https://links.example.com/', 'https://links.example.com'],
  ])('at a public URL with %s', (_, publicUrl, signedBase) => {
    expect(read(posted(FORM, { signedUrl: signedBase + PATH }), { publicUrl })).toMatchObject({ ok: true })
  })

  test('and its parameters are what was sent', () => {
    const reading = read(posted({ ...FORM, Body: 'Peña 💸' }))

    expect(reading.ok && reading.parameters.get('Body')).toBe('Peña 💸')
  })

  test('and a parameter that came twice counts as Twilio counts it', () => {
    const raw = Buffer.from('MediaUrl=b&MediaUrl=a&MediaUrl=b&To=%2B1')
    const signature = twilio.getExpectedTwilioSignature(TOKEN, PUBLIC_URL + PATH, {
      MediaUrl: ['b', 'a', 'b'],
      To: '+1',
    })

    expect(read({ url: PATH, raw, headers: { 'x-twilio-signature': signature } })).toMatchObject({ ok: true })
  })
})

describe('what is forged or altered is refused', () => {
  const good = posted(FORM)
  const json = postedJson(JSON.stringify(FORM))

  test.each([
    ['by another token', posted(FORM, { token: 'f'.repeat(32) })],
    ['by the empty token', posted(FORM, { token: '' })],
    ['for another host', posted(FORM, { signedUrl: `https://evil.example${PATH}` })],
    ['for http instead of https', posted(FORM, { signedUrl: `http://links.example.com${PATH}` })],
    ['for another attempt', { ...good, url: PATH.replace('.1', '.9') }],
    ['with more in its query', { ...good, url: `${PATH}&x=1` }],
    ['with a URL of somebody else', { ...good, url: `https://links.example.com${PATH}` }],
    ['with another status', { ...good, raw: Buffer.from(good.raw.toString().replaceAll('delivered', 'failed')) }],
    ['with one parameter more', { ...good, raw: Buffer.concat([good.raw, Buffer.from('&ErrorCode=30005')]) }],
    ['with one parameter less', { ...good, raw: Buffer.from(good.raw.toString().replace(/&To=.*/, '')) }],
    ['cut', { ...good, raw: good.raw.subarray(0, -1) }],
    ['empty', { ...good, raw: Buffer.alloc(0) }],
    ['as JSON with another body', { ...json, raw: Buffer.from(JSON.stringify({ ...FORM, MessageStatus: 'failed' })) }],
    ['as JSON without its hash', { ...json, url: PATH }],
    ['with a form where a JSON body was signed', { ...json, raw: good.raw }],
    ['with a signature that is none', { ...good, headers: { 'x-twilio-signature': 'x' } }],
  ])('%s', (_, request) => {
    expect(read(request)).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test.each([
    ['not signed', {}],
    ['signed with nothing', { 'x-twilio-signature': '' }],
    ['signed twice', { 'x-twilio-signature': [good.headers['x-twilio-signature'] as string, 'x'] }],
  ])('%s', (_, headers) => {
    expect(read({ ...good, headers })).toEqual({ ok: false, reason: 'no_signature' })
  })

  test('without tokens nothing is taken', () => {
    expect(read(posted(FORM), { authTokens: [] })).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test('more than 64 KiB are not looked at', () => {
    expect(read(posted({ ...FORM, Body: 'x'.repeat(65_536) }))).toEqual({ ok: false, reason: 'bad_body' })
  })

  test.each(['null', '[1]', '"text"', '{"cut":'])('a signed JSON body that is no object (%s) says nothing', (body) => {
    expect(read(postedJson(body))).toEqual({ ok: false, reason: 'bad_body' })
  })
})

describe('what the request says about our name does not matter', () => {
  const claims = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' }

  test('when it is rightly signed', () => {
    expect(read(posted(FORM, { headers: claims }))).toMatchObject({ ok: true })
  })

  test('when it is signed for the name it claims', () => {
    const request = posted(FORM, { signedUrl: `http://evil.example${PATH}`, headers: claims })

    expect(read(request)).toEqual({ ok: false, reason: 'bad_signature' })
  })
})

test("for any parameters we say what Twilio's own package says", () => {
  const form = fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
    noNullPrototype: true,
  })
  fc.assert(
    fc.property(form, fc.boolean(), (parameters, honest) => {
      const request = posted(parameters, { token: honest ? TOKEN : 'another' })
      const sent = Object.fromEntries(new URLSearchParams(request.raw.toString()))
      const signature = String(request.headers['x-twilio-signature'])
      const witness = twilio.validateRequest(TOKEN, signature, PUBLIC_URL + PATH, sent)

      expect(readTwilio({ ...options, authTokens: [TOKEN] }, request).ok).toBe(witness)
      expect(witness).toBe(honest)
    }),
  )
})

test("for a JSON body we say what Twilio's own package says", () => {
  const request = postedJson('{"MessageSid":"SM1"}')
  const signature = String(request.headers['x-twilio-signature'])

  expect(twilio.validateRequestWithBody(TOKEN, signature, PUBLIC_URL + request.url, request.raw.toString())).toBe(true)
  expect(read(request).ok).toBe(true)
})
