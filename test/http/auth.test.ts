import supertest from 'supertest'
import { describe, expect, it } from 'vitest'
import { GOOD, makeHouse } from './kit.ts'

const ID = 'dsp_00000000000000000000000000'

/** Every operation, and the keys that may. */
const ALLOWED: [method: 'get' | 'post' | 'patch' | 'delete', path: string, keys: string[]][] = [
  ['post', '/v1/dispatches', ['send']],
  ['get', '/v1/dispatches', ['read']],
  ['post', '/v1/dispatches/search', ['read']],
  ['post', '/v1/dispatches/batch', ['send']],
  ['get', `/v1/dispatches/${ID}`, ['read']],
  ['patch', `/v1/dispatches/${ID}`, ['send']],
  ['post', `/v1/dispatches/${ID}/cancel`, ['send']],
  ['post', `/v1/dispatches/${ID}/resend`, ['send']],
  ['post', '/v1/previews', ['send', 'read']],
  ['post', '/v1/recipients/user_1/cancel', ['send']],
  ['post', '/v1/recipients/user_1/in-app', ['in_app:read']],
  ['get', '/v1/events', ['read']],
  ['get', '/v1/holds', ['read', 'operate']],
  ['post', '/v1/holds', ['operate']],
  ['delete', '/v1/holds/hld_1', ['operate']],
  ['get', '/v1/status', ['read', 'operate']],
  ['get', '/v1/templates', ['read', 'send']],
  ['get', '/v1/keys', []],
  ['post', '/v1/keys', []],
  ['delete', '/v1/keys/key_1', []],
]

describe('a key', () => {
  it.each(ALLOWED)('%s %s', async (method, path, allowed) => {
    const { knock } = makeHouse()
    const passes: string[] = []

    for (const scope of ['admin', 'send', 'read', 'in_app:read', 'operate']) {
      const { status } = await knock(`key-${scope}`)[method](path)
      if (status !== 403) passes.push(scope)
    }

    expect(passes.toSorted()).toEqual(['admin', ...allowed].toSorted())
  })

  it('that is missing a scope is told which', async () => {
    const { knock, seen } = makeHouse()

    const { status, body } = await knock('key-read').post('/v1/dispatches').send(GOOD)

    expect(status).toBe(403)
    expect(body).toMatchObject({ code: 'forbidden', scope: 'send' })
    expect(seen.accepted).toEqual([])
  })

  it.each([
    ['no header', undefined],
    ['an unknown key', 'Bearer nonsense'],
    ['no key', 'Bearer '],
    ['another scheme', 'Basic a2V5LWFkbWlu'],
    ['the key alone', 'key-admin'],
    ['a key with a space', 'Bearer key-admin x'],
  ])('%s is refused', async (_, header) => {
    const { app, seen } = makeHouse()
    const request = supertest(app).post('/v1/dispatches')
    if (header !== undefined) request.set('Authorization', header)

    const { status, body, headers } = await request.send(GOOD)

    expect([status, body.code]).toEqual([401, 'unauthorized'])
    expect(headers['www-authenticate']).toBe('Bearer')
    expect(seen.accepted).toEqual([])
  })

  it('is looked up once for many requests', async () => {
    const { knock, seen } = makeHouse()

    await Promise.all(Array.from({ length: 5 }, () => knock().get('/v1/templates')))

    expect(seen.keyLookups).toBe(1)
  })

  it('that was just made works at once, though it was asked for before', async () => {
    let exists = false
    const { knock } = makeHouse((ports) => ({
      ...ports,
      keys: { ...ports.keys, caller: async (key) => (exists ? ports.keys.caller(key) : null) },
    }))
    const before = await knock().get('/v1/templates')
    exists = true

    const after = await knock().get('/v1/templates')

    expect([before.status, after.status]).toEqual([401, 200])
  })
})
