import type { Pool } from 'pg'
import type { ChannelName } from '../domain/channel.ts'
import type { StepKind } from '../domain/step.ts'
import type { Vault } from '../flow/ports.ts'
import type { UnclearStep, UnclearStore } from '../flow/ports-receipts.ts'
import { openPerson } from './dispatch-rows.ts'
import { statement } from './sql.ts'
import { splitChannels } from './work.ts'

export function makeUnclearStore(pool: Pool, vault: Vault): UnclearStore {
  return {
    async due() {
      const rows = await dueUnclear(pool, [])
      return Promise.all(rows.map(async (row) => asUnclear(row, await questionOf(pool, vault, row))))
    },
    async writeOff({ dispatchId, n, turn }) {
      await writeOff(pool, [dispatchId, n, turn])
    },
    async resend({ dispatchId, n, turn }) {
      await sendAgain(pool, [dispatchId, n, turn])
    },
    unfinished: async () =>
      (await unfinished(pool, [])).map((row) => ({
        attemptId: `${row.dispatch_id}.${row.step_n}.${row.n}`,
        providerId: row.provider_id,
      })),
  }
}

interface UnclearRow {
  dispatch_id: string
  n: number
  turn: number
  channel: ChannelName
  chain: string
  kind: StepKind
  tries: number
  fall_back_ms: number
  unclear_before: number
  overdue: boolean
  attempt: number | null
  provider: string | null
  claimed_at: Date | null
  address_hash: Buffer | null
  body_hash: Buffer | null
  now: Date
}

/** Each provider with a list is asked once a minute at most, by one process; the mark is the attempt's. */
const dueUnclear = statement<UnclearRow>(
  'unclear-due',
  `with open as (
     select s.dispatch_id, s.n, s.turn, s.channel, s.chain, s.kind, s.tries, coalesce(s.due_at <= app_now(), true) as overdue, a.n as attempt, a.provider,
       a.claimed_at, a.address_hash, a.body_hash, a.asked_at
     from step s left join lateral (
       select * from attempt a where a.dispatch_id = s.dispatch_id and a.step_n = s.n and a.turn = s.turn order by a.n desc limit 1) a on true
     where s.status = 'ambiguous' and s.reason is distinct from 'restored'
       and (s.due_at <= app_now() or (a.body_hash is not null and coalesce(a.asked_at, '-infinity') <= app_now() - interval '1 minute'))
     order by s.due_at limit 200
   ), asked as (
     update attempt a set asked_at = app_now() from open o
     where a.dispatch_id = o.dispatch_id and a.step_n = o.n and a.n = o.attempt and a.asked_at is not distinct from o.asked_at and o.body_hash is not null
     returning a.dispatch_id, a.step_n
   )
   select o.*, d.fall_back_ms, app_now() as now, (
     select count(distinct a.turn)::int from attempt a where a.dispatch_id = o.dispatch_id and a.step_n = o.n and a.outcome = 'ambiguous') as unclear_before
   from open o join dispatch d on d.id = o.dispatch_id
   where o.overdue or exists (select from asked where asked.dispatch_id = o.dispatch_id and asked.step_n = o.n)`,
)

const asUnclear = (row: UnclearRow, question: UnclearStep['question']): UnclearStep => ({
  dispatchId: row.dispatch_id,
  n: row.n,
  turn: row.turn,
  channel: row.channel,
  chain: splitChannels(row.chain),
  kind: row.kind,
  tries: row.tries,
  fallBackMs: row.fall_back_ms,
  unclearBefore: row.unclear_before,
  overdue: row.overdue,
  provider: row.provider ?? '',
  claimedAt: row.claimed_at ?? row.now,
  now: row.now,
  question,
})

/** The number is the one that was written to then: the revision of the contact whose hash stands on the attempt. */
async function questionOf(pool: Pool, vault: Vault, row: UnclearRow): Promise<UnclearStep['question']> {
  const { address_hash: addressHash, body_hash: bodyHash, dispatch_id: id, attempt } = row
  if (!addressHash || !bodyHash || attempt === null) return null
  const revisions = await revisionsOf(pool, [id])
  const phones = revisions.map(({ revision, sealed }) => openPerson(vault, id, revision, sealed).contact.phone)
  const to = phones.find(
    (phone) => phone !== undefined && vault.lookups('phone', phone).some((hash) => hash.equals(addressHash)),
  )
  if (to === undefined) return null
  const others = await othersAt(pool, [addressHash, row.claimed_at])
  return { attemptId: `${id}.${row.n}.${attempt}`, to, bodyHash, notThese: others.map((one) => one.provider_id) }
}
const revisionsOf = statement<{ revision: number; sealed: Buffer }>(
  'unclear-persons',
  `select revision, sealed from dispatch_secret where dispatch_id = $1::uuid and kind = 'person' order by revision desc`,
)
const othersAt = statement<{ provider_id: string }>(
  'unclear-others',
  `select a.provider_id from dispatch_address x join attempt a on a.dispatch_id = x.dispatch_id
   where x.hash = $1::bytea and a.provider_id is not null and a.claimed_at > $2::timestamptz - interval '1 day'`,
)

/** Asked after 15 minutes, and again whenever as much time has passed as before; after three days nobody will know. */
const unfinished = statement<{ dispatch_id: string; step_n: number; n: number; provider_id: string }>(
  'receipts-unfinished',
  `with open as (
     select dispatch_id, step_n, n, asked_at from attempt
     where channel = 'sms' and outcome = 'accepted' and receipt_final is not true and provider = 'twilio' and provider_id is not null
       and claimed_at <= app_now() - interval '15 minutes' and claimed_at > app_now() - interval '72 hours'
       and (asked_at is null or app_now() - claimed_at >= greatest(2 * (asked_at - claimed_at), interval '15 minutes'))
     order by claimed_at limit 50
   )
   update attempt a set asked_at = app_now() from open o
   where a.dispatch_id = o.dispatch_id and a.step_n = o.step_n and a.n = o.n and a.asked_at is not distinct from o.asked_at
   returning a.dispatch_id, a.step_n, a.n, a.provider_id`,
)

/** Lock order: the dispatch, then its steps. */
const writeOff = statement(
  'unclear-write-off',
  `with locked as (
     select id from dispatch where id = $1::uuid for no key update
   ), moved as (
     update step s set status = 'handed', confirmed = false, handed_at = app_now() from locked
     where s.dispatch_id = locked.id and s.n = $2::int and s.turn = $3::int and s.status = 'ambiguous'
     returning s.dispatch_id, s.n, s.kind, s.channel, s.provider
   ), sent as (
     update dispatch d set status = 'sent', first_handed_at = app_now() from moved
     where d.id = moved.dispatch_id and d.status = 'accepted' and d.first_handed_at is null returning d.id, d.fall_back_ms
   ), reminded as (
     update step s set due_at = app_now() + make_interval(secs => s.after_ms / 1000.0),
       fall_back_at = app_now() + make_interval(secs => (s.after_ms + sent.fall_back_ms) / 1000.0)
     from sent where s.dispatch_id = sent.id and s.kind = 'reminder' and s.status = 'pending' and s.due_at is null
   ), closes as (
     update step s set due_at = greatest(app_now(), (
       select max(l.expires_at) from carried c join link l on l.id = c.link_id where c.dispatch_id = s.dispatch_id))
     from moved where s.dispatch_id = moved.dispatch_id and s.kind = 'close' and s.status = 'pending'
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'message.handed', dispatch_id, jsonb_build_object('step', n, 'kind', kind, 'channel', channel, 'provider', provider, 'confirmed', false), app_now() from moved
   union all select new_id(), 'dispatch.sent', id, '{}', app_now() from sent`,
)

const sendAgain = statement(
  'unclear-resend',
  `with moved as (
     update step s set status = 'pending', due_at = app_now(), reason = 'unclear_resent'
     where s.dispatch_id = $1::uuid and s.n = $2::int and s.turn = $3::int and s.status = 'ambiguous' returning s.dispatch_id, s.n, s.kind
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'message.waits', dispatch_id, jsonb_build_object('step', n, 'kind', kind, 'reason', 'unclear_resent'), app_now() from moved`,
)
