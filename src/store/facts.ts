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
 * Applies each fact to the links and dispatches it speaks of; answers, by the fact's name, the dispatches whose plan it ended.
 * All of them are locked first, links by id and then dispatches by id: no two batches wait for each other.
 */
async function applyFacts(pool: Pool, facts: Fact[]): Promise<Map<string, string[]>> {
  const touched = new Map<string, string[]>()
  if (facts.length === 0) return touched
  await inTransaction(pool, async (client) => {
    const links = await lockLinks(client, [facts.flatMap((fact) => fact.linkLookups)])
    const users = facts.filter(namesNoLink).map((fact) => fact.referenceId)
    await lockDispatches(client, [links.map((link) => link.id), users])
    for (const fact of facts) {
      const own = links.filter((link) => fact.linkLookups.some((lookup) => lookup.equals(link.lookup)))
      touched.set(
        nameOf(fact),
        await applyFact(
          client,
          fact,
          own.map((link) => link.id),
        ),
      )
    }
  })
  return touched
}

async function applyFact(client: PoolClient, fact: Fact, links: string[]): Promise<string[]> {
  const rows = await dispatchesOf(client, [links, namesNoLink(fact) ? fact.referenceId : null])
  const ids = rows.map((row) => row.id)
  const ends = ENDS_PLAN.includes(fact.type)
  if (ends) await endPlans(client, fact, links, ids)
  const known = !ends || links.length > 0 || namesNoLink(fact)
  await markApplied(client, [fact.keyHash, known, fact.type, ids, JSON.stringify(fact.data)])
  return ends ? ids : []
}

async function endPlans(client: PoolClient, fact: Fact, links: string[], ids: string[]) {
  const at = fact.openedAt ?? fact.occurredAt
  await openLinks(client, [links, at, fact.type === 'operation.created' ? fact.operationId : null])
  await stopDispatches(client, [ids, 'opened', null, ENTERED_FROM.opened, PLANNED, at])
  await noteOpen(client, [ids, at])
}

const lockLinks = statement<{ id: string; lookup: Buffer }>(
  'fact-links',
  'select id, lookup from link where lookup = any($1::bytea[]) order by id for update',
)
const lockDispatches = statement(
  'fact-dispatches',
  `select id from dispatch where id in (
     select dispatch_id from carried where link_id = any($1::uuid[])
     union select id from dispatch where reference_id = any($2::text[]) and status in ('accepted', 'sent'))
   order by id for update`,
)

/** All that carried one of the links; a notice that names no link at all speaks of its user's running dispatches. */
const dispatchesOf = statement<{ id: string }>(
  'dispatches-of-fact',
  `select dispatch_id as id from carried where link_id = any($1::uuid[])
   union select d.id from dispatch d where d.reference_id = $2::text and d.status in ('accepted', 'sent')
     and exists (select from carried c where c.dispatch_id = d.id)
   order by 1`,
)
const openLinks = statement(
  'links-opened',
  `update link set status = case when status = 'active' then 'opened' else status end,
     opened_at = least(coalesce(opened_at, $2::timestamptz), $2::timestamptz), operation_id = coalesce($3::text, operation_id),
     operation_status = coalesce(case when $3::text is not null then 'created' end, operation_status)
   where id = any($1::uuid[])`,
)
/** On a dispatch that ended otherwise the open is still recorded as a fact. */
const noteOpen = statement(
  'open-noted',
  'update dispatch set opened_at = $2::timestamptz where id = any($1::uuid[]) and opened_at is null',
)

/** The notice itself goes on the feed once, with the dispatch it speaks of: `link.*` shows as our own events. */
const markApplied = statement(
  'fact-applied',
  `with done as (
     update partner_event set applied_at = app_now() where key_hash = $1::bytea and applied_at is null and $2::bool returning 1
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), case when $3::text in ('operation.created', 'operation.cancelled', 'user.data_request') then $3::text else 'partner.event' end,
     t.id, $5::jsonb, app_now()
   from done, (select unnest(case when cardinality($4::uuid[]) = 0 then array[null::uuid] else $4::uuid[] end) as id) t
   where $3::text not in ('link.opened', 'link.created')`,
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
