/** What campaigns' counters are asked. */
import type { CampaignStatus, Variant } from '../domain/campaign.ts'
import type { Tally } from '../domain/funnel.ts'

/** What a counter was off by; it has been mended. */
export interface Difference {
  subject: Tally['subject'] | 'minute'
  key: (string | null)[]
  missing: number
}

/** What a report says of its campaign beside the counters. */
export interface CampaignHead {
  name: string
  status: CampaignStatus
  startAt: Date | null
  localStart: string | null
  validUntil: Date | null
  startedAt: Date | null
  endedAt: Date | null
  perHour: number | null
  variants: Variant[]
  holdout: number
  isHeld: boolean
}

export interface TallyStore {
  head(campaignId: string): Promise<CampaignHead | null>
  /** As of this moment, to the last committed change. */
  read(campaignId: string): Promise<Tally[]>
  /** Messages handed over, by the minute; minutes without any are left out. */
  minutes(campaignId: string, since: Date): Promise<{ at: Date; sent: number }[]>
  /** Adds up what was written since; true: there is more. One process does it at a time. */
  fold(): Promise<boolean>
  /** Compares counters with the rows themselves, as of one moment. */
  reconcile(campaignId: string): Promise<Difference[]>
  /** Campaigns whose rows may still change. */
  changing(): Promise<string[]>
}
