import { z } from 'zod'
import { SHOWN_STATES, shownStatus } from '../domain/campaign.ts'
import { CHANNELS } from '../domain/channel.ts'
import type { Hold } from '../domain/hold.ts'
import { holdsOn } from '../flow/campaign.ts'
import type { Campaign, CampaignPlan } from '../flow/ports-campaign.ts'
import { formatDuration } from '../lib/duration.ts'
import { showId } from '../lib/id.ts'
import { iso } from './dispatch-view.ts'
import { holdSchema, showHold } from './holds.ts'

const channelList = z.array(z.enum(CHANNELS)).nullable()
const moment = z.iso.datetime().nullable()

export const campaignSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z
      .enum(SHOWN_STATES)
      .meta({ description: 'scheduled: before its start; cancelling: with messages to stop' }),
    reason: z.string().nullable(),
    category: z.enum(['transactional', 'commercial']),
    template: z.string(),
    channels: channelList,
    variables: z.record(z.string(), z.unknown()),
    reminders: z
      .object({ after: z.array(z.string()), channels: channelList, template: z.string().nullable() })
      .nullable()
      .optional()
      .meta({ description: 'null: none; absent: the configured ones' }),
    link: z.record(z.string(), z.unknown()),
    ifActive: z.enum(['supersede', 'join', 'reject']),
    suspectOpens: z.string(),
    fallbackAfter: z.string().nullable(),
    startAt: moment,
    localStart: z.string().nullable(),
    validUntil: moment,
    window: z.object({ from: z.string(), to: z.string(), days: z.array(z.int()) }).nullable(),
    perHour: z.int().nullable(),
    variants: z.array(
      z.object({
        name: z.string(),
        weight: z.number(),
        template: z.string().optional(),
        channels: z.array(z.enum(CHANNELS)).optional(),
        sendHour: z.int().optional(),
      }),
    ),
    holdout: z.number(),
    brake: z.object({ failed: z.number(), optedOut: z.number(), complained: z.number(), after: z.int() }),
    audience: z.object({ waiting: z.int().meta({ description: 'Rows that are to become dispatches' }) }),
    dispatches: z.object({ open: z.int().meta({ description: 'Dispatches that have not ended' }) }),
    holds: z.array(holdSchema).meta({ description: 'What keeps its messages back now' }),
    recurrenceId: z.string().nullable(),
    revokeLinks: z.boolean(),
    madeBy: z.string(),
    createdAt: z.iso.datetime(),
    startedAt: moment,
    endedAt: moment,
  })
  .meta({ id: 'Campaign' })

export type ShownCampaign = z.input<typeof campaignSchema>

/** `holds`: all that are in force. */
export function showCampaign(campaign: Campaign, holds: readonly Hold[], now: Date): ShownCampaign {
  const { plan } = campaign
  return {
    id: showId('cmp', campaign.id),
    name: campaign.name,
    status: shownStatus({ ...campaign, isHeld: campaign.hold !== null }, now),
    reason: campaign.hold?.reason ?? campaign.reason,
    category: campaign.category,
    ...showPlan(plan),
    startAt: iso(campaign.startAt),
    localStart: campaign.localStart,
    validUntil: iso(campaign.validUntil),
    window: campaign.ownWindow,
    perHour: campaign.perHour,
    variants: plan.variants,
    holdout: plan.holdout,
    brake: campaign.brake,
    audience: { waiting: campaign.waiting },
    dispatches: { open: campaign.open },
    holds: holdsOn(campaign, holds).map(showHold),
    recurrenceId: campaign.recurrence && showId('rec', campaign.recurrence.id),
    revokeLinks: campaign.revokeLinks,
    madeBy: campaign.madeBy,
    createdAt: campaign.createdAt.toISOString(),
    startedAt: iso(campaign.startedAt),
    endedAt: iso(campaign.endedAt),
  }
}

const showPlan = ({ template, channels, variables, reminders, link, ...plan }: CampaignPlan) => ({
  template,
  channels,
  variables,
  ...(reminders !== undefined && { reminders: reminders && showReminders(reminders) }),
  link: { ...link },
  ifActive: plan.ifActive,
  suspectOpens: plan.suspectOpens,
  fallbackAfter: plan.fallBackMs === null ? null : formatDuration(plan.fallBackMs),
})

const showReminders = ({ afterMs, channels, template }: NonNullable<CampaignPlan['reminders']>) => ({
  after: afterMs.map(formatDuration),
  channels,
  template,
})
