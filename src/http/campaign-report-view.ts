import { z } from 'zod'
import { SHOWN_STATES } from '../domain/campaign.ts'
import { DISPATCH_STATES } from '../domain/dispatch.ts'
import {
  messageReasons,
  messagesOf,
  OPENED_WITHIN_S,
  peopleOf,
  ratesOf,
  type Tally,
  timeToOpen,
} from '../domain/funnel.ts'
import { QUIET } from '../flow/why-quiet.ts'

const count = z.int()
const byReason = z.record(z.string(), count).meta({ description: 'Count by reason, the most frequent first' })
const rate = z.number().nullable().meta({ description: '0 to 1; null: of nobody' })
const moment = z.iso.datetime().nullable()

const audience = z
  .object({
    planned: count,
    waiting: count,
    accepted: count,
    heldOut: count,
    refused: byReason,
    leftOut: byReason,
  })
  .meta({ id: 'CampaignAudienceCounts' })

const people = z
  .object({
    accepted: count,
    linked: count.meta({ description: 'A link was made for them' }),
    handed: count.meta({ description: 'At least one message of theirs was taken' }),
    delivered: count,
    opened: count,
    openedSuspect: count.meta({ description: 'Opened only by what looks like a machine; not among opened' }),
    operation: count,
    states: z.record(z.enum(DISPATCH_STATES), count),
  })
  .meta({ id: 'CampaignPeople', description: 'Each person once; a later station is counted in the earlier ones' })

const messages = z
  .object({ handed: count, delivered: count, failed: count, skipped: count, waiting: count, ambiguous: count })
  .meta({ id: 'CampaignMessages' })

const rates = z
  .object({
    handed: rate.meta({ description: 'Of those accepted' }),
    delivered: rate.meta({ description: 'Of those handed over' }),
    opened: rate.meta({ description: 'Of those handed over' }),
    operation: rate.meta({ description: 'Of those who opened' }),
  })
  .meta({ id: 'CampaignRates' })

const timeToOpenSchema = z
  .object({
    buckets: z
      .array(z.object({ withinS: z.int().nullable(), people: count }))
      .meta({ description: `From the first hand-over; null: later than ${OPENED_WITHIN_S.at(-1)} s` }),
    medianWithinS: z.int().nullable(),
    unknown: count.meta({ description: 'Opened before a hand-over was known' }),
  })
  .meta({ id: 'TimeToOpen' })

const group = z
  .object({
    name: z.string(),
    people: people.nullable().meta({ description: 'null: by channel and step there are only messages' }),
    rates: rates.nullable(),
    timeToOpen: timeToOpenSchema.nullable(),
    messages,
    skipped: byReason,
    failed: byReason,
  })
  .meta({ id: 'CampaignGroup' })

export const progressSchema = z
  .object({
    id: z.string(),
    status: z.enum(SHOWN_STATES),
    asOf: z.iso.datetime(),
    startedAt: moment,
    endedAt: moment,
    audience,
    people,
    ends: byReason.meta({ description: 'People whose dispatch failed, expired or was suppressed' }),
    messages,
    skipped: byReason,
    failed: byReason,
    left: z.object({
      firsts: count,
      reminders: count.meta({ description: 'At most: those who open get none' }),
    }),
    pace: z.object({
      perMinute: z.number().meta({ description: 'Messages, over the last five whole minutes' }),
      perHour: z.int().nullable().meta({ description: 'What the campaign allows' }),
      linksPerMinute: z.int().nullable().meta({ description: 'What the partner allows, everything together' }),
      minutes: z.array(z.object({ at: z.iso.datetime(), sent: count })).meta({ description: 'Without empty ones' }),
    }),
    endsAt: moment.meta({
      description:
        'When the last first message will have left at this pace, closed hours not counted; null: nothing goes',
    }),
    isLate: z.boolean().meta({ description: 'After validUntil' }),
    waitsFor: z.object({
      what: z.enum(QUIET).meta({ description: 'What it does now, or why nothing of it leaves' }),
      until: moment.meta({ description: 'When that ends, where it is known' }),
      reason: z.string().nullable().meta({ description: 'Of the hold, where one is in the way' }),
    }),
  })
  .meta({ id: 'CampaignProgress' })

export const funnelSchema = z
  .object({
    id: z.string(),
    by: z.enum(['variant', 'locale', 'channel', 'step']).nullable(),
    audience,
    total: group,
    groups: z.array(group),
  })
  .meta({ id: 'CampaignFunnel' })

export const resultsSchema = z
  .object({
    id: z.string(),
    variants: z.array(group.extend({ weight: z.number() })),
    holdout: z.object({ share: z.number(), people: count }).meta({ description: 'They got nothing, to compare with' }),
  })
  .meta({ id: 'CampaignResults' })

export function groupOf(name: string, tallies: readonly Tally[]): z.input<typeof group> {
  const hasPeople = tallies.length === 0 || tallies.some((one) => one.subject !== 'message')
  const counted = peopleOf(tallies)
  return {
    name,
    people: hasPeople ? counted : null,
    rates: hasPeople ? ratesOf(counted) : null,
    timeToOpen: hasPeople ? timeToOpen(tallies) : null,
    messages: messagesOf(tallies),
    skipped: messageReasons(tallies, 'skipped'),
    failed: messageReasons(tallies, 'failed'),
  }
}
