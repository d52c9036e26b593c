import { z } from 'zod'
import { failure } from '../domain/failure.ts'
import type { Upload } from '../flow/ports-campaign.ts'
import { readId, showId } from '../lib/id.ts'
import { answer } from './answer.ts'
import { previewRoute } from './audience-preview.ts'
import { streamRefused } from './audience-refused.ts'
import { uploadRoute } from './audience-upload.ts'
import { campaignIdOf } from './campaigns.ts'
import { iso } from './dispatch-view.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const shownUpload = z
  .object({
    id: z.string(),
    source: z.enum(['file', 'list']),
    status: z.enum(['taking', 'done', 'broken']).meta({ description: 'broken: cut off; send all of it again' }),
    filename: z.string().nullable(),
    mapping: z.record(z.string(), z.string()).meta({ description: 'Path by column' }),
    ignored: z.array(z.string()),
    rows: z.int(),
    taken: z.int(),
    known: z.int(),
    doubled: z.int(),
    refused: z.int(),
    madeBy: z.string(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'AudienceUploadState' })

/** What was uploaded, what was not taken of it, and how to begin again. */
export function audienceRoutes(ports: HttpPorts): Route[] {
  const { audiences } = ports
  return [
    uploadRoute(ports),
    previewRoute(ports),
    route({
      method: 'get',
      path: '/v1/campaigns/{id}/audience',
      scopes: ['read', 'campaign'],
      tag: 'Campaigns',
      summary: 'What was uploaded, and how far an upload under way has come',
      answers: {
        200: {
          description: 'Newest first, the last 200',
          schema: z.object({ items: z.array(shownUpload), nextCursor: z.null() }),
        },
      },
      failures: ['not_found'],
      async act(asked) {
        const campaign = await targetOf(ports, campaignIdOf(asked))
        if (!campaign) return failure('not_found')
        const uploads = await audiences.uploads(campaign.id)
        return answer(200, { items: uploads.map(showUpload), nextCursor: null })
      },
    }),
    route({
      method: 'delete',
      path: '/v1/campaigns/{id}/audience',
      scopes: ['campaign'],
      tag: 'Campaigns',
      summary: 'Empty the audience of a draft',
      answers: {
        200: { description: 'Every row and every upload of it is gone', schema: z.object({ removed: z.int() }) },
      },
      failures: ['not_found', 'campaign_state'],
      async act(asked) {
        const campaign = await targetOf(ports, campaignIdOf(asked))
        if (!campaign) return failure('not_found')
        const removed = await audiences.clear(campaign.id)
        return removed === null
          ? failure('campaign_state', [], { campaignStatus: campaign.status })
          : answer(200, { removed })
      },
    }),
    route({
      method: 'get',
      path: '/v1/campaigns/{id}/audience/{upload}/refused',
      scopes: ['campaign'],
      tag: 'Campaigns',
      summary: 'The lines that were not taken, as a CSV file to mend and send again',
      description:
        'Line, column and reason come first, then the cells as they were; cells a spreadsheet would run are made plain.',
      answers: { 200: { description: 'text/csv, in order of lines' } },
      failures: ['not_found'],
      async act(asked) {
        const campaign = await targetOf(ports, campaignIdOf(asked))
        const id = readId('upl', asked.param('upload'))
        const upload = campaign && (await audiences.uploads(campaign.id)).find((one) => one.id === id)
        return upload ? streamRefused(ports, upload) : failure('not_found')
      },
    }),
  ]
}

const targetOf = (
  { audiences }: Pick<HttpPorts, 'audiences'>,
  id: string | undefined,
): ReturnType<HttpPorts['audiences']['target']> => (id === undefined ? Promise.resolve(null) : audiences.target(id))

const showUpload = ({ about, ...upload }: Upload): z.input<typeof shownUpload> => ({
  id: showId('upl', upload.id),
  source: upload.source,
  status: upload.status,
  filename: (about['filename'] as string | undefined) ?? null,
  mapping: (about['mapping'] as Record<string, string> | undefined) ?? {},
  ignored: (about['ignored'] as string[] | undefined) ?? [],
  rows: upload.rows,
  taken: upload.taken,
  known: upload.known,
  doubled: upload.doubled,
  refused: upload.refused,
  madeBy: upload.madeBy,
  createdAt: upload.createdAt.toISOString(),
  endedAt: iso(upload.endedAt),
})
