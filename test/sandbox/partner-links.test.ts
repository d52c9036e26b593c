import { describe, expect, test } from 'vitest'
import { MINUTE, partnerKit } from './partner-kit.ts'

describe('creating a magic link', () => {
  test('answers 201 with the seven documented fields', async () => {
    const { create, url } = await partnerKit()

    const { status, body } = await create('crm-0001')

    expect(status).toBe(201)
    expect(body).toEqual({
      success: true,
      data: {
        linkId: expect.stringMatching(/^link_sandbox_[a-z0-9]{12}$/),
        referenceId: 'crm-0001',
        status: 'created',
        url: `${url}/widget/${body.data.linkId}/m2m-basic`,
        token: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
        createdAt: '2026-03-02T12:00:00.000Z',
        expiresAt: '2026-03-02T13:00:00.000Z',
      },
    })
  })

  test('gives the life that was asked for', async () => {
    const { create } = await partnerKit()

    const { body } = await create('crm-0001', { expiresInMinutes: 1_440 })

    expect(body.data.expiresAt).toBe('2026-03-03T12:00:00.000Z')
  })

  test.each([
    ['no referenceId', {}, /referenceId/],
    ['a life under five minutes', { referenceId: 'a', expiresInMinutes: 4 }, /expiresInMinutes/],
    ['a life over seven days', { referenceId: 'a', expiresInMinutes: 10_081 }, /expiresInMinutes/],
    ['a language the widget does not speak', { referenceId: 'a', language: 'fr' }, /language/],
    [
      'user data without payment method',
      { referenceId: 'a', userData: { name: { firstName: 'Ana' } } },
      /paymentMethod/,
    ],
    ['a plain callback to a foreign host', { referenceId: 'a', callbackUrl: 'http://example.com/x' }, /callbackUrl/],
  ])('refuses %s with INVALID_REQUEST', async (_name, order, message) => {
    const { call } = await partnerKit()

    const { status, body } = await call('POST', '/partner/links', order)

    expect(status).toBe(400)
    expect(body).toEqual({
      success: false,
      error: { code: 'INVALID_REQUEST', message: expect.stringMatching(message) },
    })
  })

  test('refuses a body that is no JSON', async () => {
    const { url, world } = await partnerKit()

    const headers = { 'Content-Type': 'application/json', 'X-API-Key': 'm2m_test_0123456789abcdef0123456789abcdef' }
    const response = await fetch(`${url}/partner/links`, { method: 'POST', headers, body: '{' })

    expect(response.status).toBe(400)
    expect(world.links()).toEqual([])
  })
})

describe('one active link per user', () => {
  test('answers 409 with code and message only while a link is active', async () => {
    const { create } = await partnerKit()
    await create('crm-0001')

    const { status, body } = await create('crm-0001')

    expect(status).toBe(409)
    expect(body).toEqual({
      success: false,
      error: { code: 'ACTIVE_LINK_EXISTS', message: 'User already has an active link' },
    })
  })

  test('answers 409 for an opened link too', async () => {
    const { create, world } = await partnerKit()
    await create('crm-0001')
    await world.openLink({ referenceId: 'crm-0001' })

    const { status } = await create('crm-0001')

    expect(status).toBe(409)
  })

  test('names the active link in the 409 when switched so', async () => {
    const { create, world } = await partnerKit()
    world.configure({ conflictLinkId: true })
    const first = await create('crm-0001')

    const { body } = await create('crm-0001')

    expect(body.error.linkId).toBe(first.body.data.linkId)
  })

  test('allows the next link from the instant the first one expires', async () => {
    const { create, world } = await partnerKit()
    await create('crm-0001')

    await world.advance(60 * MINUTE - 1)
    const before = await create('crm-0001')
    await world.advance(1)
    const after = await create('crm-0001')

    expect([before.status, after.status]).toEqual([409, 201])
  })

  test('allows the next link after a revoke', async () => {
    const { create, call } = await partnerKit()
    const { body } = await create('crm-0001')
    await call('POST', `/partner/links/${body.data.linkId}/revoke`, { reason: 'replaced' })

    const { status } = await create('crm-0001')

    expect(status).toBe(201)
  })

  test('lets other users have theirs', async () => {
    const { create } = await partnerKit()
    await create('crm-0001')

    const { status } = await create('crm-0002')

    expect(status).toBe(201)
  })
})

describe('listing links', () => {
  async function kitWithFourLinks() {
    const kit = await partnerKit()
    const ids: Record<string, string> = {}
    for (const referenceId of ['expired', 'revoked', 'opened', 'fresh']) {
      const { body } = await kit.create(referenceId, { expiresInMinutes: referenceId === 'expired' ? 5 : 600 })
      ids[body.data.linkId] = referenceId
      await kit.world.advance(2 * MINUTE)
    }
    await kit.world.openLink({ referenceId: 'opened' })
    await kit.call('POST', `/partner/links/${kit.world.links('revoked')[0]?.linkId}/revoke`)
    const listed = async (query: string) => {
      const { body } = await kit.call('GET', `/partner/links?${query}`)
      return body.data.items.map((item: { linkId: string }) => ids[item.linkId])
    }
    return { ...kit, listed }
  }

  test.each([
    ['', ['fresh', 'opened', 'revoked', 'expired']],
    ['visibility=active', ['fresh', 'opened']],
    ['visibility=expired', ['expired']],
    ['status=created', ['fresh', 'expired']],
    ['status=opened', ['opened']],
    ['status=revoked', ['revoked']],
    ['status=created&visibility=active', ['fresh']],
    ['referenceId=opened', ['opened']],
    ['referenceId=nobody', []],
    ['from=2026-03-02T12:02:00.000Z&to=2026-03-02T12:04:00.000Z', ['opened', 'revoked']],
    ['limit=3&page=2', ['expired']],
  ])('filters by "%s"', async (query, expected) => {
    const { listed } = await kitWithFourLinks()

    expect(await listed(query)).toEqual(expected)
  })

  test('tells page, limit, total and totalPages', async () => {
    const { call } = await kitWithFourLinks()

    const { body } = await call('GET', '/partner/links?limit=3')

    expect(body.data.pagination).toEqual({ page: 1, limit: 3, total: 4, totalPages: 2 })
  })

  test('shows url and openedAt but neither token nor metadata', async () => {
    const { create, call, world } = await partnerKit()
    await create('crm-0001', { metadata: { a: 'b' } })
    await world.openLink({ referenceId: 'crm-0001' })

    const { body } = await call('GET', '/partner/links')

    expect(body.data.items[0]).toMatchObject({ status: 'opened', openedAt: '2026-03-02T12:00:00.000Z' })
    expect(body.data.items[0].url).toMatch(/\/widget\//)
    expect(body.data.items[0]).not.toHaveProperty('token')
    expect(body.data.items[0]).not.toHaveProperty('metadata')
  })

  test('refuses a limit above one hundred', async () => {
    const { call } = await partnerKit()

    const { status } = await call('GET', '/partner/links?limit=101')

    expect(status).toBe(400)
  })
})

describe('revoking a link', () => {
  test('answers with the instant and refuses a second time', async () => {
    const { create, call } = await partnerKit()
    const { body } = await create('crm-0001')
    const path = `/partner/links/${body.data.linkId}/revoke`

    const first = await call('POST', path, { reason: 'cancelled by the CRM' })
    const second = await call('POST', path)

    expect(first).toMatchObject({
      status: 200,
      body: { data: { linkId: body.data.linkId, status: 'revoked', revokedAt: '2026-03-02T12:00:00.000Z' } },
    })
    expect(second).toMatchObject({ status: 400, body: { error: { code: 'INVALID_REQUEST' } } })
  })

  test('answers 404 for a link nobody made', async () => {
    const { call } = await partnerKit()

    const { status, body } = await call('POST', '/partner/links/link_sandbox_000000000000/revoke')

    expect([status, body.error.code]).toEqual([404, 'RESOURCE_NOT_FOUND'])
  })
})
