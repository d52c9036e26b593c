import { describe, expect, it } from 'vitest'
import { aClaim, aLink, aSettlement, HOUR } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows } = house
const later = new Date('2030-01-02T03:04:05.000Z')

describe('a settlement', () => {
  it('handed: the dispatch is sent, its reminders get their time, its close that of the link', async () => {
    const { work, link } = await house.claimed({ remindersAfterMs: [HOUR, 3 * HOUR] })

    const written = await store.deliveries.settle(
      aSettlement(work, {
        linkExpiresAt: link.expiresAt,
        attempts: [{ n: 1, outcome: 'accepted', reason: null, providerId: 'SM123' }],
        events: [{ type: 'message.handed', dispatchId: work.dispatchId, data: { channel: 'sms' } }],
      }),
    )

    const { first_handed_at: handedAt, status } = await house.dispatch(work.dispatchId)
    expect(written).toBe(true)
    expect(status).toBe('sent')
    expect(await house.step(work.dispatchId)).toMatchObject({
      status: 'handed',
      provider: 'twilio',
      confirmed: true,
      handed_at: handedAt,
      slot: null,
    })
    expect(await dueIn(work.dispatchId, handedAt)).toEqual([HOUR, 3 * HOUR])
    expect((await house.step(work.dispatchId, 4))['due_at']).toEqual(link.expiresAt)
    expect(await store.dispatches.attempts(work.dispatchId)).toMatchObject([
      { outcome: 'accepted', providerId: 'SM123' },
    ])
    expect(await house.events(work.dispatchId)).toEqual([
      'dispatch.accepted',
      'link.created',
      'message.handed',
      'dispatch.sent',
    ])
  })

  it('handed, of a reminder: the first hand-over and the other reminders stay, the close moves with the newer link', async () => {
    const { work } = await house.handed({ remindersAfterMs: [HOUR, 3 * HOUR] })
    const before = await house.dispatch(work.dispatchId)
    const dueBefore = (await house.step(work.dispatchId, 3))['due_at']
    const reminder = await store.deliveries.work(await house.take(work.dispatchId, 2))
    const link = aLink({ expiresAt: later, replaces: true })
    await store.deliveries.claim(aClaim(reminder!, { fresh: link }))

    await store.deliveries.settle(aSettlement(reminder!, { linkExpiresAt: link.expiresAt }))

    expect(await house.dispatch(work.dispatchId)).toEqual(before)
    expect((await house.step(work.dispatchId, 3))['due_at']).toEqual(dueBefore)
    expect((await house.step(work.dispatchId, 4))['due_at']).toEqual(later)
    expect(await house.events(work.dispatchId)).toContain('link.replaced')
  })

  it('pending: the step comes back later, on the channel and with the tries it was given', async () => {
    const { work } = await house.claimed()

    await store.deliveries.settle(
      aSettlement(work, {
        to: 'pending',
        reason: 'busy',
        dueAt: later,
        channel: 'email',
        chain: [],
        tries: 2,
        fallBackAt: later,
        confirmed: null,
        attempts: [{ n: 1, outcome: 'retry', reason: 'busy', providerId: null }],
      }),
    )

    expect(await house.step(work.dispatchId)).toMatchObject({
      status: 'pending',
      reason: 'busy',
      due_at: later,
      channel: 'email',
      chain: '',
      tries: 2,
      fall_back_at: later,
      needs_link: false,
      start_by: null,
      lease_until: null,
    })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'accepted', first_handed_at: null })
  })

  it('ambiguous: nothing is said to be handed, and the step waits for clarity', async () => {
    const { work } = await house.claimed()

    await store.deliveries.settle(aSettlement(work, { to: 'ambiguous', reason: 'timeout', dueAt: later }))

    expect(await house.step(work.dispatchId)).toMatchObject({ status: 'ambiguous', due_at: later, handed_at: null })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'accepted' })
  })

  it('skipped: the step is over, its dispatch goes on', async () => {
    const { work } = await house.claimed()

    await store.deliveries.settle(aSettlement(work, { to: 'skipped', reason: 'stale' }))

    expect(await house.step(work.dispatchId)).toMatchObject({ status: 'skipped', reason: 'stale' })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'accepted' })
  })

  it.each([
    ['failed', 'no_channel_worked'],
    ['expired', 'valid_until_passed'],
    ['suppressed', 'opt_out'],
  ] as const)('that ends its dispatch as %s stops the rest of the plan', async (status, reason) => {
    const { work } = await house.claimed()

    await store.deliveries.settle(aSettlement(work, { to: 'failed', reason: 'invalid', ends: { status, reason } }))

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status, reason })
    expect(
      await rows('select n, status, reason from step where dispatch_id = $1 order by n', [work.dispatchId]),
    ).toEqual([
      { n: 1, status: 'failed', reason: 'invalid' },
      { n: 2, status: 'skipped', reason: status },
      { n: 3, status: 'skipped', reason: status },
      { n: 4, status: 'skipped', reason: status },
    ])
    expect((await house.events(work.dispatchId)).at(-1)).toBe(`dispatch.${status}`)
  })

  it('that fails a resend leaves a dispatch that was sent as it is', async () => {
    const { work } = await house.handed()
    const resend = await store.deliveries.work(
      await house.take(work.dispatchId, await store.changes.addResend(work.dispatchId, ['sms'])),
    )

    await store.deliveries.settle(
      aSettlement(resend!, {
        from: 'queued',
        to: 'failed',
        reason: 'no_address',
        ends: { status: 'failed', reason: 'no_address' },
      }),
    )

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'sent' })
  })

  it('of a dispatch that was opened meanwhile records the hand-over, and the dispatch stays opened', async () => {
    const { work } = await house.claimed()
    await store.stops.stop([work.dispatchId], 'cancelled', null)

    const written = await store.deliveries.settle(aSettlement(work, { linkExpiresAt: later }))

    expect(written).toBe(true)
    expect(await house.step(work.dispatchId)).toMatchObject({ status: 'handed' })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'cancelled' })
  })

  it.each([
    ['from another turn', { turn: 7 }],
    ['from a state the step has left', { from: 'queued' }],
  ] as const)('%s writes nothing', async (_, wish) => {
    const { work } = await house.claimed()
    const before = await whole(work.dispatchId)

    const written = await store.deliveries.settle(
      aSettlement(work, {
        ...wish,
        linkExpiresAt: later,
        attempts: [{ n: 1, outcome: 'accepted', reason: null, providerId: 'SM1' }],
        ends: { status: 'failed', reason: 'x' },
        freeSlot: 1,
        events: [{ type: 'message.handed', dispatchId: work.dispatchId, data: {} }],
      }),
    )

    expect(written).toBe(false)
    expect(await whole(work.dispatchId)).toEqual(before)
  })

  it('is written once though it comes twice', async () => {
    const { work } = await house.claimed()

    const written = await Promise.all(
      [1, 2].map(() => store.deliveries.settle(aSettlement(work, { linkExpiresAt: later }))),
    )

    expect(written.toSorted()).toEqual([false, true])
  })

  it('shares its statement with others: each writes only its own', async () => {
    const claimed = await Promise.all(Array.from({ length: 20 }, () => house.claimed()))

    const written = await Promise.all(
      claimed.map(({ work, link }, i) =>
        store.deliveries.settle(
          i % 2
            ? aSettlement(work, { linkExpiresAt: link.expiresAt })
            : aSettlement(work, {
                to: 'failed',
                reason: 'invalid',
                ends: { status: 'failed', reason: 'no_channel_worked' },
              }),
        ),
      ),
    )

    const found = await Promise.all(claimed.map(({ work }) => house.dispatch(work.dispatchId)))
    expect(written).toEqual(claimed.map(() => true))
    expect(found.map(({ status }) => status)).toEqual(claimed.map((_, i) => (i % 2 ? 'sent' : 'failed')))
  })

  it('of two steps of one dispatch that end together are both heard', async () => {
    const { work, link } = await house.claimed()
    const resend = await store.deliveries.work(
      await house.take(work.dispatchId, await store.changes.addResend(work.dispatchId, ['sms'])),
    )
    await store.deliveries.claim(aClaim(resend!, { stored: link }))

    await Promise.all([
      store.deliveries.settle(aSettlement(work, { linkExpiresAt: link.expiresAt })),
      store.deliveries.settle(
        aSettlement(resend!, {
          to: 'skipped',
          reason: 'suppressed',
          ends: { status: 'suppressed', reason: 'opt_out' },
        }),
      ),
    ])

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'suppressed' })
  })
})

describe('a step that stayed ambiguous', () => {
  it('is written off as handed, unconfirmed, and its dispatch goes on as if it had been sent', async () => {
    const { work, link } = await house.claimed({ remindersAfterMs: [HOUR] })
    await store.deliveries.settle(
      aSettlement(work, {
        to: 'ambiguous',
        dueAt: new Date(Date.now() - 1_000),
        attempts: [{ n: 1, outcome: 'ambiguous', reason: 'timeout', providerId: null }],
      }),
    )

    const due = await store.unclear.due()
    const step = due.find(({ dispatchId }) => dispatchId === work.dispatchId)
    await store.unclear.writeOff(step!)

    const { first_handed_at: handedAt, status } = await house.dispatch(work.dispatchId)
    expect(step).toMatchObject({ n: 1, turn: 1 })
    expect(status).toBe('sent')
    expect(await house.step(work.dispatchId)).toMatchObject({ status: 'handed', confirmed: false })
    expect(await dueIn(work.dispatchId, handedAt)).toEqual([HOUR])
    expect((await house.step(work.dispatchId, 3))['due_at']).toEqual(link.expiresAt)
    expect((await house.events(work.dispatchId)).slice(-2)).toEqual(['message.handed', 'dispatch.sent'])
  })

  it('may be sent once more', async () => {
    const { work } = await house.claimed()
    await store.deliveries.settle(aSettlement(work, { to: 'ambiguous', dueAt: new Date(Date.now() - 1_000) }))

    await store.unclear.resend(work)

    expect(await house.step(work.dispatchId)).toMatchObject({ status: 'pending', reason: 'unclear_resent' })
    expect((await house.events(work.dispatchId)).at(-1)).toBe('message.waits')
  })

  it('is left alone when somebody was faster', async () => {
    const { work } = await house.handed()
    const before = await whole(work.dispatchId)

    await store.unclear.writeOff(work)
    await store.unclear.resend(work)

    expect(await whole(work.dispatchId)).toEqual(before)
  })
})

async function dueIn(dispatchId: string, from: Date): Promise<number[]> {
  const found = await rows("select due_at from step where dispatch_id = $1 and kind = 'reminder' order by n", [
    dispatchId,
  ])
  return found.map(({ due_at }) => due_at - from.getTime())
}

const whole = (dispatchId: string) =>
  Promise.all([
    house.dispatch(dispatchId),
    rows('select * from step where dispatch_id = $1 order by n', [dispatchId]),
    rows('select * from attempt where dispatch_id = $1 order by n', [dispatchId]),
    rows('select * from event where dispatch_id = $1 order by id', [dispatchId]),
  ])
