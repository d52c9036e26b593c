import { describe, expect, it } from 'vitest'
import { findLink, orderFor } from '../../src/flow/find-link.ts'
import type { PartnerAnswer } from '../../src/flow/ports.ts'
import type { CarriedLink, StoredLink } from '../../src/flow/ports-store.ts'
import { HOUR } from '../support/builders.ts'
import {
  aDelivery,
  aPartnerLink,
  aStoredLink,
  aWork,
  inMs,
  MINUTE,
  makeStage,
  NOON,
  ok,
  type StageWish,
  type WorkWish,
} from '../support/fakes.ts'

/** Work of a recipient without a living link; slot 9 was taken for the creation. */
const bare = (wish: WorkWish = {}) => aWork({ living: null, slot: 9, ...wish })
const found = async (wish: StageWish & { work: NonNullable<StageWish['work']> }) => {
  const stage = makeStage({ slots: true, ...wish })
  const delivery = aDelivery(wish.work)
  const end = await findLink(stage.ports, delivery)
  return { stage, delivery, end }
}
const livesFor = (ms: number, requestedMs: number) => aStoredLink({ expiresAt: inMs(NOON, ms), requestedMs })
const known = (link: StoredLink): CarriedLink => ({ ...link, status: 'active', origin: 'created', operationId: null })

describe('a link the CRM brought', () => {
  it('is carried, and the partner is not asked', async () => {
    const own = aStoredLink()

    const { stage, delivery, end } = await found({ work: bare({ ownLink: own }) })

    expect(end).toBeUndefined()
    expect(delivery.link).toEqual({ stored: own })
    expect(stage.log).toEqual([])
  })

  it('fails the first message when it is about to die', async () => {
    const { end } = await found({ work: bare({ ownLink: livesFor(29 * MINUTE, 24 * HOUR) }) })

    expect(end).toMatchObject({
      to: 'failed',
      reason: 'link_expired',
      ends: { status: 'failed', reason: 'link_expired' },
    })
  })

  it('skips the reminders after its end, and is never made anew', async () => {
    const { stage, end } = await found({ work: bare({ kind: 'reminder', ownLink: livesFor(-HOUR, 24 * HOUR) }) })

    expect(end).toMatchObject({ to: 'skipped', reason: 'link_expired', ends: null })
    expect(end?.events).toMatchObject([{ type: 'reminder.skipped', data: { reason: 'link_expired' } }])
    expect(stage.created).toEqual([])
  })
})

describe('a living link', () => {
  it('is carried again, and a slot that was taken for nothing is given back', async () => {
    const living = aStoredLink()

    const { delivery, end } = await found({ work: aWork({ living, slot: 9 }) })

    expect(end).toBeUndefined()
    expect(delivery.link).toEqual({ stored: living })
    expect(delivery.freeSlot).toBe(9)
  })

  it.each([
    ['30 min of a long life, and one to set out in,', 31 * MINUTE, 24 * HOUR, true],
    ['less than that of a long life', 31 * MINUTE - 1, 24 * HOUR, false],
    ['half of a short life, and a minute to set out in,', 11 * MINUTE, 20 * MINUTE, true],
    ['less than that of a short life', 11 * MINUTE - 1, 20 * MINUTE, false],
  ])('with %s left may be carried or not', async (_, leftMs, requestedMs, carried) => {
    const { delivery } = await found({ work: aWork({ living: livesFor(leftMs, requestedMs) }) })

    expect(delivery.link !== undefined).toBe(carried)
  })

  it('is waited out when it is dying: never revoked in order to remind', async () => {
    const living = livesFor(20 * MINUTE, 24 * HOUR)

    const { stage, end } = await found({ work: aWork({ kind: 'reminder', living, slot: 9 }) })

    expect(end).toMatchObject({ to: 'pending', reason: 'link_dying', dueAt: inMs(living.expiresAt, 1_000) })
    expect(end).toMatchObject({ needsLink: true, freeSlot: 9 })
    expect(end?.events).toMatchObject([{ type: 'message.waits', data: { reason: 'link_dying' } }])
    expect(stage.log).toEqual([])
  })
})

describe('a new link', () => {
  it('is made under the lease of the recipient, which is kept until the delivery ends', async () => {
    const work = bare()

    const { stage, delivery } = await found({ work })

    expect(stage.log).toEqual(['lease', 'spend', 'create'])
    expect(stage.leases.has(work.dispatch.referenceId)).toBe(true)
    await delivery.release?.()
    expect(stage.leases.has(work.dispatch.referenceId)).toBe(false)
  })

  it('lives as long as the plan needs, and its slot begins to count with the answer', async () => {
    const { stage, delivery, end } = await found({ work: bare() })

    expect(end).toBeUndefined()
    expect(delivery.link).toMatchObject({
      fresh: { origin: 'created', requestedMs: 5_760 * MINUTE, expiresAt: inMs(NOON, 5_760 * MINUTE), replaces: false },
    })
    expect(stage.slotsAnswered).toEqual([9])
    expect(delivery.freeSlot).toBeUndefined()
  })

  it('replaces an earlier one once something was handed over', async () => {
    const { delivery } = await found({ work: bare({ kind: 'reminder', dispatch: { firstHandedAt: NOON } }) })

    expect(delivery.link).toMatchObject({ fresh: { replaces: true } })
  })

  it("waits for a slot of the partner's limit", async () => {
    const { stage, end } = await found({ work: bare({ slot: null }) })

    expect(end).toMatchObject({ to: 'pending', reason: 'needs_link', dueAt: NOON, needsLink: true })
    expect(stage.log).toEqual([])
  })

  it('needs no slot when the limit is off', async () => {
    const { stage, delivery } = await found({ work: bare({ slot: null }), slots: false })

    expect(delivery.link).toBeDefined()
    expect(stage.slotsAnswered).toEqual([])
  })

  it('waits for another slot when a twin of the job has spent this one, or ended the turn', async () => {
    const work = bare()
    const stage = makeStage({ work, slots: true })
    const delivery = aDelivery(work)
    await stage.ports.links.spendSlot(work)

    const end = await findLink(stage.ports, delivery)
    await delivery.release?.()

    expect(end).toMatchObject({ to: 'pending', reason: 'needs_link', needsLink: true, freeSlot: null })
    expect(stage.created).toEqual([])
    expect(stage.leases.size).toBe(0)
  })

  it('waits a second while somebody else works on the recipient, and leaves the lease alone', async () => {
    const work = bare()

    const { stage, delivery, end } = await found({ work, leased: [work.dispatch.referenceId] })

    expect(end).toMatchObject({ to: 'pending', reason: 'recipient_busy', dueAt: inMs(NOON, 1_000) })
    expect(end).toMatchObject({ needsLink: true, freeSlot: null })
    expect(stage.created).toEqual([])
    expect(delivery.release).toBeUndefined()
    expect(stage.leases.get(work.dispatch.referenceId)).toBe('somebody else')
  })

  it('asks with what the dispatch says, and else with what fits its plan and language', () => {
    const plain = orderFor(bare({ dispatch: { referenceId: 'user_1' } }), null)
    const full = orderFor(
      bare({
        userData: { name: {} },
        dispatch: {
          locale: 'en-US',
          linkOptions: { expiresInMinutes: 60, theme: 'dark', flow: 'short', language: 'es', metadata: { a: 'b' } },
        },
      }),
      'https://example.com/webhooks/m2m',
    )

    expect(plain).toEqual({ referenceId: 'user_1', expiresInMinutes: 5_760, language: 'es' })
    expect(full).toMatchObject({ expiresInMinutes: 60, theme: 'dark', flow: 'short', language: 'es' })
    expect(full).toMatchObject({ metadata: { a: 'b' }, userData: { name: {} } })
    expect(full.callbackUrl).toBe('https://example.com/webhooks/m2m')
  })
})

describe('409: the partner has an active link already', () => {
  const openedAgo = (ms: number) => aPartnerLink({ status: 'opened', openedAt: inMs(NOON, -ms) })

  it('adopts one that was not opened', async () => {
    const link = aPartnerLink()

    const { stage, delivery, end } = await found({ work: bare(), links: [link] })

    expect(end).toBeUndefined()
    expect(delivery.link).toMatchObject({ fresh: { linkId: link.linkId, url: link.url, origin: 'adopted' } })
    expect(stage.log).toEqual(['lease', 'spend', 'create', 'list'])
    expect(stage.slotsAnswered).toEqual([9])
  })

  it('remembers how long the adopted link was made to live, not what it would have asked for itself', async () => {
    const link = aPartnerLink({ createdAt: inMs(NOON, -45 * MINUTE), expiresAt: inMs(NOON, 45 * MINUTE) })

    const { delivery } = await found({
      work: bare({ dispatch: { linkOptions: { expiresInMinutes: 15 } } }),
      links: [link],
    })

    expect(delivery.link).toMatchObject({ fresh: { requestedMs: 90 * MINUTE } })
  })

  it('carries it as ours when we know it', async () => {
    const ours = known(aStoredLink({ linkId: 'link-ours' }))

    const { delivery } = await found({ work: bare(), links: [aPartnerLink({ linkId: 'link-ours' })], known: [ours] })

    expect(delivery.link).toEqual({ stored: ours })
  })

  it('adopts the newest of several', async () => {
    const old = aPartnerLink({ createdAt: inMs(NOON, -9 * HOUR) })
    const newest = aPartnerLink({ createdAt: inMs(NOON, -HOUR) })

    const { delivery } = await found({ work: bare(), links: [old, newest] })

    expect(delivery.link).toMatchObject({ fresh: { linkId: newest.linkId } })
  })

  it('waits out one that is dying, and keeps its slot, since the creation counts', async () => {
    const link = aPartnerLink({ expiresAt: inMs(NOON, 10 * MINUTE) })

    const { end } = await found({ work: bare(), links: [link] })

    expect(end).toMatchObject({ to: 'pending', reason: 'link_dying', dueAt: inMs(link.expiresAt, 1_000) })
    expect(end?.freeSlot).toBeNull()
  })

  it('tries again when it has gone meanwhile', async () => {
    const { end } = await found({ work: bare(), createLink: { kind: 'active_link_exists' } })

    expect(end).toMatchObject({ to: 'pending', reason: 'no_active_link', tries: 1, needsLink: true })
  })

  it.each([
    ['opened less than an hour ago', openedAgo(HOUR - 1), {}],
    ['opened, with an operation', { ...openedAgo(9 * HOUR), operationId: 'op-1' }, {}],
    ['opened, nobody knows when', aPartnerLink({ status: 'opened' }), {}],
    ['opened long ago, but not to be replaced', openedAgo(9 * HOUR), { replaceOpened: false }],
  ])('leaves the user alone: %s', async (_, link, linkOptions) => {
    const { stage, delivery, end } = await found({ work: bare({ dispatch: { linkOptions } }), links: [link] })

    expect(end).toMatchObject({
      to: 'failed',
      reason: 'link_in_use',
      ends: { status: 'failed', reason: 'link_in_use' },
    })
    expect(stage.revoked).toEqual([])
    expect(stage.opens).toEqual([link])
    expect(delivery.link).toBeUndefined()
  })

  it('revokes one that was opened an hour ago without an operation, and makes another', async () => {
    const link = openedAgo(HOUR)
    const ours = known(aStoredLink({ linkId: link.linkId }))

    const { stage, end } = await found({ work: bare(), links: [link], known: [ours] })

    expect(end).toMatchObject({ to: 'pending', reason: 'link_replaced', dueAt: NOON, needsLink: true })
    expect(stage.log).toEqual(['lease', 'spend', 'create', 'list', 'operation?', 'revoke'])
    expect(stage.markedRevoked).toEqual([ours.id])
    expect(stage.opens).toEqual([link])
  })

  it('asks for an operation the list does not show before it revokes', async () => {
    const { stage, end } = await found({ work: bare(), links: [openedAgo(9 * HOUR)], hasOperation: ok(true) })

    expect(end).toMatchObject({ to: 'failed', reason: 'link_in_use' })
    expect(stage.revoked).toEqual([])
  })

  it('revokes nothing while the partner cannot say whether there is an operation', async () => {
    const hasOperation = { kind: 'retry', reason: 'busy' } as const

    const { stage, end } = await found({ work: bare(), links: [openedAgo(9 * HOUR)], hasOperation })

    expect(end).toMatchObject({ to: 'pending', reason: 'partner_unavailable' })
    expect(stage.revoked).toEqual([])
  })

  it('takes a link that is gone already for revoked', async () => {
    const { end } = await found({ work: bare(), links: [openedAgo(9 * HOUR)], revokeLink: { kind: 'not_found' } })

    expect(end?.reason).toBe('link_replaced')
  })

  it('does not go on while the revocation is not certain', async () => {
    const revokeLink = { kind: 'unclear', reason: 'timeout' } as const

    const { stage, end } = await found({ work: bare(), links: [openedAgo(9 * HOUR)], revokeLink })

    expect(end).toMatchObject({ to: 'pending', reason: 'partner_unavailable' })
    expect(stage.markedRevoked).toEqual([])
  })
})

describe('a creation that is not answered well', () => {
  const unclear = { kind: 'unclear', reason: 'timeout' } as const

  it('is looked up first when it is unclear, and adopted', async () => {
    const link = aPartnerLink()

    const { stage, delivery } = await found({ work: bare(), createLink: unclear, links: [link] })

    expect(stage.log).toEqual(['lease', 'spend', 'create', 'list'])
    expect(delivery.link).toMatchObject({ fresh: { linkId: link.linkId, origin: 'adopted' } })
  })

  it('is repeated when the look-up finds nothing, and spends no try: an outage costs time, not messages', async () => {
    const { end } = await found({ work: bare(), createLink: unclear })

    expect(end).toMatchObject({ to: 'pending', reason: 'partner_unavailable', needsLink: true, tries: 0 })
    expect(end?.dueAt).toEqual(inMs(NOON, 10_000))
  })

  it('is told on the timeline once, however long the outage', async () => {
    const { end } = await found({ work: bare({ reason: 'partner_unavailable' }), createLink: unclear })

    expect(end?.events).toEqual([])
  })

  it('is waited for when not even the look-up is answered', async () => {
    const { end } = await found({ work: bare(), createLink: unclear, activeLinks: unclear })

    expect(end).toMatchObject({ to: 'pending', reason: 'partner_unavailable' })
  })

  it('holds everything that needs the partner when its door is shut', async () => {
    const { stage, end } = await found({ work: bare(), createLink: { kind: 'shut', code: 'PARTNER_SUSPENDED' } })

    expect(stage.placed).toEqual([{ scope: 'partner', value: '*', reason: 'partner_suspended', probeAfterMs: 30_000 }])
    expect(end).toMatchObject({ to: 'pending', reason: 'partner_held', dueAt: inMs(NOON, 5_000), tries: 0 })
  })

  it('waits as long as the partner says when it is throttled, and spends no try', async () => {
    const { end } = await found({ work: bare(), createLink: { kind: 'throttled', afterMs: 42_000 } })

    expect(end).toMatchObject({ to: 'pending', reason: 'partner_throttled', dueAt: inMs(NOON, 42_000), tries: 0 })
  })

  it('fails with the names of the fields when it is refused for good', async () => {
    const createLink = { kind: 'refused', code: 'INVALID', fields: ['userData.name'] } as const

    const { end } = await found({ work: bare(), createLink: { ...createLink, fields: [...createLink.fields] } })

    expect(end).toMatchObject({ to: 'failed', reason: 'link_refused', ends: { reason: 'link_refused' } })
    expect(end?.events).toMatchObject([
      { type: 'message.failed', data: { code: 'INVALID', fields: ['userData.name'] } },
    ])
  })

  it('calls a person when the answer cannot be trusted, and waits a minute', async () => {
    const { stage, end } = await found({ work: bare(), createLink: { kind: 'untrusted', reason: 'foreign_host' } })

    expect(stage.alerts).toEqual([{ what: 'partner_answer_untrusted', reason: 'foreign_host' }])
    expect(end).toMatchObject({ to: 'pending', reason: 'link_untrusted', dueAt: inMs(NOON, MINUTE), tries: 1 })
  })

  it.each([
    ['a 409 without a link', { kind: 'active_link_exists' }],
    ['untrusted', { kind: 'untrusted', reason: 'bad_json' }],
  ] as [string, PartnerAnswer<never>][])('gives up when its tries are spent: %s', async (_, createLink) => {
    const { end } = await found({ work: bare({ tries: 5 }), createLink })

    expect(end).toMatchObject({ to: 'failed', ends: { status: 'failed' } })
  })

  it.each([
    { kind: 'retry', reason: 'busy' },
    { kind: 'throttled', afterMs: 1_000 },
    { kind: 'shut', code: 'UNAUTHORIZED' },
    { kind: 'refused', code: 'INVALID', fields: [] },
    { kind: 'untrusted', reason: 'bad_json' },
    unclear,
  ] as PartnerAnswer<never>[])('uses up its slot whatever the answer is: $kind', async (createLink) => {
    const { stage, end } = await found({ work: bare(), createLink })

    expect(stage.slotsAnswered).toEqual([9])
    expect(end?.freeSlot).toBeNull()
  })
})
