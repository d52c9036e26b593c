import { describe, expect, it } from 'vitest'
import type { AcceptAnswer, AcceptOrder } from '../../src/flow/ports-store.ts'
import { makeWorldClock, stampWorld } from '../../src/store/world.ts'
import { aKey, anOrder, HOUR, seeded, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows } = house
const accept = (order: AcceptOrder) => store.intake.accept(order)

describe('an order', () => {
  it('becomes a dispatch with its steps, its events and what its recipient told', async () => {
    const order = anOrder()
    const { id, referenceId } = order.dispatch

    const answer = await accept(order)

    expect(answer).toEqual({ kind: 'accepted', superseded: [] })
    expect(await house.dispatch(id)).toMatchObject({
      status: 'accepted',
      reference_id: referenceId,
      channels: 'sms,email',
    })
    expect(
      await rows('select n, kind, channel, status, needs_link from step where dispatch_id = $1 order by n', [id]),
    ).toEqual([
      { n: 1, kind: 'first', channel: 'sms', status: 'pending', needs_link: true },
      { n: 2, kind: 'reminder', channel: 'email', status: 'pending', needs_link: false },
      { n: 3, kind: 'reminder', channel: 'sms', status: 'pending', needs_link: false },
      { n: 4, kind: 'close', channel: 'none', status: 'pending', needs_link: false },
    ])
    expect(await house.events(id)).toEqual(['dispatch.accepted'])
    expect(await store.intake.recipient(referenceId)).toEqual({
      locale: 'es-MX',
      timeZone: null,
      contact: order.recipient.contact,
    })
  })

  it('shares its transaction with those that arrive together', async () => {
    const orders = Array.from({ length: 50 }, () => anOrder())

    const answers = await Promise.all(orders.map(accept))

    expect(answers.map(({ kind }) => kind)).toEqual(orders.map(() => 'accepted'))
    const ids = orders.map(({ dispatch }) => dispatch.id)
    const [{ transactions } = {}] = await rows(
      'select count(distinct xmin::text)::int as transactions from dispatch where id = any($1::uuid[])',
      [ids],
    )
    expect(transactions).toBe(1)
  })

  it('that the database refuses does not take its neighbours down', async () => {
    const bad = anOrder({ referenceId: 'nul\0inside' })
    const good = [anOrder(), anOrder()]

    const answers = await Promise.allSettled([good[0], bad, good[1]].map((order) => accept(order as AcceptOrder)))

    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(
      await rows('select 1 from dispatch where id = any($1::uuid[])', [good.map((o) => o.dispatch.id)]),
    ).toHaveLength(2)
  })

  it('brings its own link, which it carries from the start', async () => {
    const ownLink = {
      id: anOrder().dispatch.id,
      linkId: unique('link'),
      url: 'https://links.example.com/l/own',
      expiresAt: new Date(Date.now() + 48 * HOUR),
      requestedMs: 72 * HOUR,
    }

    const { id } = await house.accept({ ownLink })

    expect(await store.links.carriedBy(id)).toMatchObject([{ ...ownLink, origin: 'brought', status: 'active' }])
  })

  it('keeps what the recipient told earlier where it says nothing', async () => {
    const referenceId = unique('user')
    const contact = { phone: '+15125550177' }
    await house.accept({ referenceId, recipient: { locale: 'pt-BR', timeZone: 'UTC', contact } })

    await house.accept({ referenceId, recipient: { locale: 'en', timeZone: null, contact: null } })

    expect(await store.intake.recipient(referenceId)).toEqual({ locale: 'en', timeZone: 'UTC', contact })
  })
})

describe('an idempotency key', () => {
  it('gets the first answer again, byte for byte', async () => {
    const idempotency = aKey()
    const body = '{"id":"dsp_1",  "ünïcode": "→ \\u0000"}\n'
    const first = anOrder({ idempotency, answer: { status: 202, location: '/v1/dispatches/1', body } })
    await accept(first)

    const again = anOrder({ idempotency, referenceId: first.dispatch.referenceId })
    const answer = await accept(again)

    expect(answer).toEqual({ kind: 'replayed', answer: { status: 202, location: '/v1/dispatches/1', body } })
    expect(await store.intake.replay([idempotency.keyHash])).toEqual({
      status: 202,
      location: '/v1/dispatches/1',
      body,
      bodyHash: idempotency.bodyHash,
    })
    expect(await dispatchesOf(first.dispatch.referenceId)).toEqual([{ id: first.dispatch.id, status: 'accepted' }])
  })

  it('with another body is refused', async () => {
    const name = unique('key')
    await accept(anOrder({ idempotency: aKey(name, 'one body') }))

    const answer = await accept(anOrder({ idempotency: aKey(name, 'another body') }))

    expect(answer).toEqual({ kind: 'key_reused' })
  })

  it('that comes twice in one batch makes one dispatch', async () => {
    const idempotency = aKey()
    const twins = [anOrder({ idempotency }), anOrder({ idempotency })]

    const answers = await Promise.all(twins.map(accept))

    expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'replayed'])
    expect(answers[1]).toMatchObject({ answer: twins[0]?.answer })
    expect(
      await rows('select id from dispatch where id = any($1::uuid[])', [twins.map((o) => o.dispatch.id)]),
    ).toHaveLength(1)
  })

  it('that reaches two processes at once makes one dispatch', async () => {
    const other = house.another()
    const pairs = Array.from({ length: 40 }, () => {
      const idempotency = aKey()
      return [anOrder({ idempotency }), anOrder({ idempotency })] as const
    })

    const answers = await Promise.all(
      pairs.map(([one, two]) => Promise.all([store.intake.accept(one), other.intake.accept(two)])),
    )

    expect(answers.map((pair) => pair.map(({ kind }) => kind).toSorted())).toEqual(
      pairs.map(() => ['accepted', 'replayed']),
    )
  })

  it('waits for its twin in flight, two seconds at most', async () => {
    const idempotency = aKey()
    const twin = await house.pool.connect()
    await twin.query('begin')
    await twin.query("insert into idempotency (key_hash, body_hash, status, body) values ($1, $2, 202, '')", [
      idempotency.keyHash,
      idempotency.bodyHash,
    ])

    const answer = await accept(anOrder({ idempotency }))
    await twin.query('rollback')
    twin.release()

    expect(answer).toEqual({ kind: 'in_flight' })
    expect(await accept(anOrder({ idempotency }))).toMatchObject({ kind: 'accepted' })
  })

  it('is free again when its order was rejected', async () => {
    const referenceId = unique('user')
    const idempotency = aKey()
    const running = await house.accept({ referenceId })
    const refused = await accept(anOrder({ referenceId, idempotency, ifActive: 'reject' }))
    await store.stops.stop([running.id], 'cancelled', null)

    const answer = await accept(anOrder({ referenceId, idempotency, ifActive: 'reject' }))

    expect(refused).toEqual({ kind: 'active', id: running.id })
    expect(answer).toEqual({ kind: 'accepted', superseded: [] })
  })
})

describe('a recipient whose dispatch still runs', () => {
  it('sees it superseded: its plan stops and the timeline says so', async () => {
    const first = await house.accept()

    const answer = await accept(anOrder({ referenceId: first.referenceId }))

    expect(answer).toEqual({ kind: 'accepted', superseded: [first.id] })
    expect(await house.dispatch(first.id)).toMatchObject({ status: 'superseded' })
    expect(await rows('select distinct status, reason from step where dispatch_id = $1', [first.id])).toEqual([
      { status: 'skipped', reason: 'superseded' },
    ])
    expect((await house.events(first.id)).toSorted()).toEqual([
      'dispatch.accepted',
      'dispatch.superseded',
      'reminder.skipped',
      'reminder.skipped',
    ])
  })

  it('has both run when they join', async () => {
    const first = await house.accept()

    const answer = await accept(anOrder({ referenceId: first.referenceId, ifActive: 'join' }))

    expect(answer).toEqual({ kind: 'accepted', superseded: [] })
    expect((await dispatchesOf(first.referenceId)).map(({ status }) => status)).toEqual(['accepted', 'accepted'])
  })

  it('has a second one rejected, which changes nothing', async () => {
    const first = await house.accept()
    const before = await store.intake.recipient(first.referenceId)

    const answer = await accept(
      anOrder({
        referenceId: first.referenceId,
        ifActive: 'reject',
        recipient: { locale: 'ar', timeZone: 'UTC', contact: { phone: '+15125550188' } },
      }),
    )

    expect(answer).toEqual({ kind: 'active', id: first.id })
    expect(await store.intake.recipient(first.referenceId)).toEqual(before)
    expect(await dispatchesOf(first.referenceId)).toHaveLength(1)
  })

  it('is remembered by an order that might have been rejected and was not', async () => {
    const { dispatch } = anOrder()
    const contact = { phone: '+15125550199' }

    await accept(
      anOrder({
        referenceId: dispatch.referenceId,
        ifActive: 'reject',
        recipient: { locale: 'ar', timeZone: null, contact },
      }),
    )

    expect(await store.intake.recipient(dispatch.referenceId)).toEqual({ locale: 'ar', timeZone: null, contact })
  })

  it('gets one running dispatch out of twins in one batch', async () => {
    const referenceId = unique('user')
    const twins = [1, 2, 3].map(() => anOrder({ referenceId }))

    const answers = await Promise.all(twins.map(accept))

    expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted'])
    const found = await dispatchesOf(referenceId)
    expect(found.map(({ status }) => status).toSorted()).toEqual(['accepted', 'superseded', 'superseded'])
  })

  it('gets one dispatch out of twins that reject each other', async () => {
    const referenceId = unique('user')
    const twins = [1, 2, 3].map(() => anOrder({ referenceId, ifActive: 'reject' }))

    const answers = await Promise.all(twins.map(accept))

    expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['accepted', 'active', 'active'])
    expect(await dispatchesOf(referenceId)).toHaveLength(1)
  })
})

describe('two hundred concurrent batches with overlapping keys and recipients', () => {
  it('show no deadlock to any caller and make one dispatch a key', async () => {
    const random = seeded(20_260)
    const processes = [house.another(), house.another()]
    const keys = Array.from({ length: 400 }, (_, i) => aKey(unique(`storm-${i}`)))
    const people = Array.from({ length: 60 }, () => unique('storm'))
    const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)] as T
    const batches = Array.from({ length: 200 }, () =>
      Array.from({ length: 10 }, () =>
        anOrder({
          referenceId: pick(people),
          idempotency: pick(keys),
          ifActive: pick(['supersede', 'join', 'supersede']),
        }),
      ),
    )

    const answers = await Promise.all(
      batches.map(async (batch, i) => {
        await new Promise(setImmediate)
        return Promise.all(batch.map((order) => (processes[i % 2] as typeof store).intake.accept(order)))
      }),
    )

    const told = answers.flat()
    const accepted = told.filter(({ kind }) => kind === 'accepted').length
    const used = new Set(batches.flat().map((order) => order.idempotency?.keyHash.toString('hex'))).size
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set<AcceptAnswer['kind']>(['accepted', 'replayed']))
    expect(accepted).toBe(used)
    expect(await rows('select id from dispatch where reference_id = any($1::text[])', [people])).toHaveLength(used)
  })
})

// Last: from here on this database lives two days later.
describe('after 24 hours', () => {
  it('a key may be used again, with whatever body', async () => {
    const name = unique('key')
    await accept(anOrder({ idempotency: aKey(name, 'one body') }))
    await stampWorld(house.pool, 'sandbox')
    await makeWorldClock(house.pool).advance(25 * HOUR)
    const forgotten = await store.intake.replay([aKey(name).keyHash])

    const order = anOrder({ idempotency: aKey(name, 'another body') })
    const answer = await accept(order)

    expect(forgotten).toBeNull()
    expect(answer).toMatchObject({ kind: 'accepted' })
    expect(await store.intake.replay([aKey(name).keyHash])).toMatchObject({ body: order.answer.body })
  })
})

const dispatchesOf = (referenceId: string) =>
  rows('select id, status from dispatch where reference_id = $1 order by id', [referenceId])
