import { describe, expect, it } from 'vitest'
import type { DispatchView } from '../../src/flow/ports-read.ts'
import { showId } from '../../src/lib/id.ts'
import { aView, type House, makeHouse, NOW } from './kit.ts'

function houseWith(change: Partial<DispatchView> = {}): House & { view: DispatchView; path: string } {
  const house = makeHouse()
  const view = aView(change)
  house.has.views.push(view)
  return { ...house, view, path: `/v1/dispatches/${showId('dsp', view.id)}` }
}

describe('cancel', () => {
  it('stops a running dispatch', async () => {
    const { knock, path, seen, view } = houseWith()

    const { status, body } = await knock('key-send').post(`${path}/cancel`).send({ reason: 'account closed' })

    expect(status).toBe(200)
    expect(body).toEqual({
      id: showId('dsp', view.id),
      status: 'cancelled',
      links: { revoked: 0, keptForOperation: 0, unanswered: 0 },
    })
    expect(seen.cancelled).toEqual([{ ids: [view.id], reason: 'account closed' }])
  })

  it('needs no body', async () => {
    const { knock, path } = houseWith()

    const { status } = await knock().post(`${path}/cancel`)

    expect(status).toBe(200)
  })

  it('answers the same when asked again', async () => {
    const { knock, path } = houseWith({ status: 'cancelled' })

    const { status, body } = await knock().post(`${path}/cancel`).send({})

    expect([status, body.status]).toEqual([200, 'cancelled'])
  })

  it('refuses where the dispatch ended otherwise, and revokes nothing there', async () => {
    const { knock, path, seen } = houseWith({ status: 'opened' })

    const { status, body } = await knock().post(`${path}/cancel`).send({ revokeLinks: true })

    expect(status).toBe(409)
    expect(body).toMatchObject({ code: 'dispatch_over', dispatchStatus: 'opened' })
    expect(seen.cancelled).toEqual([])
  })

  it('stops everything of one recipient', async () => {
    const { knock, has, view } = houseWith()
    has.views.push(aView({ referenceId: 'somebody_else' }))

    const { status, body } = await knock('key-send').post('/v1/recipients/user_1/cancel').send({})

    expect(status).toBe(200)
    expect(body.cancelled).toEqual([showId('dsp', view.id)])
    expect(has.views[1]?.status).toBe('sent')
  })
})

describe('change', () => {
  it('passes on what is new, and only channels that have an address', async () => {
    const { knock, path, seen, view } = houseWith()

    const { status } = await knock('key-send')
      .patch(path)
      .send({ contact: { email: 'new@example.com' }, channels: ['push', 'email'], locale: 'es' })

    expect(status).toBe(200)
    expect(seen.changes).toEqual([
      { id: view.id, contact: { email: 'new@example.com' }, channels: ['email'], locale: 'es', timeZone: null },
    ])
  })

  it.each([
    [{}, 'sent', 422, 'invalid_request'],
    [{ channels: ['push'] }, 'sent', 422, 'contact_missing'],
    [{ locale: 'es' }, 'opened', 409, 'dispatch_over'],
    [{ referenceId: 'user_2' }, 'sent', 422, 'invalid_request'],
  ] as const)('refuses %j of one that is %s', async (sent, state, status, code) => {
    const { knock, path, seen } = houseWith({ status: state })

    const answer = await knock().patch(path).send(sent)

    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(seen.changes).toEqual([])
  })
})

describe('resend', () => {
  it('adds a step on the channel that was asked for, also where the dispatch has ended', async () => {
    const { knock, path, seen, view } = houseWith({ status: 'opened' })

    const { status, body } = await knock('key-send').post(`${path}/resend`).send({ channel: 'sms', locale: 'es' })

    expect(status).toBe(202)
    expect(body).toMatchObject({
      dispatchId: showId('dsp', view.id),
      step: { id: `${showId('stp', view.id)}-2`, kind: 'resend', channel: 'sms', status: 'pending' },
    })
    expect(seen.resends).toEqual([{ id: view.id, channels: ['sms'] }])
    expect(seen.changes).toHaveLength(1)
  })

  it('takes the channels of the dispatch when none is named', async () => {
    const { knock, path, seen } = houseWith()

    const { status } = await knock().post(`${path}/resend`)

    expect(status).toBe(202)
    expect(seen.resends[0]?.channels).toEqual(['email', 'sms'])
    expect(seen.changes).toEqual([])
  })

  it('happens once however often it is asked for with one Idempotency-Key', async () => {
    const { knock, path, seen } = houseWith()
    const ask = () => knock().post(`${path}/resend`).set('Idempotency-Key', 'call-42').send({ channel: 'sms' })

    const first = await ask()
    const again = await ask()

    expect([first.status, again.status, again.text]).toEqual([202, 202, first.text])
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(first.body.step).toMatchObject({ kind: 'resend', channel: 'sms', status: 'pending' })
    expect(seen.resends).toHaveLength(1)
  })

  it('takes the key for no other wish and no other dispatch', async () => {
    const { knock, path, seen, has } = houseWith()
    const other = aView()
    has.views.push(other)
    const ask = (where: string, body: object) =>
      knock().post(`${where}/resend`).set('Idempotency-Key', 'call-42').send(body)
    await ask(path, {})

    const answers = await Promise.all([
      ask(path, { channel: 'sms' }),
      ask(`/v1/dispatches/${showId('dsp', other.id)}`, {}),
    ])

    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [422, 'idempotency_key_reused'],
      [422, 'idempotency_key_reused'],
    ])
    expect(seen.resends).toHaveLength(1)
  })

  it('refuses a channel without an address', async () => {
    const { knock, path, seen } = houseWith()

    const { status, body } = await knock().post(`${path}/resend`).send({ channel: 'push' })

    expect([status, body.code]).toEqual([422, 'contact_missing'])
    expect(seen.resends).toEqual([])
  })
})

describe('the link in the app', () => {
  it('is shown to a key that may see it, and kept by nobody', async () => {
    const { knock, has, view } = houseWith()
    has.inAppUrl = 'https://widget.example/abc'

    const { status, body, headers } = await knock('key-in_app:read').post('/v1/recipients/user_1/in-app')

    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toEqual({ dispatchId: showId('dsp', view.id), url: has.inAppUrl, expiresAt: NOW.toISOString() })
  })

  it('may not be there', async () => {
    const { knock } = houseWith()

    const { status, body } = await knock('key-in_app:read').post('/v1/recipients/user_1/in-app')

    expect([status, body.code]).toEqual([404, 'no_link'])
  })
})
