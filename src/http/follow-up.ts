import { z } from 'zod'
import { FOLLOW_UPS } from '../domain/campaign.ts'
import { type Failure, failure } from '../domain/failure.ts'
import type { PeopleSource } from '../flow/ports-campaign.ts'
import { takeList } from '../flow/take-list.ts'
import { readId, showId } from '../lib/id.ts'
import { type Answer, answer } from './answer.ts'
import { audienceErrors } from './audience-upload.ts'
import { campaignIdOf, READING } from './campaigns.ts'
import { download, type ExportFormat } from './exports.ts'
import { followedUpSchema, piecesOf, showFollowedUp } from './follow-up-rows.ts'
import { listOf, pageFields, pageOf, readCursor } from './page.ts'
import type { HttpPorts } from './ports.ts'
import { type Raw, type Route, route } from './route.ts'

const MOST = 200
const limitMessage = { error: `must be a whole number from 1 to ${MOST}` }
export const peopleQuery = {
  limit: z.coerce.number(limitMessage).int(limitMessage).min(1, limitMessage).max(MOST, limitMessage).default(50),
  ...pageFields,
}

/** `name@version`, as attempts and holds name it. */
export const templateVersion = z
  .string()
  .regex(/^[\w-]{1,64}@[\w.-]{1,64}$/, 'must be a template and its version, as /v1/templates names them: magic-link@…')

const list = z.enum(FOLLOW_UPS).default('not_opened').meta({
  description:
    'not_opened: handed over and not opened by a person, ended or not; opened_no_operation; failed: also expired; opted_out: since they were written to',
})

const listBody = z
  .strictObject({
    list: z.enum([...FOLLOW_UPS, 'received']),
    campaignId: z.string().optional().meta({ description: 'Whose list; not for received' }),
    template: templateVersion.optional().meta({ description: 'For received: everybody who got these words' }),
  })
  .transform((body, context): PeopleSource => {
    const wrong = (path: string, message: string) => {
      context.addIssue({ code: 'custom', message, path: [path] })
      return z.NEVER
    }
    if (body.list === 'received') {
      if (body.campaignId !== undefined) return wrong('campaignId', 'must be absent: the list is of a template')
      return body.template === undefined ? wrong('template', 'is needed for this list') : { template: body.template }
    }
    if (body.template !== undefined) return wrong('template', 'is for the list received only')
    const campaignId = readId('cmp', body.campaignId ?? '')
    return campaignId === undefined
      ? wrong('campaignId', 'must be the id of a campaign (cmp_…)')
      : { campaignId, list: body.list }
  })
  .meta({ id: 'AudienceList' })

const takenSchema = z
  .object({
    uploadId: z.string(),
    rows: z.int(),
    taken: z.int(),
    known: z.int(),
    doubled: z.int(),
    refused: z.int(),
    errors: audienceErrors.meta({ description: 'The first 100; line: the place in the list' }),
    refusals: z.string(),
  })
  .meta({ id: 'AudienceListTaken' })

type FollowUpPorts = Pick<
  HttpPorts,
  'lists' | 'tallies' | 'log' | 'audiences' | 'render' | 'missingVariables' | 'defaults' | 'now' | 'newId' | 'distrust'
>

/** Whom to call, and whom to write to once more. */
export function followUpRoutes(ports: FollowUpPorts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/campaigns/{id}/follow-up',
      scopes: ['read', 'campaign'],
      tag: 'Campaigns',
      summary: 'Who did not open, opened without an operation, failed, or opted out',
      query: z.strictObject({ list, ...peopleQuery }),
      answers: { 200: { description: 'In order of dispatches, addresses masked', schema: listOf(followedUpSchema) } },
      failures: ['invalid_request', 'invalid_cursor', 'not_found'],
      async act({ query, ...asked }) {
        const campaignId = await knownCampaign(ports, asked)
        if (campaignId === undefined) return failure('not_found')
        return peoplePage(ports, { campaignId, list: query.list }, query)
      },
    }),
    ...(['csv', 'ndjson'] as const).map((format) => exportRoute(ports, format)),
    route({
      method: 'post',
      path: '/v1/campaigns/{id}/audience/list',
      scopes: ['campaign'],
      tag: 'Campaigns',
      summary: 'Take a list of an earlier campaign, or everybody who got a template, as the audience',
      description: 'With their addresses, variables and metadata; by the rules of an upload, so nobody is taken twice.',
      body: listBody,
      answers: { 200: { description: 'Taken, but for those named', schema: takenSchema } },
      failures: [...READING, 'not_found', 'audience_closed'],
      act: ({ body, ...asked }) => takeAsAudience(ports, body, asked),
    }),
  ]
}

const exportRoute = (ports: FollowUpPorts, format: ExportFormat) =>
  route({
    method: 'get',
    path: `/v1/campaigns/{id}/follow-up.${format}`,
    scopes: ['read', 'campaign'],
    tag: 'Campaigns',
    summary: `A whole follow-up list as ${format === 'csv' ? 'CSV, safe to open in a spreadsheet' : 'NDJSON'}`,
    description: 'With your metadata and without addresses.',
    query: z.strictObject({ list }),
    answers: { 200: { description: 'A file of any length' } },
    failures: ['invalid_request', 'not_found'],
    async act({ query, ...asked }) {
      const campaignId = await knownCampaign(ports, asked)
      if (campaignId === undefined) return failure('not_found')
      const name = `${query.list.replaceAll('_', '-')}-${showId('cmp', campaignId)}`
      return download(ports, { name, format }, piecesOf(ports.lists, { campaignId, list: query.list }, format))
    },
  })

/** A page of people in order of their dispatches. */
export async function peoplePage(
  { lists }: Pick<HttpPorts, 'lists'>,
  source: PeopleSource,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Answer | Failure> {
  const after = readCursor(cursor)
  if (after === undefined) return failure('invalid_cursor')
  return answer(200, pageOf(await lists.page(source, after, limit + 1), limit, showFollowedUp))
}

async function knownCampaign({ tallies }: FollowUpPorts, asked: Pick<Raw, 'param'>): Promise<string | undefined> {
  const id = campaignIdOf(asked)
  return id !== undefined && (await tallies.head(id)) ? id : undefined
}

async function takeAsAudience(ports: FollowUpPorts, source: PeopleSource, asked: Pick<Raw, 'param' | 'caller'>) {
  const id = campaignIdOf(asked)
  const campaign = id === undefined ? null : await ports.audiences.target(id)
  if (!campaign) return failure('not_found')
  const isOpen = campaign.status === 'draft' || campaign.status === 'running'
  const about = 'template' in source ? { list: 'received', ...source } : { ...source }
  const order = { campaign, about, madeBy: asked.caller.label }
  const taken = isOpen ? await takeList(ports, order, ports.lists.people(source)) : null
  if (!taken) return failure('audience_closed', [], { campaignStatus: campaign.status })
  const uploadId = showId('upl', taken.id)
  return answer(200, {
    uploadId,
    ...taken.counts,
    errors: taken.errors.map(({ line, field, reason }) => ({ line, column: field, reason })),
    refusals: `/v1/campaigns/${showId('cmp', campaign.id)}/audience/${uploadId}/refused`,
  })
}
