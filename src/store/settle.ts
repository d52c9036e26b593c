import type { Pool } from 'pg'
import type { Settlement } from '../flow/ports-deliver.ts'
import { batched, type Queryable, statement } from './sql.ts'

/**
 * Writes what became of a step, its attempts, its dispatch and their events in one statement. False when the step had
 * left `from`, or the turn was another's: somebody was faster, and nothing is written. What a lost database may have sent
 * (`restored`) counts from when it was due: its reminders fall into the lost time, and are set apart as well.
 * A slot is freed as its step says once that is locked: a twin of the job may have spent it since the statement began.
 * Lock order: dispatches by id, then steps. `coalesce(s.status, '')` keeps the pump's index out of the plan: it holds every step
 * that waits, and would be walked whole for a few rows that the primary key finds.
 */
export function makeSettle(pool: Pool): (settlement: Settlement) => Promise<boolean> {
  const run = (all: Settlement[]) => settleAll(pool, all)
  // One statement must not change a row twice, so two steps of one dispatch are settled one after the other.
  return batched(run, { lanes: 4, marks: (s) => [s.dispatchId] })
}

/** At most one settlement a dispatch. */
export async function settleAll(db: Queryable, all: Settlement[]): Promise<boolean[]> {
  const attempts = all.flatMap((s) => s.attempts.map((attempt) => ({ s, attempt })))
  const events = all.flatMap((s) => s.events.map((event) => ({ s, event })))
  const rows = await settle(db, [
    all.map((s) => s.dispatchId),
    all.map((s) => s.n),
    all.map((s) => s.turn),
    all.map((s) => s.from),
    all.map((s) => s.to),
    all.map((s) => s.reason),
    all.map((s) => s.dueAt),
    all.map((s) => s.channel),
    all.map((s) => s.chain.join()),
    all.map((s) => s.tries),
    all.map((s) => s.fallBackAt),
    all.map((s) => s.needsLink),
    all.map((s) => s.provider),
    all.map((s) => s.confirmed),
    all.map((s) => s.linkExpiresAt),
    all.map((s) => s.ends?.status ?? null),
    all.map((s) => s.ends?.reason ?? null),
    all.map((s) => s.freeSlot),
    attempts.map(({ s }) => s.dispatchId),
    attempts.map(({ s }) => s.n),
    attempts.map(({ attempt }) => attempt.n),
    attempts.map(({ attempt }) => attempt.outcome),
    attempts.map(({ attempt }) => attempt.reason),
    attempts.map(({ attempt }) => attempt.providerId),
    events.map(({ s }) => s.dispatchId),
    events.map(({ s }) => s.n),
    events.map(({ event }) => event.type),
    events.map(({ event }) => JSON.stringify(event.data)),
  ])
  const written = new Set(rows.map((row) => `${row.dispatch_id}/${row.n}`))
  return all.map((s) => written.has(`${s.dispatchId}/${s.n}`))
}

const settle = statement<{ dispatch_id: string; n: number }>(
  'settle',
  `with k as (
     select * from unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::text[], $10::int[],
       $11::timestamptz[], $12::bool[], $13::text[], $14::bool[], $15::timestamptz[], $16::text[], $17::text[], $18::int[])
       as t (dispatch_id, n, turn, was, becomes, reason, due_at, channel, chain, tries, fall_back_at, needs_link, provider, confirmed,
         link_expires_at, ends_status, ends_reason, free_slot)
   ), now as (select app_now() as at
   ), locked as (
     select id from dispatch where id in (select dispatch_id from k) order by id for no key update
   ), unspent as (
     select s.dispatch_id, s.n, s.slot from step s join k on s.dispatch_id = k.dispatch_id and s.n = k.n join locked on locked.id = k.dispatch_id
     where s.slot = k.free_slot order by s.dispatch_id, s.n for update of s
   ), moved as (
     update step s set status = k.becomes, reason = k.reason, channel = k.channel, chain = k.chain, tries = k.tries, fall_back_at = k.fall_back_at,
       needs_link = k.needs_link, due_at = coalesce(k.due_at, s.due_at), slot = null, start_by = null, lease_until = null,
       provider = coalesce(k.provider, s.provider), confirmed = k.confirmed, empty_turns = 0, deaths = 0,
       handed_at = case when k.becomes = 'handed' then now.at else s.handed_at end
     from locked join k on k.dispatch_id = locked.id left join unspent u on u.dispatch_id = k.dispatch_id and u.n = k.n cross join now
     where s.dispatch_id = k.dispatch_id and s.n = k.n and s.turn = k.turn and s.status = k.was
     returning s.dispatch_id, s.n, s.kind, s.status, k.was, k.link_expires_at, k.ends_status, k.ends_reason, u.slot as free_slot,
       case when old.reason = 'restored' then old.due_at else now.at end as since
   ), tried as (
     update attempt a set outcome = t.outcome, reason = t.reason, provider_id = t.provider_id, settled_at = now.at,
       outcome_at = coalesce(a.outcome_at, clock_timestamp())
     from unnest($19::uuid[], $20::int[], $21::int[], $22::text[], $23::text[], $24::text[])
       as t (dispatch_id, step_n, n, outcome, reason, provider_id) cross join now
     where a.dispatch_id = t.dispatch_id and a.step_n = t.step_n and a.n = t.n and exists (select from moved m where m.dispatch_id = t.dispatch_id and m.n = t.step_n)
   ), freed as (
     update link_slot l set free_at = now.at from moved m cross join now where l.n = m.free_slot
   ), handed as (
     select dispatch_id, max(link_expires_at) as link_expires_at, min(since) as since from moved where status = 'handed' group by dispatch_id
   ), sent as (
     update dispatch d set status = 'sent', first_handed_at = h.since from handed h
     where d.id = h.dispatch_id and d.status = 'accepted' and d.first_handed_at is null
     returning d.id, d.first_handed_at, d.fall_back_ms
   ), reminded as (
     update step s set due_at = sent.first_handed_at + make_interval(secs => s.after_ms / 1000.0),
       fall_back_at = sent.first_handed_at + make_interval(secs => (s.after_ms + sent.fall_back_ms) / 1000.0)
     from sent where s.dispatch_id = sent.id and s.kind = 'reminder' and coalesce(s.status, '') = 'pending' and s.due_at is null
   ), closes as (
     update step s set due_at = greatest(h.link_expires_at, now.at) from handed h cross join now
     where s.dispatch_id = h.dispatch_id and s.kind = 'close' and coalesce(s.status, '') = 'pending'
   ), ended as (
     update dispatch d set status = m.ends_status, reason = m.ends_reason, ended_at = now.at from moved m cross join now
     where d.id = m.dispatch_id and m.ends_status is not null and (d.status = 'accepted' or (d.status = 'sent' and (m.ends_status = 'suppressed' or (m.ends_status = 'failed' and m.was in ('handed', 'ambiguous')))))
     returning d.id, d.status, d.reason
   ), stopped as (
     update step s set status = 'skipped', reason = ended.status from ended
     where s.dispatch_id = ended.id and coalesce(s.status, '') = 'pending' and not exists (select from moved m where m.dispatch_id = s.dispatch_id and m.n = s.n)
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), e.type, e.dispatch_id, e.data, now.at from unnest($25::uuid[], $26::int[], $27::text[], $28::jsonb[])
       with ordinality as e (dispatch_id, n, type, data, place) join moved m on m.dispatch_id = e.dispatch_id and m.n = e.n cross join now
     union all select new_id(), 'dispatch.sent', id, '{}', now.at from sent cross join now
     union all select new_id(), 'dispatch.' || status, id, jsonb_build_object('reason', reason), now.at from ended cross join now
   )
   select dispatch_id, n from moved`,
)
