import { z } from 'zod'
import { CHANNELS } from '../domain/channel.ts'
import { type Failure, failure } from '../domain/failure.ts'
import { estimate } from '../flow/estimate.ts'
import type { Campaign, TakenRow } from '../flow/ports-campaign.ts'
import { sampleLinkFor } from '../flow/sample-link.ts'
import { type Sample, sample } from '../flow/samples.ts'
import { readId } from '../lib/id.ts'
import { answer } from './answer.ts'
import { campaignIdOf } from './campaigns.ts'
import { maskContact } from './dispatch-view.ts'
import { estimateSchema, showEstimate } from './estimate-view.ts'
import { referenceId } from './fields.ts'
import type { HttpPorts } from './ports.ts'
import { messageSchema, showMessage } from './previews.ts'
import { type Raw, type Route, route } from './route.ts'

const MOST_SAMPLES = 5
const USUAL_SAMPLES = 3
const few = { error: `must be a whole number from 1 to ${MOST_SAMPLES}` }

const samplesQuery = z
  .strictObject({
    referenceId: referenceId.optional(),
    upload: z.string().optional().meta({ description: 'upl_…, beside line' }),
    line: z.coerce
      .number('must be a whole number')
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .optional(),
    n: z.coerce
      .number(few)
      .int(few)
      .min(1, few)
      .max(MOST_SAMPLES, few)
      .default(USUAL_SAMPLES)
      .meta({ description: 'The first rows, where none is named' }),
  })
  .refine(({ upload, line }) => (upload === undefined) === (line === undefined), {
    error: 'is needed beside the other of line and upload',
    path: ['upload'],
  })

const sampleSchema = z
  .object({
    referenceId: z.string(),
    line: z.int(),
    variant: z.string(),
    locale: z.string(),
    timeZone: z.string(),
    contact: z.record(z.string(), z.unknown()).meta({ description: 'Masked' }),
    problem: z.string().nullable().meta({ description: 'Why nothing would be sent; null: it would' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    steps: z.array(
      z.object({
        kind: z.enum(['first', 'reminder']),
        channels: z.array(z.enum(CHANNELS)).meta({ description: 'Tried in this order' }),
        leavesAt: z.iso.datetime().meta({ description: 'As far as windows tell; limits make it later' }),
        messages: z.array(messageSchema),
      }),
    ),
  })
  .meta({ id: 'CampaignSample' })

/** What a campaign would do, before it does. */
export function estimateRoutes(ports: HttpPorts): Route[] {
  const about = { scopes: ['campaign', 'read'], tag: 'Campaigns' } as const
  return [
    route({
      ...about,
      method: 'post',
      path: '/v1/campaigns/{id}/estimate',
      summary: 'What would happen if it were started now: to whom, in how many segments, until when',
      description:
        'Looks at every row of the audience as it would be sent: some seconds for 100,000 of them. Sends nothing, makes no link, stores nothing.',
      body: z.strictObject({}).meta({ id: 'EstimateOrder' }),
      answers: { 200: { description: 'The estimate', schema: estimateSchema } },
      failures: ['malformed_json', 'unsupported_media_type', 'invalid_request', 'not_found', 'campaign_state'],
      act: (asked) =>
        withCampaign(ports, asked, async (campaign) => {
          const over = campaign.status === 'finished' || campaign.status === 'cancelled'
          if (over) return failure('campaign_state', [], { campaignStatus: campaign.status })
          return answer(200, showEstimate(await estimate(ports.estimating, campaign)))
        }),
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/campaigns/{id}/samples',
      summary: 'The messages of single rows, in their words, with the time each would leave',
      description: 'The link shown is a sample and nobody’s. Sends nothing, makes no link, stores nothing.',
      query: samplesQuery,
      answers: { 200: { description: 'One for each row', schema: z.object({ items: z.array(sampleSchema) }) } },
      failures: ['invalid_request', 'not_found'],
      act: ({ query, ...asked }) =>
        withCampaign(ports, asked, async (campaign) => {
          const rows = await rowsFor(ports, campaign, query)
          const url = (await sampleLinkFor(ports.estimating, campaign.plan.link)).url
          const sampling = { ...ports, ...ports.estimating, intake: { recipient: async () => null }, sampleUrl: url }
          const samples = await Promise.all(rows.map((row) => sample(sampling, campaign, row)))
          const named = query.referenceId !== undefined || query.line !== undefined
          return named && rows.length === 0
            ? failure('not_found')
            : answer(200, { items: samples.map((one) => showSample(ports, one)) })
        }),
    }),
  ]
}

async function withCampaign(
  ports: HttpPorts,
  asked: Pick<Raw, 'param'>,
  act: (campaign: Campaign) => Promise<ReturnType<typeof answer> | Failure>,
) {
  const id = campaignIdOf(asked)
  const campaign = id === undefined ? null : await ports.campaigns.one(id)
  return campaign ? act(campaign) : failure('not_found')
}

async function rowsFor(
  { audiences, estimating }: HttpPorts,
  { id }: Campaign,
  { referenceId: named, upload, line, n }: z.output<typeof samplesQuery>,
): Promise<TakenRow[]> {
  if (named === undefined && line === undefined) return audiences.page(id, null, n)
  const uploadId = readId('upl', upload ?? '')
  const person = named ?? (uploadId === undefined ? null : await estimating.personAt(id, { uploadId, line: line ?? 0 }))
  const row = person === null ? null : await audiences.row(id, person)
  return row ? [row] : []
}

function showSample(ports: HttpPorts, { row, variant, problem, steps }: Sample): z.input<typeof sampleSchema> {
  const { referenceId: person, line, locale, timeZone, contact } = row
  const failed = problem !== null && typeof problem === 'object'
  return {
    referenceId: person,
    line,
    variant,
    locale,
    timeZone,
    contact: maskContact(contact),
    problem: failed ? problem.code : problem,
    errors: failed ? problem.errors : [],
    steps: steps.map(({ messages, leavesAt, ...step }) => ({
      ...step,
      leavesAt: leavesAt.toISOString(),
      messages: messages.map((message) => showMessage(ports, message)),
    })),
  }
}
