import { describe, expect, it } from 'vitest'
import type { DispatchFilter } from '../../src/flow/ports-read.ts'
import { newUuid } from '../../src/lib/id.ts'
import { aFact, aSettlement, HOUR, phoneHash, testVault, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store } = house

const everything: DispatchFilter = {
  referenceId: null,
  campaignId: null,
  status: null,
  opened: null,
  template: null,
  from: null,
  to: null,
  before: null,
  limit: 100,
}
const list = async (filter: Partial<DispatchFilter>) =>
  (await store.dispatches.list({ ...everything, ...filter })).map(({ id }) => id)

describe('one dispatch', () => {
  it('is read with its person, its steps and its links', async () => {
    const { work, link } = await house.handed({
      person: { contact: { phone: '+15125550144' }, variables: { a: 1 }, metadata: { case: '42' } },
    })

    const view = await store.dispatches.one(work.dispatchId)

    expect(view).toMatchObject({
      id: work.dispatchId,
      referenceId: work.dispatch.referenceId,
      status: 'sent',
      channels: ['sms', 'email'],
      person: { contact: { phone: '+15125550144' }, variables: { a: 1 }, metadata: { case: '42' } },
      steps: [
        { n: 1, kind: 'first', status: 'handed' },
        { n: 2, kind: 'reminder' },
        { n: 3, kind: 'reminder' },
        { n: 4, kind: 'close' },
      ],
      links: [{ id: link.id, origin: 'created', status: 'active' }],
    })
    expect(await store.dispatches.metadataOf([work.dispatchId])).toEqual(new Map([[work.dispatchId, { case: '42' }]]))
  })

  it('that does not exist is null', async () => {
    expect(await store.dispatches.one(newUuid())).toBeNull()
  })

  it('shows its timeline in the order in which things happened', async () => {
    const { work, link } = await house.handed()
    await store.facts.record(aFact({ linkId: link.linkId }))

    const timeline = await store.dispatches.timeline(work.dispatchId)

    expect(timeline.map(({ type }) => type)).toEqual([
      'dispatch.accepted',
      'link.created',
      'dispatch.sent',
      'dispatch.opened',
      'reminder.skipped',
      'reminder.skipped',
    ])
  })

  it('shows its attempts in the order in which they were made', async () => {
    const { work, link } = await house.claimed()
    await store.deliveries.settle(
      aSettlement(work, {
        linkExpiresAt: link.expiresAt,
        attempts: [{ n: 1, outcome: 'accepted', reason: null, providerId: 'SM9' }],
      }),
    )

    const [attempt] = await store.dispatches.attempts(work.dispatchId)

    expect(attempt).toMatchObject({
      step: 1,
      n: 1,
      channel: 'sms',
      provider: 'twilio',
      outcome: 'accepted',
      providerId: 'SM9',
    })
    expect(attempt?.startBy.getTime()).toBeGreaterThan(attempt?.claimedAt.getTime() ?? 0)
  })
})

describe('the list', () => {
  it('has the newest first, page by page', async () => {
    const template = unique('template')
    const ids = []
    for (let i = 0; i < 5; i++) ids.push((await house.accept({ template })).id)

    const first = await list({ template, limit: 2 })
    const second = await list({ template, limit: 2, before: first.at(-1) ?? null })
    const third = await list({ template, limit: 2, before: second.at(-1) ?? null })

    expect([...first, ...second, ...third]).toEqual(ids.toReversed())
  })

  it('keeps to each filter', async () => {
    const template = unique('template')
    const campaignId = newUuid()
    const opened = await house.handed({ template })
    await store.facts.record(aFact({ linkId: opened.link.linkId }))
    const sent = await house.handed({ template, campaignId })
    const old = await house.accept({ template, createdAt: new Date(Date.now() - 48 * HOUR) })
    const yesterday = new Date(Date.now() - 24 * HOUR)

    expect(await list({ template, referenceId: sent.work.dispatch.referenceId })).toEqual([sent.work.dispatchId])
    expect(await list({ template, campaignId })).toEqual([sent.work.dispatchId])
    expect(await list({ template, status: 'accepted' })).toEqual([old.id])
    expect(await list({ template, opened: true })).toEqual([opened.work.dispatchId])
    expect(await list({ template, opened: false })).toEqual([old.id, sent.work.dispatchId])
    expect(await list({ template, to: yesterday })).toEqual([old.id])
    expect(await list({ template, from: yesterday })).toEqual([sent.work.dispatchId, opened.work.dispatchId])
    expect(await list({ template: unique('template') })).toEqual([])
  })

  it('by address finds who was written to there, newest first, and nobody else', async () => {
    const phone = `+1512${unique('').replaceAll('-', '')}`
    const person = { contact: { phone }, variables: {}, metadata: null }
    const older = await house.accept({ person })
    const newer = await house.accept({ person })
    await house.accept()

    const all = await store.dispatches.byAddress([testVault.lookup('email', 'nobody'), phoneHash(phone)], {
      before: null,
      limit: 10,
    })
    const page = await store.dispatches.byAddress([phoneHash(phone)], { before: newer.id, limit: 10 })

    expect(all.map(({ id }) => id)).toEqual([newer.id, older.id])
    expect(page.map(({ id }) => id)).toEqual([older.id])
  })
})

describe('what a worker reads', () => {
  it('knows the living link with the longest life, and the time', async () => {
    const { work } = await house.handed({ freshLink: { expiresAt: new Date(Date.now() + HOUR) } })
    const long = await house.handed({
      referenceId: work.dispatch.referenceId,
      ifActive: 'join',
      freshLink: { expiresAt: new Date(Date.now() + 5 * HOUR) },
    })

    const next = await house.working({ referenceId: work.dispatch.referenceId, ifActive: 'join' })

    expect(next.living).toMatchObject({ id: long.link.id, url: long.link.url, requestedMs: long.link.requestedMs })
    expect(Math.abs(next.now.getTime() - Date.now())).toBeLessThan(5_000)
  })

  it('knows no link that is opened, revoked or dead', async () => {
    const { work, link } = await house.handed()
    const { referenceId } = work.dispatch
    await store.facts.record(aFact({ linkId: link.linkId }))
    const revoked = await house.handed({ referenceId, ifActive: 'join' })
    await store.links.markRevoked(revoked.link.id)
    await house.handed({ referenceId, ifActive: 'join', freshLink: { expiresAt: new Date(Date.now() - 1_000) } })

    const next = await house.working({ referenceId, ifActive: 'join' })

    expect(next.living).toBeNull()
  })

  it('knows the link the CRM brought, and no other', async () => {
    const ownLink = {
      id: newUuid(),
      linkId: unique('link'),
      url: 'https://links.example.com/l/own',
      expiresAt: new Date(Date.now() + HOUR),
      requestedMs: 24 * HOUR,
    }

    const work = await house.working({ ownLink, userData: { name: 'x' } })

    expect(work.ownLink).toMatchObject(ownLink)
    expect(work.living).toBeNull()
    expect(work.userData).toEqual({ name: 'x' })
  })

  it('is nothing when the step is not queued at this turn', async () => {
    const work = await house.working()

    const answers = await Promise.all([
      store.deliveries.work({ ...work, turn: 2 }),
      store.deliveries.work({ ...work, n: 2, turn: 0 }),
      store.deliveries.work(work),
    ])

    expect(answers.map((answer) => answer?.n ?? null)).toEqual([null, null, 1])
  })
})

describe('a recipient’s link lease', () => {
  it('is one holder’s until it is released', async () => {
    const referenceId = unique('user')
    const [one, two] = [newUuid(), newUuid()]

    const together = await Promise.all([store.links.lease(referenceId, one), store.links.lease(referenceId, two)])
    await store.links.release(referenceId, two)
    const stillHeld = await store.links.lease(referenceId, two)
    await store.links.release(referenceId, one)

    expect(together).toEqual([true, false])
    expect(stillHeld).toBe(false)
    expect(await store.links.lease(referenceId, two)).toBe(true)
  })

  it('runs out when its holder died', async () => {
    const referenceId = unique('user')
    await store.links.lease(referenceId, newUuid())
    await house.pool.query(
      "update recipient_lease set held_until = clock_timestamp() - interval '1 s' where reference_id = $1",
      [referenceId],
    )

    expect(await store.links.lease(referenceId, newUuid())).toBe(true)
  })
})
