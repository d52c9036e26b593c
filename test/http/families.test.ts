import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import {
  ADDRESSES,
  BAITS,
  BREAKS,
  HIDDEN_IN_NAMES,
  LISTS,
  LOCALES,
  NAMES,
  NO_JSON,
  NO_PHONES,
  WRONG_USER_DATA,
  ZONES,
} from './bad-input-families.ts'
import {
  type Answer,
  ask,
  askAll,
  expectReady,
  faultsIn,
  type Operation,
  type Request,
  readApi,
  traces,
} from './described-api.ts'

const house = await openHouse({ env: { ROLES: 'api' } })
const { operations } = await readApi(house)
const operation = (name: string): Operation => {
  const found = operations.find((one) => one.name === name)
  if (!found) throw new Error(`/openapi.json does not describe ${name}`)
  return found
}
const previews = operation('POST /v1/previews')
const search = operation('POST /v1/suppressions/search')
const CHANNELS = ['sms', 'email', 'push']
const LANGUAGES = ['en', 'es', 'es-MX', 'pt-BR', 'ar']
const contact = { phone: '+15125550123', email: 'ana@example.com', pushTokens: ['token-1'] }

const post = (operation: Operation, body: unknown): Request => ({ operation, path: operation.path, body })
const previewOf = (wish: object) => post(previews, { referenceId: 'user_1', contact, channels: CHANNELS, ...wish })

/** Answers of requests that may be taken or not, but never wrongly. */
async function soundAnswers(made: Request[]): Promise<Answer[]> {
  const before = await traces(house)
  const answers = await askAll(house, made)
  expect(made.flatMap((one, i) => faultsIn(one, answers[i]!))).toEqual([])
  expect(await traces(house)).toEqual(before)
  return answers
}

interface Words {
  channel: string
  words: Record<string, string> | null
}
const isRefused = ({ status }: Answer) => status === 422 || status === 400
const wordsIn = ({ body }: Answer): string[] =>
  (body['messages'] as Words[]).flatMap(({ words }) => Object.values(words ?? {}))

const headsIn = ({ body }: Answer): string[] =>
  (body['messages'] as Words[]).flatMap(({ words }) => [words?.['subject'] ?? '', words?.['title'] ?? ''])

const SIGNS = /(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu
/** What a text is made of besides words: invisible signs, links, and in a page tags. A name must add to none of them. */
const bonesOf = (text: string) => {
  const parts = text.startsWith('<!doctype') ? /[\w.]*:\/\/[^\s"<]*|<\/?\w+/g : /[\w.]*:\/\/[^\s"<]*/g
  return [...(text.match(SIGNS) ?? []), ...(text.match(parts) ?? [])].join('')
}

describe.each(LANGUAGES)('a name in messages, in %s', (locale) => {
  const named = (text: string) =>
    previewOf({ locale, contact: { ...contact, name: { firstName: text, lastName: text } } })

  it('brings along no invisible sign, no link and no markup', async () => {
    const texts = [...NAMES, ...HIDDEN_IN_NAMES, ...BAITS]

    const [plain, nameless, ...answers] = await soundAnswers([named('Ana'), named('1'), ...texts.map(named)])

    expect(texts.filter((_, i) => answers[i]?.status !== 200)).toEqual([])
    const bones = [plain!, nameless!].map((answer) => wordsIn(answer).map(bonesOf))
    const isSound = (text: string, n: number) => bones.some((all) => all[n] === bonesOf(text))
    expect(texts.filter((_, i) => !wordsIn(answers[i]!).every(isSound))).toEqual([])
    const bait = /evil\W?example|555.?0123|127.0.0.1/i
    expect(texts.filter((_, i) => wordsIn(answers[i]!).some((text) => bait.test(text)))).toEqual([])
  })
})

describe('header breaks', () => {
  const FIELDS: [string, (text: string) => object][] = [
    ['a name', (text) => ({ contact: { ...contact, name: { firstName: `Ana${text}` } } })],
    ['an address', (text) => ({ contact: { email: `ana@example.com${text}` } })],
    ['a token', (text) => ({ contact: { pushTokens: [`token${text}`] } })],
    ['a variable', (text) => ({ variables: { sender: `Acme${text}` } })],
    ['a template', (text) => ({ template: `magic-link${text}` })],
    ['a locale', (text) => ({ locale: `es${text}` })],
    ['a referenceId', (text) => ({ referenceId: `user_1${text}` })],
  ]

  it.each(FIELDS)('in %s end up in no subject, title or text line', async (_, wish) => {
    const answers = await soundAnswers(BREAKS.map((text) => previewOf(wish(text))))

    const heads = answers.filter(({ status }) => status === 200).flatMap(headsIn)
    expect(heads.filter((text) => /[\p{Cc}\u2028\u2029]/u.test(text))).toEqual([])
    expect(BREAKS.filter((_, i) => answers[i]!.text.includes('eve@evil.example'))).toEqual([])
  })
})

describe('addresses', () => {
  it('that are one are taken', async () => {
    const answers = await soundAnswers(ADDRESSES.one.map((email) => post(search, { email })))

    expect(ADDRESSES.one.filter((_, i) => answers[i]?.status !== 200)).toEqual([])
  })

  it('that are none, or more than one, are refused wherever they stand', async () => {
    const made = ADDRESSES.none.flatMap((email) => [post(search, { email }), previewOf({ contact: { email } })])

    const answers = await soundAnswers(made)

    expect(made.filter((_, i) => !isRefused(answers[i]!)).map(({ body }) => body)).toEqual([])
  })
})

describe('phone numbers', () => {
  it('of every country are taken, national and with its code', async () => {
    const countries = Object.entries(examples)
    const made = countries.map(([country, number]) => post(search, { phone: number, country }))

    const answers = await soundAnswers(made)

    expect(countries.filter((_, i) => answers[i]?.status !== 200)).toEqual([])
    expect(countries.length).toBeGreaterThan(200)
  })

  it('that are none are refused wherever they stand', async () => {
    const made = NO_PHONES.flatMap((phone) => [post(search, { phone }), previewOf({ contact: { phone } })])

    const answers = await soundAnswers(made)

    expect(made.filter((_, i) => !isRefused(answers[i]!)).map(({ body }) => body)).toEqual([])
  })
})

describe('zones and locales', () => {
  it.each([
    ['timeZone', ZONES],
    ['locale', LOCALES],
  ])('%s is one that is known', async (field, { known, unknown }) => {
    const answers = await soundAnswers([...known, ...unknown].map((text) => previewOf({ [field]: text })))

    const refused = answers.map(({ status }) => status !== 200)
    expect(refused).toEqual([...known.map(() => false), ...unknown.map(() => true)])
    expect(answers.filter(({ text }) => text.includes('x'.repeat(100)))).toEqual([])
  })
})

describe('money data', () => {
  it('that is wrong is named and not repeated', async () => {
    const answers = await soundAnswers(WRONG_USER_DATA.map(([, userData]) => previewOf({ userData })))

    const named = answers.map(({ body }) => body['errors'] as { path: string }[] | undefined)
    const missed = WRONG_USER_DATA.filter(([field], i) => !named[i]?.some(({ path }) => path === `userData.${field}`))
    expect(missed).toEqual([])
  })
})

describe('JSON that is none', () => {
  const reading = operations.filter(({ type, needsKey }) => needsKey && type === 'application/json')

  it.each(reading)('$name refuses it as malformed', async ({ name, path, method }) => {
    const before = await traces(house)

    const answers = await Promise.all(NO_JSON.map(([, body]) => raw(method, path.replaceAll(/\{\w+\}/g, 'x'), body)))

    expect(answers.map(({ status, body }, i) => [NO_JSON[i]?.[0], status, body['code']])).toEqual(
      NO_JSON.map(([what]) => [what, 400, 'malformed_json']),
    )
    expect(await traces(house), name).toEqual(before)
  })

  it.each(reading)(
    '$name refuses other types, other encodings, and what is too large',
    async ({ path, method, answers: declared }) => {
      const at = path.replaceAll(/\{\w+\}/g, 'x')
      const limit = path.endsWith('/batch') ? 4 * 1_024 * 1_024 : 256 * 1_024

      const answers = await Promise.all([
        raw(method, at, '{}', { 'Content-Type': 'text/xml' }),
        raw(method, at, '{}', { 'Content-Type': 'application/json; charset=utf-7' }),
        raw(method, at, '{}', { 'Content-Encoding': 'gzip' }),
        raw(method, at, '{}', { 'Content-Encoding': 'br' }),
        raw(method, at, `{"x":"${'y'.repeat(limit - 7)}"}`),
        raw(method, at, `{"x":"${'y'.repeat(limit - 8)}"}`),
      ])

      const codes = answers.map(({ body }) => body['code'])
      expect(codes.slice(0, 5)).toEqual([...Array(4).fill('unsupported_media_type'), 'body_too_large'])
      expect(codes[5]).not.toBe('body_too_large')
      expect(answers.filter(({ status }) => !declared.has(status)).map(({ status }) => status)).toEqual([])
    },
  )
})

describe('lists', () => {
  it.each(LISTS)('%s', async (_, list, rows, good) => {
    const { status, body, text } = await raw('post', '/v1/suppressions/import', list, { 'Content-Type': 'text/csv' })

    expect([status, body['rows'], body['refused']], text).toEqual([200, rows, rows - good])
    expect(Number(body['added']) + Number(body['known']) + Number(body['refused'])).toBe(rows)
    expect(text).not.toMatch(/example\.com|cmd|5125/)
  })

  it('that are too long, or have a line that is, are refused', async () => {
    const answers = await Promise.all([
      raw('post', '/v1/suppressions/import', 'x'.repeat(20_000), { 'Content-Type': 'text/csv' }),
      raw('post', '/v1/suppressions/import', 'x\n'.repeat(100_001), { 'Content-Type': 'text/csv' }),
      raw('post', '/v1/suppressions/import', 'a,b', { 'Content-Type': 'application/json' }),
    ])

    expect(answers.map(({ body }) => body['code'])).toEqual([
      'body_too_large',
      'body_too_large',
      'unsupported_media_type',
    ])
  })
})

it('leaves the process up', () => expectReady(house))

async function raw(
  method: string,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const type = headers['Content-Type'] ?? 'application/json'
  const one = {
    name: `${method} ${path}`,
    method,
    path,
    needsKey: true,
    isPage: false,
    scopes: [],
    parameters: [],
    type: 'text/plain',
    body: undefined,
    answers: new Map(),
  }
  return ask(house, { operation: one, path, body }, { ...headers, 'Content-Type': type })
}
