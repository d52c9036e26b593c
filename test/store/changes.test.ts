import { describe, expect, it } from 'vitest'
import type { ChangeOrder } from '../../src/flow/ports-read.ts'
import { aFact, aSettlement, HOUR, phoneHash } from '../support/builders.ts'
import { inMs } from '../support/fakes.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows, pool } = house

const aChange = (id: string, wish: Partial<ChangeOrder> = {}): ChangeOrder => ({
  id,
  contact: null,
  channels: null,
  locale: null,
  timeZone: null,
  ...wish,
})

describe('a change', () => {
  it('of the contact is what the next claim reads, beside what was not named', async () => {
    const { id, person } = await house.accept()

    const changed = await store.changes.change(aChange(id, { contact: { phone: '+15125550111' } }), false)

    const work = await store.deliveries.work(await house.take(id))
    expect(changed).toBe(true)
    expect(work?.person.contact).toEqual({ ...person.contact, phone: '+15125550111' })
    expect((await store.dispatches.one(id))?.person.contact.phone).toBe('+15125550111')
    expect(await rows("select data from event where dispatch_id = $1 and type = 'dispatch.changed'", [id])).toEqual([
      { data: { fields: ['contact'] } },
    ])
  })

  it('of the contact makes the dispatch known by its new address too', async () => {
    const { id } = await house.accept()
    const phone = '+15125550122'

    await store.changes.change(aChange(id, { contact: { phone } }), false)

    const found = await store.dispatches.byAddress([phoneHash(phone)], { before: null, limit: 10 })
    expect(found.map((dispatch) => dispatch.id)).toEqual([id])
  })

  it('of the channels reroutes what is still pending', async () => {
    const { id } = await house.accept()

    await store.changes.change(
      aChange(id, { channels: ['push', 'in_app', 'email'], locale: 'ar', timeZone: 'UTC' }),
      false,
    )

    expect(await house.dispatch(id)).toMatchObject({
      channels: 'push,in_app,email',
      locale: 'ar',
      time_zone: 'UTC',
      zone_given: true,
    })
    expect(
      await rows("select distinct channel, chain from step where dispatch_id = $1 and kind <> 'close'", [id]),
    ).toEqual([{ channel: 'push', chain: 'email' }])
    expect(await house.step(id, 4)).toMatchObject({ kind: 'close', channel: 'none' })
  })

  it('may be made by several at once: none is lost', async () => {
    const { id } = await house.accept()
    const contacts = [
      { phone: '+15125550133' },
      { email: 'new@example.com' },
      { pushTokens: ['t1'] },
      { name: { firstName: 'Bea' } },
    ]

    const changed = await Promise.all(contacts.map((contact) => store.changes.change(aChange(id, { contact }), false)))

    expect(changed).toEqual([true, true, true, true])
    expect((await store.dispatches.one(id))?.person.contact).toEqual({
      phone: '+15125550133',
      email: 'new@example.com',
      pushTokens: ['t1'],
      name: { firstName: 'Bea' },
    })
  })

  it('of a dispatch that has ended is refused, unless it is for a resend', async () => {
    const { id } = await house.accept()
    await store.stops.stop([id], 'cancelled', null)

    const refused = await store.changes.change(aChange(id, { locale: 'en' }), false)
    const allowed = await store.changes.change(aChange(id, { locale: 'en' }), true)

    expect([refused, allowed]).toEqual([false, true])
  })
})

describe('a resend', () => {
  it('is a step that is due now, in the single lane, on the channels asked for', async () => {
    const { id } = await house.accept()

    const n = await store.changes.addResend(id, ['email', 'in_app', 'sms'])

    expect(n).toBe(5)
    expect(await house.step(id, n)).toMatchObject({
      kind: 'resend',
      lane: 1,
      channel: 'email',
      chain: 'sms',
      status: 'pending',
      needs_link: true,
    })
    const taken = await store.steps.take({ lane: 1, channel: 'email', needsLink: true, limit: 10, heldTemplates: [] })
    expect(taken).toMatchObject([{ dispatchId: id, n }])
  })

  it('may be asked for by several at once', async () => {
    const { id } = await house.accept()

    const numbers = await Promise.all([1, 2, 3].map(() => store.changes.addResend(id, ['sms'])))

    expect(numbers.toSorted()).toEqual([5, 6, 7])
  })
})

describe('the link for the app', () => {
  it('is the living one of the newest dispatch that lists it; the first fetch is its hand-over', async () => {
    const { work, link } = await house.handed({ channels: ['in_app', 'sms'] })

    const first = await store.changes.inApp(work.dispatch.referenceId)
    const second = await store.changes.inApp(work.dispatch.referenceId)

    expect(first).toMatchObject({
      dispatchId: work.dispatchId,
      first: true,
      link: { id: link.id, url: link.url, linkId: link.linkId },
    })
    expect(second).toMatchObject({ dispatchId: work.dispatchId, first: false })
    expect((await house.events(work.dispatchId)).filter((type) => type === 'message.handed')).toHaveLength(1)
    expect((await store.dispatches.one(work.dispatchId))?.inAppAt).toBeInstanceOf(Date)
  })

  it('is a hand-over like any other where no message has left yet: reminders count from it, and it is told once', async () => {
    const { work, link } = await house.claimed({ channels: ['in_app', 'sms'], remindersAfterMs: [HOUR] })
    await store.deliveries.settle(aSettlement(work, { to: 'pending', dueAt: new Date() }))

    await store.changes.inApp(work.dispatch.referenceId)
    const placed = await house.dispatch(work.dispatchId)
    await house.take(work.dispatchId)
    await pool.query("update step set status = 'claimed' where dispatch_id = $1 and n = 1", [work.dispatchId])
    await store.deliveries.settle(aSettlement({ ...work, turn: work.turn + 1 }, { linkExpiresAt: link.expiresAt }))

    expect(placed).toMatchObject({ status: 'sent', first_handed_at: placed['in_app_at'] })
    expect(await house.step(work.dispatchId, 2)).toMatchObject({ due_at: inMs(placed['in_app_at'], HOUR) })
    expect(await house.step(work.dispatchId, 3)).toMatchObject({ kind: 'close', due_at: link.expiresAt })
    expect((await house.events(work.dispatchId)).filter((type) => type === 'dispatch.sent')).toHaveLength(1)
  })

  it('has one first fetch, though several come at once', async () => {
    const { work } = await house.handed({ channels: ['in_app', 'sms'] })

    const answers = await Promise.all([1, 2, 3, 4].map(() => store.changes.inApp(work.dispatch.referenceId)))

    expect(answers.filter((answer) => answer?.first)).toHaveLength(1)
    expect((await house.events(work.dispatchId)).filter((type) => type === 'message.handed')).toHaveLength(1)
  })

  it('is not there before it is made, once it is opened, or where in_app is not listed', async () => {
    const waiting = await house.accept({ channels: ['in_app', 'sms'] })
    const unlisted = await house.handed({ channels: ['sms'] })
    const opened = await house.handed({ channels: ['in_app', 'sms'] })
    await store.facts.record(aFact({ linkId: opened.link.linkId }))

    const answers = await Promise.all(
      [waiting.referenceId, unlisted.work.dispatch.referenceId, opened.work.dispatch.referenceId].map(
        store.changes.inApp,
      ),
    )

    expect(answers).toEqual([null, null, null])
  })
})
