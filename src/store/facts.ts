import type { Pool, PoolClient } from 'pg'
import { ENTERED_FROM } from '../domain/dispatch.ts'
import type { Vault } from '../flow/ports.ts'
import type { FactOrder, FactStore } from '../flow/ports-store.ts'
import { inTransaction } from './pool.ts'
import { batched, statement } from './sql.ts'
import { PLANNED, stopDispatches } from './stop.ts'

const ENDS_PLAN = ['link.opened', 'operation.created']

export function makeFactStore(pool: Pool, vault: Vault): FactStore {
  const run = async (facts: FactOrder[]) => {
    const fresh = await storeFacts(pool, vault, facts)
    // A copy is applied too: the first may have been cut short, and applying twice changes nothing.
    const touched = await applyFacts(pool, facts)
    return facts.map((fact, i) => ({ fresh: fresh[i] ?? false, touched: touched.get(nameOf(fact)) ?? [] }))
  }
  return {
    record: batched(run, { lanes: 2 }),
    async applyLate() {
      const touched = await applyFacts(pool, (await unapplied(pool, [ENDS_PLAN])).map(asStoredFact))
      return [...touched.values()].flat()
    },
  }
}

/** Applies what is stored about these links once more, to dispatches that carried them only after it was applied. */
export async function applyFactsOf(pool: Pool, linkIds: string[]): Promise<void> {
  await applyFacts(pool, (await factsOfLinks(pool, [linkIds, ENDS_PLAN])).map(asStoredFact))
}

const insertFacts = statement<{ key_hash: Buffer }>(
  'fact-insert',
  `insert into partner_event (key_hash, type, link_lookup, reference_id, sealed, occurred_at, opened_at, operation_id, data)
   select * from unnest($1::bytea[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::jsonb[]) order by 1
   on conflict (key_hash) do nothing returning key_hash`,
)

/** Committed before anything is applied: an open that comes before its link is known is found by whoever stores the link. */
async function storeFacts(pool: Pool, vault: Vault, facts: FactOrder[]): Promise<boolean[]> {
  const distinct = [...new Map(facts.map((fact) => [nameOf(fact), fact])).values()]
  const rows = await insertFacts(pool, [
    distinct.map((f) => f.keyHash),
    distinct.map((f) => f.type),
    distinct.map((f) => f.linkLookups[0] ?? null),
    distinct.map((f) => f.referenceId),
    distinct.map((f) => vault.seal(f.raw, { table: 'partner_event', row: nameOf(f), column: 'sealed' })),
    distinct.map((f) => f.occurredAt),
    distinct.map((f) => f.openedAt),
    distinct.map((f) => f.operationId),
    distinct.map((f) => JSON.stringify(f.data)),
  ])
  const fresh = new Set(rows.map((row) => row.key_hash.toString('hex')))
  return facts.map((fact) => fresh.delete(nameOf(fact)))
}

type Fact = Pick<
  FactOrder,
  'keyHash' | 'type' | 'linkLookups' | 'referenceId' | 'openedAt' | 'operationId' | 'occurredAt' | 'data'
>

const nameOf = (fact: Fact) => fact.keyHash.toString('hex')
const namesNoLink = (fact: Fact) => fact.linkLookups.length === 0

/**
 * Applies facts, as one set, to the links and dispatches they speak of; answers, by the fact's name, the dispatches whose plan
 * it ended. All rows are locked first, links by id and then dispatches by id: no two batches wait for each other.
 */
async function applyFacts(pool: Pool, facts: Fact[]): Promise<Map<string, string[]>> {
  if (facts.length === 0) return new Map()
  return inTransaction(pool, async (client) => {
    const spoken = await lockSubjects(client, facts)
    const opens = spoken.filter(({ fact }) => ENDS_PLAN.includes(fact.type))
    await endPlans(client, opens)
    await markAll(client, spoken)
    return new Map(opens.map(({ fact, dispatches }) => [nameOf(fact), dispatches]))
  })
}

/** A fact with the links it names and the dispatches it speaks of. */
interface Spoken {
  fact: Fact
  links: string[]
  dispatches: string[]
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
  ])
  const byPlace = Map.groupBy(rows, (row) => row.place)
  return named.map((one, place) => ({ ...one, dispatches: (byPlace.get(place) ?? []).map((row) => row.id) }))
}

async function endPlans(client: PoolClient, opens: Spoken[]): Promise<void> {
  const at = ({ openedAt, occurredAt }: Fact) => openedAt ?? occurredAt
  const links = opens.flatMap(({ fact, links }) => links.map((id) => ({ id, fact })))
  const dispatches = opens.flatMap(({ fact, dispatches }) => dispatches.map((id) => ({ id, at: at(fact) })))
  if (links.length > 0) {
    await openLinks(client, [
      links.map(({ id }) => id),
      links.map(({ fact }) => at(fact)),
      links.map(({ fact }) => (fact.type === 'operation.created' ? fact.operationId : null)),
    ])
  }
  if (dispatches.length === 0) return
  const ids = dispatches.map(({ id }) => id)
  const times = dispatches.map(({ at }) => at)
  await stopDispatches(client, [ids, 'opened', null, ENTERED_FROM.opened, PLANNED, times])
  await noteOpens(client, [ids, times])
}

async function markAll(client: PoolClient, spoken: Spoken[]): Promise<void> {
  const about = spoken.flatMap(({ fact, dispatches }) =>
    (dispatches.length > 0 ? dispatches : [null]).map((dispatch) => ({ key: fact.keyHash, dispatch })),
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

/** All that carried one of the links; a notice that names no link at all speaks of its user's running dispatches. */
const lockDispatches = statement<{ place: number; id: string }>(
  'fact-dispatches',
  `with about as (
     select l.place, c.dispatch_id as id from unnest($1::int[], $2::uuid[]) as l (place, link_id) join carried c on c.link_id = l.link_id
     union
     select u.place, d.id from unnest($3::int[], $4::text[]) as u (place, reference_id)
     join dispatch d on d.reference_id = u.reference_id and d.status in ('accepted', 'sent')
     where exists (select from carried c where c.dispatch_id = d.id)
   ), locked as (
     select id from dispatch where id in (select id from about) order by id for update
   )
   select about.place, about.id from locked join about using (id) order by about.place, about.id`,
)

const openLinks = statement(
  'links-opened',
  `update link l set status = case when l.status = 'active' then 'opened' else l.status end,
     opened_at = least(coalesce(l.opened_at, o.at), o.at), operation_id = coalesce(o.operation, l.operation_id),
     operation_status = coalesce(case when o.operation is not null then 'created' end, l.operation_status)
   from (select id, min(at) as at, max(operation) as operation from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as t (id, at, operation) group by id) o
   where l.id = o.id`,
)

/** On a dispatch that ended otherwise the open is still recorded as a fact. */
const noteOpens = statement(
  'opens-noted',
  `update dispatch d set opened_at = o.at
   from (select id, min(at) as at from unnest($1::uuid[], $2::timestamptz[]) as t (id, at) group by id) o where d.id = o.id and d.opened_at is null`,
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

interface FactRow {
  key_hash: Buffer
  type: string
  link_lookup: Buffer | null
  reference_id: string | null
  occurred_at: Date
  opened_at: Date | null
  operation_id: string | null
  data: Record<string, unknown>
}
const FACT = 'e.key_hash, e.type, e.link_lookup, e.reference_id, e.occurred_at, e.opened_at, e.operation_id, e.data'

/** Notices whose link has become known meanwhile, and those whose first application was cut short. No link lives longer than 7 days. */
const unapplied = statement<FactRow>(
  'facts-unapplied',
  `select ${FACT} from partner_event e
   where e.applied_at is null and e.received_at > app_now() - interval '8 days'
     and (e.type <> all($1::text[]) or e.link_lookup is null or exists (select from link l where l.lookup = e.link_lookup))
   order by e.received_at limit 500`,
)
const factsOfLinks = statement<FactRow>(
  'facts-of-links',
  `select ${FACT} from link l join partner_event e on e.link_lookup = l.lookup
   where l.id = any($1::uuid[]) and e.type = any($2::text[])`,
)
const asStoredFact = (row: FactRow): Fact => ({
  keyHash: row.key_hash,
  type: row.type,
  linkLookups: row.link_lookup ? [row.link_lookup] : [],
  referenceId: row.reference_id,
  openedAt: row.opened_at,
  operationId: row.operation_id,
  occurredAt: row.occurred_at,
  data: row.data,
})
