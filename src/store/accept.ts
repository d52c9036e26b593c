import type { Pool, PoolClient } from 'pg'
import { type IfActive, RUNNING } from '../domain/dispatch.ts'
import type { Vault } from '../flow/ports.ts'
import type { AcceptAnswer, AcceptOrder } from '../flow/ports-store.ts'
import { claimWaiting, giveBack } from './audience-claim.ts'
import { insertDispatches } from './dispatch-rows.ts'
import { inTransaction } from './pool.ts'
import { batched, columns, statement } from './sql.ts'
import { PLANNED_OR_ASKED, stopDispatches } from './stop.ts'

/**
 * Requests that arrive together share one transaction. In it no recipient and no key occurs twice, and both are taken in
 * sorted order: a twin comes with the next batch, and no two batches wait for each other.
 */
export function makeAccept(pool: Pool, vault: Vault): (order: AcceptOrder) => Promise<AcceptAnswer> {
  const run = (orders: AcceptOrder[]) => inTransaction(pool, (client) => acceptAll(client, vault, orders), BEGIN)
  const accept = batched(run, { marks: marksOf })
  return async (order) => {
    try {
      return await accept(order)
    } catch (error) {
      if (order.idempotency && (error as { code?: string }).code === LOCK_TIMEOUT) return { kind: 'in_flight' }
      throw error
    }
  }
}

/** One message to the server: whoever waits for a twin waits 2 s at most. */
const BEGIN = "begin; set local lock_timeout = '2s'"
/** A twin of the same idempotency key was still in flight after 2 s. */
const LOCK_TIMEOUT = '55P03'

const marksOf = ({ dispatch, idempotency }: AcceptOrder) => [
  `r:${dispatch.referenceId}`,
  ...(idempotency ? [`k:${idempotency.keyHash.toString('hex')}`] : []),
]

type Answers = Map<AcceptOrder, AcceptAnswer>

async function acceptAll(client: PoolClient, vault: Vault, orders: AcceptOrder[]): Promise<AcceptAnswer[]> {
  const known = await claimRows(client, orders)
  const ours = orders.filter((order) => !known.has(order))
  for (const [order, answer] of await claimKeys(client, ours)) known.set(order, answer)
  const fresh = ours.filter((order) => !known.has(order))
  await lockRecipients(client, vault, fresh)
  const settled = await settleActive(client, fresh)
  const accepted = fresh.filter((order) => settled.get(order)?.kind === 'accepted')
  await learn(client, vault, accepted.filter(mayBeRejected))
  if (accepted.length > 0) {
    const dispatches = accepted.map((order) => order.dispatch)
    await insertDispatches(client, vault, dispatches)
  }
  return orders.map((order) => (known.get(order) ?? settled.get(order)) as AcceptAnswer)
}

const TAKEN = { kind: 'taken' } as const

/** An audience's row becomes one dispatch: whoever comes second, from whatever process, writes nothing. */
async function claimRows(client: PoolClient, orders: AcceptOrder[]): Promise<Answers> {
  const wanted = orders.flatMap((order) => (order.audience ? [{ order, ...order.audience }] : []))
  if (wanted.length === 0) return new Map()
  const claimed = await claimWaiting(client, [
    ...columns(wanted, 'campaignId', 'referenceId'),
    wanted.map(({ order }) => order.dispatch.id),
  ])
  const mine = new Set(claimed.map((row) => row.dispatch_id))
  return new Map(wanted.flatMap(({ order }) => (mine.has(order.dispatch.id) ? [] : [[order, TAKEN]])))
}

const insertKeys = statement<{ key_hash: Buffer }>(
  'idempotency-insert',
  `insert into idempotency as i (key_hash, body_hash, status, location, body)
   select * from unnest($1::bytea[], $2::bytea[], $3::int[], $4::text[], $5::text[]) order by 1
   on conflict (key_hash) do update
     set body_hash = excluded.body_hash, status = excluded.status, location = excluded.location, body = excluded.body, created_at = app_now()
     where i.created_at < app_now() - interval '24 hours'
   returning key_hash`,
)
interface KeyRow {
  key_hash: Buffer
  body_hash: Buffer
  status: number
  location: string | null
  body: string
}
const readKeys = statement<KeyRow>(
  'idempotency-read',
  'select key_hash, body_hash, status, location, body from idempotency where key_hash = any($1::bytea[])',
)

/** Takes the keys that are new; orders whose key is known are answered from what is stored. */
async function claimKeys(client: PoolClient, orders: AcceptOrder[]): Promise<Answers> {
  const keyed = orders.flatMap((order) => (order.idempotency ? [{ order, ...order.idempotency }] : []))
  if (keyed.length === 0) return new Map()
  const inserted = await insertKeys(client, [
    keyed.map((k) => k.keyHash),
    keyed.map((k) => k.bodyHash),
    keyed.map((k) => k.order.answer.status),
    keyed.map((k) => k.order.answer.location),
    keyed.map((k) => k.order.answer.body),
  ])
  const mine = new Set(inserted.map((row) => row.key_hash.toString('hex')))
  const known = keyed.filter((k) => !mine.has(k.keyHash.toString('hex')))
  if (known.length === 0) return new Map()
  const rows = await readKeys(client, [known.map((k) => k.keyHash)])
  const stored = new Map(rows.map(({ key_hash, ...row }) => [key_hash.toString('hex'), row]))
  return new Map(known.map((k) => [k.order, answerFrom(stored.get(k.keyHash.toString('hex')), k.bodyHash)]))
}

function answerFrom(row: Omit<KeyRow, 'key_hash'> | undefined, bodyHash: Buffer): AcceptAnswer {
  if (!row?.body_hash.equals(bodyHash)) return { kind: 'key_reused' }
  return { kind: 'replayed', answer: { status: row.status, location: row.location, body: row.body } }
}

const upsertRecipients = statement(
  'recipient-upsert',
  `insert into recipient as r (reference_id, locale, time_zone, contact_hash, contact)
   select * from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[]) order by 1
   on conflict (reference_id) do update set
     locale = coalesce(excluded.locale, r.locale), time_zone = coalesce(excluded.time_zone, r.time_zone),
     contact_hash = coalesce(excluded.contact_hash, r.contact_hash), contact = coalesce(excluded.contact, r.contact), updated_at = app_now()
     where (coalesce(excluded.locale, r.locale), coalesce(excluded.time_zone, r.time_zone), coalesce(excluded.contact_hash, r.contact_hash))
       is distinct from (r.locale, r.time_zone, r.contact_hash)`,
)

/** An order that may yet be refused must not change what the recipient has stored. */
const mayBeRejected = (order: AcceptOrder) => order.ifActive === 'reject'
const SAYS_NOTHING = { locale: null, timeZone: null, contact: null }

/** Locks each recipient's row, changed or not: from here on nobody else accepts for the same person. */
const lockRecipients = (client: PoolClient, vault: Vault, orders: AcceptOrder[]) =>
  learn(
    client,
    vault,
    orders.map((order) => (mayBeRejected(order) ? { ...order, recipient: SAYS_NOTHING } : order)),
  )

async function learn(client: PoolClient, vault: Vault, orders: AcceptOrder[]) {
  const rows = orders.map(({ dispatch: { referenceId }, recipient: { locale, timeZone, contact } }) => {
    const text = contact && JSON.stringify(contact)
    return {
      referenceId,
      locale,
      timeZone,
      hash: text && vault.lookup('contact', text),
      sealed: text && vault.seal(text, { table: 'recipient', row: referenceId, column: 'contact' }),
    }
  })
  if (rows.length === 0) return
  await upsertRecipients(client, [
    rows.map((r) => r.referenceId),
    rows.map((r) => r.locale),
    rows.map((r) => r.timeZone),
    rows.map((r) => r.hash),
    rows.map((r) => r.sealed),
  ])
}

const findRunning = statement<{ id: string; reference_id: string }>(
  'running-of',
  `select id, reference_id from dispatch where reference_id = any($1::text[]) and status in ('accepted', 'sent') order by id desc`,
)

/** What a new dispatch does to those that still run: `supersede`, `join` or `reject`. */
async function settleActive(client: PoolClient, orders: AcceptOrder[]): Promise<Answers> {
  if (orders.length === 0) return new Map()
  const rows = await findRunning(client, [orders.map((order) => order.dispatch.referenceId)])
  const running = Map.groupBy(rows, (row) => row.reference_id)
  const verdicts = orders.map((order) => {
    const ids = (running.get(order.dispatch.referenceId) ?? []).map((row) => row.id)
    return { order, answer: answerBeside(ids, order.ifActive) }
  })
  const refused = verdicts.flatMap(({ order, answer }) => (answer.kind === 'active' ? [order] : []))
  await giveBackKeys(client, refused)
  await giveBackRows(client, refused)
  await supersede(
    client,
    verdicts.flatMap(({ answer }) => (answer.kind === 'accepted' ? answer.superseded : [])),
  )
  return new Map(verdicts.map(({ order, answer }) => [order, answer]))
}

/** `running` has the newest first. */
function answerBeside(running: string[], ifActive: IfActive): AcceptAnswer {
  const [latest] = running
  if (latest && ifActive === 'reject') return { kind: 'active', id: latest }
  return { kind: 'accepted', superseded: ifActive === 'supersede' ? running : [] }
}

/** A refused order leaves its key free for the next try. */
async function giveBackKeys(client: PoolClient, orders: AcceptOrder[]) {
  const keys = orders.flatMap((order) => (order.idempotency ? [order.idempotency.keyHash] : []))
  if (keys.length > 0) await client.query('delete from idempotency where key_hash = any($1::bytea[])', [keys])
}

async function giveBackRows(client: PoolClient, orders: AcceptOrder[]) {
  const ids = orders.flatMap(({ audience, dispatch }) => (audience ? [dispatch.id] : []))
  const rows = orders.flatMap(({ audience }) => audience ?? [])
  if (rows.length > 0) await giveBack(client, [...columns(rows, 'campaignId', 'referenceId'), ids])
}

async function supersede(client: PoolClient, ids: string[]) {
  if (ids.length > 0) await stopDispatches(client, [ids, 'superseded', null, RUNNING, PLANNED_OR_ASKED, null])
}
