import { describe, expect, test } from 'vitest'
import { KEY, MINUTE, partnerKit } from './partner-kit.ts'

describe('the key', () => {
  test('answers a flat 401 when it is missing', async () => {
    const { call } = await partnerKit()

    const { status, body } = await call('GET', '/partner/links', undefined, null)

    expect(status).toBe(401)
    expect(body).toEqual({ code: 'UNAUTHORIZED', message: expect.any(String) })
  })

  test('wraps the same answer when switched so', async () => {
    const { call, world } = await partnerKit()
    world.configure({ authErrors: 'wrapped' })

    const { body } = await call('GET', '/partner/links', undefined, null)

    expect(body).toEqual({ success: false, error: { code: 'UNAUTHORIZED', message: expect.any(String) } })
  })

  test('is refused when it is unknown', async () => {
    const { call } = await partnerKit()

    const { status, body } = await call('GET', '/partner/links', undefined, `${KEY}x`)

    expect([status, body.code]).toEqual([401, 'INVALID_API_KEY'])
  })

  test('is refused once revoked and works again once restored', async () => {
    const { create, world } = await partnerKit()

    world.revokeKey()
    const revoked = await create('crm-0001')
    world.restoreKey()
    const restored = await create('crm-0001')

    expect([revoked.body.code, restored.status]).toEqual(['INVALID_API_KEY', 201])
  })

  test('opens nothing while the partner is suspended', async () => {
    const { create, world } = await partnerKit()

    world.suspend()
    const suspended = await create('crm-0001')
    world.unsuspend()
    const working = await create('crm-0001')

    expect([suspended.status, suspended.body.code, working.status]).toEqual([403, 'PARTNER_SUSPENDED', 201])
  })
})

describe('the rate limits', () => {
  test('let the hundredth create of a minute through and stop the next', async () => {
    const { create } = await partnerKit()
    for (let i = 0; i < 99; i++) await create(`crm-${i}`)

    const hundredth = await create('crm-99')
    const next = await create('crm-100')

    expect(hundredth.status).toBe(201)
    expect(next.status).toBe(429)
    expect(next.body).toEqual({ success: false, error: { code: 'RATE_LIMIT_EXCEEDED', message: expect.any(String) } })
  })

  test('roll: a call frees its place a minute after it was made', async () => {
    const { create, world } = await partnerKit()
    world.configure({ createsPerMinute: 2 })
    await create('a')
    await world.advance(20_000)
    await create('b')

    const full = await create('c')
    await world.advance(40_000)
    const free = await create('c')
    const fullAgain = await create('d')

    expect([full.status, free.status, fullAgain.status]).toEqual([429, 201, 429])
    expect(full.headers.get('retry-after')).toBe('40')
  })

  test('leave Retry-After out when switched so', async () => {
    const { create, world } = await partnerKit()
    world.configure({ createsPerMinute: 1, retryAfter: false })
    await create('a')

    const { status, headers } = await create('b')

    expect([status, headers.get('retry-after')]).toEqual([429, null])
  })

  test('count lists and revokes in their own bucket', async () => {
    const { create, call, world } = await partnerKit()
    world.configure({ createsPerMinute: 1, callsPerMinute: 2 })
    await create('a')

    const statuses = [
      (await call('GET', '/partner/links')).status,
      (await call('GET', '/partner/operations')).status,
      (await call('GET', '/partner/links')).status,
    ]
    await world.advance(MINUTE)
    const later = await call('GET', '/partner/links')

    expect([...statuses, later.status]).toEqual([200, 200, 429, 200])
  })
})
