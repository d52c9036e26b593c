import type { Pool } from 'pg'
import type { Campaign, CampaignStore, NewCampaign } from '../flow/ports-campaign.ts'
import { showId } from '../lib/id.ts'
import { asCampaign, CAMPAIGN, type CampaignRow } from './campaign-rows.ts'
import { startCampaign } from './campaign-start.ts'
import { madeOnce } from './made-once.ts'
import { readOutlook } from './outlook.ts'
import { one, type Queryable, statement } from './sql.ts'

export function makeCampaignStore(pool: Pool): CampaignStore {
  return {
    async create(campaign) {
      try {
        await addCampaign(pool, campaign)
        return true
      } catch (error) {
        if ((error as { constraint?: string }).constraint === 'campaign_firing') return false
        throw error
      }
    },
    createOnce: (campaign, once) => madeOnce(pool, once, (client) => addCampaign(client, campaign)),
    async one(id) {
      const [row] = await readCampaigns(pool, [[id], null, 1])
      return row ? asCounted(row) : null
    },
    async list({ before, limit }) {
      return (await readCampaigns(pool, [null, before, limit])).map(asCounted)
    },
    async change(campaign, by) {
      return (await changeCampaign(pool, [...valuesOf(campaign), by, shown(campaign.id)])).length > 0
    },
    start: (id, by) => startCampaign(pool, id, by),
    async cancel(id, { reason, revokeLinks, by }) {
      return (await cancelCampaign(pool, [id, reason, revokeLinks, by, shown(id)])).length > 0
    },
    outlook: (id) => readOutlook(pool, id),
  }
}

/** With its lane and its event. */
async function addCampaign(db: Queryable, campaign: NewCampaign): Promise<Date> {
  const { id, recurrence, madeBy } = campaign
  const values = [...valuesOf(campaign), recurrence?.id, recurrence?.firesAt, madeBy, shown(id)]
  return one(await insertCampaign(db, values)).created_at
}

const shown = (id: string) => showId('cmp', id)

const valuesOf = (campaign: Omit<NewCampaign, 'recurrence' | 'madeBy'>) => [
  campaign.id,
  campaign.name,
  campaign.category,
  JSON.stringify(campaign.plan),
  campaign.startAt,
  campaign.localStart,
  campaign.validUntil,
  campaign.ownWindow && JSON.stringify(campaign.ownWindow),
  JSON.stringify(campaign.brake),
  campaign.perHour,
]
const VALUES =
  '$1::uuid, $2::text, $3::text, $4::jsonb, $5::timestamptz, $6::timestamp, $7::timestamptz, $8::jsonb, $9::jsonb'

const insertCampaign = statement<{ created_at: Date }>(
  'campaign-insert',
  `with its_lane as (
     insert into lane (campaign_id, per_hour) values ($1::uuid, $10::int) returning id
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     values (new_id(), 'campaign.created', null, jsonb_build_object('campaignId', $14::text, 'by', $13::text), app_now())
   )
   insert into campaign (id, name, category, plan, start_at, local_start, valid_until, own_window, brake, recurrence, fires_at, made_by, lane, status)
   select ${VALUES}, $11::uuid, $12::timestamptz, $13::text, its_lane.id, 'draft' from its_lane
   returning created_at`,
)

const changeCampaign = statement(
  'campaign-change',
  `with moved as (
     update campaign set (id, name, category, plan, start_at, local_start, valid_until, own_window, brake) = row (${VALUES})
     where id = $1::uuid and status = 'draft' returning lane
   ), paced as (
     update lane set per_hour = $10::int from moved where lane.id = moved.lane
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'campaign.changed', null, jsonb_build_object('campaignId', $12::text, 'by', $11::text), app_now() from moved
   )
   select lane from moved`,
)

/** Held and its lane closed at once; what is open of it is ended by a loop, and only then has it ended. */
const cancelCampaign = statement(
  'campaign-cancel',
  `with moved as (
     update campaign set status = 'cancelled', reason = $2::text, revoke_links = $3::bool
     where id = $1::uuid and status in ('draft', 'running') returning id, lane, started_at
   ), closed as (
     update lane set open = false from moved where lane.id = moved.lane
   ), held as (
     insert into hold (id, scope, value, reason, placed_by)
     select new_id(), 'campaign', id::text, 'cancelled', $4::text from moved where started_at is not null
     on conflict do nothing
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), 'campaign.cancelled', null,
       jsonb_strip_nulls(jsonb_build_object('campaignId', $5::text, 'reason', $2::text, 'revokeLinks', $3::bool, 'by', $4::text)), app_now()
     from moved
   )
   select lane from moved`,
)

interface CountedRow extends CampaignRow {
  open: number
  waiting: number
  hold_id: string | null
  hold_reason: string
  placed_by: string
  placed_at: Date
}
const asCounted = (row: CountedRow): Campaign => ({
  ...asCampaign(row),
  open: row.open,
  waiting: row.waiting,
  hold: row.hold_id
    ? { id: row.hold_id, reason: row.hold_reason, placedBy: row.placed_by, placedAt: row.placed_at }
    : null,
})

/** From the counters, which the transactions that change the rows keep: exact, and the same work at any size. */
const readCampaigns = statement<CountedRow>(
  'campaign-read',
  `select ${CAMPAIGN}, h.id as hold_id, h.reason as hold_reason, h.placed_by, h.placed_at,
     coalesce(counted.open, 0)::int as open, coalesce(counted.waiting, 0)::int as waiting
   from campaign c join lane l on l.id = c.lane
   left join lateral (
     select sum(t.n) filter (where t.subject = 'person') as open, sum(t.n) filter (where t.subject = 'row') as waiting from (
       select subject, key, n from tally where campaign_id = c.id and subject in ('person', 'row')
       union all
       select subject, key, n from tally_delta where campaign_id = c.id and subject in ('person', 'row')) t
     where t.key[1] = any (case t.subject when 'row' then array['waiting'] else array['accepted', 'sent'] end)) counted on true
   left join hold h on h.scope = 'campaign' and h.value = c.id::text and h.lifted_at is null
   where ($1::uuid[] is null or c.id = any($1::uuid[])) and ($2::uuid is null or c.id < $2::uuid)
   order by c.id desc limit $3::int`,
)
