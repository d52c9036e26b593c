import { describe, expect, it } from 'vitest'
import { OPENED_WITHIN_S, type Tally } from '../../src/domain/funnel.ts'
import { newUuid } from '../../src/lib/id.ts'
import { takeCopy } from '../../src/store/backup.ts'
import { restoreCopy } from '../../src/store/restore.ts'
import { makeTallyStore } from '../../src/store/tally.ts'
import { stampWorld } from '../../src/store/world.ts'
import { aClaim, aFact, aLink, anOrder, aSettlement, seeded, unique } from '../support/builders.ts'
import { openStoreHouse, type StoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows } = house

describe('counters of a campaign', () => {
  it('say of each person how far they came, as soon as the change is committed', async () => {
    const { campaignId, accept } = await aCampaign(house)
    const id = await accept()
    const { link } = await handOver(house, id)

    await store.facts.record(aFact({ linkId: link.linkId }))

    expect(people(await store.tallies.read(campaignId))).toEqual([
      expect.objectContaining({ status: 'opened', linked: true, handed: true, opened: 1, suspect: false, n: 1 }),
    ])
  })

  it('note the first operation of everybody who carried the link', async () => {
    const { campaignId, accept } = await aCampaign(house)
    const { link } = await handOver(house, await accept())

    await store.facts.record(aFact({ type: 'operation.created', linkId: link.linkId, operationId: 'op-1' }))

    expect(people(await store.tallies.read(campaignId))).toEqual([expect.objectContaining({ operation: true, n: 1 })])
  })

  it('leave singles uncounted', async () => {
    const before = await rows('select count(*)::int as n from tally_delta')

    await house.handed()

    expect(await rows('select count(*)::int as n from tally_delta')).toEqual(before)
  })

  it('are the same before, while and after they are added up', async () => {
    const { campaignId, accept } = await aCampaign(house)
    for (let i = 0; i < 5; i++) await accept()
    const before = await store.tallies.read(campaignId)

    const [, , during] = await Promise.all([
      store.tallies.fold(),
      makeTallyStore(house.openPool()).fold(),
      store.tallies.read(campaignId),
    ])

    expect(sorted(during)).toEqual(sorted(before))
    expect(sorted(await store.tallies.read(campaignId))).toEqual(sorted(before))
    expect(await rows('select from tally_delta where campaign_id = $1', [campaignId])).toEqual([])
  })

  it('put the time to the open where the domain says it belongs', async () => {
    const bounds = await rows(
      `select (person_key('opened', null, null, now(), null, null, now() + make_interval(secs => s), null, null))[8]::int as place
       from unnest($1::int[]) as s`,
      [OPENED_WITHIN_S.flatMap((bound) => [bound - 1, bound])],
    )

    expect(bounds.map(({ place }) => place)).toEqual(OPENED_WITHIN_S.flatMap((_, place) => [place, place + 1]))
  })

  it('are mended where they differ from the rows, and it is said by how much', async () => {
    const { campaignId, accept } = await aCampaign(house)
    await accept()
    await rows(`update tally_delta set n = n + 2 where campaign_id = $1 and subject = 'person'`, [campaignId])
    await rows(`delete from tally_delta where campaign_id = $1 and subject = 'message' and key[1] = 'first'`, [
      campaignId,
    ])

    const differences = await store.tallies.reconcile(campaignId)

    expect(differences.map(({ subject, missing }) => [subject, missing])).toEqual([
      ['message', 1],
      ['person', -2],
    ])
    expect(await store.tallies.reconcile(campaignId)).toEqual([])
    expect(people(await store.tallies.read(campaignId))).toEqual([expect.objectContaining({ n: 1 })])
  })

  it('are mended once, whoever else compares at the same time', async () => {
    const { campaignId, accept } = await aCampaign(house)
    await accept()
    await rows(`delete from tally_delta where campaign_id = $1 and subject = 'person'`, [campaignId])
    const another = makeTallyStore(house.openPool())

    const found = await Promise.all([store, { tallies: another }].map((one) => one.tallies.reconcile(campaignId)))

    expect(found.map((differences) => differences.length).sort()).toEqual([0, 1])
    expect(people(await store.tallies.read(campaignId))).toEqual([expect.objectContaining({ n: 1 })])
  })
})

describe('whatever happens to a campaign', () => {
  it.each([1, 2, 3])(
    'the counters are the rows, counted (history %i)',
    async (seed) => {
      const random = seeded(seed)
      const { campaignId, accept, addRows } = await aCampaign(house)
      const history = aHistory(house, random, accept)
      await addRows(20)

      for (let i = 0; i < 60; i++) await Promise.all([history.step(), history.step(), history.rows(campaignId)])

      expect(await store.tallies.reconcile(campaignId)).toEqual([])
      expect(sumOf(people(await store.tallies.read(campaignId)))).toBe(history.accepted())
      expect(history.kinds.size).toBe(history.all)
    },
    60_000,
  )
})

it.each(['copy', 'move'] as const)('a %s brings its counters along, and counts nothing twice', async (as) => {
  const home = await openStoreHouse()
  await stampWorld(home.pool, 'test')
  const { campaignId, accept, addRows } = await aCampaign(home)
  await addRows(3)
  await handOver(home, await accept())
  await home.store.tallies.fold()
  await accept()
  const before = sorted(await home.store.tallies.read(campaignId))
  const other = await openStoreHouse()

  await restoreCopy(other.pool, takeCopy(home.pool, '1'), { world: 'test', as })

  expect(sorted(await other.store.tallies.read(campaignId))).toEqual(before)
  expect(await other.store.tallies.reconcile(campaignId)).toEqual([])
  const [left] = await other.rows("select count(*)::int as n from pg_trigger where tgenabled = 'D'")
  expect(left).toEqual({ n: 0 })
})

const people = (tallies: Tally[]) => tallies.filter((one) => one.subject === 'person')
const sumOf = (tallies: Tally[]) => tallies.reduce((sum, { n }) => sum + n, 0)
const sorted = (tallies: Tally[]) => tallies.map((one) => JSON.stringify(one)).sort()

/** A campaign with one cohort. */
async function aCampaign({ rows, store }: StoreHouse) {
  const campaignId = newUuid()
  const cohort = await store.intake.cohort({ campaignId, variant: 'all', locale: 'es-MX' })
  const [lane] = await rows('insert into lane (campaign_id) values ($1) returning id', [campaignId])
  return {
    campaignId,
    async accept() {
      const order = anOrder({ campaignId, cohort, lane: lane?.['id'], suspectOpens: 'hold' })
      await store.intake.accept(order)
      return order.dispatch.id
    },
    addRows: (count: number) =>
      rows(
        `insert into audience_row (campaign_id, reference_id, upload_id, line, locale, time_zone, zone_given, channels, bucket, hashes, sealed, status)
         select $1, $2 || i, gen_random_uuid(), i, 'en', 'UTC', true, 'sms', 0, '{}', '', 'waiting' from generate_series(1, $3::int) i`,
        [campaignId, unique('row'), count],
      ),
  }
}

async function handOver({ store, take }: StoreHouse, id: string) {
  const work = await store.deliveries.work(await take(id))
  if (!work) throw new Error('there is no work')
  const link = aLink()
  await store.deliveries.claim(aClaim(work, { fresh: link }))
  await store.deliveries.settle(aSettlement(work, { linkExpiresAt: link.expiresAt }))
  return { work, link }
}

/** Everything that moves a dispatch, by the store's own functions, in an order that chance decides. */
function aHistory({ store, rows, take }: StoreHouse, random: () => number, accept: () => Promise<string>) {
  const ids: string[] = []
  const links: string[] = []
  const kinds = new Set<string>()
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)]
  const claimed = async (id: string, n = 1) => {
    const turn = await take(id, n).catch(() => null)
    const work = turn && (await store.deliveries.work(turn))
    const link = aLink()
    if (!work || !(await store.deliveries.claim(aClaim(work, { fresh: link })))) return null
    links.push(link.linkId)
    return { work, link }
  }
  const settled = (to: 'handed' | 'failed' | 'ambiguous' | 'pending' | 'skipped') => async (id: string) => {
    const { work, link } = (await claimed(id)) ?? {}
    if (!work || !link) return
    const ends = to === 'failed' ? { status: 'failed' as const, reason: 'no_channel_worked' } : null
    const attempts = [{ n: work.attempts + 1, outcome: 'accepted' as const, reason: null, providerId: unique('SM') }]
    const change = { to, ends, attempts, reason: pick(['a', 'b']) ?? null, linkExpiresAt: link.expiresAt }
    await store.deliveries.settle(aSettlement(work, { ...change, dueAt: to === 'pending' ? new Date() : null }))
  }
  const receipt = (to: 'delivered' | 'failed') => async (id: string) => {
    await store.receipts.hear(
      {
        ...{ provider: 'twilio', channel: 'sms', providerId: null, attemptId: null, stepId: `${id}.1`, address: null },
        ...{ status: to, rank: 5, final: true, outcome: null, mostResends: null, occurredAt: null },
      } as never,
      (target) => ({
        early: false,
        moves: target.status === 'handed' ? [aSettlement(target, { from: 'handed', to, reason: 'undelivered' })] : [],
      }),
    )
  }
  const acts: Record<string, (id: string) => Promise<unknown>> = {
    accept: async () => ids.push(await accept()),
    handed: settled('handed'),
    failed: settled('failed'),
    ambiguous: settled('ambiguous'),
    retried: settled('pending'),
    skipped: settled('skipped'),
    claimed: (id) => claimed(id, pick([1, 2])),
    delivered: receipt('delivered'),
    undelivered: receipt('failed'),
    opened: () => store.facts.record(aFact({ linkId: pick(links) ?? 'none' })),
    suspect: () => store.facts.record(aFact({ linkId: pick(links) ?? 'none', suspect: 'scanner' })),
    operation: () =>
      store.facts.record(
        aFact({ type: 'operation.created', linkId: pick(links) ?? 'none', operationId: unique('op') }),
      ),
    cancelled: (id) => store.stops.stop([id], 'cancelled', 'words of a person'),
    suppressed: (id) => store.stops.stop([id], 'suppressed', 'opt_out'),
    superseded: (id) => store.stops.stop([id], 'superseded', null),
    resent: (id) => store.changes.addResend(id, ['email']),
    changed: (id) =>
      store.changes.change({ id, contact: null, channels: ['email'], locale: null, timeZone: null }, true),
    inApp: async (id) =>
      store.changes.inApp((await rows('select reference_id from dispatch where id = $1', [id]))[0]?.['reference_id']),
    taken: () => store.steps.take({ lane: 1, channel: 'email', needsLink: true, limit: 5, heldTemplates: [] }),
    leases: async () => {
      await rows(
        "update step set lease_until = clock_timestamp() - interval '1 s' where status in ('queued', 'claimed')",
      )
      await store.steps.expireLeases()
    },
    fallBack: async () => {
      await rows("update step set due_at = now(), fall_back_at = now() where status = 'pending' and kind = 'first'")
      await store.steps.fallBack(['sms'])
    },
    closed: async () => {
      await rows('update link set expires_at = now() where id in (select id from link order by random() limit 2)')
      await rows("update step set due_at = now() - interval '1 s' where status = 'pending' and kind = 'close'")
      await store.steps.close(3)
    },
    folded: () => store.tallies.fold(),
    gone: async () => {
      const [row] = await rows("delete from step where dispatch_id = $1 and kind = 'reminder' returning n", [pick(ids)])
      return row
    },
  }
  const names = Object.keys(acts)
  const queue = [...names, ...names].sort(() => random() - 0.5)
  return {
    kinds,
    all: names.length,
    accepted: () => ids.length,
    async step() {
      const name = queue.shift() ?? pick(names) ?? 'accept'
      kinds.add(name)
      await acts['accept']?.('')
      await acts[name]?.(pick(ids) ?? '')
    },
    rows: (campaignId: string) =>
      rows(
        `update audience_row set status = $2, reason = $3, send_at = now()
         where (campaign_id, reference_id) in (select campaign_id, reference_id from audience_row where campaign_id = $1 order by random() limit 3)`,
        [campaignId, pick(['accepted', 'refused', 'held_out', 'left_out']), pick(['a', null])],
      ),
  }
}
