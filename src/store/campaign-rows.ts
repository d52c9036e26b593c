import type { Brake, CampaignStatus, OwnWindow } from '../domain/campaign.ts'
import type { Category } from '../domain/dispatch.ts'
import type { Campaign, CampaignPlan } from '../flow/ports-campaign.ts'

/** A campaign as its row has it, without what must be counted. */
export type StoredCampaign = Omit<Campaign, 'open' | 'waiting' | 'hold'>

export interface CampaignRow {
  id: string
  name: string
  status: CampaignStatus
  reason: string | null
  lane: number
  per_hour: number | null
  category: Category
  plan: CampaignPlan
  start_at: Date | null
  local_start: string | null
  valid_until: Date | null
  own_window: OwnWindow | null
  brake: Brake
  revoke_links: boolean
  recurrence: string | null
  fires_at: Date | null
  made_by: string
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
}

/** Of `campaign c join lane l`. */
export const CAMPAIGN = `c.id, c.name, c.status, c.reason, c.lane, l.per_hour, c.category, c.plan, c.start_at,
  to_char(c.local_start, 'YYYY-MM-DD"T"HH24:MI') as local_start, c.valid_until, c.own_window, c.brake, c.revoke_links,
  c.recurrence, c.fires_at, c.made_by, c.created_at, c.started_at, c.ended_at`

export const asCampaign = (row: CampaignRow): StoredCampaign => ({
  id: row.id,
  name: row.name,
  status: row.status,
  reason: row.reason,
  lane: row.lane,
  perHour: row.per_hour,
  category: row.category,
  plan: row.plan,
  startAt: row.start_at,
  localStart: row.local_start,
  validUntil: row.valid_until,
  ownWindow: row.own_window,
  brake: row.brake,
  revokeLinks: row.revoke_links,
  recurrence: row.recurrence && row.fires_at ? { id: row.recurrence, firesAt: row.fires_at } : null,
  madeBy: row.made_by,
  createdAt: row.created_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
})

/** Of `campaign c`: rows without a time of their own go in waves, and not when it begins. */
export const HAS_WAVES = 'exists (select from campaign_wave w where w.campaign_id = c.id)'
const WAITS = "r.status = 'waiting' and r.send_at is null"
/** Of `campaign c`: a row without a time of its own waits. */
export const ROW_WAITS = `exists (select from audience_row r where r.campaign_id = c.id and ${WAITS})`
/** The rows `r` of a wave `w`. */
export const OF_WAVE = `r.campaign_id = w.campaign_id and r.time_zone = w.time_zone and r.bucket between w.low and w.high and ${WAITS}`
/** Of a wave `w`; null: none does. An `exists` would forget the order, and with it the index that answers at once. */
export const WAVE_WAITS = `(select true from audience_row r where ${OF_WAVE} order by r.bucket limit 1)`

/**
 * Of `campaign c`: it has begun, and some row's time has come. Probes, and no `or` of times, which would read every row
 * that waits.
 */
export const HAS_DUE_ROWS = `(c.start_at is null or c.start_at <= app_now()) and (
       exists (select from audience_row r where r.campaign_id = c.id and r.status = 'waiting' and r.send_at <= app_now())
       or case when ${HAS_WAVES} then exists (select from campaign_wave w where w.campaign_id = c.id and w.at <= app_now() and ${WAVE_WAITS})
          else ${ROW_WAITS} end)`
