import type { Pool, PoolClient } from 'pg'
import { type ChannelName, chainOf } from '../domain/channel.ts'
import type { Vault } from '../flow/ports.ts'
import type { ChangeOrder, ChangeStore } from '../flow/ports-read.ts'
import type { Person } from '../flow/ports-store.ts'
import { lookupsOfContact } from './addresses.ts'
import { openLink, openPerson, sealPerson } from './dispatch-rows.ts'
import { inTransaction } from './pool.ts'
import { one, statement } from './sql.ts'

export function makeChangeStore(pool: Pool, vault: Vault): ChangeStore {
  return {
    change: (order, allowEnded) => inTransaction(pool, (client) => change(client, vault, order, allowEnded)),
    addResend: async (id, channels) => (await inTransaction(pool, (client) => addResend(client, id, channels))).n,
    async inApp(referenceId) {
      const [row] = await placeInApp(pool, [referenceId])
      if (!row) return null
      const link = {
        id: row.id,
        ...openLink(vault, row.id, row.sealed),
        expiresAt: row.expires_at,
        requestedMs: row.requested_ms,
      }
      return { dispatchId: row.dispatch_id, link, first: row.first }
    },
  }
}

/** The lock comes first, in a statement of its own: what is read after it is what the one before us has written. */
const lockOne = statement<{ status: string }>(
  'change-lock',
  'select status from dispatch where id = $1::uuid for no key update',
)
const readPerson = statement<{ revision: number; person: Buffer }>(
  'change-person',
  `select revision, sealed as person from dispatch_secret where dispatch_id = $1::uuid and kind = 'person' order by revision desc limit 1`,
)
const writeChange = statement(
  'change-write',
  `with changed as (
     update dispatch set locale = coalesce($2::text, locale), time_zone = coalesce($3::text, time_zone), zone_given = zone_given or $3::text is not null,
       channels = coalesce($4::text, channels) where id = $1::uuid returning id
   ), rerouted as (
     update step set channel = $5::text, chain = $6::text, tries = 0
     where dispatch_id = $1::uuid and $5::text is not null and kind <> 'close' and status = 'pending'
   )
   insert into event (id, type, dispatch_id, data, occurred_at) select new_id(), 'dispatch.changed', id, $7::jsonb, app_now() from changed`,
)

/** A change of contact is a new revision beside the old one; the next claim reads the newest. */
async function change(client: PoolClient, vault: Vault, order: ChangeOrder, allowEnded: boolean): Promise<boolean> {
  const [row] = await lockOne(client, [order.id])
  if (!row || (!allowEnded && row.status !== 'accepted' && row.status !== 'sent')) return false
  if (order.contact) await revise(client, vault, order.id, order.contact)
  const [channel = null, ...chain] = order.channels ? chainOf(order.channels) : []
  const fields = (['contact', 'channels', 'locale', 'timeZone'] as const).filter((name) => order[name] !== null)
  await writeChange(client, [
    order.id,
    order.locale,
    order.timeZone,
    order.channels?.join() ?? null,
    channel,
    chain.join(),
    JSON.stringify({ fields }),
  ])
  return true
}

async function revise(client: PoolClient, vault: Vault, id: string, contact: Person['contact']) {
  const { revision, person: sealed } = one(await readPerson(client, [id]))
  const person = openPerson(vault, id, revision, sealed)
  const revised = { ...person, contact: { ...person.contact, ...contact } }
  await client.query(
    "insert into dispatch_secret (dispatch_id, kind, revision, sealed) values ($1, 'person', $2, $3)",
    [id, revision + 1, sealPerson(vault, id, revision + 1, revised)],
  )
  const addresses = lookupsOfContact(vault, contact)
  await client.query(
    'insert into dispatch_address (dispatch_id, hash, channel) select $1, hash, channel from unnest($2::bytea[], $3::text[]) as t (hash, channel) on conflict do nothing',
    [id, addresses.map((a) => a.hash), addresses.map((a) => a.channel)],
  )
}

export async function addResend(client: PoolClient, id: string, channels: ChannelName[]): Promise<AddedStep> {
  const [channel = 'in_app', ...chain] = chainOf(channels)
  await lockOne(client, [id])
  return one(await insertResend(client, [id, channel, chain.join()]))
}

interface AddedStep {
  n: number
  channel: ChannelName
  template: string
  due_at: Date
}
const insertResend = statement<AddedStep>(
  'resend-insert',
  `insert into step (dispatch_id, n, kind, lane, channel, chain, needs_link, template, due_at, fall_back_at, cohort, status)
   select id, (select max(n) + 1 from step where dispatch_id = $1::uuid), 'resend', 1, $2::text, $3::text, own_link is null, template, app_now(),
     app_now() + make_interval(secs => fall_back_ms / 1000.0), cohort, 'pending'
   from dispatch where id = $1::uuid returning n, channel, template, due_at`,
)

/**
 * The newest running dispatch that lists `in_app` and carries a living link. The first fetch hands it over, and starts what
 * counts from the first hand-over. Lock order: the dispatch, then its steps.
 */
const placeInApp = statement<{
  dispatch_id: string
  id: string
  sealed: Buffer
  expires_at: Date
  requested_ms: number
  first: boolean
}>(
  'in-app-place',
  `with found as (
     select d.id as dispatch_id, l.id, l.expires_at, l.requested_ms, s.sealed, app_now() as now
     from dispatch d join carried c on c.dispatch_id = d.id join link l on l.id = c.link_id and l.status = 'active' and l.expires_at > app_now()
     join link_secret s on s.link_id = l.id
     where d.reference_id = $1::text and d.status in ('accepted', 'sent') and 'in_app' = any(string_to_array(d.channels, ','))
     order by d.id desc, l.expires_at desc limit 1
   ), placed as (
     update dispatch d set status = 'sent', in_app_at = found.now, first_handed_at = coalesce(d.first_handed_at, found.now) from found
     where d.id = found.dispatch_id and d.in_app_at is null and d.status in ('accepted', 'sent')
     returning d.id, d.fall_back_ms, d.first_handed_at = found.now as is_first, found.now, found.expires_at
   ), reminded as (
     update step s set due_at = placed.now + make_interval(secs => s.after_ms / 1000.0),
       fall_back_at = placed.now + make_interval(secs => (s.after_ms + placed.fall_back_ms) / 1000.0)
     from placed where placed.is_first and s.dispatch_id = placed.id and s.kind = 'reminder' and s.status = 'pending' and s.due_at is null
   ), closes as (
     update step s set due_at = greatest(placed.expires_at, placed.now) from placed
     where s.dispatch_id = placed.id and s.kind = 'close' and s.status = 'pending'
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'message.handed', id, '{"channel": "in_app", "provider": "app"}'::jsonb, now from placed
     union all select new_id(), 'dispatch.sent', id, '{}', now from placed where is_first
   )
   select found.*, exists (select from placed) as first from found`,
)
