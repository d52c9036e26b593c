import { z } from 'zod'
import { type Failure, failure } from '../domain/failure.ts'
import type { AudiencePerson } from '../flow/ports-campaign.ts'
import { type Answer, answer } from './answer.ts'
import { FILE_FAILURES, FILE_TYPES, type File, formatOf, openFile, uploadQuery } from './audience-file.ts'
import type { Line } from './audience-lines.ts'
import { makeRowSchema, type RowSchema } from './audience-row.ts'
import { chunksOf, readText, type Text } from './audience-text.ts'
import { audienceErrors } from './audience-upload.ts'
import { campaignIdOf } from './campaigns.ts'
import { contactSchema } from './dispatch-schema.ts'
import { maskContact } from './dispatch-view.ts'
import type { HttpPorts } from './ports.ts'
import { type Asked, type Route, route } from './route.ts'

const MOST_SHOWN = 5
const MOST_PROBLEMS = 20

const understood = z.object({
  line: z.int(),
  referenceId: z.string(),
  contact: contactSchema.nullable(),
  channels: z.array(z.string()).nullable(),
  locale: z.string().nullable(),
  timeZone: z.string().nullable(),
  fields: z.array(z.string()).meta({ description: 'What else the row says, without its values' }),
})
const previewAnswer = z
  .object({
    format: z.enum(['csv', 'ndjson']),
    encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be']),
    delimiter: z.string().nullable(),
    columns: z.array(z.object({ name: z.string(), path: z.string().nullable() })),
    mapping: z.record(z.string(), z.string()).meta({ description: 'Path by column; may go into map as it is' }),
    ignored: z.array(z.string()),
    rows: z.array(understood).meta({ description: 'The first five, as they are understood; addresses masked' }),
    problems: audienceErrors.meta({
      description: 'The first 20; those of line 0 keep the whole file from being taken',
    }),
  })
  .meta({ id: 'AudiencePreview' })

/** How the beginning of a file would be read; nothing is stored. */
export function previewRoute(ports: HttpPorts): Route {
  const schema = makeRowSchema(ports.now)
  return route({
    method: 'post',
    path: '/v1/campaigns/{id}/audience/mapping',
    scopes: ['campaign'],
    tag: 'Campaigns',
    summary: 'How a file would be understood',
    description: 'Send its first 64 KB. Addresses are not looked up, and nothing is stored.',
    query: uploadQuery,
    files: FILE_TYPES,
    answers: { 200: { description: 'Columns, first rows, problems', schema: previewAnswer } },
    failures: ['not_found', ...FILE_FAILURES],
    async act(asked) {
      const given = await preview(ports, schema, asked)
      asked.req.resume()
      return given
    },
  })
}

async function preview(
  ports: HttpPorts,
  schema: RowSchema,
  { req, query, param }: Asked<unknown, z.output<typeof uploadQuery>>,
): Promise<Answer | Failure> {
  const id = campaignIdOf({ param })
  if (id === undefined || !(await ports.audiences.target(id))) return failure('not_found')
  const format = formatOf(req)
  if (typeof format !== 'string') return format
  const text = await readText(chunksOf(req))
  if ('problem' in text) return failure('audience_unreadable', [{ path: 'body', message: text.problem }])
  const { file, wrong } = openFile(schema, text.head, { ...query, format })
  if (!file) return failure('audience_unreadable', wrong)
  const whole = wrong.map(({ message }) => ({ line: 0, column: '', reason: message }))
  return answer(200, { format, encoding: text.encoding, ...shown(file), ...beginning(file, text, whole) })
}

const shown = ({ head, mapping, ignored }: File) => ({
  delimiter: head?.delimiter ?? null,
  columns: head?.columns.map((name, i) => ({ name, path: head.paths[i] ?? null })) ?? [],
  mapping,
  ignored,
})

function beginning({ lines }: File, { head, isShort }: Text, problems: z.input<typeof audienceErrors>) {
  const rows: z.input<typeof understood>[] = []
  for (const line of lines.read(head, isShort)) {
    if (line.faults)
      problems.push(...line.faults.map(({ field, reason }) => ({ line: line.line, column: field, reason })))
    else if (rows.length < MOST_SHOWN) rows.push(maskRow(line))
  }
  return { rows, problems: problems.slice(0, MOST_PROBLEMS) }
}

function maskRow({ line, person: { referenceId, person } }: Extract<Line, { faults: null }>) {
  const { contact, channels, locale, timeZone } = person
  return {
    line,
    referenceId,
    contact: contact && maskContact(contact),
    channels,
    locale,
    timeZone,
    fields: fieldsOf(person),
  }
}

function fieldsOf({ userData, contact, variables, metadata, ownLink }: AudiencePerson): string[] {
  return [
    ...pathsIn('userData', userData),
    ...pathsIn('contact.name', contact?.name),
    ...pathsIn('variables', variables),
    ...pathsIn('metadata', metadata),
    ...pathsIn('link', ownLink),
  ]
}

function pathsIn(path: string, value: unknown): string[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object' || value instanceof Date || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([name, inner]) => pathsIn(`${path}.${name}`, inner))
}
