import { z } from 'zod'
import { failure } from '../domain/failure.ts'
import { type CampaignAnswer, cancelCampaign, pauseCampaign, resumeCampaign, startCampaign } from '../flow/campaign.ts'
import { campaignSchema } from './campaign-view.ts'
import { answerCampaign, campaignIdOf, READING } from './campaigns.ts'
import { cancelBody } from './dispatch-acts.ts'
import { shortText } from './fields.ts'
import type { HttpPorts } from './ports.ts'
import { type Raw, type Route, route } from './route.ts'

const startBody = z
  .strictObject({
    refuseLate: z.boolean().default(false).meta({ description: 'Refuse where the end lies after validUntil' }),
  })
  .meta({ id: 'CampaignStart' })
const pauseBody = z.strictObject({ reason: shortText.optional() }).meta({ id: 'CampaignPause' })
const nothing = z.strictObject({}).meta({ id: 'Nothing' })

const ACTING = [...READING, 'not_found', 'campaign_state'] as const
const asItIs = { 200: { description: 'The campaign as it is now', schema: campaignSchema } }

/** What can be done to a campaign. Doing it once more answers the same. */
export function campaignActRoutes(ports: HttpPorts): Route[] {
  const acts = { method: 'post', scopes: ['campaign'], tag: 'Campaigns', answers: asItIs } as const
  return [
    route({
      ...acts,
      path: '/v1/campaigns/{id}/start',
      summary: 'Start a draft, now or at its time',
      body: startBody,
      failures: [...ACTING, 'campaign_empty', 'campaign_late'],
      act: ({ body: { refuseLate }, ...asked }) =>
        actOn(ports, asked, (id, by) => startCampaign(ports, id, { by, refuseLate })),
    }),
    route({
      ...acts,
      path: '/v1/campaigns/{id}/pause',
      summary: 'Pause a running campaign',
      description: 'Answered when no message of it can start any more, in any process.',
      body: pauseBody,
      failures: [...ACTING],
      act: ({ body: { reason = null }, ...asked }) =>
        actOn(ports, asked, (id, by) => pauseCampaign(ports, id, { by, reason })),
    }),
    route({
      ...acts,
      path: '/v1/campaigns/{id}/resume',
      summary: 'Let a paused campaign go on where it stopped',
      description: "Lifts the campaign's own hold, also the brake's; `holds` names what else keeps its messages back.",
      body: nothing,
      failures: [...ACTING],
      act: (asked) => actOn(ports, asked, (id, by) => resumeCampaign(ports, id, by)),
    }),
    route({
      ...acts,
      path: '/v1/campaigns/{id}/cancel',
      summary: 'End a campaign, and take its links back if asked',
      description:
        'Answered when no message of it can start any more. Its dispatches are ended afterwards, and with revokeLinks their links revoked where no operation exists: `cancelling` until that is done.',
      body: cancelBody,
      failures: [...ACTING],
      act: ({ body: { reason = null, revokeLinks }, ...asked }) =>
        actOn(ports, asked, (id, by) => cancelCampaign(ports, id, { by, reason, revokeLinks })),
    }),
  ]
}

async function actOn(
  ports: HttpPorts,
  asked: Pick<Raw, 'param' | 'caller'>,
  act: (id: string, by: string) => Promise<CampaignAnswer>,
) {
  const id = campaignIdOf(asked)
  return id === undefined ? failure('not_found') : answerCampaign(ports, await act(id, asked.caller.label))
}
