import type { StepKind } from '../domain/step.ts'
import { statement } from './sql.ts'

/** What a stop ends: all steps, or those that were planned and not asked for by a person. */
export const PLANNED_OR_ASKED: readonly StepKind[] = ['first', 'reminder', 'resend', 'close']
export const PLANNED: readonly StepKind[] = ['first', 'reminder', 'close']

/**
 * Ends dispatches: `$1` ids, `$2` the new status, `$3` why, `$4` the states it may be entered from, `$5` the step kinds that stop,
 * `$6` for each id when it was opened, if that is why (else null).
 * Lock order: dispatches by id, then steps. The slot of a step that was queued stays taken until it runs out: its worker may
 * be creating the link right now, and that counts against the partner's limit (P7).
 */
export const stopDispatches = statement<{ id: string; stopped: number }>(
  'stop-dispatches',
  `with locked as (
     select id from dispatch where id = any($1::uuid[]) and status = any($4::text[]) order by id for update
   ), moved as (
     update dispatch d set status = $2::text, reason = $3::text, ended_at = app_now(),
       opened_at = coalesce(d.opened_at, (select min(o.at) from unnest($1::uuid[], $6::timestamptz[]) as o (id, at) where o.id = d.id))
     from locked where d.id = locked.id and d.status = any($4::text[])
     returning d.id, case when $2::text = 'opened' then d.suspect end as suspect
   ), doomed as (
     select s.dispatch_id, s.n from step s where s.dispatch_id in (select id from moved)
       and s.status in ('pending', 'queued') and s.kind = any($5::text[])
     order by s.dispatch_id, s.n for update
   ), stopped as (
     update step s set status = 'skipped', reason = $2::text from doomed
     where s.dispatch_id = doomed.dispatch_id and s.n = doomed.n and s.status in ('pending', 'queued')
     returning s.dispatch_id, s.n, s.kind
   ), counted as (
     select moved.id, moved.suspect, count(stopped.n) filter (where stopped.kind <> 'close')::int as stopped,
       count(stopped.n) filter (where stopped.kind = 'reminder')::int as reminders
     from moved left join stopped on stopped.dispatch_id = moved.id group by moved.id, moved.suspect
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'dispatch.' || $2::text, id,
       jsonb_strip_nulls(jsonb_build_object('reason', $3::text, 'suspect', suspect, 'remindersStopped', reminders)), app_now()
     from counted
     union all
     select new_id(), 'reminder.skipped', dispatch_id, jsonb_build_object('step', n, 'reason', $2::text), app_now()
     from stopped where kind = 'reminder'
   )
   select id, stopped from counted`,
)

/** How long, at most, until no step of these dispatches may start any more; only dispatches with such a step are named. */
export const stillClaimed = statement<{ dispatch_id: string; ms: number }>(
  'still-claimed',
  `select dispatch_id, greatest(0, extract(epoch from max(start_by) - clock_timestamp()) * 1000)::int as ms from step
   where dispatch_id = any($1::uuid[]) and status = 'claimed' and start_by > clock_timestamp()
   group by dispatch_id`,
)
