import type { Pool, PoolClient } from 'pg'
import { type Variant, variantOf } from '../domain/campaign.ts'
import { sendTime } from '../domain/send-time.ts'
import { showId } from '../lib/id.ts'
import { asCampaign, CAMPAIGN, type CampaignRow, type StoredCampaign } from './campaign-rows.ts'
import { inTransaction } from './pool.ts'
import { columns, statement } from './sql.ts'

/** draft → running, and with it when each row goes, in one transaction, whatever the size. False: it was no draft. */
export function startCampaign(pool: Pool, id: string, by: string): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const [row] = await lockDraft(client, [id])
    if (!row) return false
    await planWaves(client, asCampaign(row), row.now)
    await run(client, [id, showId('cmp', id), by])
    return true
  })
}

const lockDraft = statement<CampaignRow & { now: Date }>(
  'campaign-lock-draft',
  `select ${CAMPAIGN}, app_now() as now from campaign c join lane l on l.id = c.lane
   where c.id = $1::uuid and c.status = 'draft' for update of c`,
)

const run = statement(
  'campaign-run',
  `with moved as (
     update campaign set status = 'running', started_at = app_now() where id = $1::uuid and status = 'draft' returning id
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'campaign.started', null, jsonb_build_object('campaignId', $2::text, 'by', $3::text), app_now() from moved`,
)

/**
 * Rows go when their campaign begins, unless people's clocks decide. A million rows are few zones and fewer variants: a time
 * is worked out for each of those, and no row is touched.
 */
async function planWaves(client: PoolClient, campaign: StoredCampaign, now: Date): Promise<void> {
  const { id, plan } = campaign
  const parts = partsOf(plan.variants, plan.holdout)
  if (campaign.localStart === null && parts.every(({ sendHour }) => sendHour === null)) return
  const zones = (await zonesOf(client, [id])).map((row) => row.time_zone)
  const waves = zones.flatMap((zone) =>
    parts.map(({ sendHour, from, to }) => ({ zone, from, to, at: sendTime(campaign, zone, sendHour, now) })),
  )
  await addWaves(client, [id, ...columns(waves, 'zone', 'from', 'to', 'at')])
}

/** Buckets, from and to both included, whose people begin at the same hour. */
interface Part {
  sendHour: number | null
  from: number
  to: number
}

function partsOf(variants: readonly Variant[], holdout: number): Part[] {
  const hours = new Map(variants.map(({ name, sendHour }) => [name, sendHour ?? null]))
  const parts: Part[] = []
  for (let bucket = 0; bucket < 10_000; bucket++) {
    const sendHour = hours.get(variantOf(bucket, variants, holdout)) ?? null
    const last = parts.at(-1)
    if (last?.sendHour === sendHour) last.to = bucket
    else parts.push({ sendHour, from: bucket, to: bucket })
  }
  return parts
}

/** From zone to zone by the index: `distinct` would read every row. */
const zonesOf = statement<{ time_zone: string }>(
  'campaign-zones',
  `with recursive zones as (
     (select r.time_zone from audience_row r where r.campaign_id = $1::uuid and r.status = 'waiting' and r.send_at is null order by r.time_zone limit 1)
     union all
     select (select r.time_zone from audience_row r
       where r.campaign_id = $1::uuid and r.status = 'waiting' and r.send_at is null and r.time_zone > zones.time_zone order by r.time_zone limit 1)
     from zones where zones.time_zone is not null
   )
   select time_zone from zones where time_zone is not null`,
)

const addWaves = statement(
  'campaign-waves',
  `insert into campaign_wave (campaign_id, time_zone, low, high, at)
   select $1::uuid, zone, low, high, at from unnest($2::text[], $3::int[], $4::int[], $5::timestamptz[]) as t (zone, low, high, at)`,
)
