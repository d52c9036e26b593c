import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeTwilioLookup, type TwilioLookupOptions } from '../../src/channels/twilio-lookup.ts'
import type { MessageQuestion } from '../../src/flow/ports-receipts.ts'
import { type Asked, json, localHttp, localServer, refusingAddress } from './local-http.ts'

const SID = `AC${'0'.repeat(32)}`
const FROM = '+15005550006'
const TEXT = 'Hello Michael, your link: https://example.test/1'
const CLAIMED = new Date('2026-11-22T18:00:00.500Z')
const MESSAGES = `/2010-04-01/Accounts/${SID}/Messages`

const hashOf = (text: string, key = 'k2') => createHmac('sha256', key).update(text).digest()
const question: MessageQuestion = { to: '+15125550123', sentAfter: CLAIMED, bodyHash: hashOf(TEXT) }

const item = (part: object = {}) => ({
  sid: 'SM1',
  status: 'queued',
  error_code: null,
  body: TEXT,
  to: '+15125550123',
  from: FROM,
  direction: 'outbound-api',
  messaging_service_sid: null,
  date_created: 'Sun, 22 Nov 2026 18:00:01 +0000',
  date_sent: null,
  ...part,
})

/** Twilio's list, a page an array; what was asked is kept. */
async function house(pages: unknown[][], part: Partial<TwilioLookupOptions> = {}) {
  const asked: Asked[] = []
  const baseUrl = await localServer((request, response) => {
    asked.push(request)
    const page = Number(new URL(request.path, 'http://x').searchParams.get('Page') ?? 0)
    const next = page + 1 < pages.length ? `${MESSAGES}.json?To=x&Page=${page + 1}` : null
    json(response, 200, { messages: pages[page] ?? [], next_page_uri: next })
  })
  return { asked, lookup: lookupAt(baseUrl, part) }
}

const lookupAt = (baseUrl: string, part: Partial<TwilioLookupOptions> = {}) =>
  makeTwilioLookup({
    accountSid: SID,
    authToken: 'secret',
    from: FROM,
    baseUrl,
    deadlineMs: 2_000,
    http: localHttp(),
    hashes: (text) => [hashOf(text, 'k1'), hashOf(text)],
    ...part,
  })

async function find(
  pages: unknown[][],
  part: Partial<TwilioLookupOptions> = {},
  asking: Partial<MessageQuestion> = {},
) {
  const { lookup } = await house(pages, part)
  return lookup.findMessage({ ...question, ...asking })
}

describe('a message that Twilio has', () => {
  test('is found by its number and its text', async () => {
    const { asked, lookup } = await house([[item({ sid: 'SM9', body: 'another', direction: 'outbound-api' }), item()]])

    const finding = await lookup.findMessage(question)

    expect(finding).toEqual({ kind: 'found', providerId: 'SM1', status: 'queued', errorCode: null })
    const url = new URL(asked[0]?.path ?? '', 'http://x')
    expect(url.pathname).toBe(`${MESSAGES}.json`)
    expect(Object.fromEntries(url.searchParams)).toEqual({ To: '+15125550123', From: FROM, PageSize: '200' })
    expect(asked[0]?.headers.authorization).toBe(`Basic ${btoa(`${SID}:secret`)}`)
  })

  test.each<[string, object]>([
    ['that waits in the queue and was not sent', { date_sent: null }],
    ['made within the minute that two clocks may differ', { date_created: 'Sun, 22 Nov 2026 17:59:30 +0000' }],
    ['with the words of a trial account before it', { body: `Sent from your Twilio trial account - ${TEXT}` }],
  ])('%s is found', async (_, part) => {
    expect(await find([[item(part)]])).toMatchObject({ kind: 'found', providerId: 'SM1' })
  })

  test('that failed is found with its code', async () => {
    expect(await find([[item({ status: 'undelivered', error_code: 30_003 })]])).toEqual({
      kind: 'found',
      providerId: 'SM1',
      status: 'undelivered',
      errorCode: 30_003,
    })
  })

  test('is found on a later page', async () => {
    expect(await find([[item({ body: 'x' })], [], [item()]])).toMatchObject({ kind: 'found' })
  })

  test('is found though the stored hash was made with an older key', async () => {
    expect(await find([[item()]], {}, { bodyHash: hashOf(TEXT, 'k1') })).toMatchObject({ kind: 'found' })
  })

  test('from a service is found before the service chose its number', async () => {
    const service = { messagingServiceSid: 'MG1' }
    const { asked, lookup } = await house([[item({ from: null, messaging_service_sid: 'MG1' })]], service)

    expect(await lookup.findMessage(question)).toMatchObject({ kind: 'found' })
    expect(asked[0]?.path).not.toContain('From=')
  })
})

describe('a message that Twilio does not have', () => {
  test.each<[string, unknown[][], Partial<TwilioLookupOptions>, Partial<MessageQuestion>]>([
    ['nothing at all', [[]], {}, {}],
    ['another text', [[item({ body: 'another' })]], {}, {}],
    ['the same text from before', [[item({ date_created: 'Sun, 22 Nov 2026 17:58:00 +0000' })]], {}, {}],
    ['the same text, written by the person', [[item({ direction: 'inbound' })]], {}, {}],
    ['the same text of another attempt', [[item()]], {}, { notThese: ['SM1'] }],
    [
      'the same text from another service',
      [[item({ messaging_service_sid: 'MG2' })]],
      { messagingServiceSid: 'MG1' },
      {},
    ],
    ['several pages without it', [[item({ body: 'a' })], [item({ body: 'b' })]], {}, {}],
  ])('is absent: %s', async (_, pages, part, asking) => {
    expect(await find(pages, part, asking)).toEqual({ kind: 'absent' })
  })
})

describe('nobody can say', () => {
  test.each<[string, unknown[][], string]>([
    ['when a text was taken out', [[item({ body: '' })]], 'body_redacted'],
    ['when an entry is no message', [['x']], 'message_unreadable'],
    ['when an entry has no time', [[item({ date_created: null })]], 'message_unreadable'],
    ['when the list does not end', Array.from({ length: 12 }, () => [item({ body: 'x' })]), 'list_too_long'],
  ])('%s', async (_, pages, reason) => {
    expect(await find(pages)).toEqual({ kind: 'unknown', reason })
  })

  test('unless it is found beside what cannot be read', async () => {
    expect(await find([['x', item()]])).toMatchObject({ kind: 'found' })
  })

  test.each<[string, number, unknown]>([
    ['an error', 500, {}],
    ['too many questions', 429, {}],
    ['a refusal', 401, {}],
    ['an answer without a list', 200, {}],
    ['a list that is none', 200, { messages: 'x' }],
  ])('after %s', async (_, status, body) => {
    const url = await localServer((_asked, response) => json(response, status, body))

    expect(await lookupAt(url).findMessage(question)).toEqual({ kind: 'unknown', reason: 'list_unreadable' })
    expect(await lookupAt(url).messageStatus('SM1')).toEqual({ kind: 'unknown', reason: 'answer_unreadable' })
  })

  test('when nobody answers', async () => {
    const { url } = await refusingAddress()

    expect(await lookupAt(url).findMessage(question)).toEqual({ kind: 'unknown', reason: 'list_unreadable' })
  })

  test.each([
    'https://evil.example/',
    '//evil.example/x',
    `/2010-04-01/Accounts/ACother/Messages.json?Page=1`,
    '@evil.example/',
    7,
  ])('when the next page is at %s: our token goes nowhere else', async (next) => {
    const asked: Asked[] = []
    const url = await localServer((request, response) => {
      asked.push(request)
      json(response, 200, { messages: [], next_page_uri: next })
    })

    expect(await lookupAt(url).findMessage(question)).toEqual({ kind: 'unknown', reason: 'list_unreadable' })
    expect(asked).toHaveLength(1)
  })
})

describe('the status of a message', () => {
  test('is asked for by its id', async () => {
    const asked: Asked[] = []
    const url = await localServer((request, response) => {
      asked.push(request)
      json(response, 200, item({ status: 'delivered' }))
    })

    expect(await lookupAt(url).messageStatus('SM1')).toEqual({
      kind: 'found',
      providerId: 'SM1',
      status: 'delivered',
      errorCode: null,
    })
    expect(asked[0]?.path).toBe(`${MESSAGES}/SM1.json`)
  })

  test('of an unknown id is absent', async () => {
    const url = await localServer((_asked, response) => json(response, 404, { code: 20_404 }))

    expect(await lookupAt(url).messageStatus('SM1')).toEqual({ kind: 'absent' })
  })

  test.each(['', '../../x', 'SM1/../SM2', 'SM1?x=1'])('is not asked for by %j', async (id) => {
    const { url } = await refusingAddress()

    expect(await lookupAt(url).messageStatus(id)).toEqual({ kind: 'unknown', reason: 'id_malformed' })
  })
})

test('no finding repeats the number or the text', async () => {
  const findings = [await find([[item()]]), await find([[item({ body: '' })]]), await find([['x']])]

  expect(JSON.stringify(findings)).not.toMatch(/5125550123|Hello/)
})
