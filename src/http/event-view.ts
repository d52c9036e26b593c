import { z } from 'zod'
import { EVENT_TYPES, type FeedEvent } from '../domain/event.ts'
import { showId } from '../lib/id.ts'
import { stepId } from './dispatch-view.ts'

export const eventSchema = z
  .object({
    id: z.string(),
    sequence: z.int().nullable(),
    type: z.enum(EVENT_TYPES),
    occurredAt: z.iso.datetime(),
    dispatchId: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    metadata: z.record(z.string(), z.unknown()).nullable().optional().meta({ description: 'Yours, of the dispatch' }),
  })
  .meta({ id: 'Event' })
export type ShownEvent = z.input<typeof eventSchema>

/** An event under the ids the outside knows. */
export const showEvent = (event: FeedEvent): ShownEvent => ({
  id: showId('evt', event.id),
  sequence: event.sequence,
  type: event.type,
  occurredAt: event.occurredAt.toISOString(),
  dispatchId: event.dispatchId && showId('dsp', event.dispatchId),
  data: showData(event),
})

function showData({ dispatchId, data }: FeedEvent): Record<string, unknown> {
  const { step, link, campaignId, ...rest } = data
  return {
    ...(typeof step === 'number' && dispatchId && { stepId: stepId(dispatchId, step) }),
    ...(typeof link === 'string' && { linkId: shownId('lnk', link) }),
    ...(typeof campaignId === 'string' && { campaignId: shownId('cmp', campaignId) }),
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, inUtc(value)])),
  }
}

/** The database writes moments with `+00:00`. */
const inUtc = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/.test(value) ? new Date(value).toISOString() : value

const shownId = (prefix: string, id: string) => (/^[0-9a-f-]{36}$/.test(id) ? showId(prefix, id) : id)
