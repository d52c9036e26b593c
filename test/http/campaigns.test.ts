import { describe, expect, it } from 'vitest'
import { draftFor } from '../support/audience.ts'
import { eventually, openHouse } from '../support/house.ts'

const house = await openHouse({ env: { ROLES: 'api' } })
const { call } = house
const GOOD = { name: 'Spring', category: 'commercial' }

const create = async (wish = {}) => (await call('POST', '/v1/campaigns', { ...GOOD, ...wish })).body
const act = (id: string, verb: string, body: unknown = {}) => call('POST', `/v1/campaigns/${id}/${verb}`, body)
const eventsOf = async (id: string) => {
  await eventually(async () => expect((await call('GET', '/v1/status')).body['unnumberedEvents']).toBe(0))
  const { body } = await call('GET', '/v1/events?limit=1000')
  const own = body['items'].filter(({ data }: { data: { campaignId?: string } }) => data.campaignId === id)
  return own.map(({ type, data }: { type: string; data: { by: string } }) => [type, data.by])
}

describe('a campaign', () => {
  it('is made as a draft with what is usual, and read back', async () => {
    const { status, body, headers } = await call('POST', '/v1/campaigns', GOOD)

    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/v1/campaigns/${body['id']}`)
    expect(body).toMatchObject({
      ...GOOD,
      status: 'draft',
      template: 'magic-link',
      holdout: 0,
      variants: [],
      brake: { failed: 0.2, optedOut: 0.05, complained: 0.005, after: 100 },
      audience: { waiting: 0 },
      madeBy: 'bootstrap',
    })
    expect((await call('GET', `/v1/campaigns/${body['id']}`)).body).toEqual(body)
  })

  it('keeps everything it is given', async () => {
    const wish = {
      template: 'magic-link',
      channels: ['sms', 'email'],
      variables: { amount: '20' },
      link: { expiresInMinutes: 600 },
      ifActive: 'join',
      suspectOpens: 'hold',
      fallbackAfter: 'PT1H',
      localStart: '2032-03-01T10:00',
      validUntil: '2032-03-20T10:00:00.000Z',
      window: { from: '10:00', to: '19:00', days: [1, 5] },
      perHour: 5_000,
      variants: [
        { name: 'a', weight: 1 },
        { name: 'b', weight: 0.5, channels: ['email'], sendHour: 18 },
      ],
      holdout: 0.1,
    }

    const made = await create({ ...wish, reminders: { after: ['PT24H'], channels: ['email'] }, brake: { failed: 0.5 } })

    expect(made).toMatchObject({
      ...wish,
      reminders: { after: ['PT24H'], channels: ['email'], template: null },
      brake: { failed: 0.5, after: 100 },
    })
    expect((await call('GET', `/v1/campaigns/${made['id']}`)).body).toEqual(made)
  })

  it.each([
    [{ category: undefined }, 'category'],
    [{ startAt: '2032-01-01T00:00:00Z', localStart: '2032-01-01T10:00' }, 'localStart'],
    [{ startAt: '2020-01-01T00:00:00Z' }, 'startAt'],
    [{ localStart: '2032-02-30T10:00' }, 'localStart'],
    [{ startAt: '2032-01-02T00:00:00Z', validUntil: '2032-01-01T00:00:00Z' }, 'validUntil'],
    [{ localStart: '2032-01-02T10:00', validUntil: '2032-01-01T00:00:00Z' }, 'validUntil'],
    [{ window: { from: '18:00', to: '09:00' } }, 'window.to'],
    [{ window: { from: '09:00', to: '18:00', days: [0] } }, 'window.days[0]'],
    [{ window: { from: '09:00', to: '18:00', days: [2, 2] } }, 'window.days'],
    [{ perHour: 0 }, 'perHour'],
    [{ perHour: 1_000_001 }, 'perHour'],
    [
      {
        variants: [
          { name: 'A', weight: 1 },
          { name: 'a', weight: 1 },
        ],
      },
      'variants',
    ],
    [{ variants: [{ name: 'holdout', weight: 1 }] }, 'variants[0].name'],
    [{ variants: [{ name: 'a/b', weight: 1 }] }, 'variants[0].name'],
    [{ variants: [{ name: 'a', weight: 0 }] }, 'variants[0].weight'],
    [{ variants: Array.from({ length: 11 }, (_, n) => ({ name: `v${n}`, weight: 1 })) }, 'variants'],
    [{ holdout: 0.91 }, 'holdout'],
    [{ brake: { failed: 1.1 } }, 'brake.failed'],
    [{ brake: { after: 0 } }, 'brake.after'],
    [{ link: { linkId: 'a', url: 'https://a.example', expiresAt: '2032-01-01T00:00:00Z' } }, 'link.linkId'],
  ])('is refused with %j', async (wish, path) => {
    const { status, body } = await call('POST', '/v1/campaigns', { ...GOOD, ...wish })

    expect(status).toBe(422)
    expect(body['errors'].map((error: { path: string }) => error.path)).toContain(path)
  })

  it.each([
    [{ template: 'nowhere' }, 'template'],
    [{ reminders: { after: ['PT24H'], template: 'nowhere' } }, 'reminders.template'],
    [{ variants: [{ name: 'a', weight: 1, template: 'nowhere' }] }, 'variants[0].template'],
  ])('is refused where there are no words for %j', async (wish, path) => {
    const { body } = await call('POST', '/v1/campaigns', { ...GOOD, ...wish })

    expect(body).toMatchObject({ code: 'template_unknown', errors: [{ path }] })
  })

  it('is made once under one Idempotency-Key, whatever the twins do', async () => {
    const headers = { 'Idempotency-Key': 'spring-1' }
    const before = (await call('GET', '/v1/campaigns?limit=200')).body['items'].length

    const twins = await Promise.all([1, 2, 3].map(() => call('POST', '/v1/campaigns', GOOD, headers)))
    const later = await call('POST', '/v1/campaigns', GOOD, headers)
    const other = await call('POST', '/v1/campaigns', { ...GOOD, name: 'Other' }, headers)

    expect(new Set([...twins, later].map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(later.headers.get('idempotency-replayed')).toBe('true')
    expect(later.headers.get('location')).toBe(`/v1/campaigns/${later.body['id']}`)
    expect(other.body['code']).toBe('idempotency_key_reused')
    expect((await call('GET', '/v1/campaigns?limit=200')).body['items']).toHaveLength(before + 1)
  })

  it('is listed newest first, page by page', async () => {
    const [first, second] = [await create(), await create()]

    const page = (await call('GET', '/v1/campaigns?limit=1')).body
    const next = (await call('GET', `/v1/campaigns?limit=1&cursor=${page['nextCursor']}`)).body

    expect([page, next].map(({ items }) => items[0].id)).toEqual([second['id'], first['id']])
  })

  it('changes while it is a draft: what is not named stays, null takes back', async () => {
    const made = await create({ perHour: 10, validUntil: '2032-01-01T00:00:00.000Z', variables: { a: 1 } })

    const { status, body } = await call('PATCH', `/v1/campaigns/${made['id']}`, { name: 'Summer', perHour: null })

    expect(status).toBe(200)
    expect(body).toEqual({ ...made, name: 'Summer', perHour: null })
    expect((await call('GET', `/v1/campaigns/${made['id']}`)).body).toEqual(body)
  })

  it('is refused a change that does not go with what it has', async () => {
    const made = await create({ validUntil: '2032-01-01T00:00:00.000Z' })

    const { body } = await call('PATCH', `/v1/campaigns/${made['id']}`, { startAt: '2032-02-01T00:00:00Z' })

    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'validUntil' }] })
  })
})

describe('the life of a campaign', () => {
  it('goes by its verbs, each of which may be repeated', async () => {
    const { id } = await draftFor(house, 2)

    const shown = []
    for (const verb of ['start', 'start', 'pause', 'pause', 'resume', 'resume', 'cancel', 'cancel']) {
      const { status, body } = await act(id, verb)
      shown.push([status, body['status']])
    }

    expect(shown).toEqual([
      [200, 'running'],
      [200, 'running'],
      [200, 'paused'],
      [200, 'paused'],
      [200, 'running'],
      [200, 'running'],
      [200, 'cancelling'],
      [200, 'cancelling'],
    ])
    expect((await eventsOf(id)).filter(([type]: string[]) => type !== 'campaign.audience')).toEqual([
      ['campaign.created', 'bootstrap'],
      ['campaign.started', 'bootstrap'],
      ['campaign.paused', 'bootstrap'],
      ['campaign.resumed', 'bootstrap'],
      ['campaign.cancelled', 'bootstrap'],
    ])
  })

  it.each([
    ['draft', [], 'pause'],
    ['draft', [], 'resume'],
    ['cancelled', ['cancel'], 'start'],
    ['cancelled', ['cancel'], 'pause'],
    ['cancelled', ['start', 'cancel'], 'resume'],
  ])('refuses, as a %s one after %j, to %s', async (campaignStatus, before, verb) => {
    const { id } = await draftFor(house, 1)
    for (const one of before) await act(id, one)

    const { status, body } = await act(id, verb)

    expect([status, body]).toEqual([409, expect.objectContaining({ code: 'campaign_state', campaignStatus })])
  })

  it('refuses to change one that was started', async () => {
    const { id } = await draftFor(house, 1)
    await act(id, 'start')

    expect((await call('PATCH', `/v1/campaigns/${id}`, { name: 'x' })).body['code']).toBe('campaign_state')
  })

  it('refuses to start without anybody, and after its end', async () => {
    const nobody = await create()
    const late = await draftFor(house, 1, { validUntil: new Date(house.now().getTime() + 60_000).toISOString() })
    await house.world.advance(120_000)

    const answers = [await act(nobody['id'], 'start'), await act(late.id, 'start')]

    expect(answers.map(({ body }) => body['code'])).toEqual(['campaign_empty', 'campaign_late'])
  })

  it('is scheduled until its start', async () => {
    const { id } = await draftFor(house, 1, { startAt: '2032-01-01T00:00:00Z' })

    expect((await act(id, 'start')).body['status']).toBe('scheduled')
    expect((await act(id, 'pause')).body['status']).toBe('paused')
  })

  it('says on resuming what else holds it', async () => {
    const { id } = await draftFor(house, 1)
    await act(id, 'start')
    await act(id, 'pause', { reason: 'wrong words' })
    const { body: other } = await call('POST', '/v1/holds', { scope: 'channel', value: 'sms', reason: 'incident' })
    const paused = (await call('GET', `/v1/campaigns/${id}`)).body

    const resumed = (await act(id, 'resume')).body

    expect([paused['reason'], paused['holds']]).toEqual(['wrong words', expect.arrayContaining([other])])
    expect([resumed['status'], resumed['holds']]).toEqual(['running', [other]])
    await call('DELETE', `/v1/holds/${other['id']}`)
  })

  it('is paused by a hold of whoever places it, and resumed by its lifting', async () => {
    const { id } = await draftFor(house, 1)
    await act(id, 'start')
    const { body: hold } = await call('POST', '/v1/holds', { scope: 'campaign', value: id, reason: 'stop' })

    const paused = (await call('GET', `/v1/campaigns/${id}`)).body
    await call('DELETE', `/v1/holds/${hold['id']}`)

    expect([paused['status'], paused['reason']]).toEqual(['paused', 'stop'])
    expect((await call('GET', `/v1/campaigns/${id}`)).body['status']).toBe('running')
    expect((await eventsOf(id)).map(([type]: string[]) => type)).toContain('campaign.resumed')
  })

  it.each(['start', 'pause', 'resume', 'cancel', 'test'])(
    '%s of one that does not exist finds nothing',
    async (verb) => {
      const people = { to: [{ referenceId: 'user_1', contact: { email: 'a@example.com' } }] }

      const { status } = await act('cmp_00000000000000000000000000', verb, verb === 'test' ? people : {})

      expect(status).toBe(404)
    },
  )
})

describe('scopes', () => {
  it.each([
    ['campaign', 201, 200],
    ['read', 403, 200],
    ['send', 403, 403],
  ])('%s may make campaigns: %i, and read them: %i', async (scope, making, reading) => {
    const { body } = await call('POST', '/v1/keys', { label: scope, scopes: [scope] })
    const headers = { Authorization: `Bearer ${body['key']}` }

    const made = await call('POST', '/v1/campaigns', GOOD, headers)
    const list = await call('GET', '/v1/campaigns', undefined, headers)

    expect([made.status, list.status]).toEqual([making, reading])
  })
})
