import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { Router } from 'express'
import supertest from 'supertest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GOOD, makeHouse } from './kit.ts'

describe('when something goes wrong behind the door', () => {
  const broken = (error: unknown) =>
    makeHouse((ports) => ({ ...ports, intake: { ...ports.intake, accept: () => Promise.reject(error) } }))

  it.each([
    ['refused', { code: 'ECONNREFUSED' }],
    ['reset', { code: 'ECONNRESET' }],
    ['lost', { code: '08006' }],
    ['shut down', { code: '57P01' }],
    ['starting up', { code: '57P03' }],
    ['full', { code: '53300' }],
    ['read-only', { code: '25006' }],
    ['terminated', { message: 'Connection terminated unexpectedly' }],
    ['slow', { message: 'timeout exceeded when trying to connect' }],
  ])('a database that is %s is 503 with a time to come back', async (_, shape) => {
    const { knock } = broken(Object.assign(new Error('secret text'), shape))

    const { status, body, headers, text } = await knock().post('/v1/dispatches').send(GOOD)

    expect([status, body.code, headers['retry-after']]).toEqual([503, 'unavailable', '1'])
    expect(text).not.toContain('secret text')
  })

  it.each([new Error('secret text'), { code: '23505', message: 'secret text' }, 'secret text', null, undefined])(
    'anything else is 500, without what it was: %s',
    async (error) => {
      const { knock } = broken(error)

      const { status, body, text } = await knock().post('/v1/dispatches').send(GOOD)

      expect([status, body.code]).toEqual([500, 'internal'])
      expect(text).not.toMatch(/secret text|at .*\.ts/)
    },
  )

  it('the log knows the request id, the route and the error', async () => {
    const { knock, seen } = broken(new Error('it broke'))

    const { body } = await knock().post('/v1/dispatches').send(GOOD)

    const line = seen.log.map((text) => JSON.parse(text)).find(({ msg }) => msg === 'a request failed')
    expect(line).toMatchObject({ requestId: body.requestId, route: '/v1/dispatches', err: { message: 'it broke' } })
  })

  it('a request that breaks off half way costs nobody anything', async () => {
    const { app, seen } = makeHouse()
    const server = app.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const closed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)))

    const socket = connect(port, '127.0.0.1')
    const head = 'POST /v1/dispatches HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer key-admin\r\nContent-Length: 100'
    socket.write(`${head}\r\nContent-Type: application/json\r\n\r\n{"a"`, () => socket.destroy())
    await closed

    const { status } = await supertest(server).get('/healthz')
    expect(status).toBe(200)
    expect(seen.accepted).toEqual([])
    expect(seen.log.join('')).not.toContain('a request failed')
  })
})

describe('every answer', () => {
  it('names its request: ours, or the caller’s when it is a sane one', async () => {
    const { app } = makeHouse()

    const ours = await supertest(app).get('/healthz')
    const theirs = await supertest(app).get('/healthz').set('X-Request-Id', 'crm-42.a')
    const insane = await supertest(app).get('/healthz').set('X-Request-Id', '<script>')

    expect(ours.headers['x-request-id']).toMatch(/^req_[0-9a-z]{26}$/)
    expect(theirs.headers['x-request-id']).toBe('crm-42.a')
    expect(insane.headers['x-request-id']).toMatch(/^req_/)
  })

  it('forbids a browser to make anything of it', async () => {
    const { knock } = makeHouse()

    const { headers } = await knock().get('/v1/templates')

    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    expect(headers).not.toHaveProperty('x-powered-by')
  })

  it('is logged by its route, without the path, the query or the key', async () => {
    const { knock, seen } = makeHouse()

    await knock().post('/v1/recipients/user_1/in-app?phone=5125550123').set('User-Agent', 'secret agent')

    const lines = seen.log.map((line) => JSON.parse(line))
    expect(lines).toEqual([
      expect.objectContaining({
        method: 'POST',
        route: '/v1/recipients/{referenceId}/in-app',
        status: 404,
        msg: 'request',
      }),
    ])
    expect(seen.log.join('')).not.toMatch(/user_1|512|key-admin|secret/)
  })
})

describe('for balancers and scrapers', () => {
  it('the process lives', async () => {
    const { app } = makeHouse()

    const { status, body } = await supertest(app).get('/healthz')

    expect([status, body]).toEqual([200, { ok: true }])
  })

  it('the process is ready, or says why not', async () => {
    const ready = makeHouse()
    const not = makeHouse((ports) => ({ ...ports, ready: async () => ({ ok: false, reasons: ['no database'] }) }))

    const [one, other] = await Promise.all([supertest(ready.app).get('/readyz'), supertest(not.app).get('/readyz')])

    expect([one.status, other.status, other.body.reasons]).toEqual([200, 503, ['no database']])
  })

  it('the figures are plain text', async () => {
    const { app } = makeHouse()

    const { status, text } = await supertest(app).get('/metrics')

    expect([status, text]).toEqual([200, 'dispatches_accepted_total 0\n'])
  })
})

describe('pages that are mounted besides', () => {
  it('come after the API', async () => {
    const page = Router()
    page.get('/', (_req, res) => void res.send('hello'))
    const { app } = makeHouse((ports) => ({ ...ports, extra: [page] }))

    const { text } = await supertest(app).get('/')

    expect(text).toBe('hello')
  })
})
