import type { Pool } from 'pg'
import type { RestoredStore } from '../flow/ports-restored.ts'
import { statement } from './sql.ts'

export function makeRestoredStore(pool: Pool): RestoredStore {
  return {
    async note(takenAt) {
      await note(pool, [takenAt ?? null])
    },
    isCopy: async () => (await isCopy(pool, [])).length > 0,
    async setApart() {
      const [row] = await setApart(pool, [])
      return row?.apart ?? null
    },
    writeOff: async () => (await writeOff(pool, [])).length,
    async sendAll() {
      await sendAll(pool, [])
    },
    async forget() {
      await forget(pool, [])
    },
  }
}

const note = statement(
  'restored-note',
  `update world set restored_from = least(restored_from, coalesce($1::timestamptz, (select h.beaten_at + c.ahead from heartbeat h, clock c))), restored_at = null`,
)

const isCopy = statement('restored-is-copy', 'select from world where restored_from is not null')

/**
 * In the lost time: what was due before a worker first looked, and what was queued, claimed or unclear when the copy was
 * made. What was accepted since the restore is not. Retries that old receipts would lead to may have been made already too:
 * nobody asks for those any more. The app's surface is no message; to place it again does no harm.
 * Campaigns in the middle of their audience are paused: who of those that still wait here was written to, nobody can say.
 * Lock order: steps, then attempts.
 */
const setApart = statement<{ apart: number }>(
  'restored-set-apart',
  `with copy as (
     update world set restored_at = coalesce(restored_at, app_now()) where restored_from is not null returning restored_from, restored_at
   ), doubtful as (
     select s.dispatch_id, s.n from copy join step s on s.channel in ('sms', 'email', 'push') and s.reason is distinct from 'restored'
       and (s.status in ('queued', 'claimed', 'ambiguous') or (s.status = 'pending' and s.due_at <= copy.restored_at))
     where exists (select from dispatch d where d.id = s.dispatch_id and d.created_at <= copy.restored_from + interval '1 minute')
     order by s.dispatch_id, s.n for update of s
   ), moved as (
     update step s set status = 'ambiguous', reason = 'restored', slot = null, lease_until = null, start_by = null,
       due_at = greatest(copy.restored_from, case when s.status = 'pending' then s.due_at end)
     from doubtful, copy where s.dispatch_id = doubtful.dispatch_id and s.n = doubtful.n and s.status in ('pending', 'queued', 'claimed', 'ambiguous')
     returning s.dispatch_id, s.n, s.kind
   ), tried as (
     update attempt a set outcome = 'ambiguous', reason = 'restored', settled_at = app_now() from moved
     where a.dispatch_id = moved.dispatch_id and a.step_n = moved.n and a.outcome is null
   ), unheard as (
     update attempt a set receipt_final = true from copy
     where a.channel = 'sms' and a.outcome = 'accepted' and a.receipt_final is not true and a.claimed_at <= copy.restored_from
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'message.unclear', dispatch_id, jsonb_build_object('step', n, 'kind', kind, 'reason', 'restored'), app_now() from moved
   ), paused as (
     insert into hold (id, scope, value, reason, placed_by)
     select new_id(), 'campaign', c.id, 'restored', 'service' from campaign c, copy
     where c.status = 'running' and c.started_at <= copy.restored_from + interval '1 minute'
       and exists (select from audience_row r where r.campaign_id = c.id and r.status = 'waiting')
     on conflict do nothing returning *
   ), closed as (
     update lane set open = false from paused where lane.campaign_id::text = paused.value
   ), said as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'system.hold_placed', null, jsonb_build_object('scope', scope, 'value', value, 'reason', reason, 'by', placed_by), app_now() from paused
   )
   select (select count(*) from moved)::int as apart from copy`,
)

/** Lock order: dispatches by id, then their steps. The earliest time it can have been sent is when it was due. */
const writeOff = statement(
  'restored-write-off',
  `with due as (
     select distinct dispatch_id from step where status = 'ambiguous' and reason = 'restored' order by dispatch_id limit 500
   ), locked as (
     select id from dispatch where id in (select dispatch_id from due) order by id for no key update
   ), moved as (
     update step s set status = 'handed', confirmed = false, handed_at = s.due_at from locked
     where s.dispatch_id = locked.id and s.status = 'ambiguous' and s.reason = 'restored'
     returning s.dispatch_id, s.n, s.kind, s.channel, s.handed_at
   ), sent as (
     update dispatch d set status = 'sent', first_handed_at = m.at from (select dispatch_id, min(handed_at) as at from moved group by dispatch_id) m
     where d.id = m.dispatch_id and d.status = 'accepted' and d.first_handed_at is null returning d.id, d.first_handed_at, d.fall_back_ms
   ), reminded as (
     update step s set due_at = sent.first_handed_at + make_interval(secs => s.after_ms / 1000.0),
       fall_back_at = sent.first_handed_at + make_interval(secs => (s.after_ms + sent.fall_back_ms) / 1000.0)
     from sent where s.dispatch_id = sent.id and s.kind = 'reminder' and s.status = 'pending' and s.due_at is null
   ), closes as (
     update step s set due_at = greatest(app_now(), (
       select max(l.expires_at) from carried c join link l on l.id = c.link_id where c.dispatch_id = s.dispatch_id))
     from (select distinct dispatch_id from moved) m where s.dispatch_id = m.dispatch_id and s.kind = 'close' and s.status = 'pending'
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'message.handed', dispatch_id,
       jsonb_build_object('step', n, 'kind', kind, 'channel', channel, 'confirmed', false, 'reason', 'restored'), app_now() from moved
     union all select new_id(), 'dispatch.sent', id, '{}', app_now() from sent
   )
   select dispatch_id from moved`,
)

const sendAll = statement(
  'restored-send',
  `with apart as (
     select dispatch_id, n from step where status = 'ambiguous' and reason = 'restored' order by dispatch_id, n for update
   ), moved as (
     update step s set status = 'pending', fall_back_at = app_now() + make_interval(secs => d.fall_back_ms / 1000.0)
     from apart join dispatch d on d.id = apart.dispatch_id
     where s.dispatch_id = apart.dispatch_id and s.n = apart.n and s.status = 'ambiguous'
     returning s.dispatch_id, s.n, s.kind
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'message.waits', dispatch_id, jsonb_build_object('step', n, 'kind', kind, 'reason', 'restored'), app_now() from moved`,
)

const forget = statement('restored-forget', 'update world set restored_from = null, restored_at = null')
