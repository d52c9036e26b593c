import { describe, expect, test } from 'vitest'
import { SIM_ROUTES } from '../../src/sandbox/sim-routes.ts'
import { MINUTE, partnerKit } from './partner-kit.ts'

describe('the controls', () => {
  test('list themselves', async () => {
    const { call } = await partnerKit()

    const { body } = await call('GET', '/__sim')

    expect(body.routes).toHaveLength(SIM_ROUTES.length)
  })

  test.each(SIM_ROUTES.map(([route]) => route))('%s exists', async (route) => {
    const { url } = await partnerKit()
    const [method = '', path = ''] = route.split(' ')

    const response = await fetch(`${url}${path}`, { method })

    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect([200, 400]).toContain(response.status)
  })

  test('advance the clock and send what fell due', async () => {
    const { call, create, receiver, world } = await partnerKit()
    receiver.reply(500)
    await create('a')
    await world.idle()

    const { body } = await call('POST', '/__sim/clock/advance', { ms: MINUTE })

    expect(body).toEqual({ now: '2026-03-02T12:01:00.000Z' })
    expect(receiver.received).toHaveLength(2)
  })

  test('open a link by its user, and say what came of it', async () => {
    const { call, create, receiver } = await partnerKit()
    await create('a')

    const { body } = await call('POST', '/__sim/links/open', { referenceId: 'a', userAgent: 'Scanner/1.0' })

    expect(body).toEqual({ result: 'opened' })
    expect(receiver.of('link.opened')[0]?.data['deviceInfo']).toMatchObject({ userAgent: 'Scanner/1.0' })
  })

  test('answer 404 where there is no such link', async () => {
    const { call } = await partnerKit()

    const { status, body } = await call('POST', '/__sim/links/open', { referenceId: 'nobody' })

    expect([status, body.error.message]).toEqual([404, 'There is nothing like that to act on.'])
  })

  test('replay a delivery', async () => {
    const { call, create, world, receiver } = await partnerKit()
    await create('a')
    await world.idle()
    const { body } = await call('GET', '/__sim/deliveries?event=link.created')

    const { status } = await call('POST', '/__sim/deliveries/replay', { id: body.items[0].id })
    await world.idle()

    expect([status, receiver.received.length]).toEqual([200, 2])
  })

  test('arm a fault with its options', async () => {
    const { call, create } = await partnerKit()

    const armed = await call('POST', '/__sim/faults', { target: 'partner.create', kind: 'html', status: 502 })
    const faulty = await call('GET', '/__sim/faults')
    const order = create('a')

    expect(armed.body.items).toEqual([{ target: 'partner.create', kind: 'html', count: 1, status: 502 }])
    expect(faulty.body).toEqual(armed.body)
    await expect(order).rejects.toThrow(SyntaxError)
  })

  test.each([
    ['/__sim/clock/advance', { ms: -1 }, 'ms'],
    ['/__sim/links/open', {}, 'linkId'],
    ['/__sim/links/open', { linkId: 'a', referenceId: 'b' }, 'linkId'],
    ['/__sim/faults', { target: 'partner.create', kind: 'no_such_kind' }, 'kind'],
    ['/__sim/faults', { target: 'nowhere', kind: 'slow' }, 'target'],
    ['/__sim/operations/settle', { operationId: 'op', status: 'done' }, 'status'],
  ])('%s refuses %j and names the field', async (path, body, field) => {
    const { call } = await partnerKit()

    const answer = await call('POST', path, body)

    expect(answer.status).toBe(400)
    expect(answer.body.error.problems).toEqual([{ path: field, message: expect.any(String) }])
  })

  test('refuse a switch that does not exist', async () => {
    const { call } = await partnerKit()

    const { status } = await call('PATCH', '/__sim/config', { createsPerHour: 1 })

    expect(status).toBe(400)
  })

  test('refuse a page of another site', async () => {
    const { url, world, create } = await partnerKit()
    await create('a')

    const response = await fetch(`${url}/__sim/reset`, { method: 'POST', headers: { 'Sec-Fetch-Site': 'cross-site' } })

    expect([response.status, world.links().length]).toEqual([403, 1])
  })

  test('reset forgets everything but the clock', async () => {
    const { call, create, world, clock } = await partnerKit()
    await create('a')
    await call('PATCH', '/__sim/config', { createsPerMinute: 1 })
    await call('POST', '/__sim/partner/suspend')
    world.faults.arm('partner.create', { kind: 'html', count: 1 })
    await world.advance(MINUTE)

    await call('POST', '/__sim/reset')

    expect([world.links(), world.deliveries(), world.faults.list()]).toEqual([[], [], []])
    expect(world.config().createsPerMinute).toBe(100)
    expect((await create('a')).status).toBe(201)
    expect(clock.at).toBe(Date.parse('2026-03-02T12:01:00Z'))
  })
})
