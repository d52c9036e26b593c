import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { TakeOrder } from '../../src/flow/ports-pump.ts'
import { setSlots } from '../../src/store/links.ts'
import { aClaim, aLink, aSettlement, HOUR } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows, pool } = house
const limited = house.another({ slots: true })
const alsoLimited = house.another({ slots: true })

const order = (wish: Partial<TakeOrder> = {}): TakeOrder => ({
  lane: 1,
  channel: 'sms',
  needsLink: true,
  limit: 100,
  heldTemplates: [],
  ...wish,
})

/** Each test begins with nothing due. */
beforeEach(async () => {
  await pool.query("update step set status = 'skipped' where status in ('pending', 'queued', 'claimed', 'ambiguous')")
  await pool.query('delete from link_slot')
})

describe('what is due', () => {
  it('is told by lane, channel and need of a link, singles first', async () => {
    const lane = await openLane()
    await house.accept({ lane, channels: ['email'] })
    await house.accept({ channels: ['push'] })
    await house.accept({ sendAt: inHours(1) })

    const { lanes } = await store.steps.due()

    expect(lanes).toEqual([
      { lane: 1, priority: 0, quota: 1_000, channel: 'push', needsLink: true },
      { lane, priority: 10, quota: 250, channel: 'email', needsLink: true },
    ])
  })

  it('leaves closed lanes out', async () => {
    const lane = await openLane()
    await house.accept({ lane })
    await pool.query('update lane set open = false where id = $1', [lane])

    const { lanes } = await store.steps.due()

    expect(lanes).toEqual([])
  })

  it('counts what is queued already', async () => {
    await house.working()
    await house.working({ channels: ['email'] })

    const { queued } = await store.steps.due()

    expect(queued).toEqual({ sms: 1, email: 1 })
  })
})

describe('taking', () => {
  it('queues what is due, raises its turn and leases it', async () => {
    const { id } = await house.accept()

    const taken = await store.steps.take(order())

    expect(taken).toMatchObject([{ dispatchId: id, n: 1, turn: 1, emptyTurns: 0 }])
    expect(await house.step(id)).toMatchObject({ status: 'queued', turn: 1, slot: null })
    expect(await leaseLeft(id)).toBeGreaterThan(25)
  })

  it('takes the longest waiting first, as many as asked for', async () => {
    const ids = []
    for (const hours of [1, 3, 2]) ids.push((await house.accept({ startAt: inHours(-hours) })).id)

    const taken = await store.steps.take(order({ limit: 2 }))

    expect(taken.map(({ dispatchId }) => dispatchId).toSorted()).toEqual([ids[1], ids[2]].toSorted())
  })

  it('leaves other lanes, channels, needs and held templates alone', async () => {
    const lane = await openLane()
    await house.accept({ lane })
    await house.accept({ channels: ['email'] })
    await house.accept({ template: 'held' })
    await house.accept({ sendAt: inHours(1) })
    const { id } = await house.accept()

    const taken = await store.steps.take(order({ heldTemplates: ['held'] }))

    expect(taken.map(({ dispatchId }) => dispatchId)).toEqual([id])
    expect(await store.steps.take(order({ needsLink: false }))).toEqual([])
  })

  it('never gives a step to two pumps at once', async () => {
    const { length } = await Promise.all(Array.from({ length: 200 }, () => house.accept()))

    const takes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? store : limited).steps.take(order({ limit: 25, needsLink: true }))),
    )
    await setSlots(pool, 1_000, 0)
    const rest = await limited.steps.take(order({ limit: 1_000 }))

    const all = [...takes.flat(), ...rest].map(({ dispatchId }) => dispatchId)
    expect(all).toHaveLength(length)
    expect(new Set(all).size).toBe(length)
  })

  it('passes over what another pump is just looking at', async () => {
    const [held, free] = [await house.accept(), await house.accept()]
    const other = await pool.connect()
    await other.query('begin')
    await other.query('select 1 from step where dispatch_id = $1 for update', [held.id])

    const taken = await store.steps.take(order())
    await other.query('rollback')
    other.release()

    expect(taken.map(({ dispatchId }) => dispatchId)).toEqual([free.id])
  })
})

describe('the slots of the partner’s create limit', () => {
  it('are never more than there are', async () => {
    await setSlots(pool, 3, 0)
    await Promise.all(Array.from({ length: 10 }, () => house.accept()))

    const takes = await Promise.all([limited, alsoLimited, limited].map((process) => process.steps.take(order())))

    expect(takes.flat()).toHaveLength(3)
    expect(await rows("select distinct slot from step where status = 'queued' order by 1")).toEqual([
      { slot: 1 },
      { slot: 2 },
      { slot: 3 },
    ])
    expect(await limited.steps.take(order())).toEqual([])
  })

  it('go to the longest waiting', async () => {
    await setSlots(pool, 1, 0)
    await house.accept({ startAt: inHours(-1) })
    const { id } = await house.accept({ startAt: inHours(-2) })

    const taken = await limited.steps.take(order())

    expect(taken.map(({ dispatchId }) => dispatchId)).toEqual([id])
  })

  it('are kept for singles where they are reserved', async () => {
    const lane = await openLane()
    await setSlots(pool, 3, 2)
    await Promise.all(Array.from({ length: 3 }, () => house.accept({ lane })))
    await Promise.all(Array.from({ length: 3 }, () => house.accept()))

    const campaign = await limited.steps.take(order({ lane }))
    const singles = await limited.steps.take(order())

    expect(campaign).toHaveLength(1)
    expect(singles).toHaveLength(2)
  })

  it('are not needed where the recipient has a living link', async () => {
    await setSlots(pool, 0, 0)
    const { work } = await house.handed()
    const { id } = await house.accept({ referenceId: work.dispatch.referenceId, ifActive: 'join' })
    await house.accept()

    const taken = await limited.steps.take(order())

    expect(taken.map(({ dispatchId }) => dispatchId)).toEqual([id])
    expect(await house.step(id)).toMatchObject({ slot: null })
  })

  it('are needed where the living link is about to die', async () => {
    await setSlots(pool, 0, 0)
    const { work } = await house.handed({ freshLink: { expiresAt: inHours(0.4) } })
    await house.accept({ referenceId: work.dispatch.referenceId, ifActive: 'join' })

    expect(await limited.steps.take(order())).toEqual([])
  })

  it('are free again sixty seconds after the answer', async () => {
    await setSlots(pool, 1, 0)
    const { id } = await house.accept()
    await limited.steps.take(order())
    const whileHeld = await freeIn(1)

    await limited.links.slotAnswered(1)

    expect(whileHeld).toBeGreaterThan(100)
    expect(await freeIn(1)).toBeGreaterThan(58)
    expect(await freeIn(1)).toBeLessThanOrEqual(60)
    expect(await house.step(id)).toMatchObject({ slot: 1 })
  })

  it('are free at once when they were not used', async () => {
    await setSlots(pool, 1, 0)
    await house.accept()
    await limited.steps.take(order())

    await limited.links.slotUnused(1)
    await house.accept()

    expect(await limited.steps.take(order())).toHaveLength(1)
  })

  it('are free at once when a settlement says so', async () => {
    await setSlots(pool, 1, 0)
    await house.accept()
    const [turn] = await limited.steps.take(order())

    await limited.deliveries.settle(
      aSettlement(turn!, { from: 'queued', to: 'pending', dueAt: inHours(1), needsLink: true, freeSlot: 1 }),
    )

    expect(await freeIn(1)).toBeLessThanOrEqual(0)
  })

  it('are good for one creation: of all who come with a turn, one spends its slot', async () => {
    await setSlots(pool, 2, 0)
    await Promise.all([house.accept(), house.accept()])
    const [one, other] = await limited.steps.take(order())
    const twins = [limited, alsoLimited, limited, alsoLimited].map((process) => process.links.spendSlot(one!))

    const spent = await Promise.all(twins)

    expect(spent.filter(Boolean)).toHaveLength(1)
    expect(await limited.links.spendSlot({ ...other!, turn: other!.turn + 1 })).toBe(false)
    expect(await limited.links.spendSlot(other!)).toBe(true)
  })

  it('are not spent once their turn is over', async () => {
    await setSlots(pool, 1, 0)
    const { id } = await house.accept()
    const [turn] = await limited.steps.take(order())
    await store.stops.stop([id], 'cancelled', null)

    expect(await limited.links.spendSlot(turn!)).toBe(false)
  })

  it('are not freed by a settlement of somebody who did not see them spent', async () => {
    await setSlots(pool, 1, 0)
    await house.accept()
    const [turn] = await limited.steps.take(order())
    await limited.links.spendSlot(turn!)

    await limited.deliveries.settle(
      aSettlement(turn!, { from: 'queued', to: 'pending', dueAt: inHours(1), needsLink: true, freeSlot: 1 }),
    )

    expect(await freeIn(1)).toBeGreaterThan(100)
  })

  it('are not freed by a settlement that began before they were spent', async () => {
    await setSlots(pool, 1, 0)
    const { id } = await house.accept()
    const [turn] = await limited.steps.take(order())
    const twin = await pool.connect()
    await twin.query('begin')
    await twin.query('update step set slot = null where dispatch_id = $1 and n = 1', [id])

    const settled = limited.deliveries.settle(
      aSettlement(turn!, { from: 'queued', to: 'pending', dueAt: inHours(1), needsLink: true, freeSlot: 1 }),
    )
    await vi.waitFor(async () => expect(await rows(WAITING)).toHaveLength(1))
    await twin.query('commit')
    twin.release()

    expect(await settled).toBe(true)
    expect(await freeIn(1)).toBeGreaterThan(100)
  })

  it('stay taken when their step is stopped: its worker may be creating the link just now', async () => {
    await setSlots(pool, 1, 0)
    const { id } = await house.accept()
    await limited.steps.take(order())

    await store.stops.stop([id], 'cancelled', null)

    expect(await freeIn(1)).toBeGreaterThan(100)
  })

  it('grow and shrink with the limit', async () => {
    await setSlots(pool, 5, 2)
    await setSlots(pool, 3, 1)

    expect(await rows('select n, reserved from link_slot order by n')).toEqual([
      { n: 1, reserved: true },
      { n: 2, reserved: false },
      { n: 3, reserved: false },
    ])
  })
})

describe('leases', () => {
  it('that ran out on a queued step give it back: its job was lost', async () => {
    const { dispatchId } = await house.working()
    await leaseRanOut(dispatchId)

    const answer = await store.steps.expireLeases()
    const [taken] = await store.steps.take(order())

    expect(answer).toEqual({ lost: 1, ambiguous: 0 })
    expect(taken).toMatchObject({ dispatchId, turn: 2, emptyTurns: 1 })
  })

  it('that ran out on a claimed step leave it ambiguous: nobody knows how far its worker came', async () => {
    const { work } = await house.claimed()
    await leaseRanOut(work.dispatchId)

    const answer = await store.steps.expireLeases()

    expect(answer).toEqual({ lost: 0, ambiguous: 1 })
    expect(await house.step(work.dispatchId)).toMatchObject({ status: 'ambiguous', reason: 'worker_lost' })
    expect(await store.dispatches.attempts(work.dispatchId)).toMatchObject([
      { outcome: 'ambiguous', reason: 'worker_lost' },
    ])
    expect(await house.events(work.dispatchId)).toContain('message.unclear')
    expect(await store.deliveries.settle(aSettlement(work))).toBe(false)
  })

  it.each([
    ['a text', '30 seconds', 9.5],
    ['a mail, which had longer than that already,', '13 minutes', 0],
  ])('leave an attempt open for ten minutes in all: %s', async (_, age, minutesLeft) => {
    const { work } = await house.claimed()
    await leaseRanOut(work.dispatchId)
    await pool.query('update step set start_by = clock_timestamp() - $2::interval where dispatch_id = $1 and n = 1', [
      work.dispatchId,
      age,
    ])

    await store.steps.expireLeases()

    const [step] = await rows(
      'select round(extract(epoch from due_at - app_now()) / 6) / 10 as left from step where dispatch_id = $1 and n = 1',
      [work.dispatchId],
    )
    expect(Number(step?.['left'])).toBe(minutesLeft)
  })

  it('that still run are left alone', async () => {
    await house.working()
    await house.claimed()

    expect(await store.steps.expireLeases()).toEqual({ lost: 0, ambiguous: 0 })
  })

  it('of a turn that is over find nothing to claim', async () => {
    const work = await house.working()
    await leaseRanOut(work.dispatchId)
    await store.steps.expireLeases()
    await store.steps.take(order())

    expect(await store.deliveries.work(work)).toBeNull()
    expect(await store.deliveries.claim(aClaim(work, { fresh: aLink() }))).toBe(false)
  })
})

describe('falling back', () => {
  it('moves a step that waited long enough to the next channel of its chain', async () => {
    const { id } = await house.accept({ channels: ['push', 'sms', 'email'], startAt: inHours(-1) })

    const moved = await store.steps.fallBack(['push'])

    expect(moved).toBe(1)
    expect(await house.step(id)).toMatchObject({ channel: 'sms', chain: 'email', tries: 0, status: 'pending' })
    expect((await house.step(id))['fall_back_at'].getTime()).toBeGreaterThan(Date.now())
    expect(await house.events(id)).toEqual(['dispatch.accepted', 'message.waits'])
  })

  it('leaves those that wait only shortly, have nowhere to go, or are paused', async () => {
    const lane = await openLane()
    const waiting = [
      await house.accept({ channels: ['push', 'sms'] }),
      await house.accept({ channels: ['push'], startAt: inHours(-1) }),
      await house.accept({ lane, channels: ['push', 'sms'], startAt: inHours(-1) }),
    ]
    await pool.query('update lane set open = false where id = $1', [lane])

    const moved = await store.steps.fallBack(['push'])

    expect(moved).toBe(0)
    expect(
      await rows('select distinct channel from step where n = 1 and dispatch_id = any($1::uuid[])', [
        waiting.map(({ id }) => id),
      ]),
    ).toEqual([{ channel: 'push' }])
  })
})

describe('the close of a plan', () => {
  it('exhausts a dispatch whose messages went out and whose links are dead', async () => {
    const { work } = await house.handed({ remindersAfterMs: [], freshLink: { expiresAt: inHours(-0.01) } })

    const closed = await store.steps.close(10)

    expect(closed).toBe(1)
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'exhausted', reason: null })
    expect(await house.step(work.dispatchId, 2)).toMatchObject({ status: 'handed' })
    expect((await house.events(work.dispatchId)).at(-1)).toBe('dispatch.exhausted')
  })

  it('waits while a reminder is still to come', async () => {
    const { work } = await house.handed({ remindersAfterMs: [HOUR], freshLink: { expiresAt: inHours(-0.01) } })

    await store.steps.close(10)

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'sent' })
    expect((await house.step(work.dispatchId, 3))['due_at'].getTime()).toBeGreaterThan(Date.now() + 0.9 * HOUR)
  })

  it('waits while a link of it lives', async () => {
    const { work, link } = await house.handed({ remindersAfterMs: [] })
    await closeIsDue(work.dispatchId, 2)

    await store.steps.close(10)

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'sent' })
    expect((await house.step(work.dispatchId, 2))['due_at'].getTime()).toBeGreaterThan(link.expiresAt.getTime())
  })

  it('expires a dispatch of which nothing was handed over in time', async () => {
    const { id } = await house.accept({ createdAt: inHours(-2), validUntil: inHours(-1) })

    await store.steps.close(10)

    expect(await house.dispatch(id)).toMatchObject({ status: 'expired', reason: 'valid_until_passed' })
    expect(
      await rows('select distinct status, reason from step where dispatch_id = $1 and kind <> $2', [id, 'close']),
    ).toEqual([{ status: 'skipped', reason: 'expired' }])
    expect((await house.events(id)).at(-1)).toBe('dispatch.expired')
  })

  it('does not expire a dispatch whose message is under way', async () => {
    const { work } = await house.claimed({ createdAt: inHours(-2), validUntil: inHours(-1) })

    await store.steps.close(10)

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'accepted' })
  })

  it('leaves a dispatch that ended otherwise as it is', async () => {
    const { id } = await house.accept({ remindersAfterMs: [] })
    await pool.query("update dispatch set status = 'failed' where id = $1", [id])
    await closeIsDue(id, 2)

    await store.steps.close(10)

    expect(await house.dispatch(id)).toMatchObject({ status: 'failed' })
    expect(await house.step(id, 2)).toMatchObject({ status: 'handed' })
  })

  it('passes over a dispatch that somebody else has locked', async () => {
    const { work } = await house.handed({ remindersAfterMs: [], freshLink: { expiresAt: inHours(-0.01) } })
    const other = await pool.connect()
    await other.query('begin')
    await other.query('select 1 from dispatch where id = $1 for update', [work.dispatchId])

    const closed = await store.steps.close(10)
    await other.query('rollback')
    other.release()

    expect(closed).toBe(0)
    expect(await store.steps.close(10)).toBe(1)
  })

  it('happens once when two pumps close at the same time', async () => {
    const { work } = await house.handed({ remindersAfterMs: [], freshLink: { expiresAt: inHours(-0.01) } })

    await Promise.all([store, limited, alsoLimited].map((process) => process.steps.close(10)))

    const exhausted = (await house.events(work.dispatchId)).filter((type) => type === 'dispatch.exhausted')
    expect(exhausted).toHaveLength(1)
  })
})

const inHours = (hours: number) => new Date(Date.now() + hours * HOUR)

async function openLane(): Promise<number> {
  const [lane] = await rows('insert into lane (campaign_id) values (gen_random_uuid()) returning id')
  return lane?.['id']
}

/** Whoever waits for a lock in this database. */
const WAITING = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

const leaseRanOut = (id: string) =>
  pool.query("update step set lease_until = clock_timestamp() - interval '1 s' where dispatch_id = $1", [id])

const closeIsDue = (id: string, n: number) =>
  pool.query("update step set due_at = app_now() - interval '1 s' where dispatch_id = $1 and n = $2", [id, n])

async function leaseLeft(id: string): Promise<number> {
  const [row] = await rows(
    'select extract(epoch from lease_until - clock_timestamp())::float8 as s from step where dispatch_id = $1 and n = 1',
    [id],
  )
  return row?.['s']
}

async function freeIn(slot: number): Promise<number> {
  const [row] = await rows('select extract(epoch from free_at - app_now())::float8 as s from link_slot where n = $1', [
    slot,
  ])
  return row?.['s']
}
