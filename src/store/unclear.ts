import type { Pool } from 'pg'
import type { ChannelName } from '../domain/channel.ts'
import type { UnclearStep, UnclearStore } from '../flow/ports-store.ts'
import { statement } from './sql.ts'

export function makeUnclearStore(pool: Pool): UnclearStore {
  return {
    async due() {
      return (await dueUnclear(pool, [])).map(
        (row): UnclearStep => ({
          dispatchId: row.dispatch_id,
          n: row.n,
          turn: row.turn,
          channel: row.channel,
          unclearBefore: row.unclear_before,
        }),
      )
    },
    async writeOff({ dispatchId, n, turn }) {
      await writeOff(pool, [dispatchId, n, turn])
    },
    async resend({ dispatchId, n, turn }) {
      await sendAgain(pool, [dispatchId, n, turn])
    },
  }
}

const dueUnclear = statement<{
  dispatch_id: string
  n: number
  turn: number
  channel: ChannelName
  unclear_before: number
}>(
  'unclear-due',
  `select s.dispatch_id, s.n, s.turn, s.channel, (
     select count(distinct a.turn)::int from attempt a where a.dispatch_id = s.dispatch_id and a.step_n = s.n and a.outcome = 'ambiguous') as unclear_before
   from step s where s.status = 'ambiguous' and s.due_at <= app_now() order by s.due_at limit 200`,
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
