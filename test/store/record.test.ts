import { expect, it } from 'vitest'
import { checkRecord } from '../../src/domain/check-record.ts'
import type { DispatchRecord, RecordFact } from '../../src/domain/record.ts'
import { stampWorld } from '../../src/store/world.ts'
import { aClaim, aFact, aLink, aSettlement } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, pool } = house
const { databaseId } = await stampWorld(pool, 'test')

async function recordOf(id: string): Promise<DispatchRecord> {
  const record = await store.records.read(id)
  if (!record) throw new Error('there is no record')
  return record
}
const factsOf = <Kind extends RecordFact['kind']>({ facts }: DispatchRecord, kind: Kind) =>
  facts.filter((fact): fact is Extract<RecordFact, { kind: Kind }> => fact.kind === kind)
const verdictsOf = (record: DispatchRecord) => checkRecord(record).map(({ verdict }) => verdict)

it('says which database it comes from, and of which world', async () => {
  const { id } = await house.accept()

  expect(await recordOf(id)).toMatchObject({ databaseId, world: 'test', dispatch: { status: 'accepted' } })
})

it('tells when no step could start any more, and keeps the first time', async () => {
  const { work, link } = await house.handed()
  const fact = aFact({ linkId: link.linkId })
  await store.facts.record(fact)
  const before = await recordOf(work.dispatchId)

  await Promise.all([store.facts.fenced(fact.keyHash), house.another().facts.fenced(fact.keyHash)])
  const once = await recordOf(work.dispatchId)
  await store.facts.fenced(fact.keyHash)
  const twice = await recordOf(work.dispatchId)

  expect(factsOf(before, 'opened')).toMatchObject([{ notice: 'link.opened', fencedAt: null }])
  expect(factsOf(once, 'opened')[0]?.fencedAt).not.toBeNull()
  expect(factsOf(twice, 'opened')).toEqual(factsOf(once, 'opened'))
})

it('dates the outcome of an attempt by the clock of the claim, and keeps the first time', async () => {
  const { work, link } = await house.claimed()
  const told = (from: 'claimed' | 'ambiguous', to: 'ambiguous' | 'handed', outcome: 'ambiguous' | 'accepted') =>
    store.deliveries.settle(
      aSettlement(work, {
        ...{ from, to, linkExpiresAt: link.expiresAt },
        attempts: [{ n: 1, outcome, reason: null, providerId: null }],
      }),
    )
  await told('claimed', 'ambiguous', 'ambiguous')
  const [unclear] = factsOf(await recordOf(work.dispatchId), 'settled')
  await told('ambiguous', 'handed', 'accepted')

  const record = await recordOf(work.dispatchId)

  const [claimed] = factsOf(record, 'claimed')
  const [settled] = factsOf(record, 'settled')
  expect(settled).toMatchObject({ outcome: 'accepted', outcomeAt: unclear?.outcomeAt })
  expect(Date.parse(settled?.outcomeAt ?? '')).toBeLessThanOrEqual(Date.parse(claimed?.startBy ?? ''))
})

it('proves P2 where the outcome came before the open, though the claim had time left', async () => {
  const { work, link } = await house.claimed()
  const accepted = { n: 1, outcome: 'accepted', reason: null, providerId: 'SM1' } as const
  await store.deliveries.settle(aSettlement(work, { linkExpiresAt: link.expiresAt, attempts: [accepted] }))
  const fact = aFact({ linkId: link.linkId })
  await store.facts.record(fact)
  await store.stops.fence([work.dispatchId])
  await store.facts.fenced(fact.keyHash)

  const record = await recordOf(work.dispatchId)

  const [claimed] = factsOf(record, 'claimed')
  const [opened] = factsOf(record, 'opened')
  expect(Date.parse(opened?.fencedAt ?? '')).toBeLessThan(Date.parse(claimed?.startBy ?? ''))
  expect(verdictsOf(record)).toEqual(['holds', 'holds', 'holds'])
})

it('catches a message that went out after the open, however it came about', async () => {
  const { work, link } = await house.handed()
  const fact = aFact({ linkId: link.linkId })
  await store.facts.record(fact)
  await store.facts.fenced(fact.keyHash)
  await pool.query("update partner_event set fenced_at = fenced_at - interval '1 minute' where key_hash = $1", [
    fact.keyHash,
  ])
  await pool.query("update step set status = 'pending', kind = 'reminder' where dispatch_id = $1 and n = 2", [
    work.dispatchId,
  ])
  const reminder = { ...work, ...(await house.take(work.dispatchId, 2)), attempts: 0 }
  await store.deliveries.claim(aClaim(reminder, { stored: link }))
  const accepted = { n: 1, outcome: 'accepted', reason: null, providerId: 'SM2' } as const
  await store.deliveries.settle(aSettlement(reminder, { attempts: [accepted] }))

  const record = await recordOf(work.dispatchId)

  expect(verdictsOf(record)[0]).toBe('broken')
})

it('counts a transfer that names the person only, if the dispatch ran and carried a link', async () => {
  const { work } = await house.handed()
  const { referenceId } = work.dispatch
  const cancelled = await house.handed({ referenceId, ifActive: 'join' })
  await store.stops.stop([cancelled.work.dispatchId], 'cancelled', null)
  const waiting = await house.accept({ referenceId, ifActive: 'join' })
  await store.facts.record(aFact({ type: 'operation.created', referenceId, operationId: 'op_1' }))
  const later = await house.handed({ referenceId, ifActive: 'join' })
  const itsWork = await store.deliveries.work(await house.take(waiting.id))
  if (itsWork) await store.deliveries.claim(aClaim(itsWork, { fresh: aLink() }))

  const opensOf = async (id: string) => factsOf(await recordOf(id), 'opened')

  expect(await opensOf(work.dispatchId)).toMatchObject([{ notice: 'operation.created', linkId: null }])
  expect(await opensOf(cancelled.work.dispatchId)).toEqual([])
  expect(await opensOf(waiting.id)).toEqual([])
  expect(await opensOf(later.work.dispatchId)).toEqual([])
})

it('shows the devices of a person apart, and their addresses to nobody', async () => {
  const { work } = await house.handed()

  const [claimed] = factsOf(await recordOf(work.dispatchId), 'claimed')

  expect(claimed?.device).toMatch(/^[0-9a-f]{8}$/)
})

it('is not there for a dispatch that is not', async () => {
  expect(await store.records.read('0198c6c0-0000-7000-8000-000000000000')).toBeNull()
})
