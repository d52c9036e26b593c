import type { PoolClient } from 'pg'
import { describe, expect, it } from 'vitest'
import { PLANNED_OR_ASKED, stopDispatches } from '../../src/store/stop.ts'
import { aClaim, aFact, aLink, aQuestion, aSettlement, phoneHash, testVault, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, pool, rows } = house

const RUNNING = ['accepted', 'sent']
const stopOn = (client: PoolClient, ids: string[]) =>
  stopDispatches(client, [ids, 'cancelled', null, RUNNING, PLANNED_OR_ASKED, null])

describe('a claim that was committed before the stop', () => {
  it('makes the fence wait until it is settled', async () => {
    const { work } = await house.claimed()
    await startMayTakeLong([work.dispatchId])
    await store.stops.stop([work.dispatchId], 'cancelled', null)

    const fence = store.stops.fence([work.dispatchId])
    const early = await whoIsFirst(fence)
    await store.deliveries.settle(aSettlement(work))
    await fence

    expect(early).toBe('still waiting')
  })

  it('makes the fence wait until it may not start any more', async () => {
    const { work } = await house.claimed()
    await pool.query(
      "update step set start_by = clock_timestamp() + interval '200 ms' where dispatch_id = $1 and n = 1",
      [work.dispatchId],
    )

    await store.stops.fence([work.dispatchId])

    expect(
      await rows('select start_by <= clock_timestamp() as over, status from step where dispatch_id = $1 and n = 1', [
        work.dispatchId,
      ]),
    ).toEqual([{ over: true, status: 'claimed' }])
  })

  it('makes the fence of a hold wait, which is on no dispatch in particular', async () => {
    const { work } = await house.claimed()

    const fence = store.stops.fenceAll()
    const early = await whoIsFirst(fence)
    await store.deliveries.settle(aSettlement(work))
    await fence

    expect(early).toBe('still waiting')
  })

  it('is waited for by no fence of another dispatch', async () => {
    const { work } = await house.claimed()
    const other = await house.claimed()
    await startMayTakeLong([work.dispatchId])
    await store.deliveries.settle(aSettlement(other.work))
    const slow = store.stops.fence([work.dispatchId])

    await store.stops.fence([other.work.dispatchId])
    const early = await whoIsFirst(slow)
    await store.deliveries.settle(aSettlement(work))
    await slow

    expect(early).toBe('still waiting')
  })

  it('makes the fence of an open wait for the last of a batch', async () => {
    const { works, link } = await claimedTogether(25)
    await startMayTakeLong(works.map((work) => work.dispatchId))

    const { touched } = await store.facts.record(aFact({ linkId: link.linkId }))
    const fence = store.stops.fence(touched)
    const [last, ...others] = works
    await Promise.all(others.map((work) => store.deliveries.settle(aSettlement(work))))
    const early = await whoIsFirst(fence)
    await store.deliveries.settle(aSettlement(last!))
    await fence

    expect(touched.toSorted()).toEqual(works.map((work) => work.dispatchId).toSorted())
    expect(early).toBe('still waiting')
  })

  it('makes the fence of a suppression wait', async () => {
    const phone = aPhone()
    const { work } = await house.claimed({ person: personAt(phone) })
    await startMayTakeLong([work.dispatchId])

    const { touched } = await suppress(phoneHash(phone))
    const fence = store.stops.fence(touched)
    const early = await whoIsFirst(fence)
    await store.deliveries.settle(aSettlement(work))
    await fence

    expect(touched).toEqual([work.dispatchId])
    expect(early).toBe('still waiting')
  })

  it('makes the fence of a suppression wait though its dispatch was cancelled since', async () => {
    const phone = aPhone()
    const { work } = await house.claimed({ person: personAt(phone) })
    await startMayTakeLong([work.dispatchId])
    await store.stops.stop([work.dispatchId], 'cancelled', null)

    const { touched } = await suppress(phoneHash(phone))
    const fence = store.stops.fence(touched)
    const early = await whoIsFirst(fence)
    await store.deliveries.settle(aSettlement(work, { to: 'skipped', reason: 'cancelled' }))
    await fence

    expect(touched).toEqual([work.dispatchId])
    expect(early).toBe('still waiting')
  })

  it('is found by the suppression of its recipient, and by that of an address that was changed since', async () => {
    const { work } = await house.claimed()
    const phone = aPhone()
    await store.changes.change(
      { id: work.dispatchId, contact: { phone }, channels: null, locale: null, timeZone: null },
      false,
    )

    const byRecipient = await suppress(testVault.lookup('recipient', work.dispatch.referenceId))
    const byAddress = await suppress(phoneHash(phone))

    expect(byRecipient.touched).toEqual([work.dispatchId])
    expect(byAddress.touched).toEqual([work.dispatchId])
  })
})

describe('a stop that was committed before the stop facts were read', () => {
  it.each(['cancelled', 'superseded', 'suppressed'] as const)(
    'tells the claim that the dispatch is %s',
    async (status) => {
      const { work, link } = await house.claimed()
      await store.stops.stop([work.dispatchId], status, null)

      const fact = await store.deliveries.stopFact(aQuestion(work, link.id))

      expect(fact).toEqual({ kind: 'over', status })
    },
  )

  it('tells every claim of a batch of the open', async () => {
    const { works, link } = await claimedTogether(25)
    await store.facts.record(aFact({ linkId: link.linkId }))

    const facts = await Promise.all(works.map((work) => store.deliveries.stopFact(aQuestion(work, link.id))))

    expect(facts).toEqual(works.map(() => ({ kind: 'over', status: 'opened' })))
  })

  it('tells the claim of the suppressed address, and whether the person said so', async () => {
    const phone = aPhone()
    const { work, link } = await house.claimed({ person: personAt(phone) })
    const other = await house.claimed({ person: personAt(aPhone()) })
    await suppress(phoneHash(phone))

    const facts = await Promise.all([
      store.deliveries.stopFact(aQuestion(work, link.id)),
      store.deliveries.stopFact(aQuestion(other.work, other.link.id)),
    ])

    expect(facts).toEqual([{ kind: 'suppressed', hashes: [phoneHash(phone)], aboutWill: true }, null])
  })

  it.each([
    ['all', '*'],
    ['partner', '*'],
    ['channel', 'sms'],
    ['provider', 'twilio'],
    ['template', 'magic-link'],
    ['template', 'magic-link@1'],
  ] as const)('tells the claim of a hold on %s %s', async (scope, value) => {
    const { work, link } = await house.claimed()
    const { hold } = await store.holds.place({ scope, value, reason: 'test', placedBy: 'test', probeAfterMs: null })

    const fact = await store.deliveries.stopFact(aQuestion(work, link.id))
    await store.holds.lift(hold.id, 'test')

    expect(fact).toEqual({ kind: 'held', scope, value })
    expect(await store.deliveries.stopFact(aQuestion(work, link.id))).toBeNull()
  })

  it('does not tell of holds on something else', async () => {
    const { work, link } = await house.claimed()
    const elsewhere = [
      ['channel', 'email'],
      ['provider', 'vonage'],
      ['template', 'magic-link@2'],
      ['campaign', work.dispatchId],
    ] as const
    const placed = await Promise.all(
      elsewhere.map(([scope, value]) =>
        store.holds.place({ scope, value, reason: 'test', placedBy: 'test', probeAfterMs: null }),
      ),
    )

    const fact = await store.deliveries.stopFact(aQuestion(work, link.id))
    await Promise.all(placed.map(({ hold }) => store.holds.lift(hold.id, 'test')))

    expect(fact).toBeNull()
  })

  it('tells the claim that its link was revoked', async () => {
    const { work, link } = await house.claimed()
    await store.links.markRevoked(link.id)

    expect(await store.deliveries.stopFact(aQuestion(work, link.id))).toEqual({ kind: 'link_gone' })
  })
})

describe('a claim that meets a stop under way', () => {
  it('finds nothing to claim once the stop is committed', async () => {
    const work = await house.working()
    const stopping = await pool.connect()
    await stopping.query('begin')
    await stopOn(stopping, [work.dispatchId])

    const claim = store.deliveries.claim(aClaim(work, { fresh: aLink() }))
    await somebodyWaits()
    await stopping.query('commit')
    stopping.release()

    expect(await claim).toBe(false)
    expect(await house.step(work.dispatchId)).toMatchObject({ status: 'skipped', reason: 'cancelled' })
  })

  it('wins when the stop was given up', async () => {
    const work = await house.working()
    const stopping = await pool.connect()
    await stopping.query('begin')
    await stopOn(stopping, [work.dispatchId])

    const claim = store.deliveries.claim(aClaim(work, { fresh: aLink() }))
    await somebodyWaits()
    await stopping.query('rollback')
    stopping.release()

    expect(await claim).toBe(true)
  })

  it('loses only what was stopped of its batch', async () => {
    const works = await Promise.all([house.working(), house.working(), house.working()])
    const stopped = works[1]!
    const stopping = await pool.connect()
    await stopping.query('begin')
    await stopOn(stopping, [stopped.dispatchId])

    const claims = Promise.all(works.map((work) => store.deliveries.claim(aClaim(work, { fresh: aLink() }))))
    await somebodyWaits()
    await stopping.query('commit')
    stopping.release()

    expect(await claims).toEqual([true, false, true])
  })
})

describe('a stop that meets a claim under way', () => {
  it('lets the claim have its step, and the fence waits for it', async () => {
    const works = (await Promise.all([house.working(), house.working()])).toSorted((a, b) =>
      a.dispatchId < b.dispatchId ? -1 : 1,
    )
    const [first, second] = works
    const blocker = await pool.connect()
    await blocker.query('begin')
    await blocker.query('select 1 from step where dispatch_id = $1 and n = 1 for update', [second!.dispatchId])

    const claims = Promise.all(works.map((work) => store.deliveries.claim(aClaim(work, { fresh: aLink() }))))
    await somebodyWaits(1)
    const stop = store.stops.stop([first!.dispatchId], 'cancelled', null)
    await somebodyWaits(2)
    await blocker.query('commit')
    blocker.release()
    const won = await claims
    await startMayTakeLong([first!.dispatchId])
    await stop
    const fence = store.stops.fence([first!.dispatchId])
    const early = await whoIsFirst(fence)
    await store.deliveries.settle(aSettlement(first!, { to: 'skipped', reason: 'cancelled' }))
    await fence

    expect(won).toEqual([true, true])
    expect(early).toBe('still waiting')
    expect(await house.dispatch(first!.dispatchId)).toMatchObject({ status: 'cancelled' })
  })
})

describe('a claim between the open and its fence', () => {
  it('is told of the open, and the dispatch that had not carried the link yet is opened with it', async () => {
    const { work, link } = await house.handed()
    const late = await house.working({ referenceId: work.dispatch.referenceId, ifActive: 'join' })
    const { touched } = await store.facts.record(aFact({ linkId: link.linkId }))

    await store.deliveries.claim(aClaim(late, { stored: link }))
    const fact = await store.deliveries.stopFact(aQuestion(late, link.id))

    expect(touched).toEqual([work.dispatchId])
    expect(fact).toEqual({ kind: 'opened' })
    expect(await house.dispatch(late.dispatchId)).toMatchObject({ status: 'opened' })
  })

  it('is told of the suppression', async () => {
    const phone = aPhone()
    const work = await house.working({ person: personAt(phone) })
    const link = aLink()
    const { touched } = await suppress(phoneHash(phone))

    await store.deliveries.claim(aClaim(work, { fresh: link }))
    const fence = store.stops.fence(touched)
    const fact = await store.deliveries.stopFact(aQuestion(work, link.id))
    await store.deliveries.settle(aSettlement(work, { to: 'skipped', reason: 'suppressed' }))
    await fence

    expect(fact).toMatchObject({ kind: 'suppressed' })
  })
})

describe('a claim', () => {
  it('stores the link, who carries it, and the attempt', async () => {
    const { work, link } = await house.claimed()

    expect(await house.step(work.dispatchId)).toMatchObject({ status: 'claimed', attempts: 1 })
    expect(await store.dispatches.attempts(work.dispatchId)).toMatchObject([
      { step: 1, n: 1, provider: 'twilio', outcome: null },
    ])
    expect(await store.links.carriedBy(work.dispatchId)).toMatchObject([
      { id: link.id, linkId: link.linkId, url: link.url, status: 'active' },
    ])
    expect(await house.events(work.dispatchId)).toEqual(['dispatch.accepted', 'link.created'])
  })

  it('is won once by a doubled job, even when both copies run in one process', async () => {
    const work = await house.working()
    const link = aLink()

    const claims = await Promise.all([1, 2].map(() => store.deliveries.claim(aClaim(work, { fresh: link }))))

    expect(claims.toSorted()).toEqual([false, true])
    expect(await store.dispatches.attempts(work.dispatchId)).toHaveLength(1)
  })

  it('keeps a link that was made even when the turn is over', async () => {
    const work = await house.working()
    const link = aLink()

    const won = await store.deliveries.claim(aClaim({ ...work, turn: work.turn + 1 }, { fresh: link }))

    expect(won).toBe(false)
    expect(await store.links.find(link.linkId)).toMatchObject({ id: link.id, url: link.url })
    expect(await store.links.carriedBy(work.dispatchId)).toEqual([])
  })

  it('of a resend may follow an open that the person knows of', async () => {
    const { work, link } = await house.handed()
    await store.facts.record(aFact({ linkId: link.linkId }))
    const n = await store.changes.addResend(work.dispatchId, ['sms'])
    const resend = await store.deliveries.work(await house.take(work.dispatchId, n))
    const fresh = aLink()

    await store.deliveries.claim(aClaim(resend!, { fresh }))

    expect(await store.deliveries.stopFact(aQuestion(resend!, fresh.id))).toBeNull()
  })
})

const aPhone = () => `+1512${Math.trunc(performance.now() * 1_000)}`
const personAt = (phone: string) => ({ contact: { phone }, variables: {}, metadata: null })

const suppress = (hash: Buffer) =>
  store.suppressions.add({ hash, channel: 'sms', reason: 'opt_out', note: null, placedBy: 'test' })

/** So that only a settlement ends the wait of a fence, not the clock. */
const startMayTakeLong = (ids: string[]) =>
  pool.query(
    "update step set start_by = clock_timestamp() + interval '1 hour' where status = 'claimed' and dispatch_id = any($1::uuid[])",
    [ids],
  )

/** Dispatches of one recipient that all carry one link, claimed in one batch. */
async function claimedTogether(count: number) {
  const referenceId = unique('user')
  const link = aLink()
  const works = await Promise.all(Array.from({ length: count }, () => house.working({ referenceId, ifActive: 'join' })))
  const claims = await Promise.all(
    works.map((work, i) => store.deliveries.claim(aClaim(work, i === 0 ? { fresh: link } : { stored: link }))),
  )
  if (claims.includes(false)) throw new Error('a claim was lost')
  return { works, link }
}

/** A fence that did not wait would be through long before a hundred questions to the same server are. */
async function whoIsFirst(fence: Promise<void>): Promise<string> {
  const questions = async () => {
    for (let i = 0; i < 100; i++) await pool.query('select 1')
    return 'still waiting'
  }
  return Promise.race([fence.then(() => 'told'), questions()])
}

/** Resolves when that many of our statements wait for a lock. */
async function somebodyWaits(count = 1): Promise<void> {
  for (;;) {
    const waiting = await rows(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    if (waiting.length >= count) return
  }
}
