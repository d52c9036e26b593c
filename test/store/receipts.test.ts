import { describe, expect, it } from 'vitest'
import type { Receipt, ReceiptTarget } from '../../src/flow/ports-receipts.ts'
import { judge } from '../../src/flow/record-receipt.ts'
import { aReceipt } from '../flow/receipt-stage.ts'
import { aClaim, aLink, aSettlement, HOUR, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { receipts } = house.store
const hear = (receipt: Receipt) => receipts.hear(receipt, (target) => judge(target, receipt, 0.5))
const blocked = { status: 'undelivered', outcome: { kind: 'permanent', reason: 'message_blocked' } } as const

/** A first message that Twilio took, with the id it gave. */
async function handed(wish: Parameters<typeof house.claimed>[0] = {}) {
  const { work, link } = await house.claimed(wish)
  const providerId = unique('SM')
  const attempts = [{ n: 1, outcome: 'accepted' as const, reason: null, providerId }]
  const chain = work.chain
  await house.store.deliveries.settle(aSettlement(work, { chain, attempts, linkExpiresAt: link.expiresAt }))
  const ids = { attemptId: `${work.dispatchId}.1.1`, stepId: `${work.dispatchId}.1`, providerId }
  return { id: work.dispatchId, ids, attempt: () => attemptOf(work.dispatchId) }
}
const attemptOf = async (id: string) => (await house.rows('select * from attempt where dispatch_id = $1', [id]))[0]

describe('the attempt of a receipt is found', () => {
  it.each(['attemptId', 'providerId', 'stepId'] as const)('by %s alone', async (name) => {
    const { id, ids } = await handed()
    const only = { attemptId: null, stepId: null, providerId: null, [name]: ids[name] }

    const heard = await hear(aReceipt(only))

    expect(heard?.target).toMatchObject({ dispatchId: id, n: 1, attempt: 1 })
    expect((await house.step(id))['status']).toBe('delivered')
  })

  it('not at all where nothing fits', async () => {
    const nowhere = '01a20413-cf93-73f0-a044-4852661a3cd7'

    expect(await hear(aReceipt({ attemptId: `${nowhere}.1.1`, stepId: null, providerId: 'SMnone' }))).toBeNull()
    expect(await hear(aReceipt({ attemptId: null, stepId: null, providerId: null }))).toBeNull()
  })

  it('not on another channel', async () => {
    const { ids } = await handed()

    expect(await hear(aReceipt({ ...ids, channel: 'email' }))).toBeNull()
  })
})

it('is written once, with its event, and never by a lower rank', async () => {
  const { id, ids, attempt } = await handed()
  await hear(aReceipt(ids))
  const events = await house.events(id)

  const again = await hear(aReceipt(ids))
  const late = await hear(aReceipt({ ...ids, status: 'sent', rank: 4 }))

  expect([again?.verdict, late?.verdict]).toEqual([null, null])
  expect(await attempt()).toMatchObject({ receipt: 'delivered', receipt_rank: 5, receipt_final: true })
  expect(await house.events(id)).toEqual(events)
  expect(events.filter((type) => type === 'message.delivered')).toHaveLength(1)
})

it('counts once however many say it at the same time', async () => {
  const { id, ids } = await handed()

  const heard = await Promise.all(Array.from({ length: 8 }, () => hear(aReceipt(ids))))

  expect(heard.filter((one) => one?.verdict)).toHaveLength(1)
  expect((await house.events(id)).filter((type) => type === 'message.delivered')).toHaveLength(1)
})

describe('a message that is to be sent once more', () => {
  it('is delivered instead, when an attempt that seemed to have failed has arrived', async () => {
    const { work, link } = await house.claimed({ remindersAfterMs: [HOUR] })
    const lost = [{ n: 1, outcome: 'retry' as const, reason: 'timeout', providerId: null }]
    await house.store.deliveries.settle(aSettlement(work, { to: 'pending', dueAt: new Date(), attempts: lost }))
    const id = work.dispatchId

    await hear(aReceipt({ attemptId: `${id}.1.1`, providerId: unique('SM') }))

    expect(await house.step(id)).toMatchObject({ status: 'delivered', channel: 'sms', confirmed: true })
    expect(await attemptOf(id)).toMatchObject({ outcome: 'accepted', receipt: 'delivered' })
    expect((await house.dispatch(id))['status']).toBe('sent')
    expect((await house.step(id, 2))['due_at']).toBeInstanceOf(Date)
    expect(await house.step(id, 3)).toMatchObject({ kind: 'close', due_at: link.expiresAt })
  })

  it('is delivered instead, when it was reported as failed before and had gone to the next channel', async () => {
    const { id, ids } = await handed()
    await hear(aReceipt({ ...ids, ...blocked }))

    await hear(aReceipt(ids))

    expect(await house.step(id)).toMatchObject({ status: 'delivered', channel: 'sms' })
    expect((await house.events(id)).filter((type) => type === 'dispatch.sent')).toHaveLength(1)
  })

  it('is sent where a worker has taken it already: that one decides', async () => {
    const { id, ids } = await handed()
    await hear(aReceipt({ ...ids, ...blocked }))
    await house.take(id)

    await hear(aReceipt(ids))

    expect(await house.step(id)).toMatchObject({ status: 'queued', channel: 'email' })
  })
})

it('sends a failed message to the next channel', async () => {
  const { id, ids } = await handed()

  await hear(aReceipt({ ...ids, ...blocked }))

  expect(await house.step(id)).toMatchObject({ status: 'pending', channel: 'email', chain: '', confirmed: null })
  expect((await house.dispatch(id))['status']).toBe('sent')
})

it('fails a dispatch of which nothing arrived, and skips what was planned', async () => {
  const { id, ids } = await handed({ channels: ['sms'] })

  await hear(aReceipt({ ...ids, ...blocked }))

  expect(await house.step(id)).toMatchObject({ status: 'failed', reason: 'message_blocked' })
  expect(await house.dispatch(id)).toMatchObject({ status: 'failed', reason: 'no_channel_worked' })
  expect((await house.step(id, 2))['status']).toBe('skipped')
  expect(await house.events(id)).toEqual(expect.arrayContaining(['message.failed', 'dispatch.failed']))
})

it('does not fail a dispatch that was opened meanwhile', async () => {
  const { id, ids } = await handed({ channels: ['sms'] })
  await house.rows("update dispatch set status = 'opened' where id = $1", [id])

  await hear(aReceipt({ ...ids, ...blocked }))

  expect((await house.step(id))['status']).toBe('failed')
  expect((await house.dispatch(id))['status']).toBe('opened')
})

it('hands over what nobody could tell, with the reminders that hang on it', async () => {
  const { work } = await house.claimed()
  const unclear = [{ n: 1, outcome: 'ambiguous' as const, reason: 'reset', providerId: null }]
  await house.store.deliveries.settle(aSettlement(work, { to: 'ambiguous', attempts: unclear, dueAt: new Date() }))

  await hear(aReceipt({ attemptId: `${work.dispatchId}.1.1`, providerId: 'SM7', status: 'queued', rank: 2 }))

  expect(await house.step(work.dispatchId)).toMatchObject({ status: 'handed', confirmed: true })
  expect((await house.step(work.dispatchId, 2))['due_at']).not.toBeNull()
  expect((await house.dispatch(work.dispatchId))['status']).toBe('sent')
  expect(await attemptOf(work.dispatchId)).toMatchObject({ outcome: 'accepted', provider_id: 'SM7' })
})

it('is kept, without the address, when it came before the outcome of its attempt', async () => {
  const { work } = await house.claimed()
  const early = aReceipt({ attemptId: `${work.dispatchId}.1.1`, address: '+15125550123' })
  await hear(early)
  const before = await receipts.early()
  await house.store.deliveries.settle(aSettlement(work))

  const [kept] = await receipts.early()
  if (kept) await hear(kept)

  expect(before).toEqual([])
  expect(kept).toMatchObject({ status: 'delivered', address: null })
  expect((await house.step(work.dispatchId))['status']).toBe('delivered')
  expect(await receipts.early()).toEqual([])
})

it('tells what else lives, and how often the same was said before', async () => {
  const { id, ids } = await handed()
  await house.rows(
    `insert into attempt (dispatch_id, step_n, n, turn, channel, provider, claimed_at, start_by, receipt_reason)
     values ($1, 1, 9, 0, 'sms', 'twilio', now(), now(), 'message_blocked')`,
    [id],
  )
  let target: ReceiptTarget | undefined
  await receipts.hear(aReceipt({ ...ids, ...blocked }), (seen) => {
    target = seen
    return null
  })

  expect(target).toMatchObject({
    sameReason: 1,
    othersLive: false,
    current: true,
    chain: ['email'],
    provider: 'twilio',
  })
})

describe('attempts without an end', () => {
  it('are named after a quarter of an hour, and again after twice as long', async () => {
    const { id, ids } = await handed()
    const named = async () =>
      (await house.store.unclear.unfinished()).filter(({ attemptId }) => attemptId === ids.attemptId)
    const age = (minutes: number) =>
      house.rows("update attempt set claimed_at = now() - $2 * interval '1 minute' where dispatch_id = $1", [
        id,
        minutes,
      ])

    const young = await named()
    await age(16)
    const first = await named()
    const again = await named()
    await house.rows("update attempt set asked_at = now() - interval '20 minutes' where dispatch_id = $1", [id])
    await age(36)
    const second = await named()

    expect([young, again]).toEqual([[], []])
    expect([first, second]).toEqual([[{ attemptId: ids.attemptId, providerId: ids.providerId }], first])
  })

  it('are left alone once the last word came', async () => {
    const { id, ids } = await handed()
    await hear(aReceipt(ids))
    await house.rows("update attempt set claimed_at = now() - interval '16 minutes' where dispatch_id = $1", [id])

    expect((await house.store.unclear.unfinished()).map(({ attemptId }) => attemptId)).not.toContain(ids.attemptId)
  })
})

describe('an ambiguous text', () => {
  it('is asked about once a minute, with the number it was sent to', async () => {
    const work = await house.working()
    const link = aLink()
    const phone = work.person.contact.phone ?? ''
    const claim = aClaim(work, { fresh: link })
    const bodyHash = Buffer.from('a hash of the words')
    await house.store.deliveries.claim({ ...claim, attempts: claim.attempts.map((one) => ({ ...one, bodyHash })) })
    const dueAt = new Date(Date.now() + 600_000)
    await house.store.deliveries.settle(aSettlement(work, { to: 'ambiguous', dueAt }))
    const due = async () => (await house.store.unclear.due()).filter(({ dispatchId }) => dispatchId === work.dispatchId)

    const first = await due()
    const again = await due()

    expect(first).toMatchObject([
      { provider: 'twilio', overdue: false, question: { to: phone, bodyHash, attemptId: `${work.dispatchId}.1.1` } },
    ])
    expect(again).toEqual([])
  })
})
