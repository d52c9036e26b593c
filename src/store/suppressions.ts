import type { Pool, PoolClient } from 'pg'
import type { DispatchStatus } from '../domain/dispatch.ts'
import { isAboutWill, type SuppressionReason } from '../domain/suppression.ts'
import type { Vault } from '../flow/ports.ts'
import type { AffectedDispatch, NewSuppression, Suppression, SuppressionStore } from '../flow/ports-consent.ts'
import { newUuid } from '../lib/id.ts'
import { inTransaction } from './pool.ts'
import { type Queryable, statement } from './sql.ts'

export function makeSuppressionStore(pool: Pool, vault: Pick<Vault, 'lookup'>): SuppressionStore {
  const addAll: SuppressionStore['addAll'] = async (entries) => {
    const rows = await inTransaction(pool, (client) => addWithRecipients(client, vault, entries))
    // After the commit, in a new statement: a claim that comes later than this look sees the suppression itself.
    const affected = await affectedBy(pool, entries)
    return { fresh: rows.map((row) => row.fresh), ids: rows.map((row) => row.id), affected }
  }
  return {
    addAll,
    async add(entry) {
      const { fresh, affected } = await addAll([entry])
      return { fresh: fresh[0] ?? false, touched: affected.map(({ id }) => id) }
    },
    async one(id) {
      const [row] = await readOne(pool, [id])
      return row ? asSuppression(row) : null
    },
    list: async (before, limit) => (await readList(pool, [before, limit])).map(asSuppression),
    find: async (hashes) => (await readByHash(pool, [hashes])).map(asSuppression),
    async mailedBy(dispatchId) {
      const [row] = await mailedBy(pool, [dispatchId])
      return row ? { locale: row.locale, hashes: row.hashes ?? [] } : null
    },
    async failedFor({ hashes, reason, exceptFor, days }) {
      const [row] = await failedFor(pool, [hashes, reason, exceptFor, days])
      return row?.n ?? 0
    },
    lift: async (ids, by, reason, consent) => (await liftAll(pool, [ids, by, reason, consent])).map(({ id }) => id),
  }
}

/** `recipient_sms`, …: where a person's stop on one channel is kept beside the address, so that a new address changes nothing. */
const recipientKind = (channel: string) => `recipient_${channel}`

async function addWithRecipients(client: PoolClient, vault: Pick<Vault, 'lookup'>, entries: NewSuppression[]) {
  const rows = await addRows(client, entries)
  const willing = entries.flatMap((entry, i) =>
    isAboutWill(entry.reason) && entry.channel !== 'recipient' ? [{ entry, source: rows[i]?.id ?? null }] : [],
  )
  if (willing.length === 0) return rows
  const owners = await ownersOf(client, placesOf(willing.map(({ entry }) => entry)))
  const onRecipients = owners.flatMap(({ place, reference_id }) => {
    const { entry, source } = willing[place - 1] ?? {}
    return entry ? [{ ...entry, source, hash: vault.lookup(recipientKind(entry.channel), reference_id) }] : []
  })
  if (onRecipients.length > 0) await addRows(client, onRecipients)
  return rows
}

/** Sorted by hash, so that no two callers wait for each other; of one hash the strongest word counts. */
async function addRows(
  db: Queryable,
  entries: (NewSuppression & { source?: string | null | undefined })[],
): Promise<{ id: string; fresh: boolean }[]> {
  const distinct = new Map<string, (typeof entries)[number]>()
  for (const entry of entries) {
    const key = entry.hash.toString('hex')
    const known = distinct.get(key)
    if (!known || strength(entry) > strength(known)) distinct.set(key, entry)
  }
  const all = [...distinct.values()]
  const written = await addSuppressions(db, [
    all.map(() => newUuid()),
    all.map((e) => e.hash),
    all.map((e) => e.channel),
    all.map((e) => e.reason),
    all.map((e) => e.scope ?? 'all'),
    all.map((e) => e.note),
    all.map((e) => e.placedBy),
    all.map((e) => e.source ?? null),
  ])
  const standing = new Map(
    (await standingOf(db, [all.map((e) => e.hash)])).map((row) => [row.hash.toString('hex'), row.id]),
  )
  const changed = new Set(written.map((row) => row.hash.toString('hex')))
  return entries.map((entry) => {
    const key = entry.hash.toString('hex')
    return { id: standing.get(key) ?? '', fresh: changed.delete(key) }
  })
}

const strength = ({ reason, scope }: NewSuppression) =>
  (isAboutWill(reason) ? 2 : 0) + ((scope ?? 'all') === 'all' ? 1 : 0)

const WILL = "('opt_out', 'complaint', 'blocked_by_user')"

/** One that stands already is only ever widened: to a person's will, and to everything. */
const addSuppressions = statement<{ hash: Buffer }>(
  'suppressions-add',
  `insert into suppression as s (id, hash, channel, reason, scope, note, placed_by, source)
   select * from unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[])
     as t (id, hash, channel, reason, scope, note, placed_by, source) order by hash
   on conflict (hash) where lifted_at is null do update set
     reason = case when s.reason in ${WILL} then s.reason when excluded.reason in ${WILL} then excluded.reason else s.reason end,
     scope = case when 'all' in (s.scope, excluded.scope) then 'all' else s.scope end,
     source = case when s.source is null then null else excluded.source end,
     note = coalesce(excluded.note, s.note), placed_by = excluded.placed_by, placed_at = app_now()
     where (s.scope <> 'all' and excluded.scope = 'all') or (s.reason not in ${WILL} and excluded.reason in ${WILL})
   returning hash`,
)
const standingOf = statement<{ id: string; hash: Buffer }>(
  'suppressions-standing',
  'select id, hash from suppression where hash = any($1::bytea[]) and lifted_at is null',
)

const hashesOf = ({ hash, hashes }: NewSuppression) => hashes ?? [hash]

/** Place of the entry and hash, as two columns. */
function placesOf(entries: NewSuppression[]): [number[], Buffer[]] {
  const pairs = entries.flatMap((entry, i) => hashesOf(entry).map((hash) => ({ place: i + 1, hash })))
  return [pairs.map(({ place }) => place), pairs.map(({ hash }) => hash)]
}

const ownersOf = statement<{ place: number; reference_id: string }>(
  'suppression-owners',
  `select distinct k.place, d.reference_id from unnest($1::int[], $2::bytea[]) as k (place, hash)
   join dispatch_address a on a.hash = k.hash join dispatch d on d.id = a.dispatch_id`,
)

interface AffectedRow {
  place: number
  id: string
  reference_id: string
  status: DispatchStatus
  category: string
}

/** Dispatches that may still write to this address, or to this recipient: whose claims the fence must wait for. */
const affected = statement<AffectedRow>(
  'suppressions-affected',
  `select distinct k.place, d.id, d.reference_id, d.status, d.category
   from unnest($1::int[], $2::bytea[]) as k (place, hash)
   join dispatch_address a on a.hash = k.hash join dispatch d on d.id = a.dispatch_id
   where d.status in ('accepted', 'sent', 'opened', 'exhausted', 'failed')
     or exists (select from step s where s.dispatch_id = d.id and s.status = 'claimed') order by d.id, k.place`,
)

async function affectedBy(pool: Pool, entries: NewSuppression[]): Promise<AffectedDispatch[]> {
  const found = new Map<string, AffectedDispatch>()
  for (const { place, id, reference_id, status, category } of await affected(pool, placesOf(entries))) {
    const entry = entries[place - 1]
    if (!entry || (entry.scope === 'commercial' && category !== 'commercial')) continue
    const whole = isAboutWill(entry.reason) || entry.channel === 'recipient'
    const runs = status === 'accepted' || status === 'sent'
    const ends = whole && runs ? entry.reason : null
    found.set(id, { id, referenceId: reference_id, status, ends: found.get(id)?.ends ?? ends })
  }
  return [...found.values()]
}

interface Row {
  id: string
  channel: Suppression['channel']
  reason: SuppressionReason
  scope: Suppression['scope']
  note: string | null
  placed_by: string
  placed_at: Date
  lifted_at: Date | null
  lifted_by: string | null
  lift_reason: string | null
  lift_consent: string | null
}
const asSuppression = (row: Row): Suppression => ({
  id: row.id,
  channel: row.channel,
  reason: row.reason,
  scope: row.scope,
  note: row.note,
  placedBy: row.placed_by,
  placedAt: row.placed_at,
  liftedAt: row.lifted_at,
  liftedBy: row.lifted_by,
  liftReason: row.lift_reason,
  liftConsent: row.lift_consent,
})
const COLUMNS =
  'id, channel, reason, scope, note, placed_by, placed_at, lifted_at, lifted_by, lift_reason, lift_consent'

const readOne = statement<Row>(
  'suppression-one',
  `select ${COLUMNS} from suppression where id = $1::uuid and source is null`,
)
const readList = statement<Row>(
  'suppression-list',
  `select ${COLUMNS} from suppression where lifted_at is null and source is null and ($1::uuid is null or id < $1::uuid)
   order by id desc limit $2::int`,
)
const readByHash = statement<Row>(
  'suppression-find',
  `select ${COLUMNS} from suppression where hash = any($1::bytea[]) and source is null order by id desc limit 200`,
)
const liftAll = statement<{ id: string }>(
  'suppression-lift',
  `with lifted as (
     update suppression set lifted_at = app_now(), lifted_by = $2::text, lift_reason = $3::text, lift_consent = $4::text
     where (id = any($1::uuid[]) or source = any($1::uuid[])) and lifted_at is null returning id, source
   )
   select id from lifted where source is null`,
)
const mailedBy = statement<{ locale: string; hashes: Buffer[] | null }>(
  'suppression-mailed-by',
  `select d.locale, (select array_agg(distinct a.address_hash) from attempt a
     where a.dispatch_id = d.id and a.channel = 'email' and a.address_hash is not null) as hashes
   from dispatch d where d.id = $1::uuid`,
)
const failedFor = statement<{ n: number }>(
  'suppression-failed-for',
  `select count(distinct a.dispatch_id)::int as n from dispatch_address x join attempt a on a.dispatch_id = x.dispatch_id and a.address_hash = x.hash
   where x.hash = any($1::bytea[]) and a.dispatch_id <> $3::uuid and $2::text in (a.reason, a.receipt_reason)
     and a.claimed_at > app_now() - make_interval(days => $4::int)`,
)
