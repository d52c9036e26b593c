import { describe, expect, it } from 'vitest'
import { makeStore } from '../../src/store/store.ts'
import { aClaim, aFact, aLink, aQuestion, aSettlement, laterVault, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows, pool } = house

describe('an open', () => {
  it('ends every dispatch that carried the link, and says how many reminders it stopped', async () => {
    const { work, link } = await house.handed()
    const other = await house.working({ referenceId: work.dispatch.referenceId, ifActive: 'join' })
    await store.deliveries.claim(aClaim(other, { stored: link }))
    await store.deliveries.settle(aSettlement(other, { linkExpiresAt: link.expiresAt }))
    const openedAt = new Date('2026-05-04T03:02:01.000Z')

    const answer = await store.facts.record(aFact({ linkId: link.linkId, openedAt }))

    expect(answer).toEqual({ fresh: true, touched: [work.dispatchId, other.dispatchId].toSorted(), suspect: null })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened', opened_at: openedAt })
    expect(await house.dispatch(other.dispatchId)).toMatchObject({ status: 'opened', opened_at: openedAt })
    expect(await stepsOf(work.dispatchId)).toEqual(['handed', 'skipped opened', 'skipped opened', 'skipped opened'])
    expect(await openedEvent(work.dispatchId)).toEqual({ remindersStopped: 2 })
    expect((await house.events(work.dispatchId)).filter((type) => type === 'reminder.skipped')).toHaveLength(2)
    expect(await store.links.find(link.linkId)).toMatchObject({ status: 'opened' })
  })

  it('that comes again changes nothing and is answered the same', async () => {
    const { work, link } = await house.handed()
    const fact = aFact({ linkId: link.linkId })
    const first = await store.facts.record(fact)
    const before = await whole(work.dispatchId)

    const second = await store.facts.record(fact)

    expect(first).toEqual({ fresh: true, touched: [work.dispatchId], suspect: null })
    expect(second).toEqual({ fresh: false, touched: [work.dispatchId], suspect: null })
    expect(await whole(work.dispatchId)).toEqual(before)
  })

  it('that comes in many copies at once is fresh once, and every copy knows what must be waited for', async () => {
    const { work, link } = await house.handed()
    const other = house.another()
    const fact = aFact({ linkId: link.linkId })

    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((i) => (i % 2 ? store : other).facts.record(fact)))

    expect(answers.filter(({ fresh }) => fresh)).toHaveLength(1)
    expect(answers.map(({ touched }) => touched)).toEqual(answers.map(() => [work.dispatchId]))
    expect((await house.events(work.dispatchId)).filter((type) => type === 'dispatch.opened')).toHaveLength(1)
  })

  it('of a link that nobody knows is kept, and opens nothing of its user', async () => {
    const { work } = await house.handed()
    const fact = aFact({ linkId: unique('unknown'), referenceId: work.dispatch.referenceId })

    const answer = await store.facts.record(fact)

    expect(answer).toEqual({ fresh: true, touched: [], suspect: null })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'sent' })
    expect(await appliedAt(fact.keyHash)).toBeNull()
  })

  it('that came before its link was known stops the claim that brings the link, and ends the dispatch', async () => {
    const work = await house.working()
    const link = aLink()
    const openedAt = new Date('2026-05-04T03:02:01.000Z')
    await store.facts.record(aFact({ linkId: link.linkId, openedAt }))
    await store.deliveries.claim(aClaim(work, { fresh: link }))

    const fact = await store.deliveries.stopFact(aQuestion(work, link.id))

    expect(fact).toEqual({ kind: 'opened' })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened', opened_at: openedAt })
  })

  it('that came before its link was known stops the claim, though the look-up key was changed in between', async () => {
    const later = makeStore({ pool, vault: laterVault, slots: false, monotonic: () => performance.now() })
    const work = await house.working()
    const link = aLink()
    await store.facts.record(aFact({ linkId: link.linkId }))
    await later.deliveries.claim(aClaim(work, { fresh: link }))

    const fact = await later.deliveries.stopFact(aQuestion(work, link.id))

    expect(fact).toEqual({ kind: 'opened' })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened' })
  })

  it('that came before its link was known is found by the sweep, if nothing else does', async () => {
    const work = await house.working()
    const link = aLink()
    await store.facts.record(aFact({ linkId: link.linkId }))
    await store.deliveries.claim(aClaim(work, { fresh: link }))

    const opened = await store.facts.applyLate()

    expect(opened).toEqual([work.dispatchId])
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened' })
    expect(await store.facts.applyLate()).toEqual([])
  })

  it.each([
    ['exhausted', null],
    ['failed', 'no_channel_worked'],
  ])('turns a dispatch that was %s into an opened one', async (status, reason) => {
    const { work, link } = await house.handed()
    await pool.query('update dispatch set status = $2, reason = $3, ended_at = now() where id = $1', [
      work.dispatchId,
      status,
      reason,
    ])

    const { touched } = await store.facts.record(aFact({ linkId: link.linkId }))

    expect(touched).toEqual([work.dispatchId])
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened', reason: null })
    expect(await house.events(work.dispatchId)).toContain('dispatch.opened')
  })

  it.each(['cancelled', 'superseded', 'suppressed'] as const)(
    'of a dispatch that was %s is a fact, and no more',
    async (status) => {
      const { work, link } = await house.handed()
      await store.stops.stop([work.dispatchId], status, null)
      const openedAt = new Date('2026-05-04T03:02:01.000Z')

      await store.facts.record(aFact({ linkId: link.linkId, openedAt }))

      expect(await house.dispatch(work.dispatchId)).toMatchObject({ status, opened_at: openedAt })
      expect(await house.events(work.dispatchId)).not.toContain('dispatch.opened')
    },
  )

  it('keeps the earliest time at which the partner says it happened', async () => {
    const { link } = await house.handed()
    const [early, late] = [new Date('2026-05-04T01:00:00.000Z'), new Date('2026-05-04T02:00:00.000Z')]

    await store.facts.record(aFact({ linkId: link.linkId, openedAt: late }))
    await store.facts.record(aFact({ linkId: link.linkId, openedAt: early, keyHash: aFact().keyHash }))

    expect(await rows('select opened_at from link where id = $1', [link.id])).toEqual([{ opened_at: early }])
  })

  it('leaves a resend alone: a person asked for it', async () => {
    const { work, link } = await house.handed({ remindersAfterMs: [] })
    await store.changes.addResend(work.dispatchId, ['sms'])

    await store.facts.record(aFact({ linkId: link.linkId }))

    expect(await stepsOf(work.dispatchId)).toEqual(['handed', 'skipped opened', 'pending'])
  })
})

describe('an operation', () => {
  it('that was created ends the plan like an open, and stays with its link', async () => {
    const { work, link } = await house.handed()
    const fact = aFact({ type: 'operation.created', linkId: link.linkId, operationId: 'op_1' })

    const { touched } = await store.facts.record(fact)

    expect(touched).toEqual([work.dispatchId])
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened' })
    expect(await store.links.find(link.linkId)).toMatchObject({ status: 'opened', operationId: 'op_1' })
    expect(await house.events(work.dispatchId)).toContain('operation.created')
  })

  it('that names no link speaks of what runs for its user and carried a link', async () => {
    const { work } = await house.handed()
    const { referenceId } = work.dispatch
    const waiting = await house.accept({ referenceId, ifActive: 'join' })
    const cancelled = await house.handed({ referenceId, ifActive: 'join' })
    await store.stops.stop([cancelled.work.dispatchId], 'cancelled', null)

    const { touched } = await store.facts.record(aFact({ type: 'operation.created', referenceId, operationId: 'op_2' }))

    expect(touched).toEqual([work.dispatchId])
    expect(await house.dispatch(waiting.id)).toMatchObject({ status: 'accepted' })
  })

  it('that names no link does not speak of dispatches that came later', async () => {
    const referenceId = unique('user')
    await store.facts.record(aFact({ type: 'operation.created', referenceId, operationId: 'op_3' }))
    const { work } = await house.handed({ referenceId })

    const late = await store.facts.applyLate()

    expect(late).toEqual([])
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'sent' })
  })
})

describe('other notices', () => {
  it.each([
    ['operation.cancelled', 'operation.cancelled'],
    ['user.data_request', 'user.data_request'],
    ['something.new', 'partner.event'],
  ])('%s goes on the feed as %s with the dispatch it speaks of, once, and ends nothing', async (type, shown) => {
    const { work, link } = await house.handed()
    const fact = aFact({ type, linkId: link.linkId, data: { event: type, operationId: 'op_4' } })

    const answer = await store.facts.record(fact)
    await store.facts.record(fact)

    expect(answer).toEqual({ fresh: true, touched: [], suspect: null })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'sent' })
    expect(await rows('select data from event where dispatch_id = $1 and type = $2', [work.dispatchId, shown])).toEqual(
      [{ data: { event: type, operationId: 'op_4' } }],
    )
  })

  it('that speak of nothing we know go on the feed without a dispatch', async () => {
    const event = unique('strange.event')

    await store.facts.record(aFact({ type: event, data: { event } }))

    expect(await rows("select dispatch_id from event where data ->> 'event' = $1", [event])).toEqual([
      { dispatch_id: null },
    ])
  })

  it('whose application was cut short are applied by the sweep', async () => {
    const event = unique('strange.event')
    const fact = aFact({ type: event, data: { event } })
    await store.facts.record(fact)
    await pool.query("delete from event where data ->> 'event' = $1", [event])
    await pool.query('update partner_event set applied_at = null where key_hash = $1', [fact.keyHash])

    await store.facts.applyLate()

    expect(await rows("select type from event where data ->> 'event' = $1", [event])).toEqual([
      { type: 'partner.event' },
    ])
    expect(await appliedAt(fact.keyHash)).not.toBeNull()
  })
})

describe('a notice that the database refuses', () => {
  it('does not take its neighbours down, whatever they are', async () => {
    const { work, link } = await house.handed()
    const event = unique('strange.event')

    const answers = await Promise.allSettled([
      store.facts.record(aFact({ linkId: link.linkId })),
      store.facts.record(aFact({ type: 'nul\0inside' })),
      store.facts.record(aFact({ type: event, data: { event } })),
    ])

    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened' })
    expect(await rows("select type from event where data ->> 'event' = $1", [event])).toHaveLength(1)
  })
})

describe('opens of many links at once', () => {
  it('show no deadlock, though they share dispatches', async () => {
    const referenceId = unique('user')
    const other = house.another()
    const works = await Promise.all(Array.from({ length: 6 }, () => house.working({ referenceId, ifActive: 'join' })))
    const links = works.map(() => aLink())
    await pool.query(
      `insert into carried select d, l, now() from unnest($1::uuid[]) d cross join unnest($2::uuid[]) l`,
      [works.map((work) => work.dispatchId), links.map((link) => link.id)],
    )
    await Promise.all(works.map((work, i) => store.deliveries.claim(aClaim(work, { fresh: links[i]! }))))
    const facts = links.flatMap((link) => [
      aFact({ linkId: link.linkId }),
      aFact({ type: 'operation.created', linkId: link.linkId, operationId: 'op_5' }),
    ])

    const answers = await Promise.all([
      ...facts.map((fact) => store.facts.record(fact)),
      ...facts.toReversed().map((fact) => other.facts.record(fact)),
    ])

    expect(answers.filter(({ fresh }) => fresh)).toHaveLength(facts.length)
    expect(new Set(answers.map(({ touched }) => touched.length))).toEqual(new Set([6]))
  })
})

async function stepsOf(dispatchId: string): Promise<string[]> {
  const found = await rows('select status, reason from step where dispatch_id = $1 order by n', [dispatchId])
  return found.map(({ status, reason }) => [status, reason].filter(Boolean).join(' '))
}

async function openedEvent(dispatchId: string): Promise<unknown> {
  const [event] = await rows("select data from event where dispatch_id = $1 and type = 'dispatch.opened'", [dispatchId])
  return event?.['data']
}

const whole = (dispatchId: string) =>
  Promise.all([
    house.dispatch(dispatchId),
    rows('select * from step where dispatch_id = $1 order by n', [dispatchId]),
    rows('select * from event where dispatch_id = $1 order by id', [dispatchId]),
  ])

async function appliedAt(keyHash: Buffer): Promise<unknown> {
  const [found] = await rows('select applied_at from partner_event where key_hash = $1', [keyHash])
  return found?.['applied_at']
}
