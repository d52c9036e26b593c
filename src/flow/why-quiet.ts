import { type Hold, heldBy, stopsEverything } from '../domain/hold.ts'
import type { Campaign, CampaignOutlook } from './ports-campaign.ts'

/** `limit`: the partner's, or what a person may get at most. `done`: everything was sent; links may still be opened. */
export const QUIET = ['scheduled', 'paused', 'held', 'window', 'limit', 'pace', 'sending', 'done'] as const
export type Quiet = (typeof QUIET)[number]
export interface WhyQuiet {
  why: Quiet
  /** When that ends, where it is known. */
  until: Date | null
  /** Of the hold, where one is in the way. */
  reason: string | null
}

/** What a campaign does right now, or why nothing of it leaves: it never just runs without sending. */
export function whyQuiet(campaign: Campaign, outlook: CampaignOutlook, holds: readonly Hold[]): WhyQuiet {
  if (campaign.status === 'draft') return { ...FREE, why: 'scheduled' }
  if (campaign.status !== 'running') return { ...FREE, why: 'done' }
  if (campaign.hold) return { why: 'paused', until: null, reason: campaign.hold.reason }
  const hold = holdOn(outlook, holds)
  if (hold) return { why: 'held', until: hold.probeAt, reason: hold.reason }
  if (outlook.inHand) return { ...FREE, why: 'sending' }
  return { ...FREE, ...(isDue(outlook) ? whyNotNow(outlook) : whyLater(campaign, outlook)) }
}

const FREE = { until: null, reason: null }

function holdOn({ nextStep }: CampaignOutlook, holds: readonly Hold[]): Hold | undefined {
  return (
    stopsEverything(holds) ??
    (nextStep
      ? (heldBy(holds, 'channel', nextStep.channel) ?? heldBy(holds, 'template', nextStep.template))
      : undefined)
  )
}

const isDue = ({ nextStep, nextRowAt, now }: CampaignOutlook): boolean =>
  (nextStep !== null && nextStep.dueAt <= now) || (nextRowAt !== null && nextRowAt <= now)

function whyNotNow({ nextStep, paceAt, slotAt }: CampaignOutlook): Omit<WhyQuiet, 'reason'> {
  if (paceAt) return { why: 'pace', until: paceAt }
  if (nextStep?.needsLink && slotAt) return { why: 'limit', until: slotAt }
  return { why: 'sending', until: null }
}

/** Why a message waits is on its step; a row waits for its own time, or for its window. */
function whyLater(campaign: Campaign, { nextStep, nextRowAt, now }: CampaignOutlook): Omit<WhyQuiet, 'reason'> {
  const rowFirst = nextRowAt !== null && (nextStep === null || nextRowAt < nextStep.dueAt)
  if (rowFirst) return { why: isScheduled(campaign, now) ? 'scheduled' : 'window', until: nextRowAt }
  if (!nextStep) return { why: 'done', until: null }
  return { why: WAITS[nextStep.reason ?? ''] ?? 'scheduled', until: nextStep.dueAt }
}

const WAITS: Record<string, Quiet> = {
  outside_window: 'window',
  capped: 'limit',
  paced: 'limit',
  partner_throttled: 'limit',
  partner_unavailable: 'held',
  partner_held: 'held',
  channel_held: 'held',
  provider_held: 'held',
  template_held: 'held',
}

/** No place is further behind UTC. */
const BEHIND_MS = 12 * 3_600_000

function isScheduled({ startAt, localStart, plan }: Campaign, now: Date): boolean {
  if (plan.variants.some(({ sendHour }) => sendHour !== undefined)) return true
  if (localStart !== null) return now.getTime() < Date.parse(`${localStart}Z`) + BEHIND_MS
  return startAt !== null && startAt > now
}
