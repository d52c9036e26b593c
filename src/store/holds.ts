import type { Pool } from 'pg'
import type { Hold, HoldScope } from '../domain/hold.ts'
import type { HoldStore } from '../flow/ports-store.ts'
import { newUuid } from '../lib/id.ts'
import { one, statement } from './sql.ts'

/** `monotonic` counts ms; only used to age the copy that the pump reads. */
export function makeHoldStore(pool: Pool, monotonic: () => number): HoldStore {
  let copy: { holds: Promise<Hold[]>; at: number } | undefined
  const list = async () => (await inForce(pool, [])).map(asHold)
  return {
    list,
    current() {
      if (!copy || monotonic() - copy.at > 1_000) copy = { holds: list(), at: monotonic() }
      const { holds } = copy
      holds.catch(() => {
        copy = undefined
      })
      return holds
    },
    async place({ scope, value, reason, placedBy, probeAfterMs }) {
      const row = one(await placeHold(pool, [newUuid(), scope, value, reason, placedBy, probeAfterMs]))
      copy = undefined
      return { hold: asHold(row), fresh: row.fresh }
    },
    async lift(id, by) {
      const [row] = await liftHold(pool, [id, by])
      copy = undefined
      return row ? asHold(row) : null
    },
    async takeProbe(id, nextMs) {
      const taken = await takeProbe(pool, [id, nextMs])
      copy = undefined
      return taken.length > 0
    },
    async dueProbes() {
      return (await dueProbes(pool, [])).map(asHold)
    },
    async postpone(id, ms) {
      await postponeProbe(pool, [id, ms])
    },
  }
}

interface HoldRow {
  id: string
  scope: HoldScope
  value: string
  reason: string
  placed_by: string
  placed_at: Date
  probe_at: Date | null
}
const asHold = (row: HoldRow): Hold => ({
  id: row.id,
  scope: row.scope,
  value: row.value,
  reason: row.reason,
  placedBy: row.placed_by,
  placedAt: row.placed_at,
  probeAt: row.probe_at,
})

const COLUMNS = 'id, scope, value, reason, placed_by, placed_at, probe_at'
const inForce = statement<HoldRow>(
  'holds-in-force',
  `select ${COLUMNS} from hold where lifted_at is null order by placed_at`,
)

/** A hold on a running campaign is its pause, whoever placed it. */
const campaignEvent = (type: string, by: string, from: string) =>
  `insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), ${type}, null, jsonb_build_object('campaignId', value, 'reason', reason, 'by', ${by}), app_now()
   from ${from} and exists (
     select from campaign c where c.id = case scope when 'campaign' then value::uuid end and c.status = 'running')`

/** The event is written with the hold, and only when the hold is new. A held campaign's lane is closed, so that nobody looks into it. */
const placeHold = statement<HoldRow & { fresh: boolean }>(
  'hold-place',
  `with placed as (
     insert into hold as h (id, scope, value, reason, placed_by, probe_at)
     values ($1::uuid, $2::text, $3::text, $4::text, $5::text, app_now() + make_interval(secs => $6::bigint / 1000.0))
     on conflict (scope, value) where lifted_at is null
       do update set probe_at = case when h.probe_at is not null and excluded.placed_by = 'service' then greatest(h.probe_at, excluded.probe_at) end
     returning h.*, h.id = $1::uuid as fresh
   ), closed as (
     update lane set open = false from placed where placed.scope = 'campaign' and lane.campaign_id::text = placed.value
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'system.hold_placed', null, jsonb_build_object('scope', scope, 'value', value, 'reason', reason, 'by', placed_by), app_now()
     from placed where fresh
   ), paused as (${campaignEvent("case placed_by when 'service' then 'campaign.braked' else 'campaign.paused' end", 'placed_by', 'placed where fresh')})
   select ${COLUMNS}, fresh from placed`,
)
/** Of a scope and value one hold at most is in force, so nothing else keeps the lane closed but the end of its campaign. */
const liftHold = statement<HoldRow>(
  'hold-lift',
  `with lifted as (
     update hold set lifted_at = app_now(), lifted_by = $2::text where id = $1::uuid and lifted_at is null and ($2::text <> 'probe' or probe_at is not null) returning *
   ), opened as (
     update lane set open = true from lifted where lifted.scope = 'campaign' and lane.campaign_id::text = lifted.value
       and not exists (select from campaign c where c.id = lane.campaign_id and c.status in ('finished', 'cancelled'))
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'system.hold_lifted', null, jsonb_build_object('scope', scope, 'value', value, 'reason', reason, 'by', $2::text), app_now() from lifted
   ), resumed as (${campaignEvent("'campaign.resumed'", '$2::text', 'lifted where true')})
   select ${COLUMNS} from lifted`,
)
const dueProbes = statement<HoldRow>(
  'hold-probes',
  `select ${COLUMNS} from hold where lifted_at is null and scope <> 'provider' and probe_at <= app_now()`,
)
const takeProbe = statement(
  'hold-take-probe',
  `update hold set probe_at = app_now() + make_interval(secs => $2::bigint / 1000.0)
   where id = $1::uuid and lifted_at is null and probe_at <= app_now() returning id`,
)
const postponeProbe = statement(
  'hold-postpone',
  'update hold set probe_at = app_now() + make_interval(secs => $2::bigint / 1000.0) where id = $1::uuid and lifted_at is null',
)
