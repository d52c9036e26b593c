import { setImmediate as breathe } from 'node:timers/promises'
import { z } from 'zod'
import { type Failure, failure } from '../domain/failure.ts'
import { beginTaking, type Taking } from '../flow/audience.ts'
import type { AudienceTarget } from '../flow/ports-campaign.ts'
import { showId } from '../lib/id.ts'
import { type Answer, answer } from './answer.ts'
import { FILE_FAILURES, FILE_TYPES, type File, formatOf, openFile, uploadQuery } from './audience-file.ts'
import type { Line, LineReader } from './audience-lines.ts'
import { makeRowSchema, type RowSchema } from './audience-row.ts'
import { chunksOf, readText, type Text } from './audience-text.ts'
import { campaignIdOf } from './campaigns.ts'
import type { HttpPorts } from './ports.ts'
import { type Asked, type Route, route } from './route.ts'

const MOST_ROWS = 5_000_000
/** A sender from whom nothing comes for so long is gone. */
const SILENCE_MS = 300_000
/** Lines between which others get their turn. */
const AT_A_STRETCH = 50

export const audienceErrors = z.array(
  z.object({
    line: z.int().meta({ description: 'Where the record begins, as an editor counts' }),
    column: z.string().meta({ description: 'Of the first line; a path where no column is to blame; empty: the line' }),
    reason: z.string(),
  }),
)
const uploadAnswer = z
  .object({
    uploadId: z.string(),
    rows: z.int(),
    taken: z.int(),
    known: z.int().meta({ description: 'In the audience before, from an earlier upload' }),
    doubled: z.int().meta({ description: 'Twice in this file: the first was taken' }),
    refused: z.int(),
    mapping: z.record(z.string(), z.string()).meta({ description: 'Path by column' }),
    ignored: z.array(z.string()).meta({ description: 'Columns nobody reads' }),
    errors: audienceErrors.meta({ description: 'The first 100' }),
    refusals: z.string().meta({ description: 'Where every line that was not taken can be fetched' }),
  })
  .meta({ id: 'AudienceUpload' })

/** A file of any length: rows are checked and stored a thousand at a time, and the sender waits meanwhile. */
export function uploadRoute(ports: HttpPorts): Route {
  const schema = makeRowSchema(ports.now)
  return route({
    method: 'post',
    path: '/v1/campaigns/{id}/audience',
    scopes: ['campaign'],
    tag: 'Campaigns',
    summary: 'Upload people, as CSV or NDJSON of any length',
    description: `Good rows are taken though others are refused. Up to ${MOST_ROWS.toLocaleString('en')} rows a file; sending a file again doubles nobody.`,
    query: uploadQuery,
    files: FILE_TYPES,
    answers: { 200: { description: 'Taken, but for the rows named', schema: uploadAnswer } },
    failures: ['not_found', ...FILE_FAILURES, 'audience_closed'],
    async act(asked) {
      const { req } = asked
      req.setTimeout(SILENCE_MS, () => req.destroy())
      try {
        return await upload(ports, schema, asked)
      } finally {
        // What was refused early is still on its way, and its sender may listen only when all is sent.
        req.setTimeout(0)
        req.resume()
      }
    },
  })
}

async function upload(
  ports: HttpPorts,
  schema: RowSchema,
  asked: Asked<unknown, z.output<typeof uploadQuery>>,
): Promise<Answer | Failure> {
  const { req, query, caller } = asked
  const id = campaignIdOf(asked)
  const campaign = id === undefined ? null : await ports.audiences.target(id)
  if (!campaign) return failure('not_found')
  if (campaign.status !== 'draft' && campaign.status !== 'running') return closed(campaign)
  const format = formatOf(req)
  if (typeof format !== 'string') return format
  const text = await readText(chunksOf(req))
  if ('problem' in text) return failure('audience_unreadable', [{ path: 'body', message: text.problem }])
  const { file, wrong } = openFile(schema, text.head, { ...query, format })
  if (!file || wrong.length > 0) return failure('audience_unreadable', wrong)
  const about = { filename: query.filename ?? null, format, encoding: text.encoding, ...file.about }
  const madeBy = caller.label
  const taking = await beginTaking(ports, { campaign, source: 'file', about, madeBy, nameOf: file.nameOf })
  const given = await takeAll(taking, text, { ...file, campaign })
  return given ?? closed((await ports.audiences.target(campaign.id)) ?? campaign)
}

/** null: the campaign ended meanwhile. */
async function takeAll(
  taking: Taking,
  text: Text,
  file: File & { campaign: AudienceTarget },
): Promise<Answer | Failure | null> {
  try {
    const verdict = await pourInto(taking, text, file.lines)
    const open = await taking.end(verdict === 'all' ? 'done' : 'broken')
    if (!open || verdict === 'closed') return null
    return verdict === 'too_many' ? tooMany() : answer(200, summary(taking, file))
  } catch (error) {
    // Whoever was cut off finds what was taken, and may send all of it again.
    await taking.end('broken')
    throw error
  }
}

type Verdict = 'all' | 'closed' | 'too_many'

async function pourInto(taking: Taking, { head, blocks }: Text, lines: LineReader): Promise<Verdict> {
  let stretch = 0
  const pour = async (text: string, last: boolean): Promise<Verdict> => {
    for (const line of lines.read(text, last)) {
      if (taking.counts.rows >= MOST_ROWS) return 'too_many'
      if (!(await put(taking, line))) return 'closed'
      if (++stretch % AT_A_STRETCH === 0) await breathe()
    }
    return 'all'
  }
  let verdict = await pour(head, false)
  for await (const { text, last } of blocks()) {
    if (verdict !== 'all') break
    verdict = await pour(text, last)
  }
  return verdict
}

function put(taking: Taking, { line, text, ...read }: Line): Promise<boolean> {
  if (read.faults === null) {
    const { referenceId, person } = read.person
    return taking.take({ line, text, referenceId, person })
  }
  const [first = { field: '', reason: 'cannot be read' }, ...more] = read.faults
  return taking.refuse([{ line, text, ...first }, ...more.map((fault) => ({ line, text: null, ...fault }))])
}

const summary = (
  { id, counts, errors }: Taking,
  { mapping, ignored, campaign }: File & { campaign: AudienceTarget },
): z.input<typeof uploadAnswer> => ({
  uploadId: showId('upl', id),
  ...counts,
  mapping,
  ignored,
  errors: errors
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, field, reason }) => ({ line, column: field, reason })),
  refusals: `/v1/campaigns/${showId('cmp', campaign.id)}/audience/${showId('upl', id)}/refused`,
})

const closed = ({ status }: AudienceTarget) => failure('audience_closed', [], { campaignStatus: status })
const tooMany = () =>
  failure('body_too_large', [
    {
      path: 'body',
      message: 'has more than 5,000,000 rows: the first 5,000,000 were taken, send the rest in another file',
    },
  ])
