import { z } from 'zod'
import { FOLLOW_UPS } from '../domain/campaign.ts'
import { type Failure, failure } from '../domain/failure.ts'
import type { NewRecurrence } from '../flow/ports-recur.ts'
import { planRecurrence, type RecurrenceWish } from '../flow/recur.ts'
import { isHourlyAtMost } from '../lib/cron.ts'
import { readId, showId } from '../lib/id.ts'
import { type Answer, answer } from './answer.ts'
import { repeatedCampaign, wishOf } from './campaign-body.ts'
import { created, limitField, ONCE, READING } from './campaigns.ts'
import { idempotencyKey } from './dispatches.ts'
import { moment, shortText, timeZone } from './fields.ts'
import { onceOf, replay, replayed } from './once.ts'
import { listOf, pageFields, pageOf, readCursor } from './page.ts'
import type { HttpPorts } from './ports.ts'
import { recurrenceSchema, showRecurrence } from './recurrence-view.ts'
import { type Raw, type Route, route } from './route.ts'

const campaignId = z.string().refine((text) => readId('cmp', text) !== undefined, 'is not the id of a campaign')

const audience = z
  .strictObject({
    campaignId: z
      .union([campaignId, z.literal('previous')], 'must be the id of a campaign, or previous')
      .meta({ description: 'previous: the campaign that this recurrence made last', example: 'previous' }),
    first: campaignId.optional().meta({ description: 'For previous: the campaign that the first firing looks at' }),
    list: z.enum(FOLLOW_UPS),
  })
  .refine(({ campaignId, first }) => (campaignId === 'previous') === (first !== undefined), {
    error: 'must be given with previous, and only then',
    path: ['first'],
  })
  .meta({ id: 'RecurrenceAudience' })

const body = z
  .strictObject({
    name: shortText,
    cron: z
      .string()
      .max(100)
      .refine(isHourlyAtMost, 'must have five fields, with one minute: at most once an hour, such as 0 10 * * 1')
      .meta({ description: 'Minute, hour, day of the month, month, day of the week', example: '0 10 * * 1' }),
    timeZone,
    audience,
    campaign: repeatedCampaign,
    until: moment.optional().meta({ description: 'It fires no more after this' }),
  })
  .meta({ id: 'NewRecurrence' })

/** Campaigns that are made again and again, over the people of an earlier one. */
export function recurrenceRoutes(ports: HttpPorts): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/recurrences',
      scopes: ['campaign'],
      tag: 'Campaigns',
      summary: 'Make a campaign again and again',
      description: 'Each firing makes a campaign, fills its audience and starts it. One that was missed fires once.',
      headers: idempotencyKey,
      body,
      answers: { 201: { description: 'It will fire at nextAt', schema: recurrenceSchema } },
      failures: [...READING, 'template_unknown', ...ONCE],
      async before(asked) {
        const once = onceOf(ports, asked, ABOUT)
        if (once === null) return undefined
        return 'code' in once ? once : replay(ports, once)
      },
      act: (asked) => create(ports, asked, asked.body),
    }),
    route({
      method: 'get',
      path: '/v1/recurrences',
      scopes: ['read', 'campaign'],
      tag: 'Campaigns',
      summary: 'List recurrences',
      query: z.strictObject({ limit: limitField, ...pageFields }),
      answers: { 200: { description: 'Newest first', schema: listOf(recurrenceSchema) } },
      failures: ['invalid_request', 'invalid_cursor'],
      async act({ query: { cursor, limit } }) {
        const before = readCursor(cursor)
        if (before === undefined) return failure('invalid_cursor')
        const found = await ports.recurrences.list({ before, limit: limit + 1 })
        return answer(200, pageOf(found, limit, showRecurrence))
      },
    }),
    route({
      method: 'get',
      path: '/v1/recurrences/{id}',
      scopes: ['read', 'campaign'],
      tag: 'Campaigns',
      summary: 'What a recurrence makes, and when next',
      answers: { 200: { description: 'The recurrence', schema: recurrenceSchema } },
      failures: ['not_found'],
      act: (asked) => answerWith(ports, asked),
    }),
    route({
      method: 'delete',
      path: '/v1/recurrences/{id}',
      scopes: ['campaign'],
      tag: 'Campaigns',
      summary: 'Stop a recurrence; campaigns that it made go on',
      answers: { 200: { description: 'Stopped, now or before', schema: recurrenceSchema } },
      failures: ['not_found'],
      async act(asked) {
        const id = idOf(asked)
        if (id !== undefined) await ports.recurrences.stop(id, asked.caller.label)
        return answerWith(ports, asked)
      },
    }),
  ]
}

/** Keeps keys of this operation apart from those of others. */
const ABOUT = 'recurrences'

const idOf = ({ param }: Pick<Raw, 'param'>) => readId('rec', param('id'))

async function answerWith({ recurrences }: HttpPorts, asked: Raw): Promise<Answer | Failure> {
  const id = idOf(asked)
  const found = id === undefined ? null : await recurrences.one(id)
  return found ? answer(200, showRecurrence(found)) : failure('not_found')
}

async function create(ports: HttpPorts, asked: Raw, given: z.output<typeof body>): Promise<Answer | Failure> {
  const once = onceOf(ports, asked, ABOUT)
  if (once !== null && 'code' in once) return once
  const planned = await planRecurrence(ports, recurrenceOf(given), asked.caller.label)
  if ('failure' in planned) return planned.failure
  const { recurrence } = planned
  if (once === null) {
    await ports.recurrences.create(recurrence)
    return created(kept(recurrence, ports.now()))
  }
  const show = (createdAt: Date) => kept(recurrence, createdAt)
  const made = await ports.recurrences.createOnce(recurrence, { ...once, show })
  if (made.kind === 'key_reused') return failure('idempotency_key_reused')
  return made.kind === 'replayed' ? replayed(made.answer) : created(made.answer)
}

function recurrenceOf({ audience, campaign, ...rest }: z.output<typeof body>): RecurrenceWish {
  const previous = audience.campaignId === 'previous'
  const seen = readId('cmp', (previous ? audience.first : audience.campaignId) ?? '') ?? ''
  return {
    ...rest,
    until: rest.until ?? null,
    campaign: wishOf(campaign),
    source: { campaignId: seen, list: audience.list, previous },
  }
}

const kept = (recurrence: NewRecurrence, createdAt: Date) => ({
  location: `/v1/recurrences/${showId('rec', recurrence.id)}`,
  body: JSON.stringify(showRecurrence({ ...recurrence, createdAt, stoppedAt: null, latest: null })),
})
