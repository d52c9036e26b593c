import supertest from 'supertest'
import { describe, expect, it } from 'vitest'
import type { FoundCode } from '../../src/flow/ports-evergreen.ts'
import { newUuid } from '../../src/lib/id.ts'
import { isScanner } from '../../src/links/scanner.ts'
import { aView, makeHouse } from './kit.ts'

const CODE = 'abcdefgh23456789'
const LINK = 'https://widget.example/open/secret-7391'
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1'

/** A door with one code behind it. */
function doorTo(wish: Partial<FoundCode> | null) {
  const house = makeHouse((ports) => ({ ...ports, isScanner }))
  const view = aView()
  house.has.views = [view]
  house.has.code = wish && {
    hash: Buffer.from('hash'),
    dispatchId: view.id,
    status: 'sent',
    locale: 'es-MX',
    over: false,
    url: LINK,
    asked: false,
    ...wish,
  }
  const visit = (method: 'get' | 'head' | 'post' | 'put', agent = PHONE) =>
    supertest(house.app)[method](`/l/${CODE}`).set('User-Agent', agent).redirects(0)
  return { ...house, visit }
}

describe('a code with a living link', () => {
  it('leads a person there, and leaves no trace on the way', async () => {
    const { visit, seen } = doorTo({})

    const answer = await visit('get')

    expect(answer.status).toBe(302)
    expect(answer.headers).toMatchObject({
      location: LINK,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(seen.lookups).toEqual([['evergreen', CODE]])
    expect(seen.log.join()).toContain('/l/{code}')
    expect(seen.log.join()).not.toContain(CODE)
  })

  it('is read as a person may have typed it', async () => {
    const { app, seen } = doorTo({})

    await supertest(app).get(`/l/${CODE.toUpperCase()}`)

    expect(seen.lookups).toEqual([['evergreen', CODE]])
  })

  it.each([
    ['a HEAD', 'head', PHONE],
    ['a mail gateway', 'get', 'Mozilla/5.0 (compatible; Proofpoint URL Defense)'],
    ['a preview', 'get', 'WhatsApp/2.23.20.0'],
    ['a bot that presses buttons', 'post', 'curl/8.5.0'],
  ] as const)('leads %s nowhere, and changes nothing', async (_, method, agent) => {
    const { visit, seen } = doorTo({})

    const { status, headers, text } = await visit(method, agent)

    expect(status).toBe(200)
    expect(headers['location']).toBeUndefined()
    expect(text ?? '').not.toContain(LINK)
    expect([seen.asked, seen.resends]).toEqual([0, []])
  })

  it('does not lead to a host that is not the partner’s', async () => {
    const { visit, seen } = doorTo({ url: 'https://evil.example/widget' })

    const { status, headers, text } = await visit('get')

    expect(status).toBe(404)
    expect(headers['location']).toBeUndefined()
    expect(text).not.toContain('evil')
    expect(seen.log.join()).toContain('no host of the partner')
  })

  it('sends nothing when its button is pressed late', async () => {
    const { visit, seen } = doorTo({})

    const { status } = await visit('post')

    expect(status).toBe(200)
    expect([seen.asked, seen.resends]).toEqual([0, []])
  })
})

describe('a code whose link has run out', () => {
  it('shows a button in the language of the person, and nothing that runs', async () => {
    const { visit, seen } = doorTo({ url: null })

    const { status, text, headers } = await visit('get')

    expect(status).toBe(200)
    expect(text).toContain('<html lang="es">')
    expect(text).toContain('<form method="post"><button>Enviarme un enlace nuevo</button></form>')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(seen.asked).toBe(0)
  })

  it('sends a fresh link to the address on file, once, and tells whoever asked nothing about it', async () => {
    const { visit, seen, has } = doorTo({ url: null })

    const answers = [await visit('post'), await visit('post')]

    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers[0]?.text).toBe(answers[1]?.text)
    expect(answers[0]?.text).toContain('va en camino')
    expect(answers[0]?.text).not.toMatch(/0123|example\.com/)
    expect(seen.resends).toEqual([{ id: has.views[0]?.id, channels: ['email', 'sms'] }])
  })

  it('says the same when there is nobody to write to', async () => {
    const { visit, has, seen } = doorTo({ url: null })
    has.views = [
      aView({ id: has.code?.dispatchId ?? newUuid(), person: { contact: {}, variables: {}, metadata: null } }),
    ]

    const { status, text } = await visit('post')

    expect(status).toBe(200)
    expect(text).toContain('va en camino')
    expect(seen.resends).toEqual([])
  })

  it('shows no button where one was pressed a moment ago', async () => {
    const { visit } = doorTo({ url: null, asked: true })

    const { text } = await visit('get')

    expect(text).toContain('va en camino')
    expect(text).not.toContain('<button>')
  })

  it('changes nothing for a machine that presses it', async () => {
    const { visit, seen } = doorTo({ url: null })

    const { status } = await visit('post', 'python-requests/2.32.0')

    expect(status).toBe(200)
    expect([seen.asked, seen.resends]).toEqual([0, []])
  })

  it('takes no large body', async () => {
    const { visit, seen } = doorTo({ url: null })

    const { status } = await visit('post').send('x'.repeat(20_000))

    expect(status).toBe(413)
    expect(seen.asked).toBe(0)
  })
})

describe('a code that leads nowhere', () => {
  const page = async (wish: Partial<FoundCode> | null, method: 'get' | 'post' = 'get') => {
    const { visit, seen } = doorTo(wish)
    const { status, text } = await visit(method).set('Accept-Language', 'pt-BR,pt;q=0.9')
    return { status, text, asked: seen.asked }
  }

  it.each([
    ['unknown', null],
    ['of a cancelled dispatch', { status: 'cancelled' }],
    ['of a superseded one', { status: 'superseded' }],
    ['of a person who said stop', { status: 'suppressed' }],
    ['of one that ran out', { status: 'expired', url: null }],
    ['of one after which nothing is sent', { over: true, url: null }],
  ] satisfies [string, Partial<FoundCode> | null][])('gets the same page whether it is %s', async (_, wish) => {
    const unknown = await page(null)

    expect(unknown).toMatchObject({ status: 404, text: expect.stringContaining('<html lang="pt">') })
    expect(await page(wish)).toEqual(unknown)
    expect(await page(wish, 'post')).toEqual(unknown)
  })

  it('is not even looked up when it cannot be one', async () => {
    const { app, seen } = doorTo({})

    const { status } = await supertest(app).get('/l/..%2Fadmin')

    expect(status).toBe(404)
    expect(seen.lookups).toEqual([])
  })
})

it('offers no other method', async () => {
  const { visit } = doorTo({})

  const { status, headers } = await visit('put')

  expect(status).toBe(405)
  expect(headers['allow']).toBe('GET, HEAD, POST')
})
