import type { ChannelName } from './channel.ts'

/** What is stored. Paused is a hold in force on a running one, scheduled is running before its start. */
export const CAMPAIGN_STATES = ['draft', 'running', 'finished', 'cancelled'] as const
export type CampaignStatus = (typeof CAMPAIGN_STATES)[number]

/** What is shown. `cancelling`: cancelled, with dispatches that are still being ended. */
export const SHOWN_STATES = ['draft', 'scheduled', 'running', 'paused', 'cancelling', 'cancelled', 'finished'] as const
export type ShownStatus = (typeof SHOWN_STATES)[number]

/** People of a campaign, by what became of them. */
export const FOLLOW_UPS = ['not_opened', 'opened_no_operation', 'failed', 'opted_out'] as const
export type FollowUp = (typeof FOLLOW_UPS)[number]

/** A campaign's own hours, within the legal ones: local `HH:MM` of each person, days 1 (Monday) to 7. */
export interface OwnWindow {
  from: string
  to: string
  days: number[]
}

/** One way of doing it, for a share of the people. What it leaves out is the campaign's. */
export interface Variant {
  name: string
  /** In parts of the sum of all weights. */
  weight: number
  template?: string
  channels?: ChannelName[]
  /** Local hour (0 to 23) at which its first messages may begin, on the day of the start. */
  sendHour?: number
}

/** Rates (0 to 1) of the people written to (of failures: also of those who could not be), judged when there are `after` of them. */
export interface Brake {
  failed: number
  optedOut: number
  complained: number
  after: number
}

export const USUAL_BRAKE: Brake = { failed: 0.2, optedOut: 0.05, complained: 0.005, after: 100 }

/** The variant of everybody where a campaign names none, and of those who get nothing. */
export const ONLY_VARIANT = 'all'
export const HOLDOUT = 'holdout'

const BUCKETS = 10_000
/** The clock of the first people on earth is this far ahead of UTC. */
const FIRST_CLOCK_MS = 14 * 3_600_000

export interface CampaignFacts {
  status: CampaignStatus
  startAt: Date | null
  localStart: string | null
  /** It has a hold of its own. */
  isHeld: boolean
  open: number
  waiting: number
}

/** What is shown, from what is stored. */
export function shownStatus({ status, isHeld, open, waiting, ...start }: CampaignFacts, now: Date): ShownStatus {
  if (status === 'cancelled') return open + waiting > 0 ? 'cancelling' : 'cancelled'
  if (status !== 'running') return status
  if (isHeld) return 'paused'
  const startsAt = start.localStart === null ? start.startAt : earliestOf(start.localStart)
  return startsAt !== null && startsAt > now ? 'scheduled' : 'running'
}

/** When a local time begins on earth. */
export const earliestOf = (local: string): Date => new Date(Date.parse(`${local}Z`) - FIRST_CLOCK_MS)

/**
 * Which way a person goes, by their bucket (0 to 9999); `HOLDOUT` for those who get nothing: a share of everybody. The
 * variants part the rest among themselves by weight. The same bucket always goes the same way.
 */
export function variantOf(bucket: number, variants: readonly Variant[], holdout: number): string {
  const heldOut = Math.round(holdout * BUCKETS)
  if (bucket < heldOut) return HOLDOUT
  const sum = variants.reduce((total, { weight }) => total + weight, 0)
  const place = ((bucket - heldOut) / (BUCKETS - heldOut)) * sum
  let upTo = 0
  for (const { name, weight } of variants) {
    upTo += weight
    if (place < upTo) return name
  }
  return variants.at(-1)?.name ?? ONLY_VARIANT
}
