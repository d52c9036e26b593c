import { describe, expect, it } from 'vitest'
import { newUuid, showId } from '../../src/lib/id.ts'
import { aStep, aView, GOOD, makeHouse, NOW } from './kit.ts'

describe('POST /v1/dispatches', () => {
  it('accepts the example, says where to look, and lists every planned step', async () => {
    const { knock, seen } = makeHouse()

    const { status, headers, body } = await knock('key-send').post('/v1/dispatches').send(GOOD)

    const step = { kind: 'reminder', dueAt: null, status: 'pending' }
    expect(status).toBe(202)
    expect(headers['location']).toBe(`/v1/dispatches/${body.id}`)
    expect(body).toEqual({
      id: expect.stringMatching(/^dsp_[0-9a-z]{26}$/),
      referenceId: 'user_12345',
      status: 'accepted',
      steps: [
        { ...step, id: `${body.id.replace('dsp', 'stp')}-1`, kind: 'first', dueAt: NOW.toISOString() },
        { ...step, id: `${body.id.replace('dsp', 'stp')}-2` },
        { ...step, id: `${body.id.replace('dsp', 'stp')}-3` },
        { ...step, id: `${body.id.replace('dsp', 'stp')}-4`, kind: 'close' },
      ],
      createdAt: NOW.toISOString(),
    })
    expect(seen.accepted).toHaveLength(1)
  })

  it('passes on what was said, in the spelling the house uses', async () => {
    const { knock, seen } = makeHouse()
    const sent = {
      ...GOOD,
      contact: { phone: '(512) 555-0123', country: 'us', email: 'Michael@EXAMPLE.com', pushTokens: ['a', 'a'] },
      locale: 'ES_mx',
      link: { expiresInMinutes: 60, language: 'es', replaceOpened: false },
      fallbackAfter: 'PT5M',
      sendAt: '2026-11-23T10:00:00+02:00',
      reminders: null,
    }

    const { status } = await knock().post('/v1/dispatches').send(sent)

    expect(status).toBe(202)
    expect(seen.accepted[0]?.recipient.contact).toEqual({
      phone: '+15125550123',
      email: 'Michael@example.com',
      pushTokens: ['a'],
    })
    expect(seen.accepted[0]?.dispatch).toMatchObject({
      locale: 'es-MX',
      fallBackMs: 300_000,
      linkOptions: { expiresInMinutes: 60, language: 'es', replaceOpened: false },
      sendAt: new Date('2026-11-23T08:00:00Z'),
      steps: [{ kind: 'first' }, { kind: 'close' }],
      lane: 1,
      campaignId: null,
    })
  })

  it('carries a link of the caller’s own', async () => {
    const { knock, seen } = makeHouse()
    const link = { linkId: 'abc', url: 'https://widget.example/abc', expiresAt: '2026-11-23T00:00:00Z' }

    const { status } = await knock().post('/v1/dispatches').send({ referenceId: 'user_1', contact: GOOD.contact, link })

    expect(status).toBe(202)
    expect(seen.accepted[0]?.dispatch).toMatchObject({
      userData: null,
      linkOptions: {},
      ownLink: { ...link, expiresAt: new Date(link.expiresAt) },
    })
  })

  it('says which dispatch is in the way', async () => {
    const active = newUuid()
    const { knock } = makeHouse((ports) => ({
      ...ports,
      intake: { ...ports.intake, accept: async () => ({ kind: 'active', id: active }) },
    }))

    const { status, body } = await knock()
      .post('/v1/dispatches')
      .send({ ...GOOD, ifActive: 'reject' })

    expect(status).toBe(409)
    expect(body).toMatchObject({ code: 'dispatch_active', activeDispatchId: showId('dsp', active) })
    expect(JSON.stringify(body)).not.toContain(active)
  })
})

describe('GET /v1/dispatches/{id}', () => {
  it('shows one in full, without addresses and without its link', async () => {
    const { knock, has } = makeHouse()
    const linkId = newUuid()
    const view = aView({
      status: 'opened',
      openedAt: new Date(NOW.getTime() + 180_000),
      steps: [aStep(1), { ...aStep(2), kind: 'reminder', status: 'skipped', handedAt: null, afterMs: 86_400_000 }],
      links: [
        {
          id: linkId,
          origin: 'created',
          status: 'opened',
          expiresAt: NOW,
          openedAt: NOW,
          suspect: null,
          revokedAt: null,
          operationId: 'op_1',
          operationStatus: 'created',
          createdAt: NOW,
        },
      ],
    })
    has.views.push(view)
    has.events.push({
      id: newUuid(),
      sequence: 7,
      type: 'link.created',
      dispatchId: view.id,
      occurredAt: NOW,
      data: { step: 1, link: linkId, origin: 'created' },
    })

    const { status, body, text } = await knock('key-read').get(`/v1/dispatches/${showId('dsp', view.id)}`)

    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: showId('dsp', view.id),
      summary: 'Sent by email on 22 Nov at 14:30; opened 3 minutes later; 1 reminder stopped; a transfer was started.',
      contact: { phone: '+1•••••0123', email: 'm•••@example.com' },
      steps: [
        { kind: 'first', confirmed: true },
        { after: 'PT24H', status: 'skipped' },
      ],
      links: [{ id: showId('lnk', linkId), status: 'opened' }],
      delivery: { status: 'handed', channel: 'email', provider: 'smtp', handedAt: NOW.toISOString() },
      operation: { id: 'op_1', status: 'created' },
      metadata: { crmCaseId: '42' },
      attempts: [],
      timeline: [
        {
          type: 'link.created',
          sequence: 7,
          data: { stepId: `${showId('stp', view.id)}-1`, linkId: showId('lnk', linkId) },
        },
      ],
    })
    expect(text).not.toMatch(/michael@|5125550123/)
  })

  it('knows the hand-over in the app', async () => {
    const { knock, has } = makeHouse()
    const view = aView({ inAppAt: NOW, steps: [] })
    has.views.push(view)

    const { body } = await knock().get(`/v1/dispatches/${showId('dsp', view.id)}`)

    expect(body.delivery).toMatchObject({ channel: 'in_app', handedAt: NOW.toISOString() })
  })
})

describe('GET /v1/dispatches', () => {
  it('filters, and passes a cursor on until there is no more', async () => {
    const { knock, has, seen } = makeHouse()
    has.views.push(aView(), aView(), aView())

    const first = await knock().get('/v1/dispatches?limit=2&status=sent&opened=false&from=2026-11-01T00:00:00Z')
    await knock().get(`/v1/dispatches?limit=3&cursor=${first.body.nextCursor}`)
    const last = await knock().get('/v1/dispatches?limit=3')

    expect(first.body.items).toHaveLength(2)
    expect(last.body.nextCursor).toBeNull()
    expect(seen.filters[0]).toEqual({
      referenceId: null,
      campaignId: null,
      status: 'sent',
      opened: false,
      template: null,
      from: new Date('2026-11-01T00:00:00Z'),
      to: null,
      before: null,
      limit: 3,
    })
    expect(seen.filters[1]?.before).toBe(has.views[1]?.id)
  })
})

describe('POST /v1/dispatches/search', () => {
  it.each([
    [{ phone: '512 555 0123', country: 'US' }, 'phone', '+15125550123'],
    [{ email: 'michael@EXAMPLE.com' }, 'email', 'michael@example.com'],
  ])('%j by its keyed hash', async (sent, kind, value) => {
    const { knock, has, seen } = makeHouse()
    has.views.push(aView())

    const { status, body } = await knock('key-read').post('/v1/dispatches/search').send(sent)

    expect(status).toBe(200)
    expect(body.items).toHaveLength(1)
    expect(seen.lookups).toContainEqual([kind, value])
  })

  it('by referenceId', async () => {
    const { knock, seen } = makeHouse()

    const { status } = await knock().post('/v1/dispatches/search').send({ referenceId: 'user_1' })

    expect(status).toBe(200)
    expect(seen.filters[0]).toMatchObject({ referenceId: 'user_1', limit: 51 })
  })
})
