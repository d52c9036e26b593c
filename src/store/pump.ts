import type { Pool } from 'pg'
import { DEADLY_AFTER } from '../domain/poison.ts'
import type { DueLane, PumpStore, TakenStep, TakeOrder } from '../flow/ports-pump.ts'
import { readPoisoned } from './poison.ts'
import { statement } from './sql.ts'

/** How long a queued step waits for its worker before it is looked for again. */
const LEASE = "interval '30 seconds'"
/** A slot is ours at most this long before its create was answered: the lease and the partner's deadline; then the 60 s begin. */
const SLOT_HELD = "interval '105 seconds'"

/** An attempt is open this long at most, counted from when it could begin: a mail has had its time when its worker is found dead. */
const UNCLEAR_FOR = "interval '10 minutes'"

export interface PumpOptions {
  /** False when the partner's create limit is switched off: then no step waits for a slot. */
  slots: boolean
}

export function makePumpStore(pool: Pool, { slots }: PumpOptions): PumpStore {
  return {
    async due() {
      const [lanes, queued] = await Promise.all([dueLanes(pool, []), queuedByChannel(pool, [])])
      return {
        lanes: lanes.map(asDueLane),
        queued: Object.fromEntries(queued.map((row) => [row.channel, row.n])),
        singles: Object.fromEntries(queued.map((row) => [row.channel, row.singles])),
      }
    },
    async take(order) {
      const rows = await (order.needsLink && slots ? takeWithSlot : take)(pool, valuesOf(order))
      return rows.map(asTaken)
    },
    async expireLeases() {
      const [row] = await expireLeases(pool, [])
      return { lost: row?.lost ?? 0, ambiguous: row?.ambiguous ?? 0 }
    },
    poisoned: () => readPoisoned(pool),
    async fallBack(channels) {
      return (await fallBack(pool, [channels])).length
    },
    async close(limit) {
      return (await closeDue(pool, [limit])).length
    },
  }
}

interface LaneRow {
  id: number
  priority: number
  quota: number
  channel: string
  needs_link: boolean
}
const asDueLane = (row: LaneRow): DueLane => ({
  lane: row.id,
  priority: row.priority,
  quota: row.quota,
  channel: row.channel as DueLane['channel'],
  needsLink: row.needs_link,
})

/**
 * One index probe a lane, channel and kind of need: closed lanes are not looked into, however much waits there.
 * `limit 1` and not `exists`, which the planner may turn into a join with everything that waits.
 */
const dueLanes = statement<LaneRow>(
  'due-lanes',
  `select l.id, l.priority, l.quota, c.channel, f.needs_link
   from lane l cross join unnest(array['sms', 'email', 'push', 'in_app', 'none']) as c (channel) cross join (values (true), (false)) as f (needs_link),
     lateral (
       select from step s where s.lane = l.id and s.channel = c.channel and s.needs_link = f.needs_link and s.status = 'pending'
         and s.due_at <= (select app_now()) limit 1) s
   where l.open
   order by l.priority, l.id`,
)

const queuedByChannel = statement<{ channel: string; n: number; singles: number }>(
  'queued-by-channel',
  `select channel, count(*)::int as n, count(*) filter (where lane = 1)::int as singles from step where status = 'queued' group by channel`,
)

interface TakenRow {
  dispatch_id: string
  n: number
  turn: number
  empty_turns: number
  due_at: Date
}
const asTaken = (row: TakenRow): TakenStep => ({
  dispatchId: row.dispatch_id,
  n: row.n,
  turn: row.turn,
  emptyTurns: row.empty_turns,
  dueAt: row.due_at,
})
const valuesOf = ({ lane, channel, needsLink, limit, heldTemplates }: TakeOrder) => [
  lane,
  channel,
  needsLink,
  limit,
  heldTemplates,
]

/** What a lane may save up that was kept from its turn; the pump looks every second. */
const SAVED = "interval '2 seconds'"

/**
 * A lane with a pace lets evenly spaced messages go, and at most the unused two seconds' worth and one at once: its row
 * says when the next may leave, and whoever takes some locks it and moves it on, in whatever process. The others have none.
 */
const PACED = `lane_pace as materialized (
     select id, interval '1 hour' / per_hour as spacing, greatest(free_at, app_now() - ${SAVED}) as free_at
     from lane where id = $1::int and per_hour is not null for update
   ), allowed as (
     select coalesce((
       select least($4::int, floor(extract(epoch from app_now() - free_at) / extract(epoch from spacing)) + 1)::int from lane_pace
     ), $4::int) as n
   )`
const PAID = `paid as (
     update lane l set free_at = p.free_at + p.spacing * (select count(*) from leaving) from lane_pace p
     where l.id = p.id and exists (select from leaving)
   )`

const DUE = `select s.dispatch_id, s.n from step s
     where s.lane = $1::int and s.channel = $2::text and s.needs_link = $3::bool and s.status = 'pending'
       and s.due_at <= (select app_now()) and s.template <> all($5::text[])
     order by s.due_at limit (select greatest(n, 0) from allowed) for update of s skip locked`
const QUEUED = `status = 'queued', turn = s.turn + 1, lease_until = clock_timestamp() + ${LEASE}`

const take = statement<TakenRow>(
  'take',
  `with ${PACED}, leaving as (${DUE}), ${PAID}
   update step s set ${QUEUED} from leaving due where s.dispatch_id = due.dispatch_id and s.n = due.n and s.status = 'pending'
   returning s.dispatch_id, s.n, s.turn, s.empty_turns, s.due_at`,
)

/** Slots are taken in order of due time, by `skip locked`; reserved ones only by the single lane. A step whose recipient has a living link needs none. */
const takeWithSlot = statement<TakenRow>(
  'take-with-slot',
  `with ${PACED}, due as (${DUE}),
   known as (
     select due.*, exists (
       select from dispatch d join link l on l.reference_id = d.reference_id and l.status = 'active' and l.expires_at > app_now() + interval '30 minutes'
       where d.id = due.dispatch_id) as covered
     from due
   ), wanting as (
     select dispatch_id, n, row_number() over () as place from known where not covered
   ), free as (
     select f.n, row_number() over () as place from (
       select n from link_slot where free_at <= (select app_now()) and (not reserved or $1::int = 1)
       order by reserved, n limit (select count(*) from wanting) for update skip locked) f
   ), leaving as (
     select wanting.dispatch_id, wanting.n, free.n as slot from wanting join free using (place)
     union all
     select dispatch_id, n, null from known where covered
   ), taken as (
     update link_slot set free_at = app_now() + ${SLOT_HELD} from free where link_slot.n = free.n
   ), ${PAID}
   update step s set ${QUEUED}, slot = matched.slot from leaving matched where s.dispatch_id = matched.dispatch_id and s.n = matched.n and s.status = 'pending'
   returning s.dispatch_id, s.n, s.turn, s.empty_turns, s.due_at`,
)

/**
 * A queued step past its lease lost its job; a claimed one past its deadline lost its worker, and nobody knows how far it came.
 * Without parameters, so that it is planned once a connection and not in each of its first five runs: to plan it, the server
 * looks at the ends of the steps' keys, which takes more blocks than to run it.
 */
const expireLeases = statement<{ lost: number; ambiguous: number }>(
  'expire-leases',
  `with overdue as (
     select dispatch_id, n, status from step where status in ('queued', 'claimed') and lease_until < (select clock_timestamp()) and deaths < ${DEADLY_AFTER}
     order by dispatch_id, n limit 1000 for update skip locked
   ), lost as (
     update step s set status = 'pending', due_at = app_now(), empty_turns = s.empty_turns + 1, slot = null
     from overdue o where s.dispatch_id = o.dispatch_id and s.n = o.n and o.status = 'queued' returning 1
   ), unclear as (
     update step s set status = 'ambiguous', reason = 'worker_lost', due_at = app_now() + greatest(${UNCLEAR_FOR} - (clock_timestamp() - s.start_by), interval '0'),
       empty_turns = s.empty_turns + 1, slot = null
     from overdue o where s.dispatch_id = o.dispatch_id and s.n = o.n and o.status = 'claimed' returning s.dispatch_id, s.n
   ), marked as (
     update attempt a set outcome = 'ambiguous', reason = 'worker_lost', settled_at = app_now()
     from unclear u where a.dispatch_id = u.dispatch_id and a.step_n = u.n and a.outcome is null
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'message.unclear', dispatch_id, jsonb_build_object('step', n, 'reason', 'worker_lost'), app_now() from unclear
   )
   select (select count(*) from lost)::int as lost, (select count(*) from unclear)::int as ambiguous`,
)

/** Only open lanes: what a paused campaign would send is not sent another way either. */
const fallBack = statement(
  'fall-back',
  `with waiting as (
     select s.dispatch_id, s.n
     from lane l cross join unnest($1::text[]) as c (channel) cross join (values (true), (false)) as f (needs_link), lateral (
       select s.dispatch_id, s.n from step s
       where s.lane = l.id and s.channel = c.channel and s.needs_link = f.needs_link and s.status = 'pending'
         and s.due_at <= (select app_now()) and s.fall_back_at <= (select app_now()) and s.chain <> ''
       order by s.due_at limit 500 for update of s skip locked) s
     where l.open
   ), moved as (
     update step s set channel = split_part(s.chain, ',', 1), chain = substring(s.chain from position(',' in s.chain || ',') + 1), tries = 0,
       fall_back_at = app_now() + make_interval(secs => d.fall_back_ms / 1000.0)
     from waiting w join dispatch d on d.id = w.dispatch_id where s.dispatch_id = w.dispatch_id and s.n = w.n and s.status = 'pending'
     returning s.dispatch_id, s.n, s.channel
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'message.waits', dispatch_id, jsonb_build_object('step', n, 'reason', 'channel_held', 'next', channel), app_now() from moved
   returning id`,
)

/**
 * A close that is due: while a message step is still open it waits for that, while a carried link lives it waits for its
 * end; then the dispatch is `exhausted`, or `expired` when nothing was ever handed over before `validUntil`.
 * The dispatch is locked before its close, as everywhere; one that somebody else holds comes next time.
 */
const closeDue = statement(
  'close-due',
  `with due as (
     select s.dispatch_id, s.n from lane l, lateral (
       select s.dispatch_id, s.n from step s
       where s.lane = l.id and s.channel = 'none' and s.needs_link = false and s.status = 'pending' and s.due_at <= (select app_now())
       order by s.due_at limit $1::int) s
     where l.open limit $1::int
   ), mine as (
     select d.id, d.status, d.valid_until, due.n from due join dispatch d on d.id = due.dispatch_id for update of d skip locked
   ), known as (
     select mine.*,
       (select max(coalesce(o.due_at, app_now())) from step o where o.dispatch_id = mine.id and o.kind <> 'close'
         and o.status in ('pending', 'queued', 'claimed', 'ambiguous')) as open_until,
       exists (select from step o where o.dispatch_id = mine.id and o.status in ('claimed', 'ambiguous')) as in_hand,
       (select max(l.expires_at) from carried c join link l on l.id = c.link_id where c.dispatch_id = mine.id and l.status = 'active') as lives_until
     from mine
   ), verdict as (
     select id, n, case
       when status not in ('accepted', 'sent') then 'over'
       when status = 'accepted' and valid_until <= app_now() and not in_hand then 'expired'
       when status = 'accepted' or open_until is not null or lives_until > app_now() then 'waits'
       else 'exhausted' end as verdict,
       greatest(open_until, lives_until, app_now()) + interval '1 minute' as again
     from known
   ), ended as (
     update dispatch d set status = v.verdict, ended_at = app_now(), reason = case when v.verdict = 'expired' then 'valid_until_passed' end
     from verdict v where d.id = v.id and d.status = case v.verdict when 'expired' then 'accepted' when 'exhausted' then 'sent' end
     returning d.id, d.status
   ), stopped as (
     update step s set status = 'skipped', reason = ended.status from ended
     where s.dispatch_id = ended.id and s.kind <> 'close' and s.status in ('pending', 'queued')
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'dispatch.' || status, id, '{}', app_now() from ended
   )
   update step s set
     status = case when v.verdict = 'waits' then 'pending' else 'handed' end,
     due_at = case when v.verdict = 'waits' then v.again else s.due_at end
   from verdict v where s.dispatch_id = v.id and s.n = v.n and s.status = 'pending'
   returning s.dispatch_id`,
)
