import { z } from 'zod'
import { CHANNELS } from '../domain/channel.ts'
import { failure } from '../domain/failure.ts'
import { HOLD_SCOPES, type Hold, type HoldScope } from '../domain/hold.ts'
import { placeHold } from '../flow/hold.ts'
import { release } from '../flow/release.ts'
import { readId, showId } from '../lib/id.ts'
import { answer } from './answer.ts'
import { iso } from './dispatch-view.ts'
import { shortText } from './fields.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

export const holdSchema = z
  .object({
    id: z.string(),
    scope: z.enum(HOLD_SCOPES),
    value: z.string().meta({ description: 'What is held; * where the scope says it all' }),
    reason: z.string(),
    placedBy: z.string(),
    placedAt: z.iso.datetime(),
    probeAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When the service tries by itself; null: a person lifts it' }),
  })
  .meta({ id: 'Hold' })

const holdBody = z
  .strictObject({
    scope: z.enum(HOLD_SCOPES),
    value: shortText
      .optional()
      .meta({ description: 'Campaign id, template, channel or provider; none for all and partner' }),
    reason: shortText,
  })
  .transform((body, context) => {
    const value = heldValue(body.scope, body.value)
    if (value === undefined) context.addIssue({ code: 'custom', message: NEEDED[body.scope], path: ['value'] })
    return { ...body, value: value ?? '' }
  })
  .meta({ id: 'NewHold' })

const NEEDED: Record<HoldScope, string> = {
  all: 'must be absent: this scope holds everything',
  partner: 'must be absent: there is one partner',
  campaign: 'must be the id of a campaign (cmp_…)',
  template: 'must be the name of a template',
  channel: `must be one of ${CHANNELS.join(', ')}`,
  provider: 'must be the name of a provider',
}

/** The value as the road compares it, or undefined when it does not suit the scope. */
function heldValue(scope: HoldScope, value: string | undefined): string | undefined {
  switch (scope) {
    case 'all':
    case 'partner':
      return value === undefined || value === '*' ? '*' : undefined
    case 'campaign':
      return readId('cmp', value ?? '')
    case 'channel':
      return CHANNELS.find((name) => name === value)
    case 'template':
    case 'provider':
      return value
  }
}

/** Stop signs: seen, placed, lifted. */
export function holdRoutes(ports: HttpPorts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/holds',
      scopes: ['operate', 'read'],
      tag: 'Operations',
      summary: 'Everything that is held now',
      answers: {
        200: { description: 'Oldest first', schema: z.object({ items: z.array(holdSchema), nextCursor: z.null() }) },
      },
      failures: [],
      act: async () => answer(200, { items: (await ports.holds.list()).map(showHold), nextCursor: null }),
    }),
    route({
      method: 'post',
      path: '/v1/holds',
      scopes: ['operate'],
      tag: 'Operations',
      summary: 'Hold everything, a campaign, a template, a channel, a provider or the partner',
      description: 'What is held already stays as it is held, and is answered.',
      body: holdBody,
      answers: { 201: { description: 'In force', schema: holdSchema } },
      failures: ['malformed_json', 'invalid_request'],
      async act({ body, caller }) {
        const hold = await placeHold(ports, { ...body, placedBy: caller.label, probeAfterMs: null })
        return answer(201, showHold(hold))
      },
    }),
    route({
      method: 'delete',
      path: '/v1/holds/{id}',
      scopes: ['operate'],
      tag: 'Operations',
      summary: 'Lift a hold',
      description:
        'On a database that was restored from an older copy, lifting the hold on everything also decides about messages that the lost one may have sent (`doubtful` in /v1/status).',
      query: z.strictObject({
        doubtful: z
          .enum(['hand', 'send'])
          .default('hand')
          .meta({ description: 'hand: they count as handed over, unconfirmed; send: they are sent, perhaps twice' }),
      }),
      answers: { 200: { description: 'The hold that was lifted', schema: holdSchema } },
      failures: ['invalid_request', 'not_found'],
      async act({ param, caller, query }) {
        const id = readId('hld', param('id'))
        const lifted =
          id === undefined ? null : await release(ports, { id, by: caller.label, doubtful: query.doubtful })
        return lifted ? answer(200, showHold(lifted)) : failure('not_found')
      },
    }),
  ]
}

export const showHold = (hold: Hold): z.input<typeof holdSchema> => ({
  id: showId('hld', hold.id),
  scope: hold.scope,
  value: hold.scope === 'campaign' ? showId('cmp', hold.value) : hold.value,
  reason: hold.reason,
  placedBy: hold.placedBy,
  placedAt: hold.placedAt.toISOString(),
  probeAt: iso(hold.probeAt),
})
