import { z } from 'zod'
import { FOLLOW_UPS } from '../domain/campaign.ts'
import type { Recurrence } from '../flow/ports-recur.ts'
import { showId } from '../lib/id.ts'
import { iso } from './dispatch-view.ts'

const moment = z.iso.datetime().nullable()

export const recurrenceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    cron: z.string(),
    timeZone: z.string(),
    audience: z.object({ campaignId: z.string(), first: z.string().optional(), list: z.enum(FOLLOW_UPS) }),
    campaign: z.object({ name: z.string(), category: z.string(), template: z.string() }),
    nextAt: moment.meta({ description: 'null: it fires no more' }),
    until: moment,
    stoppedAt: moment,
    latest: z
      .object({ campaignId: z.string(), firesAt: z.iso.datetime() })
      .nullable()
      .meta({ description: 'The campaign it made last, and for which firing' }),
    madeBy: z.string(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Recurrence' })

export function showRecurrence(recurrence: Recurrence): z.input<typeof recurrenceSchema> {
  const { source, campaign, latest } = recurrence
  const seen = showId('cmp', source.campaignId)
  const { name = '', category = 'commercial', template = 'magic-link' } = campaign
  return {
    id: showId('rec', recurrence.id),
    name: recurrence.name,
    cron: recurrence.cron,
    timeZone: recurrence.timeZone,
    audience: source.previous
      ? { campaignId: 'previous', first: seen, list: source.list }
      : { campaignId: seen, list: source.list },
    campaign: { name, category, template },
    nextAt: iso(recurrence.nextAt),
    until: iso(recurrence.until),
    stoppedAt: iso(recurrence.stoppedAt),
    latest: latest && { campaignId: showId('cmp', latest.campaignId), firesAt: latest.firesAt.toISOString() },
    madeBy: recurrence.madeBy,
    createdAt: recurrence.createdAt.toISOString(),
  }
}
