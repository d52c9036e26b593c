import type { Pool, PoolClient } from 'pg'
import { ENTERED_FROM } from '../domain/dispatch.ts'
import { OPENING_NOTICES } from '../domain/magic-link.ts'
import type { Suspicion } from '../domain/suspicion.ts'
import type { Vault } from '../flow/ports.ts'
import type { FactOrder, FactStore, Recorded } from '../flow/ports-facts.ts'
import { inTransaction } from './pool.ts'
import { batched, statement } from './sql.ts'
import { PLANNED, stopDispatches } from './stop.ts'
import { type Fact, factsOfLinks, nameOf, storeFacts, unappliedFacts, underKnownNames } from './stored-facts.ts'
import { holdPlans, judge, markSuspects } from './suspicion.ts'

const ENDS_PLAN: readonly string[] = OPENING_NOTICES

export function makeFactStore(pool: Pool, vault: Vault): FactStore {
  const run = async (told: FactOrder[]) => {
    const facts = await underKnownNames(pool, told)
    const fresh = await storeFacts(pool, vault, facts)
    // A copy is applied too: the first may have been cut short, and applying twice changes nothing.
    const applied = await applyFacts(pool, facts)
    return facts.map((fact, i) => ({ fresh: fresh[i] ?? false, ...(applied.get(nameOf(fact)) ?? NOTHING) }))
  }
  return {
    record: batched(run, { lanes: 2 }),
    fenced: batched(
      async (keys: Buffer[]) => {
        await noteFenced(pool, [keys])
        return keys.map(() => undefined)
      },
      { lanes: 2 },
    ),
    async applyLate() {
      const applied = await applyFacts(pool, await unappliedFacts(pool, ENDS_PLAN))
      return [...applied.values()].flatMap(({ touched }) => touched)
    },
  }
}

/** Applies what is stored about these links once more, to dispatches that carried them only after it was applied. */
export async function applyFactsOf(pool: Pool, linkIds: string[]): Promise<void> {
  await applyFacts(pool, await factsOfLinks(pool, linkIds, ENDS_PLAN))
}

const namesNoLink = (fact: Fact) => fact.linkLookups.length === 0

/**
 * Applies facts, as one set, to the links and dispatches they speak of; answers, by the fact's name, the dispatches whose plan
 * it ended or made wait. All rows are locked first, links by id and then dispatches by id: no two batches wait for each other.
 */
async function applyFacts(pool: Pool, facts: Fact[]): Promise<Map<string, Applied>> {
  if (facts.length === 0) return new Map()
  return inTransaction(pool, async (client) => {
    const spoken = await lockSubjects(client, facts)
    const signs = await signsOfLife(client, spoken)
    await openLinks(client, signs)
    await endPlans(client, signs)
    await noteOperationsOf(client, spoken)
    await markAll(client, spoken)
    return new Map(
      signs.map(({ fact, dispatches, suspect }) => [nameOf(fact), { touched: idsOf(dispatches), suspect }]),
    )
  })
}

type Applied = Pick<Recorded, 'touched' | 'suspect'>
const NOTHING: Applied = { touched: [], suspect: null }

/** A fact with the links it names and the dispatches it speaks of. */
interface Spoken {
  fact: Fact
  links: string[]
  dispatches: Subject[]
}
interface Subject {
  id: string
  /** It does not end with an open that looks like a machine's. */
  waits: boolean
  suspect: Suspicion | null
}
const idsOf = (dispatches: Subject[]) => dispatches.map(({ id }) => id)

/** A fact that says somebody is inside, when, and why that somebody looks like a machine. */
interface Sign extends Spoken {
  at: Date
  suspect: Suspicion | null
}

/** After a suspect open also who broke off a transfer is a person; else that says nothing new. */
async function signsOfLife(client: PoolClient, spoken: Spoken[]): Promise<Sign[]> {
  const opens = spoken.filter(({ fact }) => fact.type === 'link.opened')
  const judgements = await judge(
    client,
    opens.map(({ fact, links }) => ({ keyHash: fact.keyHash, links })),
  )
  return spoken.flatMap((one) => {
    const { suspect = null, openedAt = null } = judgements.get(nameOf(one.fact)) ?? {}
    const sign = { ...one, suspect, at: openedAt ?? one.fact.openedAt ?? one.fact.occurredAt }
    if (ENDS_PLAN.includes(one.fact.type)) return [sign]
    const doubted = one.dispatches.filter((dispatch) => dispatch.suspect !== null)
    return one.fact.type === 'operation.cancelled' && doubted.length > 0 ? [{ ...sign, dispatches: doubted }] : []
  })
}

async function lockSubjects(client: PoolClient, facts: Fact[]): Promise<Spoken[]> {
  const links = await lockLinks(client, [facts.flatMap((fact) => fact.linkLookups)])
  const byLookup = Map.groupBy(links, (link) => link.lookup.toString('hex'))
  const named = facts.map((fact) => ({
    fact,
    links: fact.linkLookups.flatMap((lookup) => (byLookup.get(lookup.toString('hex')) ?? []).map((link) => link.id)),
  }))
  const places = named.flatMap((one, place) => one.links.map((link) => ({ place, link })))
  const rows = await lockDispatches(client, [
    places.map((p) => p.place),
    places.map((p) => p.link),
    named.map(({ fact }, place) => (namesNoLink(fact) ? place : null)),
    named.map(({ fact }) => (namesNoLink(fact) ? fact.referenceId : null)),
    ENTERED_FROM.opened,
  ])
  const byPlace = Map.groupBy(rows, (row) => row.place)
  return named.map((one, place) => ({ ...one, dispatches: byPlace.get(place) ?? [] }))
}

async function openLinks(client: PoolClient, signs: Sign[]): Promise<void> {
  const links = signs.flatMap((sign) => sign.links.map((id) => ({ id, sign })))
  if (links.length === 0) return
  await markOpened(client, [
    links.map(({ id }) => id),
    links.map(({ sign }) => sign.at),
    links.map(({ sign: { fact } }) => (fact.type === 'operation.created' ? fact.operationId : null)),
    links.map(({ sign }) => sign.suspect),
  ])
}

/** One sign that is a person's is enough; without one, each dispatch does about a suspect open what it was told to. */
async function endPlans(client: PoolClient, signs: Sign[]): Promise<void> {
  const seen = signs.flatMap(({ at, suspect, dispatches }) =>
    dispatches.map(({ id, waits, suspect: before }) => ({ id, waits, before, at, suspect })),
  )
  const alive = new Set(seen.filter(({ suspect }) => suspect === null).map(({ id }) => id))
  const held = seen.filter(({ id, waits }) => waits && !alive.has(id))
  const opened = seen.filter(({ waits, suspect }) => !waits || suspect === null)
  const marks = seen.filter(({ before, suspect }) => before !== null || suspect !== null)
  if (marks.length > 0)
    await markSuspects(client, [
      marks.map(({ id }) => id),
      marks.map(({ id, suspect }) => (alive.has(id) ? null : suspect)),
    ])
  if (held.length > 0) await holdPlans(client, held)
  if (opened.length === 0) return
  const ids = opened.map(({ id }) => id)
  const times = opened.map(({ at }) => at)
  await stopDispatches(client, [ids, 'opened', null, ENTERED_FROM.opened, PLANNED, times])
  await noteOpens(client, [ids, times])
}

async function noteOperationsOf(client: PoolClient, spoken: Spoken[]): Promise<void> {
  const created = spoken
    .filter(({ fact }) => fact.type === 'operation.created')
    .flatMap(({ fact, dispatches }) => dispatches.map(({ id }) => ({ id, at: fact.occurredAt })))
  if (created.length > 0) await noteOperations(client, [created.map(({ id }) => id), created.map(({ at }) => at)])
}

async function markAll(client: PoolClient, spoken: Spoken[]): Promise<void> {
  const about = spoken.flatMap(({ fact, dispatches }) =>
    (dispatches.length > 0 ? idsOf(dispatches) : [null]).map((dispatch) => ({ key: fact.keyHash, dispatch })),
  )
  const known = ({ fact, links }: Spoken) => !ENDS_PLAN.includes(fact.type) || links.length > 0 || namesNoLink(fact)
  await markApplied(client, [
    spoken.map(({ fact }) => fact.keyHash),
    spoken.map(known),
    spoken.map(({ fact }) => fact.type),
    spoken.map(({ fact }) => JSON.stringify(fact.data)),
    about.map((a) => a.key),
    about.map((a) => a.dispatch),
  ])
}

const lockLinks = statement<{ id: string; lookup: Buffer }>(
  'fact-links',
  'select id, lookup from link where lookup = any($1::bytea[]) order by id for update',
)

/**
 * All that carried one of the links. A notice that names no link at all speaks of its user's running dispatches, and of those
 * in whose living link only a machine was seen so far.
 */
const lockDispatches = statement<Subject & { place: number }>(
  'fact-dispatches',
  `with about as (
     select l.place, c.dispatch_id as id from unnest($1::int[], $2::uuid[]) as l (place, link_id) join carried c on c.link_id = l.link_id
     union
     select u.place, d.id from unnest($3::int[], $4::text[]) as u (place, reference_id)
     join dispatch d on d.reference_id = u.reference_id and (d.status in ('accepted', 'sent') or d.suspect is not null)
     where exists (
       select from carried c join link l on l.id = c.link_id
       where c.dispatch_id = d.id and (d.status in ('accepted', 'sent') or l.expires_at > app_now()))
   ), locked as (
     select id, suspect_opens = 'hold' and status = any($5::text[]) as waits, suspect from dispatch
     where id in (select id from about) order by id for update
   )
   select about.place, about.id, locked.waits, locked.suspect from locked join about using (id) order by about.place, about.id`,
)

const markOpened = statement(
  'links-opened',
  `update link l set status = case when l.status = 'active' then 'opened' else l.status end,
     opened_at = least(coalesce(l.opened_at, o.at), o.at), operation_id = coalesce(o.operation, l.operation_id),
     operation_status = coalesce(case when o.operation is not null then 'created' end, l.operation_status),
     suspect = case when o.suspect is null then null when l.opened_at is null then o.suspect else l.suspect end
   from (select id, min(at) as at, max(operation) as operation, case when bool_and(suspect is not null) then max(suspect) end as suspect
     from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[]) as t (id, at, operation, suspect) group by id) o
   where l.id = o.id`,
)

/** On a dispatch that ended otherwise the open is still recorded as a fact. */
const noteOpens = statement(
  'opens-noted',
  `update dispatch d set opened_at = o.at
   from (select id, min(at) as at from unnest($1::uuid[], $2::timestamptz[]) as t (id, at) group by id) o where d.id = o.id and d.opened_at is null`,
)

/** Of dispatches of campaigns: the first, whatever became of it. */
const noteOperations = statement(
  'operations-noted',
  `update dispatch d set operation_at = o.at
   from (select id, min(at) as at from unnest($1::uuid[], $2::timestamptz[]) as t (id, at) group by id) o
   where d.id = o.id and d.cohort is not null and d.operation_at is null`,
)

/** The notice itself goes on the feed once, with the dispatch it speaks of: `link.*` shows as our own events. */
const markApplied = statement(
  'facts-applied',
  `with f as (
     select distinct on (key_hash) * from unnest($1::bytea[], $2::bool[], $3::text[], $4::jsonb[]) as t (key_hash, known, type, data)
   ), done as (
     update partner_event e set applied_at = app_now() from f where e.key_hash = f.key_hash and e.applied_at is null and f.known
     returning f.key_hash, f.type, f.data
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), case when done.type in ('operation.created', 'operation.cancelled', 'user.data_request') then done.type else 'partner.event' end,
     a.dispatch_id, done.data, app_now()
   from done join (select distinct key_hash, dispatch_id from unnest($5::bytea[], $6::uuid[]) as t (key_hash, dispatch_id)) a using (key_hash)
   where done.type not in ('link.opened', 'link.created')`,
)

/** By the clock that `start_by` is measured with. */
const noteFenced = statement(
  'facts-fenced',
  `with own as (
     select key_hash from partner_event where key_hash = any($1::bytea[]) and fenced_at is null order by key_hash for update
   )
   update partner_event e set fenced_at = clock_timestamp() from own where e.key_hash = own.key_hash`,
)
