import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { aView, openHouse, PATH, SESSION } from './kit.ts'

const PAGES = [
  '/',
  '/new',
  '/system',
  PATH,
  '/sign-in',
  '/sign-in?token=one-time',
  '/dispatches/dsp_nobody',
  '/NEW',
  '/system/',
]

describe('every page', () => {
  it.each(PAGES)('%s lets nothing foreign run, frame or load', async (path) => {
    const answer = await openHouse({ views: [aView()] }).get(path)

    expect(answer.headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['referrer-policy']).toBe('no-referrer')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  it.each(PAGES)('%s holds no inline script or style', async (path) => {
    const page = await openHouse({ views: [aView()] }).get(path)

    expect(page.text).toContain('<!doctype html>')
    expect(page.text).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script>|javascript:/)
  })

  it.each(PAGES)('%s has a language, a title, one heading of the first rank and a way past the menu', async (path) => {
    const page = await openHouse({ views: [aView()] }).get(path)

    expect(page.text).toContain('<html lang="en">')
    expect(page.text).toMatch(/<title>[^<]+ · link-dispatcher<\/title>/)
    expect(page.text.match(/<h1/g)).toHaveLength(1)
    expect(page.text).toContain('href="#main"')
  })
})

describe('a form', () => {
  const send = (headers: Record<string, string>) => {
    const house = openHouse({ views: [aView()] })
    const answer = request(house.app).post(`${PATH}/cancel`).set('Cookie', SESSION).set(headers).type('form').send({})
    return { house, answer }
  }

  it.each([
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a neighbouring site', { 'Sec-Fetch-Site': 'same-site' }],
    ['no page at all', { 'Sec-Fetch-Site': 'none' }],
    [
      'another site, whatever Origin says',
      { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://console.test', Host: 'console.test' },
    ],
    ['another origin', { Origin: 'http://evil.example', Host: 'console.test' }],
    ['another port', { Origin: 'http://console.test:8080', Host: 'console.test' }],
    ['a page without an origin', { Origin: 'null', Host: 'console.test' }],
    ['who knows where', { Host: 'console.test' }],
  ])('from %s is refused', async (_, headers) => {
    const { house, answer } = send(headers)

    expect((await answer).status).toBe(403)
    expect(house.asked.cancelled).toEqual([])
  })

  it.each([
    ['its own page', { 'Sec-Fetch-Site': 'same-origin' }],
    ['its own page in an older browser', { Origin: 'http://console.test:3000', Host: 'console.test:3000' }],
  ])('from %s is accepted', async (_, headers) => {
    const { house, answer } = send(headers)

    expect((await answer).status).toBe(303)
    expect(house.asked.cancelled).toHaveLength(1)
  })

  it.each(['/sign-in', '/sign-out', '/search', '/new', `${PATH}/resend`, '/holds/hld_x/lift'])(
    'to %s is asked where it comes from',
    async (path) => {
      const answer = await request(openHouse().app).post(path).set('Cookie', SESSION).type('form').send({})

      expect(answer.status).toBe(403)
    },
  )
})

describe('the assets', () => {
  it('may be kept under the address that the page names', async () => {
    const { app, get } = openHouse()
    const page = await get('/')
    const paths = [...page.text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '')

    const answers = await Promise.all(paths.map((path) => request(app).get(path)))

    expect(paths.length).toBeGreaterThan(5)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ headers }) => headers['cache-control']))).toEqual(
      new Set(['public, max-age=31536000, immutable']),
    )
  })

  it('are asked for again under any other address, and not sent twice', async () => {
    const { app } = openHouse()

    const first = await request(app).get('/assets/console/base.css?v=old')
    const second = await request(app)
      .get('/assets/console/base.css')
      .set('If-None-Match', first.headers['etag'] ?? '')

    expect(first.headers['cache-control']).toBe('no-cache')
    expect(second.status).toBe(304)
  })

  it.each(['/assets/console/', '/assets/console/nothing.css', '/assets/console/..%2fconsole.ts'])(
    '%s is no asset',
    async (path) => {
      const answer = await request(openHouse().app).get(path)

      expect(answer.text).not.toContain('import')
      expect(answer.status).toBeGreaterThanOrEqual(400)
    },
  )
})
