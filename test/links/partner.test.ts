import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Partner } from '../../src/flow/ports.ts'
import { makeHttp } from '../../src/lib/http.ts'
import { makePartner } from '../../src/links/partner.ts'
import { startPartner } from './partner-server.ts'

const NOW = new Date('2026-03-01T12:00:00.000Z')
const HOST = 'widget.m2m.leapfinancial.com'
const order = { referenceId: 'crm-0001', expiresInMinutes: 60, language: 'es' } as const

const link = {
  linkId: 'link_demo_0a1b2c3d4e5f',
  referenceId: 'crm-0001',
  status: 'created',
  url: `https://${HOST}/link_demo_0a1b2c3d4e5f/m2m-basic`,
  token: '4b8d3a86-0f0c-4a52-9a57-6a2a9a0b7f11',
  expiresAt: '2026-03-01T13:00:00.000Z',
  createdAt: '2026-03-01T12:00:00.000Z',
}
const good = (data: object) => ({ success: true, data })
const bad = (code: string, message = 'No.') => ({ success: false, error: { code, message } })
const page = (items: object[], totalPages = 1) =>
  good({ items, pagination: { page: 1, limit: 100, total: items.length, totalPages } })

let server: Awaited<ReturnType<typeof startPartner>>
let partner: Partner
beforeEach(async () => {
  server = await startPartner()
  partner = makePartnerAt(server.url)
})
afterEach(async () => {
  await partner.close()
  await server.close()
})

function makePartnerAt(baseUrl: string, deadlineMs = 5_000) {
  return makePartner({
    baseUrl,
    apiKey: 'm2m_test_key',
    http: makeHttp(),
    linkHosts: [HOST],
    now: () => NOW,
    deadlineMs,
  })
}

describe('creating a link', () => {
  test('sends the order with the key, and keeps neither token nor unknown fields', async () => {
    server.answers(201, good({ ...link, brandNew: true }))

    const answer = await partner.createLink({
      ...order,
      userData: { name: { firstName: 'Ana' } },
      metadata: { d: '1' },
    })

    expect(answer).toEqual({
      kind: 'ok',
      value: {
        linkId: link.linkId,
        referenceId: 'crm-0001',
        status: 'created',
        url: link.url,
        createdAt: new Date(link.createdAt),
        expiresAt: new Date(link.expiresAt),
        openedAt: null,
        operationId: null,
      },
    })
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/partner/links',
      headers: { 'x-api-key': 'm2m_test_key', 'content-type': 'application/json' },
      body: { ...order, userData: { name: { firstName: 'Ana' } }, metadata: { d: '1' } },
    })
  })

  test.each([
    ['a foreign host', { url: 'https://evil.example/x' }, 'foreign_host'],
    ['a host that only begins like ours', { url: `https://${HOST}.evil.example/x` }, 'foreign_host'],
    ['our host as a user name', { url: `https://${HOST}@evil.example/x` }, 'bad_url'],
    ['another port', { url: `https://${HOST}:8443/x` }, 'foreign_host'],
    ['plain http', { url: `http://${HOST}/x` }, 'not_https'],
    ['a script', { url: 'javascript:alert(1)' }, 'foreign_host'],
    ['no URL', { url: 'soon' }, 'bad_url'],
    ['an empty URL', { url: '' }, 'unexpected_shape'],
    ['another user', { referenceId: 'crm-0002' }, 'foreign_reference'],
    ['an expiry in the past', { expiresAt: '2026-03-01T12:00:00.000Z' }, 'already_expired'],
    ['a longer life than asked for', { expiresAt: '2026-03-01T13:05:01.000Z' }, 'expires_too_late'],
    ['an expiry without a time', { expiresAt: 'tomorrow' }, 'unexpected_shape'],
    ['a path as its id', { linkId: '..' }, 'unexpected_shape'],
  ])('does not trust a link with %s', async (_, fields, reason) => {
    server.answers(201, good({ ...link, ...fields }))

    expect(await partner.createLink(order)).toEqual({ kind: 'untrusted', reason })
  })

  test('is not asked for once its time is over: the slot may be another’s', async () => {
    server.answers(201, good(link))
    const before = server.seen.length

    const answer = await partner.createLink(order, performance.now() - 1)

    expect(answer).toMatchObject({ kind: 'retry' })
    expect(server.seen.length).toBe(before)
  })

  test('bears five minutes of clock difference', async () => {
    server.answers(201, good({ ...link, expiresAt: '2026-03-01T13:05:00.000Z' }))

    expect(await partner.createLink(order)).toMatchObject({ kind: 'ok' })
  })

  test('takes plain http from a stand-in on this machine, when its host is listed', async () => {
    const local = makePartner({
      baseUrl: server.url,
      apiKey: 'k',
      http: makeHttp(),
      linkHosts: ['127.0.0.1:4001'],
      now: () => NOW,
    })
    server.answers(201, good({ ...link, url: 'http://127.0.0.1:4001/l' }))

    const answer = await local.createLink(order)

    await local.close()
    expect(answer).toMatchObject({ kind: 'ok', value: { url: 'http://127.0.0.1:4001/l' } })
  })

  test.each([
    ['200 that says it failed', 200, bad('INTERNAL_ERROR'), { kind: 'untrusted', reason: 'not_a_success' }],
    ['200 without an envelope', 200, link, { kind: 'untrusted', reason: 'not_a_success' }],
    ['200 with a page of HTML', 200, '<html>Welcome</html>', { kind: 'untrusted', reason: 'not_json' }],
    ['200 with nothing', 200, '', { kind: 'untrusted', reason: 'not_json' }],
    ['201 without a link', 201, good({}), { kind: 'untrusted', reason: 'unexpected_shape' }],
    ['302', 302, '', { kind: 'untrusted', reason: 'redirect' }],
    ['409 with its code', 409, bad('ACTIVE_LINK_EXISTS'), { kind: 'active_link_exists' }],
    ['409 flat', 409, { code: 'ACTIVE_LINK_EXISTS', message: 'x' }, { kind: 'active_link_exists' }],
    ['409 that cannot be read', 409, '<html>', { kind: 'active_link_exists' }],
    ['409 of another kind', 409, bad('SOMETHING_ELSE'), { kind: 'refused', code: 'SOMETHING_ELSE', fields: [] }],
    ['404', 404, bad('RESOURCE_NOT_FOUND'), { kind: 'not_found' }],
    ['403', 403, bad('FORBIDDEN'), { kind: 'refused', code: 'FORBIDDEN', fields: [] }],
    ['400 without a body', 400, '', { kind: 'refused', code: 'HTTP_400', fields: [] }],
    ['422', 422, bad('REFERENCE_ID_MISMATCH'), { kind: 'refused', code: 'REFERENCE_ID_MISMATCH', fields: [] }],
    ['401 wrapped', 401, bad('INVALID_API_KEY'), { kind: 'shut', code: 'INVALID_API_KEY' }],
    ['401 flat', 401, { code: 'UNAUTHORIZED', message: 'x' }, { kind: 'shut', code: 'UNAUTHORIZED' }],
    ['401 that cannot be read', 401, 'no', { kind: 'shut', code: 'UNAUTHORIZED' }],
    [
      'suspension with 403',
      403,
      { code: 'PARTNER_SUSPENDED', message: 'x' },
      { kind: 'shut', code: 'PARTNER_SUSPENDED' },
    ],
    ['suspension with 400', 400, bad('PARTNER_SUSPENDED'), { kind: 'shut', code: 'PARTNER_SUSPENDED' }],
    ['suspension with 500', 500, bad('PARTNER_SUSPENDED'), { kind: 'shut', code: 'PARTNER_SUSPENDED' }],
    ['suspension with 200', 200, bad('PARTNER_SUSPENDED'), { kind: 'shut', code: 'PARTNER_SUSPENDED' }],
    ['500', 500, bad('INTERNAL_ERROR'), { kind: 'unclear', reason: 'http_500' }],
    ['502 with a page of HTML', 502, '<html>Bad gateway</html>', { kind: 'unclear', reason: 'http_502' }],
    ['503', 503, '', { kind: 'unclear', reason: 'http_503' }],
    ['408', 408, '', { kind: 'unclear', reason: 'http_408' }],
  ])('%s is judged', async (_, status, body, expected) => {
    server.answers(status, body)

    expect(await partner.createLink(order)).toEqual(expected)
  })

  test('a refusal names the fields, and never their values', async () => {
    server.answers(
      400,
      bad('INVALID_REQUEST', 'userData.paymentMethod: accountNumber 014027000005555558 of Ana is bad'),
    )

    const answer = await partner.createLink(order)

    expect(answer).toEqual({
      kind: 'refused',
      code: 'INVALID_REQUEST',
      fields: ['userData', 'paymentMethod', 'accountNumber'],
    })
  })

  test('a code that is no code is not passed on', async () => {
    server.answers(400, bad('account 014027000005555558 is bad'))

    expect(await partner.createLink(order)).toEqual({ kind: 'refused', code: 'HTTP_400', fields: [] })
  })

  test.each([
    ['seconds', '7', 7_000],
    ['a date', 'Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['a date that is over', 'Sun, 01 Mar 2026 11:00:00 GMT', 1_000],
    ['zero', '0', 1_000],
    ['an hour', '3600', 900_000],
    ['nonsense', 'soon', 60_000],
  ])('429 with Retry-After as %s waits', async (_, header, afterMs) => {
    server.answers(429, bad('RATE_LIMIT_EXCEEDED'), { 'retry-after': header })

    expect(await partner.createLink(order)).toEqual({ kind: 'throttled', afterMs })
  })

  test('429 without Retry-After waits a minute', async () => {
    server.answers(429, 'slow down')

    expect(await partner.createLink(order)).toEqual({ kind: 'throttled', afterMs: 60_000 })
  })

  test('a reset after the request is unclear: the link may exist', async () => {
    server.plays((_, response) => response.destroy())

    expect(await partner.createLink(order)).toMatchObject({ kind: 'unclear' })
  })

  test('an answer that is cut off is unclear', async () => {
    server.plays((_, response) => {
      response.writeHead(201, { 'content-length': '500' }).write('{"success":true', () => response.destroy())
    })

    expect(await partner.createLink(order)).toMatchObject({ kind: 'unclear' })
  })

  test('silence until the deadline is unclear', async () => {
    const impatient = makePartnerAt(server.url, 50)
    server.plays(() => undefined)

    const answer = await impatient.createLink(order)

    await impatient.close()
    expect(answer).toMatchObject({ kind: 'unclear' })
  })

  test('a partner that cannot be reached is tried again: nothing was written', async () => {
    const { url, close } = await startPartner()
    await close()
    const alone = makePartnerAt(url)

    const answer = await alone.createLink(order)

    await alone.close()
    expect(answer).toMatchObject({ kind: 'retry' })
  })
})

describe('listing active links', () => {
  test('asks for one user’s active ones, page after page', async () => {
    server.plays(({ query }, response) => {
      const number = Number(query.get('page'))
      response.end(JSON.stringify(page([{ ...link, linkId: `link_demo_${number}` }], 3)))
    })

    const answer = await partner.activeLinks('crm-0001')

    expect(answer).toMatchObject({
      kind: 'ok',
      value: [{ linkId: 'link_demo_1' }, { linkId: 'link_demo_2' }, { linkId: 'link_demo_3' }],
    })
    expect(server.seen.map(({ query }) => Object.fromEntries(query))).toEqual(
      ['1', '2', '3'].map((number) => ({ referenceId: 'crm-0001', visibility: 'active', limit: '100', page: number })),
    )
  })

  test('reads what is optional, null or missing', async () => {
    const opened = { ...link, openedAt: '2026-03-01T12:10:00.000Z', operationId: 'op_demo_1', userId: null }
    server.answers(200, page([opened, { ...link, openedAt: null }]))

    const answer = await partner.activeLinks('crm-0001')

    expect(answer).toMatchObject({
      kind: 'ok',
      value: [
        { openedAt: new Date('2026-03-01T12:10:00.000Z'), operationId: 'op_demo_1' },
        { openedAt: null, operationId: null },
      ],
    })
  })

  test('leaves out what is over, should the partner’s filter fail', async () => {
    server.answers(
      200,
      page([{ ...link, status: 'revoked' }, { ...link, expiresAt: '2026-03-01T11:59:00.000Z' }, link]),
    )

    const answer = await partner.activeLinks('crm-0001')

    expect(answer).toMatchObject({ kind: 'ok', value: [{ status: 'created' }] })
  })

  test.each([
    ['another user’s link', { referenceId: 'crm-0002' }, 'foreign_reference'],
    ['a foreign host', { url: 'https://evil.example/x' }, 'foreign_host'],
  ])('is not trusted with %s: it could be adopted', async (_, fields, reason) => {
    server.answers(200, page([link, { ...link, ...fields }]))

    expect(await partner.activeLinks('crm-0001')).toEqual({ kind: 'untrusted', reason })
  })

  test('a page that fails fails the whole', async () => {
    server.plays(({ query }, response) => {
      if (query.get('page') === '2') response.writeHead(503).end()
      else response.end(JSON.stringify(page([link], 2)))
    })

    expect(await partner.activeLinks('crm-0001')).toEqual({ kind: 'unclear', reason: 'http_503' })
  })

  test('ends at an empty page, whatever the count says', async () => {
    server.answers(200, page([], 1_000_000))

    expect(await partner.activeLinks('crm-0001')).toEqual({ kind: 'ok', value: [] })
    expect(server.seen).toHaveLength(1)
  })

  test('bears a hundred links with large prefills', async () => {
    const large = Array.from({ length: 100 }, () => ({ ...link, userData: { note: 'x'.repeat(5_000) } }))
    server.answers(200, page(large))

    const answer = await partner.activeLinks('crm-0001')

    expect(answer.kind === 'ok' && answer.value.length).toBe(100)
  })
})

describe('asking what was opened since', () => {
  test('looks back a whole life, since the partner filters by creation', async () => {
    const before = { ...link, linkId: 'link_before', status: 'opened', openedAt: '2026-02-28T11:59:59.000Z' }
    const after = { ...link, linkId: 'link_after', status: 'opened', openedAt: '2026-02-28T12:00:00.000Z' }
    const unsaid = { ...link, linkId: 'link_unsaid', status: 'opened', openedAt: null }
    server.answers(200, page([before, after, unsaid]))

    const answer = await partner.openedSince(new Date('2026-02-28T12:00:00.000Z'))

    expect(answer).toMatchObject({ kind: 'ok', value: [{ linkId: 'link_after' }, { linkId: 'link_unsaid' }] })
    expect(Object.fromEntries(server.seen[0]?.query ?? [])).toMatchObject({
      status: 'opened',
      from: '2026-02-21T12:00:00.000Z',
    })
  })
})

describe('revoking', () => {
  test('posts the reason below the link', async () => {
    server.answers(200, good({ linkId: link.linkId, status: 'revoked', revokedAt: '2026-03-01T12:00:00.000Z' }))

    const answer = await partner.revokeLink('link/../demo', 'replaced')

    expect(answer).toEqual({ kind: 'ok', value: null })
    expect(server.seen[0]).toMatchObject({
      path: '/partner/links/link%2F..%2Fdemo/revoke',
      body: { reason: 'replaced' },
    })
  })

  test('tells an unknown link from a refusal', async () => {
    server.answers(404, bad('RESOURCE_NOT_FOUND'))
    const unknown = await partner.revokeLink(link.linkId, 'x')
    server.answers(400, bad('INVALID_REQUEST'))
    const twice = await partner.revokeLink(link.linkId, 'x')

    expect(unknown).toEqual({ kind: 'not_found' })
    expect(twice).toEqual({ kind: 'refused', code: 'INVALID_REQUEST', fields: [] })
  })
})

describe('asking for an operation', () => {
  test.each([
    ['one of this link', [{ linkId: link.linkId, status: 'processing' }], true],
    ['a finished one of this link', [{ linkId: link.linkId, status: 'completed' }], true],
    ['one of another link', [{ linkId: 'link_demo_other', status: 'processing' }], false],
    ['none', [], false],
    ['one under way that names no link', [{ operationId: 'op', status: 'created' }], true],
    ['a finished one that names no link', [{ operationId: 'op', status: 'completed' }], false],
  ])('%s', async (_, items, expected) => {
    server.answers(200, page(items))

    expect(await partner.hasOperation('crm-0001', link.linkId)).toEqual({ kind: 'ok', value: expected })
  })
})
