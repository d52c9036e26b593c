import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { FactOrder } from '../flow/ports-facts.ts'
import { columns, type Queryable, statement } from './sql.ts'

/** A notice of the partner's as it is applied. */
export type Fact = Pick<
  FactOrder,
  'keyHash' | 'type' | 'linkLookups' | 'referenceId' | 'openedAt' | 'operationId' | 'occurredAt' | 'data'
>

export const nameOf = (fact: Fact) => fact.keyHash.toString('hex')

/** A notice that was stored under another look-up key goes by that name: told again, it is no new one. */
export async function underKnownNames(pool: Pool, facts: FactOrder[]): Promise<FactOrder[]> {
  const others = facts.flatMap((fact) => fact.otherKeyHashes)
  if (others.length === 0) return facts
  const known = new Set((await readKnown(pool, [others])).map((row) => row.key_hash.toString('hex')))
  return facts.map((fact) => {
    const keyHash = fact.otherKeyHashes.find((key) => known.has(key.toString('hex'))) ?? fact.keyHash
    return { ...fact, keyHash }
  })
}

/** Notices that were stored under an older look-up key of their link, before it was known, are found by the newest from now on. */
export async function renameLinks(db: Queryable, vault: Pick<Vault, 'lookup' | 'lookups'>, linkIds: string[]) {
  const names = linkIds.map((linkId) => ({ now: vault.lookup('link', linkId), ever: vault.lookups('link', linkId) }))
  const old = names.flatMap(({ now, ever }) => ever.filter((was) => !was.equals(now)).map((was) => ({ was, now })))
  if (old.length > 0) await rename(db, columns(old, 'was', 'now'))
}
const rename = statement(
  'facts-rename-links',
  `with own as (
     select e.key_hash, t.now from unnest($1::bytea[], $2::bytea[]) as t (was, now) join partner_event e on e.link_lookup = t.was
     order by e.key_hash for update of e
   )
   update partner_event e set link_lookup = own.now from own where e.key_hash = own.key_hash`,
)

/** Committed before anything is applied: an open that comes before its link is known is found by whoever stores the link. */
export async function storeFacts(pool: Pool, vault: Vault, facts: FactOrder[]): Promise<boolean[]> {
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
    distinct.map((f) => f.suspect),
  ])
  const fresh = new Set(rows.map((row) => row.key_hash.toString('hex')))
  return facts.map((fact) => fresh.delete(nameOf(fact)))
}

/** Notices whose link has become known meanwhile, and those whose first application was cut short. No link lives longer than 7 days. */
export async function unappliedFacts(pool: Pool, needLink: readonly string[]): Promise<Fact[]> {
  return (await readUnapplied(pool, [needLink])).map(asFact)
}

export async function factsOfLinks(pool: Pool, linkIds: string[], types: readonly string[]): Promise<Fact[]> {
  return (await readOfLinks(pool, [linkIds, types])).map(asFact)
}

const readKnown = statement<{ key_hash: Buffer }>(
  'facts-known',
  'select key_hash from partner_event where key_hash = any($1::bytea[])',
)
const insertFacts = statement<{ key_hash: Buffer }>(
  'fact-insert',
  `insert into partner_event (key_hash, type, link_lookup, reference_id, sealed, occurred_at, opened_at, operation_id, data, suspect)
   select * from unnest($1::bytea[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::jsonb[], $10::text[]) order by 1
   on conflict (key_hash) do nothing returning key_hash`,
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

const readUnapplied = statement<FactRow>(
  'facts-unapplied',
  `select ${FACT} from partner_event e
   where e.applied_at is null and e.received_at > app_now() - interval '8 days'
     and (e.type <> all($1::text[]) or e.link_lookup is null or exists (select from link l where l.lookup = e.link_lookup))
   order by e.received_at limit 500`,
)
const readOfLinks = statement<FactRow>(
  'facts-of-links',
  `select ${FACT} from link l join partner_event e on e.link_lookup = l.lookup
   where l.id = any($1::uuid[]) and e.type = any($2::text[])`,
)
const asFact = (row: FactRow): Fact => ({
  keyHash: row.key_hash,
  type: row.type,
  linkLookups: row.link_lookup ? [row.link_lookup] : [],
  referenceId: row.reference_id,
  openedAt: row.opened_at,
  operationId: row.operation_id,
  occurredAt: row.occurred_at,
  data: row.data,
})
