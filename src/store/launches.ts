import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { LaunchStore, WaitingRow } from '../flow/ports-campaign.ts'
import { showId } from '../lib/id.ts'
import { openRow } from './audience-seal.ts'
import {
  asCampaign,
  CAMPAIGN,
  type CampaignRow,
  HAS_DUE_ROWS,
  HAS_WAVES,
  OF_WAVE,
  ROW_WAITS,
  WAVE_WAITS,
} from './campaign-rows.ts'
import { inTransaction } from './pool.ts'
import { columns, one, statement } from './sql.ts'

export function makeLaunchStore(pool: Pool, vault: Vault): LaunchStore {
  return {
    missed: async () => (await missed(pool, [])).map(({ id }) => id),
    async takeTurn() {
      return (await takeTurn(pool, [])).map(asCampaign)
    },
    async giveTurn(ids) {
      await giveTurn(pool, [ids])
    },
    async backlog(lane, atMost) {
      return one(await countDue(pool, [lane, atMost])).n
    },
    async due(campaignId, { limit, from }) {
      const rows = await readDue(pool, [campaignId, limit, from])
      return rows.map((row) => asWaiting(vault, campaignId, row))
    },
    async dismiss(rows) {
      await dismiss(pool, columns(rows, 'campaignId', 'referenceId', 'status', 'reason'))
    },
    async postpone(rows) {
      await postpone(pool, columns(rows, 'campaignId', 'referenceId', 'until'))
    },
    async leaveOut(limit) {
      return (await leaveOut(pool, [limit])).length
    },
    finish: () =>
      inTransaction(pool, async (client) => {
        const ids = (await finish(client, [])).map((row) => row.id)
        await releaseEnded(client, [])
        if (ids.length > 0) await tellFinished(client, [ids.map((id) => showId('cmp', id))])
        return ids
      }),
    async toCancel(limit) {
      const rows = await openOfCancelled(pool, [limit])
      return rows.map((row) => ({
        id: row.id,
        campaignId: row.campaign_id,
        revokeLinks: row.revoke_links,
        reason: row.reason,
      }))
    },
  }
}

/** Who has the turn is not asked again: should two ever have it, a row is claimed once all the same. */
const TURN = "interval '5 seconds'"
/** As a message that is so late is stale. */
const LONG = "interval '12 hours'"
const FREE = '(c.launch_until is null or c.launch_until < clock_timestamp())'

/** Each time that some row waits for: of its campaign, its wave, or its own. The last turn met those before it. */
const missed = statement<{ id: string }>(
  'launch-missed',
  `select c.id from campaign c join lane l on l.id = c.lane and l.open
   where c.status = 'running' and (c.valid_until is null or c.valid_until > app_now()) and exists (
     select from (
       select greatest(c.start_at, c.started_at) as at where not ${HAS_WAVES} and ${ROW_WAITS}
       union all
       select w.at from campaign_wave w
       where w.campaign_id = c.id and w.at > coalesce(c.turned_at, '-infinity') and w.at < app_now() - ${LONG} and ${WAVE_WAITS}
       union all
       (select r.send_at from audience_row r
        where r.campaign_id = c.id and r.status = 'waiting' and r.send_at > coalesce(c.turned_at, '-infinity') order by r.send_at limit 1)
     ) began
     where began.at > coalesce(c.turned_at, '-infinity') and began.at < app_now() - ${LONG}
       and not exists (select from hold h where h.scope = 'campaign' and h.value = c.id::text and (h.lifted_at is null or h.lifted_at > began.at)))
   order by c.id`,
)

const takeTurn = statement<CampaignRow>(
  'launch-take-turn',
  `with mine as (
     select c.id from campaign c join lane l on l.id = c.lane and l.open
     where c.status = 'running' and ${FREE} and (c.valid_until is null or c.valid_until > app_now())
       and ${HAS_DUE_ROWS}
       and not exists (select from hold h where h.scope = 'campaign' and h.value = c.id::text and h.lifted_at is null)
     order by c.id for update of c skip locked
   )
   update campaign c set launch_until = clock_timestamp() + ${TURN}, turned_at = app_now() from mine, lane l
   where c.id = mine.id and l.id = c.lane and c.status = 'running' returning ${CAMPAIGN}`,
)
const giveTurn = statement('launch-give-turn', 'update campaign set launch_until = null where id = any($1::uuid[])')

const countDue = statement<{ n: number }>(
  'launch-backlog',
  `select count(*)::int as n from (
     select from unnest(array['sms', 'email', 'push', 'in_app']) as k (channel) cross join (values (true), (false)) as f (needs_link), lateral (
       select from step s where s.lane = $1::int and s.channel = k.channel and s.needs_link = f.needs_link and s.status = 'pending'
         and s.due_at <= (select app_now()) limit $2::int) s
     limit $2::int) due`,
)

interface DueRow {
  reference_id: string
  bucket: number
  time_zone: string
  zone_given: boolean
  sealed: Buffer
}
const DUE_COLUMNS = 'r.reference_id, r.bucket, r.time_zone, r.zone_given, r.sealed'
const inWave = (buckets: string) =>
  `select ${DUE_COLUMNS} from audience_row r where ${OF_WAVE} and ${buckets} order by r.bucket limit $2::int`
/**
 * Those with a time of their own first: they have waited for it. A wave is read from somewhere in the middle and round, for
 * buckets are variants, and none of them is to be written to later than the others.
 */
const readDue = statement<DueRow>(
  'launch-due',
  `(select ${DUE_COLUMNS} from audience_row r
    where r.campaign_id = $1::uuid and r.status = 'waiting' and r.send_at <= (select app_now()) order by r.send_at, r.reference_id limit $2::int)
   union all
   (select r.* from (
      select *, low + floor($3::float8 * (high - low + 1))::int as middle from campaign_wave
      where campaign_id = $1::uuid and at <= (select app_now()) order by at, time_zone, low) w, lateral (
      (${inWave('r.bucket >= w.middle')}) union all (${inWave('r.bucket < w.middle')}) limit $2::int) r
    limit $2::int)
   union all
   (select ${DUE_COLUMNS} from audience_row r
    where r.campaign_id = $1::uuid and r.status = 'waiting' and r.send_at is null
      and not exists (select from campaign_wave where campaign_id = $1::uuid)
    order by r.reference_id limit $2::int)
   limit $2::int`,
)

function asWaiting(vault: Vault, campaignId: string, row: DueRow): WaitingRow {
  return {
    referenceId: row.reference_id,
    bucket: row.bucket,
    timeZone: row.time_zone,
    zoneGiven: row.zone_given,
    ...openRow(vault, campaignId, { referenceId: row.reference_id, sealed: row.sealed }),
  }
}

const dismiss = statement(
  'launch-dismiss',
  `with k as (
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as t (campaign_id, reference_id, status, reason)
   ), locked as (
     select r.campaign_id, r.reference_id from audience_row r join k using (campaign_id, reference_id)
     where r.status = 'waiting' order by r.campaign_id, r.reference_id for update of r
   )
   update audience_row r set status = k.status, reason = k.reason from locked join k using (campaign_id, reference_id)
   where r.campaign_id = locked.campaign_id and r.reference_id = locked.reference_id and r.status = 'waiting'`,
)

const postpone = statement(
  'launch-postpone',
  `with k as (
     select * from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as t (campaign_id, reference_id, until)
   ), locked as (
     select r.campaign_id, r.reference_id from audience_row r join k using (campaign_id, reference_id)
     where r.status = 'waiting' order by r.campaign_id, r.reference_id for update of r
   )
   update audience_row r set send_at = k.until from locked join k using (campaign_id, reference_id)
   where r.campaign_id = locked.campaign_id and r.reference_id = locked.reference_id and r.status = 'waiting'`,
)

/** A row that is being claimed right now comes next time, if it still waits. */
const leaveOut = statement(
  'launch-leave-out',
  `with late as (
     select r.campaign_id, r.reference_id, case c.status when 'cancelled' then 'cancelled' else 'valid_until_passed' end as reason
     from campaign c, lateral (
       select r.campaign_id, r.reference_id from audience_row r where r.campaign_id = c.id and r.status = 'waiting'
       limit $1::int for update skip locked) r
     where (c.status = 'cancelled' and c.ended_at is null) or (c.status = 'running' and c.valid_until <= app_now())
     limit $1::int
   )
   update audience_row r set status = 'left_out', reason = late.reason from late
   where r.campaign_id = late.campaign_id and r.reference_id = late.reference_id and r.status = 'waiting' returning r.line`,
)

const NOTHING_LEFT = `not exists (select from audience_row r where r.campaign_id = c.id and r.status = 'waiting')
     and not exists (select from dispatch d where d.campaign_id = c.id and d.status in ('accepted', 'sent'))`

/** A paused one waits for its resumption. The hold of a cancelled one goes when there is nothing left that it could keep back. */
const finish = statement<{ id: string }>(
  'launch-finish',
  `with over as (
     update campaign c set ended_at = app_now() where c.status = 'cancelled' and c.ended_at is null and ${NOTHING_LEFT} returning c.id
   ), lifted as (
     update hold h set lifted_at = app_now(), lifted_by = 'service' from over
     where h.scope = 'campaign' and h.value = over.id::text and h.lifted_at is null returning h.value, h.reason
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'system.hold_lifted', null, jsonb_build_object('scope', 'campaign', 'value', value, 'reason', reason, 'by', 'service'), app_now()
     from lifted
   ), done as (
     update campaign c set status = 'finished', ended_at = app_now()
     where c.status = 'running' and ${NOTHING_LEFT}
       and not exists (select from hold h where h.scope = 'campaign' and h.value = c.id::text and h.lifted_at is null)
     returning c.id, c.lane
   ), closed as (
     update lane set open = false from done where lane.id = done.lane
   )
   select id from done`,
)
/** Nothing is left that a hold could keep back. */
const releaseEnded = statement(
  'launch-release-ended',
  `update hold h set lifted_at = app_now(), lifted_by = 'service' from campaign c
   where h.lifted_at is null and h.scope = 'campaign' and h.value = c.id::text and c.status = 'cancelled' and c.ended_at is not null`,
)
const tellFinished = statement(
  'launch-tell-finished',
  `insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'campaign.finished', null, jsonb_build_object('campaignId', id), app_now() from unnest($1::text[]) as t (id)`,
)

/** With the turn of its campaign, so that no link is taken back by two processes at once. */
const openOfCancelled = statement<{ id: string; campaign_id: string; revoke_links: boolean; reason: string | null }>(
  'launch-to-cancel',
  `with mine as (
     select c.id from campaign c where c.status = 'cancelled' and c.ended_at is null and ${FREE}
       and exists (select from dispatch d where d.campaign_id = c.id and d.status in ('accepted', 'sent'))
     order by c.id limit 1 for update of c skip locked
   ), taken as (
     update campaign c set launch_until = clock_timestamp() + ${TURN} from mine where c.id = mine.id
     returning c.id, c.revoke_links, c.reason
   )
   select d.id, taken.id as campaign_id, taken.revoke_links, taken.reason from taken, lateral (
     select d.id from dispatch d where d.campaign_id = taken.id and d.status in ('accepted', 'sent') order by d.id limit $1::int) d`,
)
