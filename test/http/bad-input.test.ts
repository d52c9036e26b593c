import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { GOOD, makeHouse } from './kit.ts'

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const NUL = '\\u0000'
const HALF = '\\ud800'

/** What is wrong, the raw body, the status, the code. */
const MALFORMED: [string, string | Buffer, number, string][] = [
  ['no JSON', 'hello', 400, 'malformed_json'],
  ['half an object', '{"referenceId": "user_1"', 400, 'malformed_json'],
  ['a trailing comma', '{"referenceId": "user_1",}', 400, 'malformed_json'],
  ['single quotes', "{'referenceId': 'user_1'}", 400, 'malformed_json'],
  ['a comment', '{/* hi */"referenceId": "user_1"}', 400, 'malformed_json'],
  ['NaN', '{"referenceId": NaN}', 400, 'malformed_json'],
  ['two objects', '{}{}', 400, 'malformed_json'],
  ['a list at the top', '[]', 400, 'malformed_json'],
  ['a list of dispatches at the top', JSON.stringify([GOOD]), 400, 'malformed_json'],
  ['a string at the top', '"hello"', 400, 'malformed_json'],
  ['a number at the top', '42', 400, 'malformed_json'],
  ['null at the top', 'null', 400, 'malformed_json'],
  ['33 levels', nested(33), 400, 'malformed_json'],
  ['100,000 levels of objects', nested(40_000), 400, 'malformed_json'],
  ['100,000 open brackets', '['.repeat(100_000), 400, 'malformed_json'],
  ['a byte order mark', `\uFEFF${JSON.stringify(GOOD)}`, 400, 'malformed_json'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed_json'],
  ['an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed_json'],
  ['UTF-16', Buffer.from(JSON.stringify(GOOD), 'utf16le'), 400, 'malformed_json'],
  ['NUL in a value', `{"referenceId": "user${NUL}1"}`, 400, 'malformed_json'],
  ['NUL in a deep value', `{"referenceId": "u", "variables": {"a": ["b${NUL}"]}}`, 400, 'malformed_json'],
  ['NUL in a name', `{"referenceId": "u", "metadata": {"a${NUL}": 1}}`, 400, 'malformed_json'],
  ['half a surrogate pair in a value', `{"referenceId": "u", "variables": {"a": "${HALF}"}}`, 400, 'malformed_json'],
  ['half a surrogate pair in a name', `{"referenceId": "u", "variables": {"${HALF}": "a"}}`, 400, 'malformed_json'],
  ['__proto__ at the top', '{"referenceId": "u", "__proto__": {"admin": true}}', 400, 'malformed_json'],
  ['__proto__ below', '{"referenceId": "u", "metadata": {"__proto__": {"a": 1}}}', 400, 'malformed_json'],
  ['__proto__ in disguise', '{"referenceId": "u", "metadata": {"\\u005f_proto__": 1}}', 400, 'malformed_json'],
  ['constructor', '{"referenceId": "u", "variables": {"constructor": {"prototype": {}}}}', 400, 'malformed_json'],
  ['prototype in a list', '{"referenceId": "u", "variables": {"a": [{"prototype": 1}]}}', 400, 'malformed_json'],
  ['a number beyond all numbers', '{"referenceId": "u", "variables": {"a": 1e999}}', 400, 'malformed_json'],
  ['a negative one', '{"referenceId": "u", "metadata": {"a": -1e999}}', 400, 'malformed_json'],
  [
    '1,001 fields',
    JSON.stringify({
      referenceId: 'u',
      variables: Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`a${i}`, 1])),
    }),
    400,
    'malformed_json',
  ],
  ['256 KB and a byte', JSON.stringify({ pad: 'x'.repeat(262_144) }), 413, 'body_too_large'],
  ['a megabyte', 'x'.repeat(1_048_576), 413, 'body_too_large'],
]

/** What is wrong, what it does to the good example, the code, every path that must be named. */
const INVALID: [string, Record<string, unknown>, string, string[]][] = [
  ['no referenceId', { referenceId: undefined }, 'invalid_request', ['referenceId']],
  ['a number as referenceId', { referenceId: 12345 }, 'invalid_request', ['referenceId']],
  ['an empty referenceId', { referenceId: '' }, 'invalid_request', ['referenceId']],
  ['a referenceId of 129 letters', { referenceId: 'u'.repeat(129) }, 'invalid_request', ['referenceId']],
  ['a referenceId with a space', { referenceId: 'user 1' }, 'invalid_request', ['referenceId']],
  ['a referenceId with a slash', { referenceId: 'user/1' }, 'invalid_request', ['referenceId']],
  ['a referenceId with an accent', { referenceId: 'usér_1' }, 'invalid_request', ['referenceId']],
  ['an email address as referenceId', { referenceId: 'michael@example.com' }, 'invalid_request', ['referenceId']],
  ['a phone number as referenceId', { referenceId: '+15125550123' }, 'invalid_request', ['referenceId']],
  ['one without plus', { referenceId: '15125550123' }, 'invalid_request', ['referenceId']],
  ['one with dashes', { referenceId: '512-555-0123' }, 'invalid_request', ['referenceId']],
  ['one with dots', { referenceId: '512.555.0123' }, 'invalid_request', ['referenceId']],
  ['an unknown field', { surprise: 1 }, 'invalid_request', ['surprise']],
  ['several unknown fields', { one: 1, two: 2 }, 'invalid_request', ['one', 'two']],
  ['userData as text', { userData: 'Michael' }, 'invalid_request', ['userData']],
  ['userData as a list', { userData: [] }, 'invalid_request', ['userData']],
  ['userData without anything', { userData: {} }, 'invalid_request', ['userData.name', 'userData.paymentMethod']],
  [
    'userData without a name',
    { userData: { paymentMethod: GOOD.userData.paymentMethod } },
    'invalid_request',
    ['userData.name'],
  ],
  [
    'userData without a way to pay',
    { userData: { name: GOOD.userData.name } },
    'invalid_request',
    ['userData.paymentMethod'],
  ],
  [
    'a CLABE with a wrong check digit',
    account({ country: 'MX', accountNumber: '014027000005555550' }),
    'invalid_request',
    ['userData.paymentMethod.bankAccount.accountNumber'],
  ],
  [
    'a country in small letters',
    account({ country: 'mx', accountNumber: '014027000005555558' }),
    'invalid_request',
    ['userData.paymentMethod.bankAccount.country'],
  ],
  [
    'a birth date that is none',
    { userData: { ...GOOD.userData, dob: '1990-02-30' } },
    'invalid_request',
    ['userData.dob'],
  ],
  ['a birth date to come', { userData: { ...GOOD.userData, dob: '2027-01-01' } }, 'invalid_request', ['userData.dob']],
  ['contact as text', { contact: '+15125550123' }, 'invalid_request', ['contact']],
  ['a national number without its country', { contact: { phone: '5125550123' } }, 'invalid_request', ['contact.phone']],
  [
    'a country nobody knows',
    { contact: { phone: '5125550123', country: 'XX' } },
    'invalid_request',
    ['contact.country'],
  ],
  ['a number that is too short', { contact: { phone: '+1512' } }, 'invalid_request', ['contact.phone']],
  ['words instead of a number', { contact: { phone: 'call me' } }, 'invalid_request', ['contact.phone']],
  ['a premium number', { contact: { phone: '+19005550123' } }, 'invalid_request', ['contact.phone']],
  ['a number as a number', { contact: { phone: 15125550123 } }, 'invalid_request', ['contact.phone']],
  ['an email address without @', { contact: { email: 'michael' } }, 'invalid_request', ['contact.email']],
  ['two email addresses', { contact: { email: 'a@example.com, b@example.com' } }, 'invalid_request', ['contact.email']],
  [
    'an email address with a header in it',
    { contact: { email: 'a@example.com\r\nBcc: b@example.com' } },
    'invalid_request',
    ['contact.email'],
  ],
  ['a named email address', { contact: { email: 'Michael <a@example.com>' } }, 'invalid_request', ['contact.email']],
  [
    '21 tokens',
    { contact: { pushTokens: Array.from({ length: 21 }, (_, i) => `t${i}`) } },
    'invalid_request',
    ['contact.pushTokens'],
  ],
  [
    'a token of 4097 letters',
    { contact: { pushTokens: ['t'.repeat(4097)] } },
    'invalid_request',
    ['contact.pushTokens[0]'],
  ],
  ['an empty token', { contact: { pushTokens: ['ok', ''] } }, 'invalid_request', ['contact.pushTokens[1]']],
  ['a token with a line break', { contact: { pushTokens: ['a\nb'] } }, 'invalid_request', ['contact.pushTokens[0]']],
  ['a token that is no text', { contact: { pushTokens: [1] } }, 'invalid_request', ['contact.pushTokens[0]']],
  [
    'a first name with a control character',
    { contact: { name: { firstName: 'a\u0007' } } },
    'invalid_request',
    ['contact.name.firstName'],
  ],
  [
    'a first name of 101 letters',
    { contact: { name: { firstName: 'a'.repeat(101) } } },
    'invalid_request',
    ['contact.name.firstName'],
  ],
  ['an unknown field in contact', { contact: { fax: '1' } }, 'invalid_request', ['contact.fax']],
  ['no channel', { channels: [] }, 'invalid_request', ['channels']],
  ['a channel twice', { channels: ['sms', 'sms'] }, 'invalid_request', ['channels']],
  ['a channel nobody knows', { channels: ['sms', 'fax'] }, 'invalid_request', ['channels[1]']],
  ['a channel in capitals', { channels: ['SMS'] }, 'invalid_request', ['channels[0]']],
  ['channels as text', { channels: 'sms' }, 'invalid_request', ['channels']],
  ['a locale that is none', { locale: 'english please' }, 'invalid_request', ['locale']],
  ['an empty locale', { locale: '' }, 'invalid_request', ['locale']],
  ['a time zone that is none', { timeZone: 'Mars/Olympus' }, 'invalid_request', ['timeZone']],
  ['an offset as time zone', { timeZone: '+02:00' }, 'invalid_request', ['timeZone']],
  ['a template with a path in its name', { template: '../../etc/passwd' }, 'invalid_request', ['template']],
  ['a template there is not', { template: 'no-such-template' }, 'template_unknown', ['template']],
  [
    'a reminder template there is not',
    { reminders: { after: ['PT1H'], template: 'nothing' } },
    'template_unknown',
    ['reminders.template'],
  ],
  ['variables as a list', { variables: [] }, 'invalid_request', ['variables']],
  ['variables of 16 KB and more', { variables: { a: 'x'.repeat(16_384) } }, 'invalid_request', ['variables']],
  ['metadata of 4 KB and more', { metadata: { a: 'x'.repeat(4_096) } }, 'invalid_request', ['metadata']],
  ['metadata as text', { metadata: '42' }, 'invalid_request', ['metadata']],
  ['a category there is not', { category: 'newsletter' }, 'invalid_request', ['category']],
  ['a moment without offset', { sendAt: '2026-12-01T10:00:00' }, 'invalid_request', ['sendAt']],
  ['a day instead of a moment', { sendAt: '2026-12-01' }, 'invalid_request', ['sendAt']],
  ['30 February', { sendAt: '2027-02-30T10:00:00Z' }, 'invalid_request', ['sendAt']],
  ['a moment as a number', { sendAt: 1_800_000_000 }, 'invalid_request', ['sendAt']],
  ['a sendAt in the past', { sendAt: '2026-11-22T14:00:00Z' }, 'invalid_request', ['sendAt']],
  ['a validUntil in the past', { validUntil: '2026-11-22T14:00:00Z' }, 'invalid_request', ['validUntil']],
  [
    'a validUntil before sendAt',
    { sendAt: '2026-12-02T10:00:00Z', validUntil: '2026-12-01T10:00:00Z' },
    'invalid_request',
    ['validUntil'],
  ],
  ['reminders as a list', { reminders: ['PT24H'] }, 'invalid_request', ['reminders']],
  ['reminders without times', { reminders: {} }, 'invalid_request', ['reminders.after']],
  ['a reminder in words', { reminders: { after: ['tomorrow'] } }, 'invalid_request', ['reminders.after[0]']],
  ['a reminder in months', { reminders: { after: ['P1M'] } }, 'invalid_request', ['reminders.after[0]']],
  ['a reminder at once', { reminders: { after: ['PT0S'] } }, 'invalid_request', ['reminders.after[0]']],
  ['a reminder after years', { reminders: { after: ['P3650D'] } }, 'invalid_request', ['reminders.after[0]']],
  ['a negative reminder', { reminders: { after: ['-PT1H'] } }, 'invalid_request', ['reminders.after[0]']],
  ['falling reminders', { reminders: { after: ['PT2H', 'PT1H'] } }, 'invalid_request', ['reminders.after']],
  ['the same reminder twice', { reminders: { after: ['PT60M', 'PT1H'] } }, 'invalid_request', ['reminders.after']],
  [
    'eleven reminders',
    { reminders: { after: Array.from({ length: 11 }, (_, i) => `PT${i + 1}H`) } },
    'invalid_request',
    ['reminders.after'],
  ],
  [
    'a channel twice for reminders',
    { reminders: { after: ['PT1H'], channels: ['sms', 'sms'] } },
    'invalid_request',
    ['reminders.channels'],
  ],
  ['a link of 14 minutes', { link: { expiresInMinutes: 14 } }, 'invalid_request', ['link.expiresInMinutes']],
  ['a link of more than a week', { link: { expiresInMinutes: 10_081 } }, 'invalid_request', ['link.expiresInMinutes']],
  ['a link of half a minute', { link: { expiresInMinutes: 60.5 } }, 'invalid_request', ['link.expiresInMinutes']],
  ['a link in French', { link: { language: 'fr' } }, 'invalid_request', ['link.language']],
  [
    'metadata of a link that is not flat',
    { link: { metadata: { a: { b: 'c' } } } },
    'invalid_request',
    ['link.metadata.a'],
  ],
  [
    'metadata of a link of 2 KB',
    { link: { metadata: { a: 'x'.repeat(999), b: 'x'.repeat(999), c: 'x'.repeat(99) } } },
    'invalid_request',
    ['link.metadata'],
  ],
  ['an unknown field in link', { link: { colour: 'red' } }, 'invalid_request', ['link.colour']],
  ['half a link of one’s own', { link: { linkId: 'abc' } }, 'invalid_request', ['link.url', 'link.expiresAt']],
  [
    'a link of one’s own with a script',
    { link: { linkId: 'abc', url: 'javascript:alert(1)', expiresAt: '2026-12-01T00:00:00Z' } },
    'invalid_request',
    ['link.url'],
  ],
  [
    'a link of one’s own that ends in words',
    { link: { linkId: 'abc', url: 'https://widget.example/a', expiresAt: 'tomorrow' } },
    'invalid_request',
    ['link.expiresAt'],
  ],
  [
    'a link of both kinds',
    { link: { linkId: 'abc', url: 'https://widget.example/a', expiresAt: '2026-12-01T00:00:00Z', theme: 'dark' } },
    'invalid_request',
    ['link.theme'],
  ],
  ['an ifActive there is not', { ifActive: 'replace' }, 'invalid_request', ['ifActive']],
  ['a fallbackAfter in words', { fallbackAfter: 'soon' }, 'invalid_request', ['fallbackAfter']],
  ['nobody to write to', { contact: {}, channels: ['sms', 'email'] }, 'contact_missing', ['contact']],
  [
    'wrong in many places at once',
    { referenceId: 'a b', channels: ['fax'], locale: '!', sendAt: 'now', contact: { phone: '1' }, userData: {} },
    'invalid_request',
    ['referenceId', 'channels[0]', 'locale', 'sendAt', 'contact.phone', 'userData.name', 'userData.paymentMethod'],
  ],
]

/** A field of the partner's body in the wrong place, and the place the answer names. */
const MISPLACED: [string, unknown, string][] = [
  ['expiresInMinutes', 60, 'link.expiresInMinutes'],
  ['theme', 'dark', 'link.theme'],
  ['flow', 'm2m-basic', 'link.flow'],
  ['language', 'es', 'link.language'],
  ['callbackUrl', 'https://crm.example/hook', 'M2M_CALLBACK=per_link'],
  ['phone', '+15125550123', 'contact.phone'],
  ['email', 'a@example.com', 'contact.email'],
  ['pushTokens', ['a'], 'contact.pushTokens'],
  ['linkId', 'abc', 'link.linkId'],
  ['name', { firstName: 'Michael' }, 'userData.name'],
  ['paymentMethod', {}, 'userData.paymentMethod'],
]

function account(bankAccount: Record<string, string>) {
  return { userData: { name: GOOD.userData.name, paymentMethod: { type: 'bank_account', bankAccount } } }
}

describe('a body that cannot be read', () => {
  it.each(MALFORMED)('%s', async (_, raw, status, code) => {
    const { knock, seen } = makeHouse()

    const answer = await knock()
      .post('/v1/dispatches')
      .set('Content-Type', 'application/json')
      .serialize((body) => body)
      .send(raw)

    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(seen.accepted).toEqual([])
  })

  it('accepts 32 levels', async () => {
    const { knock } = makeHouse()
    const variables = JSON.parse(nested(31))

    const { status } = await knock()
      .post('/v1/dispatches')
      .send({ ...GOOD, variables })

    expect(status).toBe(202)
  })
})

describe('a content type that is not understood', () => {
  it.each([
    ['text/plain', undefined],
    ['application/x-www-form-urlencoded', undefined],
    ['application/json; charset=latin1', undefined],
    ['application/json', 'gzip'],
    ['application/json', 'br'],
  ])('%s %s', async (type, encoding) => {
    const { knock, seen } = makeHouse()
    const request = knock().post('/v1/dispatches').set('Content-Type', type)
    if (encoding) request.set('Content-Encoding', encoding)

    const { status, body } = await request.serialize((body) => body).send(gzipSync(JSON.stringify(GOOD)))

    expect([status, body.code]).toEqual([415, 'unsupported_media_type'])
    expect(seen.accepted).toEqual([])
  })
})

describe('a body that is not valid', () => {
  it.each(INVALID)('%s', async (_, wrong, code, paths) => {
    const { knock, seen } = makeHouse()

    const { status, body } = await knock()
      .post('/v1/dispatches')
      .send({ ...GOOD, ...wrong })

    expect([status, body.code]).toEqual([422, code])
    expect(body.errors.map((error: { path: string }) => error.path).sort()).toEqual(paths.toSorted())
    expect(seen.accepted).toEqual([])
  })

  it.each(MISPLACED)('%s belongs elsewhere, and the answer says where', async (field, value, place) => {
    const { knock, seen } = makeHouse()

    const { status, body } = await knock()
      .post('/v1/dispatches')
      .send({ ...GOOD, [field]: value })

    expect(status).toBe(422)
    expect(body.errors).toEqual([{ path: field, message: expect.stringContaining(place) }])
    expect(seen.accepted).toEqual([])
  })

  it('is not gone through to the end when everything is wrong', async () => {
    const { knock } = makeHouse()
    const letter = (n: number) => String.fromCharCode(97 + (n % 26))
    const strangers = Array.from({ length: 500 }, (_, n) => [`x${letter(n)}${letter(Math.floor(n / 26))}`, 1])

    const { status, body } = await knock()
      .post('/v1/dispatches')
      .send({ ...GOOD, ...Object.fromEntries(strangers) })

    expect(status).toBe(422)
    expect(body.errors).toHaveLength(100)
  })

  it('never repeats a value', async () => {
    const { knock } = makeHouse()
    const secret = 'SECRET-4711'
    const wrong = {
      referenceId: `${secret}@example.com`,
      contact: { phone: secret, email: secret, pushTokens: [{ secret }] },
      channels: [secret],
      locale: `${secret} ${secret}`,
      timeZone: secret,
      userData: { name: secret, paymentMethod: { type: secret } },
      link: { language: secret },
      sendAt: secret,
      category: secret,
      [`${secret}`]: 1,
    }

    const { status, text } = await knock().post('/v1/dispatches').send(wrong)

    expect(status).toBe(422)
    expect(text).not.toContain(secret)
  })
})

describe('paths and queries', () => {
  it.each([
    ['get', '/v1/dispatches/nonsense', 404, 'not_found'],
    ['get', '/v1/dispatches/dsp_00000000000000000000000000', 404, 'not_found'],
    ['get', '/v1/dispatches/%E0%A4%A', 404, 'not_found'],
    ['get', '/v1/nothing', 404, 'not_found'],
    ['get', '/%', 404, 'not_found'],
    ['get', '/v1/dispatches?limit=0', 422, 'invalid_request'],
    ['get', '/v1/dispatches?limit=201', 422, 'invalid_request'],
    ['get', '/v1/dispatches?limit=many', 422, 'invalid_request'],
    ['get', '/v1/dispatches?limit=1&limit=2', 422, 'invalid_request'],
    ['get', '/v1/dispatches?status=happy', 422, 'invalid_request'],
    ['get', '/v1/dispatches?from=yesterday', 422, 'invalid_request'],
    ['get', '/v1/dispatches?opened=perhaps', 422, 'invalid_request'],
    ['get', '/v1/dispatches?campaignId=1', 422, 'invalid_request'],
    ['get', '/v1/dispatches?colour=red', 422, 'invalid_request'],
    ['get', '/v1/dispatches?cursor=abc', 400, 'invalid_cursor'],
    ['get', '/v1/events?after=-1', 422, 'invalid_request'],
    ['get', '/v1/events?limit=1001', 422, 'invalid_request'],
    ['delete', '/v1/dispatches', 405, 'method_not_allowed'],
    ['put', '/v1/dispatches/dsp_00000000000000000000000000', 405, 'method_not_allowed'],
    ['get', '/v1/dispatches/batch', 405, 'method_not_allowed'],
    ['get', '/webhooks/m2m', 405, 'method_not_allowed'],
    ['delete', '/v1/holds/hld_1', 404, 'not_found'],
    ['delete', '/v1/keys/key_1', 404, 'not_found'],
    ['post', '/v1/recipients/a%40b.example/in-app', 404, 'no_link'],
    ['get', '/docs/errors/nothing', 404, 'not_found'],
    ['get', '/docs/errors/constructor', 404, 'not_found'],
    ['get', '/docs/errors/..%2f..%2fpackage.json', 404, 'not_found'],
  ] as const)('%s %s', async (method, path, status, code) => {
    const { knock } = makeHouse()

    const answer = await knock()[method](path)

    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(answer.body.requestId).toBe(answer.headers['x-request-id'])
  })

  it('says which methods there are', async () => {
    const { knock } = makeHouse()

    const { headers } = await knock().put('/v1/dispatches')

    expect(headers['allow']).toBe('GET, HEAD, POST')
  })
})

describe('other bodies', () => {
  const id = 'dsp_00000000000000000000000000'
  it.each([
    ['/v1/dispatches/search', {}, ['']],
    ['/v1/dispatches/search', { phone: '+15125550123', email: 'a@example.com' }, ['']],
    ['/v1/dispatches/search', { phone: '123' }, ['phone']],
    [`/v1/dispatches/${id}/cancel`, { reason: 1 }, ['reason']],
    [`/v1/dispatches/${id}/cancel`, { revokeLinks: 'yes' }, ['revokeLinks']],
    [`/v1/dispatches/${id}/resend`, { channel: 'fax' }, ['channel']],
    ['/v1/dispatches/batch', {}, ['items']],
    ['/v1/dispatches/batch', { items: [] }, ['items']],
    ['/v1/dispatches/batch', { items: Array.from({ length: 1_001 }, () => 1) }, ['items']],
    ['/v1/previews', { referenceId: 'a b' }, ['referenceId']],
    ['/v1/holds', { scope: 'moon', reason: 'r' }, ['scope']],
    ['/v1/holds', { scope: 'channel', value: 'fax', reason: 'r' }, ['value']],
    ['/v1/holds', { scope: 'all', value: 'sms', reason: 'r' }, ['value']],
    ['/v1/holds', { scope: 'provider', reason: 'r' }, ['value']],
    ['/v1/holds', { scope: 'campaign', value: 'x', reason: 'r' }, ['value']],
    ['/v1/holds', { scope: 'all' }, ['reason']],
    ['/v1/keys', { label: 'x', scopes: [] }, ['scopes']],
    ['/v1/keys', { label: 'x', scopes: ['root'] }, ['scopes[0]']],
    ['/v1/keys', { scopes: ['read'] }, ['label']],
  ])('%s %j', async (path, sent, paths) => {
    const { knock } = makeHouse()

    const { status, body } = await knock().post(path).send(sent)

    expect([status, body.code]).toEqual([422, 'invalid_request'])
    expect(body.errors.map((error: { path: string }) => error.path)).toEqual(paths)
  })
})
