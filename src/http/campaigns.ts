import { z } from 'zod'
import { type Failure, failure } from '../domain/failure.ts'
import { type CampaignAnswer, changeCampaign, createCampaign, createCampaignOnce } from '../flow/campaign.ts'
import type { Campaign } from '../flow/ports-campaign.ts'
import type { StoredAnswer } from '../flow/ports-store.ts'
import { readId, showId } from '../lib/id.ts'
import { type Answer, answer } from './answer.ts'
import { campaignChange, newCampaign, wishOf } from './campaign-body.ts'
import { campaignSchema, showCampaign } from './campaign-view.ts'
import { idempotencyKey } from './dispatches.ts'
import { onceOf, replay, replayed } from './once.ts'
import { listOf, pageFields, pageOf, readCursor } from './page.ts'
import type { HttpPorts } from './ports.ts'
import { type Raw, type Route, route } from './route.ts'

const MOST = 200
const USUAL = 50
const limitMessage = { error: `must be a whole number from 1 to ${MOST}` }

export const READING = ['malformed_json', 'body_too_large', 'unsupported_media_type', 'invalid_request'] as const
export const ONCE = ['idempotency_key_invalid', 'idempotency_key_reused', 'idempotency_in_flight'] as const

export const limitField = z.coerce
  .number(limitMessage)
  .int(limitMessage)
  .min(1, limitMessage)
  .max(MOST, limitMessage)
  .default(USUAL)

/** Campaigns: made, read, changed while they are drafts. */
export function campaignRoutes(ports: HttpPorts): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/campaigns',
      scopes: ['campaign'],
      tag: 'Campaigns',
      summary: 'Make a draft: one message for many people',
      description: 'It gets its audience afterwards, and nothing is sent before it is started.',
      headers: idempotencyKey,
      body: newCampaign,
      answers: { 201: { description: 'The draft', schema: campaignSchema } },
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
      path: '/v1/campaigns',
      scopes: ['read', 'campaign'],
      tag: 'Campaigns',
      summary: 'List campaigns',
      query: z.strictObject({ limit: limitField, ...pageFields }),
      answers: { 200: { description: 'Newest first', schema: listOf(campaignSchema) } },
      failures: ['invalid_request', 'invalid_cursor'],
      async act({ query: { cursor, limit } }) {
        const before = readCursor(cursor)
        if (before === undefined) return failure('invalid_cursor')
        const [campaigns, holds] = await Promise.all([
          ports.campaigns.list({ before, limit: limit + 1 }),
          ports.holds.list(),
        ])
        return answer(
          200,
          pageOf(campaigns, limit, (one) => showCampaign(one, holds, ports.now())),
        )
      },
    }),
    route({
      method: 'get',
      path: '/v1/campaigns/{id}',
      scopes: ['read', 'campaign'],
      tag: 'Campaigns',
      summary: 'How a campaign stands',
      answers: { 200: { description: 'The campaign', schema: campaignSchema } },
      failures: ['not_found'],
      async act(asked) {
        const id = campaignIdOf(asked)
        const campaign = id === undefined ? null : await ports.campaigns.one(id)
        return campaign ? answerCampaign(ports, { campaign }) : failure('not_found')
      },
    }),
    route({
      method: 'patch',
      path: '/v1/campaigns/{id}',
      scopes: ['campaign'],
      tag: 'Campaigns',
      summary: 'Change a draft; what is not named stays',
      body: campaignChange,
      answers: { 200: { description: 'The draft as it is now', schema: campaignSchema } },
      failures: [...READING, 'template_unknown', 'not_found', 'campaign_state'],
      async act({ body, ...asked }) {
        const id = campaignIdOf(asked)
        if (id === undefined) return failure('not_found')
        return answerCampaign(ports, await changeCampaign(ports, id, { wish: wishOf(body), by: asked.caller.label }))
      },
    }),
  ]
}

export const campaignIdOf = ({ param }: Pick<Raw, 'param'>) => readId('cmp', param('id'))

/** The campaign as every verb answers it. */
export async function answerCampaign(
  ports: Pick<HttpPorts, 'holds' | 'now'>,
  given: CampaignAnswer,
  status = 200,
): Promise<Answer | Failure> {
  if ('failure' in given) return given.failure
  const shown = showCampaign(given.campaign, await ports.holds.list(), ports.now())
  return answer(status, shown)
}

async function create(ports: HttpPorts, asked: Raw, body: z.output<typeof newCampaign>): Promise<Answer | Failure> {
  const once = onceOf(ports, asked, ABOUT)
  if (once !== null && 'code' in once) return once
  const by = asked.caller.label
  if (once === null) {
    const made = await createCampaign(ports, wishOf(body), by)
    return 'failure' in made ? made.failure : created(keptAnswer(ports, made.campaign))
  }
  const show = (campaign: Campaign) => keptAnswer(ports, campaign)
  const made = await createCampaignOnce(ports, wishOf(body), { by, once, show })
  if ('failure' in made) return made.failure
  return made.kind === 'replayed' ? replayed(made.answer) : created(made.answer)
}

/** Keeps keys of this operation apart from those of others. */
const ABOUT = 'campaigns'

/** A draft that was just made is held by nothing of its own. */
const keptAnswer = ({ now }: HttpPorts, campaign: Campaign) => ({
  location: `/v1/campaigns/${showId('cmp', campaign.id)}`,
  body: JSON.stringify(showCampaign(campaign, [], now())),
})

export const created = ({ location, body }: Pick<StoredAnswer, 'location' | 'body'>): Answer => ({
  status: 201,
  text: body,
  headers: { ...(location && { Location: location }) },
})
