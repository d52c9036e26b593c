import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { StopFact, Work } from '../../src/flow/ports-deliver.ts'
import type { Store } from '../../src/store/store.ts'
import {
  aClaim,
  aFact,
  aLink,
  anOrder,
  aQuestion,
  aSettlement,
  HOUR,
  phoneHash,
  seeded,
  unique,
} from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const worker = house.another()
const opener = house.another()
const AT_ONCE = 50
/** Fewer of a kind, and the races would say nothing about it. */
const ENOUGH = 100
const SEED = 36

interface Race {
  id: string
  phone: string
  link: ReturnType<typeof aLink>
  /** When the provider's request began; when somebody asked to stop it and when that was answered: `performance.now()`. */
  startedAt?: number
  askedAt?: number
  toldAt?: number
  end?: 'never claimed' | 'late' | StopFact['kind']
}
type Stop = (race: Race) => Promise<{ touched: string[] }>

describe('under random load no message starts after its stop was answered', () => {
  it('when the link was opened', async () => {
    const races = await run(6_000, (race) => opener.facts.record(aFact({ linkId: race.link.linkId })))

    expectFair(races, ['over', 'opened'])
    expect(races.filter(startedTooLate)).toEqual([])
    expect(await endsOf(races)).toEqual([{ status: 'opened', dispatches: races.length }])
  }, 300_000)

  it('when the address was suppressed', async () => {
    const races = await run(4_000, (race) =>
      opener.suppressions.add({
        hash: phoneHash(race.phone),
        channel: 'sms',
        reason: 'opt_out',
        note: null,
        placedBy: 'test',
      }),
    )

    expectFair(races, ['suppressed'])
    expect(races.filter(startedTooLate)).toEqual([])
  }, 300_000)
})

const startedTooLate = ({ startedAt, toldAt }: Race) =>
  startedAt !== undefined && toldAt !== undefined && startedAt > toldAt

/** Whoever won, the open must not be forgotten. */
const endsOf = (races: Race[]) =>
  house.rows(
    'select status, count(*)::int as dispatches from dispatch where id = any($1::uuid[]) group by status order by 2',
    [races.map((race) => race.id)],
  )

/** Both sides must have won often, else nobody knows what would have happened. */
function expectFair(races: Race[], byFact: Race['end'][]) {
  const started = races.filter((race) => race.startedAt !== undefined).length
  const stopped = races.filter((race) => race.startedAt === undefined && byFact.includes(race.end)).length
  const meanwhile = races.filter(({ startedAt = 0, askedAt = 0 }) => startedAt > askedAt).length
  process.stdout.write(
    `  ${races.length} races: ${started} started (${meanwhile} of them while they were being stopped), ` +
      `${stopped} stopped by a stop fact, ${races.length - started - stopped} never claimed or late\n`,
  )
  expect(started).toBeGreaterThan(ENOUGH)
  expect(stopped).toBeGreaterThan(ENOUGH)
  expect(meanwhile).toBeGreaterThan(ENOUGH)
}

async function run(count: number, stop: Stop): Promise<Race[]> {
  const random = seeded(SEED)
  const races: Race[] = []
  while (races.length < count) {
    const heat = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => prepare(i % 2 === 0)))
    await queue(heat)
    await Promise.all(heat.flatMap((race) => [deliver(worker, race, random), stopSoon(race, stop, random)]))
    races.push(...heat)
  }
  return races
}

/** Half of them bring their link along; the link of the others comes to be with the claim. */
async function prepare(bringsLink: boolean): Promise<Race> {
  const phone = `+1${unique('phone')}`
  const link = aLink({ expiresAt: new Date(Date.now() + 48 * HOUR) })
  const order = anOrder({
    person: { contact: { phone }, variables: {}, metadata: null },
    remindersAfterMs: [HOUR],
    ...(bringsLink && { ownLink: link }),
  })
  await worker.intake.accept(order)
  return { id: order.dispatch.id, phone, link }
}

const queue = (heat: Race[]) =>
  house.pool.query(
    `update step set status = 'queued', turn = 1, lease_until = clock_timestamp() + interval '30 s'
     where n = 1 and dispatch_id = any($1::uuid[])`,
    [heat.map((race) => race.id)],
  )

/** What `deliver` does with the fence, with chance between its steps and a note in the place of the provider. */
async function deliver(store: Store, race: Race, random: () => number): Promise<void> {
  await turns(random() * 20)
  const work = await store.deliveries.work({ dispatchId: race.id, n: 1, turn: 1 })
  const startBy = performance.now() + 2_000
  const link = work?.ownLink ? { stored: work.ownLink } : { fresh: race.link }
  if (!work || !(await store.deliveries.claim(aClaim(work, link)))) {
    race.end = 'never claimed'
    return
  }
  await turns(random() * 5)
  const linkId = work.ownLink?.id ?? race.link.id
  const fact = await store.deliveries.stopFact(aQuestion(work, linkId))
  await turns(random() * 40)
  if (fact) race.end = fact.kind
  else if (performance.now() > startBy) race.end = 'late'
  else race.startedAt = performance.now()
  await turns(random() * 20)
  await settle(store, work, race)
}

const settle = (store: Store, work: Work, race: Race) =>
  store.deliveries.settle(
    aSettlement(work, {
      to: race.startedAt === undefined ? 'skipped' : 'handed',
      linkExpiresAt: race.link.expiresAt,
      attempts: [{ n: 1, outcome: race.startedAt === undefined ? 'late' : 'accepted', reason: null, providerId: null }],
    }),
  )

async function stopSoon(race: Race, stop: Stop, random: () => number): Promise<void> {
  await turns(random() * 40)
  race.askedAt = performance.now()
  const { touched } = await stop(race)
  if (touched.length > 0) await opener.stops.fence(touched)
  race.toldAt = performance.now()
}

/** Lets the event loop go round: chance without a clock. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}
