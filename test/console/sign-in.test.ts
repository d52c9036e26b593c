import type { Express } from 'express'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { aView, openHouse, PATH, SESSION } from './kit.ts'

const cookieOf = (answer: request.Response) => String(answer.headers['set-cookie'] ?? '')
const enter = (app: Express, fields: object) =>
  request(app).post('/sign-in').set('Sec-Fetch-Site', 'same-origin').type('form').send(fields)

describe('without a session', () => {
  it.each([
    ['/', '/sign-in'],
    ['/new', '/sign-in?next=%2Fnew'],
    ['/system', '/sign-in?next=%2Fsystem'],
    [PATH, `/sign-in?next=${encodeURIComponent(PATH)}`],
  ])('%s leads to the sign-in', async (path, place) => {
    const answer = await request(openHouse({ views: [aView()] }).app).get(path)

    expect(answer.status).toBe(303)
    expect(answer.headers['location']).toBe(place)
  })

  it.each(['/?fragment=1', `${PATH}?fragment=1`, '/console/stream'])('%s is refused', async (path) => {
    const { app } = openHouse({ views: [aView()] })

    const answer = await request(app)
      .get(path)
      .set('Accept', path.includes('stream') ? 'text/event-stream' : '*/*')

    expect(answer.status).toBe(401)
    expect(answer.text).not.toContain('user_12345')
  })

  it.each(['/new', '/search', `${PATH}/cancel`, `${PATH}/resend`, '/holds/hld_x/lift'])(
    'a form to %s does nothing',
    async (path) => {
      const { app, asked } = openHouse({ views: [aView()] })

      const answer = await request(app).post(path).set('Sec-Fetch-Site', 'same-origin').type('form').send({})

      expect(answer.headers['location']).toBe('/sign-in')
      expect(asked).toEqual({ filters: [], hashes: [], orders: [], resent: [], cancelled: [], lifted: [] })
    },
  )

  it('what is no page of the console is passed on', async () => {
    const answer = await request(openHouse().app).get('/v1/dispatches')

    expect(answer.text).toBe('not a page of the console')
  })
})

describe('the one-time link', () => {
  it('is not used up by looking at it', async () => {
    const { app } = openHouse()

    const page = await request(app).get('/sign-in?token=one-time')
    await request(app).get('/sign-in?token=one-time')

    expect(page.text).toContain('Open the console')
    expect((await enter(app, { token: 'one-time' })).headers['location']).toBe('/')
  })

  it('opens the console once', async () => {
    const { app } = openHouse()

    const first = await enter(app, { token: 'one-time' })
    const second = await enter(app, { token: 'one-time' })

    expect(cookieOf(first)).toContain('session-3000=fresh-session')
    expect(second.status).toBe(401)
    expect(cookieOf(second)).toBe('')
    expect(second.text).toContain('used before')
  })

  it('escapes what stands in it', async () => {
    const page = await request(openHouse().app).get('/sign-in').query({ token: '"><script>alert(1)</script>' })

    expect(page.text).not.toContain('<script>alert')
  })
})

describe('an API key', () => {
  it('opens a session that the pages accept', async () => {
    const { app } = openHouse()

    const answer = await enter(app, { key: 'good-key', next: '/system' })
    const page = await request(app)
      .get('/system')
      .set('Cookie', cookieOf(answer).split(';')[0] ?? '')

    expect(answer.headers['location']).toBe('/system')
    expect(page.status).toBe(200)
  })

  it.each(['bad-key', ''])('is refused when it is %j', async (key) => {
    const answer = await enter(openHouse().app, { key })

    expect(answer.status).toBe(401)
    expect(answer.text).toContain('unknown or was revoked')
    expect(answer.text).not.toContain('bad-key')
  })

  it('is refused when it may not read', async () => {
    const answer = await enter(openHouse({ scopes: ['in_app:read'] }).app, { key: 'good-key' })

    expect(answer.status).toBe(403)
    expect(cookieOf(answer)).toBe('')
  })

  it('may be tried ten times a minute', async () => {
    const { app } = openHouse()
    await Promise.all(Array.from({ length: 10 }, () => enter(app, { key: 'bad-key' })))

    const answer = await enter(app, { key: 'good-key' })

    expect(answer.status).toBe(429)
    expect(answer.headers['retry-after']).toBe('60')
  })

  it('may be tried again a minute later', async () => {
    let now = new Date('2026-11-22T15:00:00Z')
    const { app } = openHouse({ ports: { now: () => now } })
    await Promise.all(Array.from({ length: 10 }, () => enter(app, { key: 'bad-key' })))

    now = new Date('2026-11-22T15:01:01Z')
    const answer = await enter(app, { key: 'good-key' })

    expect(answer.status).toBe(303)
  })

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', '/sign-in', '/sign-out'])(
    'does not lead on to %s',
    async (next) => {
      const answer = await enter(openHouse().app, { key: 'good-key', next })

      expect(answer.headers['location']).toBe('/')
    },
  )
})

describe('the session cookie', () => {
  it('is out of reach of scripts and other sites, for twelve hours', async () => {
    const cookie = cookieOf(await enter(openHouse().app, { key: 'good-key' }))

    expect(cookie).toMatch(
      /^session-3000=fresh-session; Max-Age=43200; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    )
  })

  it('is secure and bound to the host behind https', async () => {
    const { app } = openHouse({ ports: { publicUrl: 'https://links.example.com' } })

    const cookie = cookieOf(await enter(app, { key: 'good-key' }))

    expect(cookie).toMatch(/^__Host-session=fresh-session;.*; Path=\/;.*; HttpOnly; Secure; SameSite=Strict$/)
  })

  it('is worth nothing after signing out', async () => {
    const { app, post } = openHouse()

    const answer = await post('/sign-out')
    const page = await request(app).get('/').set('Cookie', SESSION)

    expect(cookieOf(answer)).toContain('session-3000=;')
    expect(page.status).toBe(303)
  })

  it.each([
    [SESSION, true],
    ['session-3000=unknown', false],
    ['another=of-the-operator', false],
  ])('%s: signed in is %s', async (cookie, signedIn) => {
    const answer = await request(openHouse().app).get('/console/session').set('Cookie', cookie)

    expect(answer.body).toEqual({ signedIn })
  })
})

describe('a key that may only read', () => {
  it('sees the list without what it may not do', async () => {
    const page = await openHouse({ scopes: ['read'], views: [aView()] }).get(PATH)

    expect(page.text).toContain('user_12345')
    expect(page.text).not.toContain('Send again')
    expect(page.text).not.toContain('href="/new"')
  })

  it.each([`${PATH}/cancel`, `${PATH}/resend`, '/new', '/holds/hld_x/lift'])('may not send %s', async (path) => {
    const { post, asked } = openHouse({ scopes: ['read'], views: [aView()] })

    const answer = await post(path)

    expect(answer.status).toBe(403)
    expect([...asked.cancelled, ...asked.resent, ...asked.orders, ...asked.lifted]).toEqual([])
  })
})
