import { describe, expect, it } from 'vitest'
import { GOOD, makeHouse } from './kit.ts'

const KEY = 'order-42'

describe('an Idempotency-Key', () => {
  it('brings the first answer back, byte for byte', async () => {
    const { knock, seen } = makeHouse()
    const first = await knock().post('/v1/dispatches').set('Idempotency-Key', KEY).send(GOOD)

    const again = await knock().post('/v1/dispatches').set('Idempotency-Key', KEY).send(GOOD)

    expect(again.status).toBe(202)
    expect(again.text).toBe(first.text)
    expect(again.headers['location']).toBe(first.headers['location'])
    expect(again.headers['content-type']).toBe(first.headers['content-type'])
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    expect(seen.accepted).toHaveLength(1)
  })

  it('is looked up before anything that depends on the time', async () => {
    let now = new Date('2026-11-22T14:30:00Z')
    const { knock } = makeHouse((ports) => ({ ...ports, now: () => now }))
    const sent = { ...GOOD, sendAt: '2026-11-22T15:00:00Z' }
    const first = await knock().post('/v1/dispatches').set('Idempotency-Key', KEY).send(sent)
    now = new Date('2026-11-22T16:00:00Z')

    const again = await knock().post('/v1/dispatches').set('Idempotency-Key', KEY).send(sent)

    expect([again.status, again.text]).toEqual([202, first.text])
  })

  it('is not for another body, be it the same but for a space', async () => {
    const { knock, seen } = makeHouse()
    await knock().post('/v1/dispatches').set('Idempotency-Key', KEY).send(GOOD)

    const again = await knock()
      .post('/v1/dispatches')
      .set('Idempotency-Key', KEY)
      .set('Content-Type', 'application/json')
      .send(`${JSON.stringify(GOOD)} `)

    expect([again.status, again.body.code]).toEqual([422, 'idempotency_key_reused'])
    expect(seen.accepted).toHaveLength(1)
  })

  it('of another caller is another key', async () => {
    const { knock, seen } = makeHouse()
    await knock('key-admin').post('/v1/dispatches').set('Idempotency-Key', KEY).send(GOOD)

    const other = await knock('key-send').post('/v1/dispatches').set('Idempotency-Key', KEY).send(GOOD)

    expect(other.headers).not.toHaveProperty('idempotency-replayed')
    expect(seen.accepted).toHaveLength(2)
  })

  it('is not used up by a request that was refused', async () => {
    const { knock } = makeHouse()
    await knock().post('/v1/dispatches').set('Idempotency-Key', KEY).send({ referenceId: '!' })

    const { status } = await knock().post('/v1/dispatches').set('Idempotency-Key', KEY).send(GOOD)

    expect(status).toBe(202)
  })

  it('whose twin is still being answered must wait', async () => {
    const { knock } = makeHouse((ports) => ({
      ...ports,
      intake: { ...ports.intake, accept: async () => ({ kind: 'in_flight' }) },
    }))

    const { status, body } = await knock().post('/v1/dispatches').set('Idempotency-Key', KEY).send(GOOD)

    expect([status, body.code]).toEqual([409, 'idempotency_in_flight'])
  })

  it.each([
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['with a space', 'order 42'],
    ['with an accent', 'clé'],
  ])('%s is refused', async (_, key) => {
    const { knock, seen } = makeHouse()

    const { status, body } = await knock().post('/v1/dispatches').set('Idempotency-Key', key).send(GOOD)

    expect([status, body.code]).toEqual([400, 'idempotency_key_invalid'])
    expect(seen.accepted).toEqual([])
  })
})

describe('a batch', () => {
  const items = [GOOD, { ...GOOD, referenceId: 'a b' }, { ...GOOD, referenceId: 'user_2' }, 42]

  it('accepts good items though others are refused', async () => {
    const { knock, seen } = makeHouse()

    const { status, body } = await knock('key-send').post('/v1/dispatches/batch').send({ items })

    expect(status).toBe(200)
    expect(body.items).toMatchObject([
      { index: 0, status: 202, dispatch: { referenceId: 'user_12345', status: 'accepted' } },
      { index: 1, status: 422, problem: { code: 'invalid_request', errors: [{ path: 'referenceId' }] } },
      { index: 2, status: 202, dispatch: { referenceId: 'user_2' } },
      { index: 3, status: 422, problem: { code: 'invalid_request' } },
    ])
    expect(seen.accepted).toHaveLength(2)
  })

  it('with a key accepts every item once', async () => {
    const { knock, seen } = makeHouse()
    const first = await knock().post('/v1/dispatches/batch').set('Idempotency-Key', KEY).send({ items })

    const again = await knock().post('/v1/dispatches/batch').set('Idempotency-Key', KEY).send({ items })

    expect(again.body.items[0]).toEqual(first.body.items[0])
    expect(seen.accepted).toHaveLength(2)
  })

  it('takes more than a single body may have', async () => {
    const { knock } = makeHouse()
    const many = Array.from({ length: 1_000 }, (_, i) => ({ ...GOOD, referenceId: `user_${i}` }))

    const { status, body } = await knock().post('/v1/dispatches/batch').send({ items: many })

    expect(status).toBe(200)
    expect(body.items).toHaveLength(1_000)
  })

  it('answers the others when one meets a fault of ours', async () => {
    const { knock } = makeHouse((ports) => ({
      ...ports,
      intake: {
        ...ports.intake,
        accept: async (order) => {
          if (order.dispatch.referenceId === 'user_2') throw Object.assign(new Error('gone'), { code: 'ECONNRESET' })
          return ports.intake.accept(order)
        },
      },
    }))

    const { body } = await knock().post('/v1/dispatches/batch').send({ items })

    expect(body.items.map((item: { status: number }) => item.status)).toEqual([202, 422, 503, 422])
  })
})
