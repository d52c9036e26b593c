import { describe, expect, it } from 'vitest'
import { newUuid, showId } from '../../src/lib/id.ts'
import { aView, GOOD, KEYS, makeHouse, NOW, SAMPLE_URL } from './kit.ts'

describe('/v1/holds', () => {
  it.each([
    [{ scope: 'all', reason: 'release' }, '*'],
    [{ scope: 'partner', value: '*', reason: 'incident' }, '*'],
    [{ scope: 'channel', value: 'sms', reason: 'incident' }, 'sms'],
    [{ scope: 'provider', value: 'twilio', reason: 'incident' }, 'twilio'],
    [{ scope: 'template', value: 'magic-link', reason: 'typo' }, 'magic-link'],
  ])('places %j', async (sent, value) => {
    const { knock, has } = makeHouse()

    const { status, body } = await knock('key-operate').post('/v1/holds').send(sent)

    expect(status).toBe(201)
    expect(body).toMatchObject({ id: expect.stringMatching(/^hld_/), scope: sent.scope, value, placedBy: 'operate' })
    expect(has.holds[0]).toMatchObject({ scope: sent.scope, value })
  })

  it('knows a campaign by its shown id', async () => {
    const { knock, has } = makeHouse()
    const id = newUuid()

    const { body } = await knock()
      .post('/v1/holds')
      .send({ scope: 'campaign', value: showId('cmp', id), reason: 'pause' })

    expect(body.value).toBe(showId('cmp', id))
    expect(has.holds[0]?.value).toBe(id)
  })

  it('lists and lifts', async () => {
    const { knock, has } = makeHouse()
    const { body: placed } = await knock().post('/v1/holds').send({ scope: 'all', reason: 'release' })
    const { body: list } = await knock().get('/v1/holds')

    const lifted = await knock().delete(`/v1/holds/${placed.id}`)
    const again = await knock().delete(`/v1/holds/${placed.id}`)

    expect(list).toEqual({ items: [placed], nextCursor: null })
    expect([lifted.status, again.status]).toEqual([200, 404])
    expect(has.holds).toEqual([])
  })
})

describe('the hold of a restored copy', () => {
  it.each([
    ['', ['hand']],
    ['?doubtful=hand', ['hand']],
    ['?doubtful=send', ['send']],
  ])('is lifted with "%s" by the choice that was made', async (query, decided) => {
    const { knock, has, seen } = makeHouse()
    const { body: placed } = await knock().post('/v1/holds').send({ scope: 'all', reason: 'restored' })
    has.doubtful = 2

    const { status } = await knock().delete(`/v1/holds/${placed.id}${query}`)

    expect(status).toBe(200)
    expect(seen.doubtful.slice(0, 1)).toEqual(decided)
    expect([has.doubtful, has.holds]).toEqual([null, []])
  })

  it('stays when the choice is not understood', async () => {
    const { knock, has } = makeHouse()
    const { body: placed } = await knock().post('/v1/holds').send({ scope: 'all', reason: 'restored' })

    const { status } = await knock().delete(`/v1/holds/${placed.id}?doubtful=both`)

    expect([status, has.holds.length]).toEqual([422, 1])
  })
})

describe('/v1/status', () => {
  it('answers what an operator asks first', async () => {
    const { knock, has } = makeHouse()
    const placed = { placedBy: 'service', placedAt: NOW, probeAt: NOW }
    has.holds.push({ ...placed, id: newUuid(), scope: 'provider', value: 'twilio', reason: 'auth_failed' })

    const { body } = await knock('key-operate').get('/v1/status')

    expect(body).toMatchObject({
      holds: [{ scope: 'provider', value: 'twilio' }],
      circuits: [{ provider: 'twilio', reason: 'auth_failed', since: NOW.toISOString(), probeAt: NOW.toISOString() }],
      dueLagSeconds: 1.5,
      due: 3,
      queued: { sms: 2 },
      queueDepth: { sms: 1 },
      partner: { held: false, createsPerMinute: 95, free: 90 },
    })
  })

  it('knows no budget where there is no limit', async () => {
    const { knock } = makeHouse((ports) => ({ ...ports, createsPerMinute: null }))

    const { body } = await knock().get('/v1/status')

    expect(body.partner).toEqual({ held: false, createsPerMinute: null, free: null })
  })
})

describe('/v1/keys', () => {
  it('makes a key and shows it once', async () => {
    const { knock } = makeHouse()

    const made = await knock()
      .post('/v1/keys')
      .send({ label: 'crm', scopes: ['send', 'read', 'send'] })
    const { text } = await knock().get('/v1/keys')

    expect(made.status).toBe(201)
    expect(made.body).toEqual({
      id: expect.stringMatching(/^key_/),
      label: 'crm',
      scopes: ['send', 'read'],
      key: 'ld_new',
    })
    expect(text).not.toContain('ld_new')
  })

  it('revokes a key, here at once', async () => {
    const { knock, seen } = makeHouse()
    const id = showId('key', KEYS['key-read']?.keyId ?? '')
    await knock().get('/v1/keys')

    const { status } = await knock().delete(`/v1/keys/${id}`)
    await knock().get('/v1/keys')

    expect(status).toBe(204)
    expect(seen.keyLookups).toBe(2)
  })
})

describe('/v1/templates', () => {
  it('lists what there are words for', async () => {
    const { knock } = makeHouse()

    const { body } = await knock('key-read').get('/v1/templates')

    expect(body.items).toEqual([
      { name: 'magic-link', version: 'v1', locales: ['en'], channels: ['sms', 'email', 'push'] },
    ])
  })
})

describe('/v1/previews', () => {
  it('shows the plan and the words with a sample link, and does nothing', async () => {
    const { knock, seen } = makeHouse()

    const { status, body, text } = await knock('key-send').post('/v1/previews').send(GOOD)

    expect(status).toBe(200)
    expect(body.plan).toEqual([
      { kind: 'first', channels: ['push', 'sms', 'email'], after: null, expectedAt: NOW.toISOString() },
      { kind: 'reminder', channels: ['sms', 'email', 'push'], after: 'PT24H', expectedAt: expect.any(String) },
      { kind: 'reminder', channels: ['email', 'push', 'sms'], after: 'PT72H', expectedAt: expect.any(String) },
    ])
    expect(body.messages).toHaveLength(6)
    expect(body.messages[1]).toEqual({
      kind: 'first',
      channel: 'sms',
      template: 'magic-link',
      version: 'v1',
      locale: 'en',
      direction: 'ltr',
      words: { text: `Hi Michael: ${SAMPLE_URL}` },
      sms: { encoding: 'GSM-7', segments: 1, characters: 12 + SAMPLE_URL.length },
      missing: [],
      problem: null,
    })
    expect(text).not.toMatch(/5125550123|michael@|014027/)
    expect(seen.accepted).toEqual([])
  })

  it('moves a commercial message into the send window', async () => {
    const { knock } = makeHouse()
    const night = { ...GOOD, category: 'commercial', sendAt: '2026-11-24T09:00:00Z', timeZone: 'America/Chicago' }

    const { body } = await knock().post('/v1/previews').send(night)

    expect(body.plan[0].expectedAt > '2026-11-24T13:00:00.000Z').toBe(true)
  })

  it('names the variables that are missing', async () => {
    const { knock } = makeHouse()

    const { status, body } = await knock()
      .post('/v1/previews')
      .send({ ...GOOD, variables: { broken: true } })

    expect(status).toBe(200)
    expect(body.messages[0]).toMatchObject({ words: null, missing: ['variables.amount'], problem: 'without a value' })
  })
})

describe('/v1/events', () => {
  it('is the feed in order, with what the CRM wanted back', async () => {
    const { knock, has } = makeHouse()
    const view = aView()
    has.views.push(view)
    const event = (sequence: number, dispatchId: string | null) =>
      ({
        id: newUuid(),
        sequence,
        type: 'dispatch.sent',
        dispatchId,
        occurredAt: NOW,
        data: { until: '2026-11-23T08:00:00+00:00' },
      }) as const
    has.events.push(event(1, view.id), event(2, view.id), event(3, null))

    const { body } = await knock('key-read').get('/v1/events?after=1&limit=10')
    const end = await knock('key-read').get('/v1/events?after=3')

    expect(body).toEqual({
      items: [
        {
          id: showId('evt', has.events[1]?.id ?? ''),
          sequence: 2,
          type: 'dispatch.sent',
          occurredAt: NOW.toISOString(),
          dispatchId: showId('dsp', view.id),
          data: { until: '2026-11-23T08:00:00.000Z' },
          metadata: { crmCaseId: '42' },
        },
        expect.objectContaining({ sequence: 3, dispatchId: null, metadata: null }),
      ],
      nextAfter: 3,
    })
    expect(end.body).toEqual({ items: [], nextAfter: 3 })
  })
})
