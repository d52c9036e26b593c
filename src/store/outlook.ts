import type { Pool } from 'pg'
import type { CampaignOutlook } from '../flow/ports-campaign.ts'
import { HAS_WAVES, ROW_WAITS, WAVE_WAITS } from './campaign-rows.ts'
import { one, statement } from './sql.ts'

/** Index probes only: it may be asked at any size. */
export async function readOutlook(pool: Pool, campaignId: string): Promise<CampaignOutlook> {
  const row = one(await outlook(pool, [campaignId]))
  const { due_at, reason, needs_link, channel, template } = row
  return {
    nextRowAt: row.next_row_at,
    inHand: row.in_hand,
    nextStep: due_at && { dueAt: due_at, reason, needsLink: needs_link, channel, template },
    paceAt: row.pace_at,
    slotAt: row.slot_at,
    now: row.now,
  }
}

const outlook = statement<{
  next_row_at: Date | null
  in_hand: boolean
  due_at: Date | null
  reason: string | null
  needs_link: boolean
  channel: string
  template: string
  pace_at: Date | null
  slot_at: Date | null
  now: Date
}>(
  'campaign-outlook',
  `select
     least(
       case when not ${HAS_WAVES} and ${ROW_WAITS} then greatest(c.start_at, c.started_at) end,
       (select w.at from campaign_wave w where w.campaign_id = c.id and ${WAVE_WAITS} order by w.at limit 1),
       (select send_at from audience_row r where r.campaign_id = c.id and r.status = 'waiting' and r.send_at is not null order by r.send_at limit 1)
     ) as next_row_at,
     exists (select from step s where s.status in ('queued', 'claimed') and s.lane = c.lane) as in_hand,
     next.due_at, next.reason, next.needs_link, next.channel, next.template,
     case when l.per_hour is not null and l.free_at > app_now() then l.free_at end as pace_at,
     (select case when min(free_at) > app_now() then min(free_at) end from link_slot where not reserved) as slot_at,
     app_now() as now
   from campaign c join lane l on l.id = c.lane
   left join lateral (
     select s.* from unnest(array['sms', 'email', 'push', 'in_app']) as k (channel) cross join (values (true), (false)) as f (needs_link), lateral (
       select s.due_at, s.reason, s.needs_link, s.channel, s.template from step s
       where s.lane = c.lane and s.channel = k.channel and s.needs_link = f.needs_link and s.status = 'pending' and s.due_at is not null
       order by s.due_at limit 1) s
     order by s.due_at limit 1) next on true
   where c.id = $1::uuid`,
)
