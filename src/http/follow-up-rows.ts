import { z } from 'zod'
import { CHANNELS } from '../domain/channel.ts'
import { DISPATCH_STATES } from '../domain/dispatch.ts'
import { reasonWords } from '../domain/summary-words.ts'
import type { PeopleSource } from '../flow/ports-campaign.ts'
import type { FollowedUp, FollowUpStore } from '../flow/ports-follow-up.ts'
import { showId } from '../lib/id.ts'
import { contactSchema } from './dispatch-schema.ts'
import { iso, maskContact } from './dispatch-view.ts'
import { csvHead, csvRows, type ExportFormat } from './exports.ts'

const exported = z.object({
  referenceId: z.string(),
  dispatchId: z.string(),
  status: z.enum(DISPATCH_STATES),
  reason: z.string().nullable(),
  why: z.string().nullable().meta({ description: 'The reason in words, with that of the last message that failed' }),
  suspect: z.string().nullable().meta({ description: 'Opened only by what looks like a machine' }),
  locale: z.string(),
  channels: z.array(z.enum(CHANNELS)),
  firstHandedAt: z.iso.datetime().nullable(),
  openedAt: z.iso.datetime().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
})
export const followedUpSchema = exported.extend({ contact: contactSchema }).meta({ id: 'FollowedUp' })

type Exported = z.input<typeof exported>

/** As it is shown: addresses masked. */
export const showFollowedUp = (one: FollowedUp): z.input<typeof followedUpSchema> => ({
  ...exportedOf(one),
  contact: maskContact(one.contact),
})

const exportedOf = (one: FollowedUp): Exported => ({
  referenceId: one.referenceId,
  dispatchId: showId('dsp', one.id),
  status: one.status,
  reason: one.reason,
  why: whyOf(one),
  suspect: one.suspect,
  locale: one.locale,
  channels: one.channels,
  firstHandedAt: iso(one.firstHandedAt),
  openedAt: iso(one.openedAt),
  metadata: one.metadata,
})

function whyOf({ reason, messageReason }: FollowedUp): string | null {
  if (reason === null) return null
  const words = reasonWords(reason)
  return messageReason === null || messageReason === reason ? words : `${words}: ${reasonWords(messageReason)}`
}

const AT_ONCE = 1_000

/** A list as text, a page at a time: whoever reads slowly is not read ahead of. */
export const piecesOf = (
  people: Pick<FollowUpStore, 'page'>,
  source: PeopleSource,
  format: ExportFormat,
): AsyncGenerator<string> => (format === 'csv' ? asCsv : asLines)(pagesOf(people, source))

async function* pagesOf(people: Pick<FollowUpStore, 'page'>, source: PeopleSource): AsyncGenerator<Exported[]> {
  let after: string | null = null
  for (;;) {
    const page: FollowedUp[] = await people.page(source, after, AT_ONCE)
    yield page.map(exportedOf)
    if (page.length < AT_ONCE) return
    after = page.at(-1)?.id ?? null
  }
}

async function* asLines(pages: AsyncIterable<Exported[]>): AsyncGenerator<string> {
  for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

async function* asCsv(pages: AsyncIterable<Exported[]>): AsyncGenerator<string> {
  let names: string[] | undefined
  for await (const rows of pages) {
    const known: string[] = names ?? metadataNames(rows)
    if (!names) yield csvHead([...COLUMNS, ...known.map((name) => `metadata.${name}`), 'metadata'])
    names = known
    yield csvRows(rows.map((row) => cellsOf(row, known)))
  }
}

const COLUMNS = [
  'referenceId',
  'dispatchId',
  'status',
  'reason',
  'why',
  'suspect',
  'locale',
  'channels',
  'firstHandedAt',
  'openedAt',
]

/** Those of the first page; what other names come later stands in the last column, as JSON. */
const metadataNames = (rows: Exported[]) => [...new Set(rows.flatMap(({ metadata }) => Object.keys(metadata ?? {})))]

function cellsOf(row: Exported, names: string[]): (string | null)[] {
  const metadata = row.metadata ?? {}
  const others = Object.entries(metadata).filter(([name]) => !names.includes(name))
  return [
    row.referenceId,
    row.dispatchId,
    row.status,
    row.reason,
    row.why,
    row.suspect,
    row.locale,
    row.channels.join(' '),
    row.firstHandedAt,
    row.openedAt,
    ...names.map((name) => cellOf(metadata[name])),
    others.length === 0 ? null : JSON.stringify(Object.fromEntries(others)),
  ]
}

const cellOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value)
