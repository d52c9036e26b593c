import { describe, expect, it } from 'vitest'
import type { FactOrder } from '../../src/flow/ports-facts.ts'
import { aClaim, aFact, aLink, aQuestion, aSettlement, HOUR, type OrderWish } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows, pool } = house

const MINUTE = 60_000
/** From the hand-over of the message, in ms. */
const openAfter = (linkId: string, ms: number, wish: Partial<FactOrder> = {}) =>
  aFact({ linkId, openedAt: new Date(Date.now() + ms), ...wish })

describe('an open', () => {
  it.each([
    ['at once', 0, 'too_fast'],
    ['two seconds later', 2_000, 'too_fast'],
    ['five seconds later', 5_000, null],
    ['a second before, by a clock that lags', -1_000, 'too_fast'],
    ['long before, so that it cannot be of this message', -10_000, null],
  ])('%s after the hand-over: %s', async (_, ms, suspect) => {
    const { work, link } = await house.handed()

    const answer = await store.facts.record(openAfter(link.linkId, ms))

    expect(answer).toEqual({ fresh: true, touched: [work.dispatchId], suspect })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened', suspect })
  })

  it('while the provider has not answered yet is too fast', async () => {
    const { work, link } = await house.claimed()
    await pool.query("update attempt set claimed_at = claimed_at - interval '20 seconds' where dispatch_id = $1", [
      work.dispatchId,
    ])

    const { suspect } = await store.facts.record(openAfter(link.linkId, 0))

    expect(suspect).toBe('too_fast')
  })

  it('of a push is never too fast: a person tapped it', async () => {
    const { link } = await house.handed({ channels: ['push'] })

    const { suspect } = await store.facts.record(openAfter(link.linkId, 0))

    expect(suspect).toBeNull()
  })

  it('after a hand-over that was refused is nobody too fast', async () => {
    const { work, link } = await house.claimed()
    const attempts = [{ n: 1, outcome: 'permanent' as const, reason: 'no_such_number', providerId: null }]
    await store.deliveries.settle(aSettlement(work, { to: 'pending', dueAt: new Date(), attempts }))

    const { suspect } = await store.facts.record(openAfter(link.linkId, 0))

    expect(suspect).toBeNull()
  })

  it('is judged once: a copy that says less, or comes when more is known, changes nothing', async () => {
    const { work, link } = await house.handed()
    await store.facts.record(openAfter(link.linkId, MINUTE, { suspect: 'scanner' }))

    const copy = await store.facts.record(openAfter(link.linkId, 0))

    expect(copy).toEqual({ fresh: false, touched: [work.dispatchId], suspect: 'scanner' })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ suspect: 'scanner' })
  })

  it('that was judged before its copy brought the name of a scanner stays a person’s', async () => {
    const { link } = await house.handed()
    await store.facts.record(openAfter(link.linkId, MINUTE))

    const copy = await store.facts.record(openAfter(link.linkId, MINUTE, { suspect: 'scanner' }))

    expect(copy.suspect).toBeNull()
  })
})

describe('an open that was judged', () => {
  it('is not judged again by a hand-over that comes later', async () => {
    const { work, link } = await house.handed()
    await store.facts.record(openAfter(link.linkId, MINUTE))
    await pool.query("update attempt set settled_at = claimed_at + interval '59 seconds' where dispatch_id = $1", [
      work.dispatchId,
    ])

    const copy = await store.facts.record(openAfter(link.linkId, MINUTE))

    expect(copy.suspect).toBeNull()
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ suspect: null })
  })
})

describe('a suspect open, by default', () => {
  it('ends the plan as any other, and leaves its mark on link, dispatch and event', async () => {
    const { work, link } = await house.handed()

    await store.facts.record(openAfter(link.linkId, MINUTE, { suspect: 'scanner' }))

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened', suspect: 'scanner' })
    expect(await rows('select status, suspect from link where id = $1', [link.id])).toEqual([
      { status: 'opened', suspect: 'scanner' },
    ])
    expect(await eventData(work.dispatchId, 'dispatch.opened')).toEqual([{ suspect: 'scanner', remindersStopped: 2 }])
  })

  it.each([
    ['names the link', true],
    ['names nobody but the user', false],
  ])('is forgiven by a transfer that %s', async (_, namesLink) => {
    const { work, link } = await house.handed()
    await store.facts.record(openAfter(link.linkId, MINUTE, { suspect: 'scanner' }))
    const { referenceId } = work.dispatch

    await store.facts.record(
      aFact({ type: 'operation.created', operationId: 'op', referenceId, ...(namesLink && { linkId: link.linkId }) }),
    )

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened', suspect: null })
    expect(await house.events(work.dispatchId)).toContain('operation.created')
  })

  it('says nothing against a dispatch in which a person was seen before', async () => {
    const { work, link } = await house.handed()
    await store.facts.record(aFact({ type: 'operation.created', operationId: 'op', linkId: link.linkId }))

    await store.facts.record(openAfter(link.linkId, MINUTE, { suspect: 'scanner' }))

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ suspect: null })
    expect(await rows('select suspect from link where id = $1', [link.id])).toEqual([{ suspect: null }])
  })
})

describe('a suspect open of a dispatch that holds', () => {
  it('lets what would leave too early wait for the grace, and tells it once', async () => {
    const { work, link } = await holding({ remindersAfterMs: [HOUR, 24 * HOUR] })
    const before = await dueTimes(work.dispatchId)

    const answer = await store.facts.record(suspectOpen(link.linkId))
    await store.facts.record(suspectOpen(link.linkId))

    const { status, suspect, suspect_until: until, opened_at } = await house.dispatch(work.dispatchId)
    expect(answer).toEqual({ fresh: true, touched: [work.dispatchId], suspect: 'scanner' })
    expect({ status, suspect, opened_at }).toEqual({ status: 'sent', suspect: 'scanner', opened_at: null })
    expect(until.getTime() - Date.now()).toBeGreaterThan(64 * MINUTE)
    const after = await dueTimes(work.dispatchId)
    expect(after.slice(1, 3)).toEqual([until, before[2]])
    expect(await eventData(work.dispatchId, 'open.suspect')).toEqual([
      { suspect: 'scanner', until: expect.any(String) },
    ])
  })

  it('stops whoever is claimed until the grace is over', async () => {
    const { work, link } = await holding()
    const reminder = await claimAgain(work.dispatchId, link)

    await store.facts.record(suspectOpen(link.linkId))

    const { suspect_until: until } = await house.dispatch(work.dispatchId)
    expect(await store.deliveries.stopFact(aQuestion(reminder, link.id))).toEqual({ kind: 'suspect', until })
  })

  it('that is stored but not applied yet stops who is claimed all the same', async () => {
    const { work, link } = await holding()
    const reminder = await claimAgain(work.dispatchId, link)
    await forgetApplying(work.dispatchId, link.linkId)

    const fact = await store.deliveries.stopFact(aQuestion(reminder, link.id))

    expect(fact).toMatchObject({ kind: 'suspect' })
    expect(await house.events(work.dispatchId)).toContain('open.suspect')
  })

  it('reaches a dispatch that carried the link only afterwards', async () => {
    const { work, link } = await holding()
    const { referenceId } = work.dispatch
    const late = await house.working({ referenceId, ifActive: 'join', suspectOpens: 'hold' })
    await store.facts.record(suspectOpen(link.linkId))
    await store.deliveries.claim(aClaim(late, { stored: link }))

    const fact = await store.deliveries.stopFact(aQuestion(late, link.id))

    expect(fact).toMatchObject({ kind: 'suspect' })
    expect(await house.dispatch(late.dispatchId)).toMatchObject({ status: 'accepted', suspect: 'scanner' })
  })

  it('gives the step a fresh link once the grace is over', async () => {
    const { work, link } = await holding()
    const reminder = await claimAgain(work.dispatchId, link)
    await store.facts.record(suspectOpen(link.linkId))
    await pool.query("update dispatch set suspect_until = app_now() - interval '1 second' where id = $1", [
      work.dispatchId,
    ])

    expect(await store.deliveries.stopFact(aQuestion(reminder, link.id))).toEqual({ kind: 'link_gone' })
  })

  it.each([
    ['a transfer', (linkId: string) => aFact({ type: 'operation.created', operationId: 'op', linkId })],
    ['a transfer broken off', (linkId: string) => aFact({ type: 'operation.cancelled', operationId: 'op', linkId })],
  ])('is followed by %s: that is a person, and opens it', async (_, sign) => {
    const { work, link } = await holding()
    await store.facts.record(suspectOpen(link.linkId))

    const { touched } = await store.facts.record(sign(link.linkId))

    expect(touched).toEqual([work.dispatchId])
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened', suspect: null })
    expect(await eventData(work.dispatchId, 'dispatch.opened')).toEqual([{ remindersStopped: 2 }])
  })

  it('is heard of together with a transfer, late: the person counts', async () => {
    const work = await house.working({ suspectOpens: 'hold' })
    const link = aLink()
    await store.facts.record(aFact({ type: 'operation.created', operationId: 'op', linkId: link.linkId }))
    await store.facts.record(suspectOpen(link.linkId))
    await store.deliveries.claim(aClaim(work, { fresh: link }))

    await store.facts.applyLate()

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened', suspect: null })
    expect(await house.events(work.dispatchId)).not.toContain('open.suspect')
  })

  it('is not made up for by a request for data: opening asks for it, whoever opens', async () => {
    const { work, link } = await holding()
    await store.facts.record(suspectOpen(link.linkId))

    await store.facts.record(aFact({ type: 'user.data_request', linkId: link.linkId }))

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'sent', suspect: 'scanner' })
  })

  it('ends one that shares the link and does not hold', async () => {
    const { work, link } = await holding()
    const { referenceId } = work.dispatch
    const other = await house.working({ referenceId, ifActive: 'join' })
    await store.deliveries.claim(aClaim(other, { stored: link }))
    await store.deliveries.settle(aSettlement(other, { linkExpiresAt: link.expiresAt }))

    await store.facts.record(suspectOpen(link.linkId))

    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'sent' })
    expect(await house.dispatch(other.dispatchId)).toMatchObject({ status: 'opened', suspect: 'scanner' })
  })

  it('is a mark only when the plan had run out, and a person may still come', async () => {
    const { work, link } = await holding()
    await pool.query("update dispatch set status = 'exhausted' where id = $1", [work.dispatchId])

    await store.facts.record(suspectOpen(link.linkId))
    const marked = await house.dispatch(work.dispatchId)
    await store.facts.record(aFact({ type: 'operation.created', operationId: 'op', linkId: link.linkId }))

    expect(marked).toMatchObject({ status: 'exhausted', suspect: 'scanner' })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened', suspect: null })
  })
})

const holding = (wish: OrderWish = {}) => house.handed({ suspectOpens: 'hold', ...wish })
const suspectOpen = (linkId: string) => openAfter(linkId, 0, { suspect: 'scanner' })

/** The first reminder, claimed with the link that the first message carried. */
async function claimAgain(dispatchId: string, link: ReturnType<typeof aLink>) {
  const work = await store.deliveries.work(await house.take(dispatchId, 2))
  if (!work) throw new Error('there is no reminder')
  await store.deliveries.claim(aClaim(work, { stored: link }))
  return work
}

/** The open is committed, and whoever stored it dies before anything follows from it. */
async function forgetApplying(dispatchId: string, linkId: string): Promise<void> {
  const fact = suspectOpen(linkId)
  await store.facts.record({ ...fact, linkLookups: [] })
  await pool.query('update partner_event set applied_at = null, link_lookup = $2 where key_hash = $1', [
    fact.keyHash,
    fact.linkLookups[0],
  ])
  expect(await house.dispatch(dispatchId)).toMatchObject({ suspect: null })
}

async function eventData(dispatchId: string, type: string): Promise<unknown[]> {
  const found = await rows('select data from event where dispatch_id = $1 and type = $2', [dispatchId, type])
  return found.map(({ data }) => data)
}

async function dueTimes(dispatchId: string): Promise<Date[]> {
  const found = await rows('select due_at from step where dispatch_id = $1 order by n', [dispatchId])
  return found.map(({ due_at }) => due_at)
}
