import type { Pool } from 'pg'
import type { CampaignStatus } from '../domain/campaign.ts'
import type { Vault } from '../flow/ports.ts'
import type { AudienceStore, CampaignPlan, Upload, UploadCounts } from '../flow/ports-campaign.ts'
import { showId } from '../lib/id.ts'
import { readPage, readRow } from './audience-read.ts'
import { refusalPlace } from './audience-seal.ts'
import { makeTakeRows } from './audience-take.ts'
import { inTransaction } from './pool.ts'
import { readRecipients } from './recipients.ts'
import { statement } from './sql.ts'

export function makeAudienceStore(pool: Pool, vault: Vault): AudienceStore {
  return {
    async target(campaignId) {
      const [row] = await readTarget(pool, [campaignId])
      return row ?? null
    },
    recipients: (referenceIds) => readRecipients(pool, vault, referenceIds),
    async begin({ id, campaignId, source, about, madeBy }) {
      await insertUpload(pool, [id, campaignId, source, JSON.stringify(about), madeBy])
    },
    take: makeTakeRows(pool, vault),
    async refuse(uploadId, refusals) {
      const placed = withPlaces(refusals)
      await insertRefusals(pool, [
        uploadId,
        placed.map(({ line }) => line),
        placed.map(({ place }) => place),
        placed.map(({ field }) => field),
        placed.map(({ reason }) => reason),
        placed.map(({ line, place, text }) => (text ? vault.seal(text, refusalPlace(uploadId, line, place)) : null)),
      ])
    },
    async note(uploadId, counts) {
      await noteCounts(pool, [uploadId, ...valuesOf(counts)])
    },
    async end(uploadId, status, counts) {
      const [row] = await readCampaignOf(pool, [uploadId])
      await endUpload(pool, [
        uploadId,
        ...valuesOf(counts),
        status,
        row && showId('cmp', row.id),
        showId('upl', uploadId),
      ])
    },
    uploads: async (campaignId) => (await readUploads(pool, [campaignId])).map(asUpload),
    async refusals(uploadId, after, limit) {
      const rows = await readRefusals(pool, [uploadId, after.line, after.place, limit])
      return rows.map(({ sealed, ...row }) => ({
        ...row,
        text: sealed && vault.open(sealed, refusalPlace(uploadId, row.line, row.place)),
      }))
    },
    page: (campaignId, after, limit) => readPage(pool, vault, campaignId, { after, limit }),
    row: (campaignId, referenceId) => readRow(pool, vault, campaignId, referenceId),
    clear: (campaignId) => clear(pool, campaignId),
  }
}

/** Everything, or nothing where it is no draft any more. */
const clear = (pool: Pool, campaignId: string): Promise<number | null> =>
  inTransaction(pool, async (client) => {
    const [draft] = await lockDraft(client, [campaignId])
    if (!draft) return null
    const removed = await client.query('delete from audience_row where campaign_id = $1', [campaignId])
    await client.query(
      'delete from audience_refusal where upload_id in (select id from audience_upload where campaign_id = $1)',
      [campaignId],
    )
    await client.query('delete from audience_upload where campaign_id = $1', [campaignId])
    return removed.rowCount ?? 0
  })

const valuesOf = ({ rows, taken, known, doubled, refused }: UploadCounts) => [rows, taken, known, doubled, refused]

/** Several faults of one line stand in the order in which they were found. */
function withPlaces<T extends { line: number }>(refusals: T[]): (T & { place: number })[] {
  const counts = new Map<number, number>()
  return refusals.map((one) => {
    const place = counts.get(one.line) ?? 0
    counts.set(one.line, place + 1)
    return { ...one, place }
  })
}

const readTarget = statement<{ id: string; status: CampaignStatus; plan: CampaignPlan }>(
  'audience-target',
  'select id, status, plan from campaign where id = $1::uuid',
)
const lockDraft = statement(
  'audience-lock-draft',
  `select id from campaign where id = $1::uuid and status = 'draft' for update`,
)
const insertUpload = statement(
  'audience-begin',
  `insert into audience_upload (id, campaign_id, source, about, status, made_by)
   values ($1::uuid, $2::uuid, $3::text, $4::jsonb, 'taking', $5::text)`,
)
const insertRefusals = statement(
  'audience-refuse',
  `insert into audience_refusal (upload_id, line, place, field, reason, sealed)
   select $1::uuid, line, place, field, reason, sealed
   from unnest($2::int[], $3::int[], $4::text[], $5::text[], $6::bytea[]) as t (line, place, field, reason, sealed)
   order by line, place on conflict do nothing`,
)
const noteCounts = statement(
  'audience-note',
  `update audience_upload set rows = $2::int, taken = $3::int, known = $4::int, doubled = $5::int, refused = $6::int, heard_at = app_now()
   where id = $1::uuid and status = 'taking'`,
)
const readCampaignOf = statement<{ id: string }>(
  'audience-campaign-of',
  'select campaign_id as id from audience_upload where id = $1::uuid',
)
const endUpload = statement(
  'audience-end',
  `with ended as (
     update audience_upload set rows = $2::int, taken = $3::int, known = $4::int, doubled = $5::int, refused = $6::int, status = $7::text,
       ended_at = app_now() where id = $1::uuid and status = 'taking' returning *
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'campaign.audience', null, jsonb_build_object('campaignId', $8::text, 'uploadId', $9::text, 'by', made_by, 'source', source,
     'status', status, 'rows', rows, 'taken', taken, 'known', known, 'doubled', doubled, 'refused', refused), app_now() from ended`,
)

interface UploadRow {
  id: string
  campaign_id: string
  source: Upload['source']
  status: Upload['status']
  about: Upload['about']
  rows: number
  taken: number
  known: number
  doubled: number
  refused: number
  made_by: string
  created_at: Date
  ended_at: Date | null
}
const asUpload = ({ campaign_id, made_by, created_at, ended_at, ...row }: UploadRow): Upload => ({
  ...row,
  campaignId: campaign_id,
  madeBy: made_by,
  createdAt: created_at,
  endedAt: ended_at,
})

const readUploads = statement<UploadRow>(
  'audience-uploads',
  `select id, campaign_id, source, about, rows, taken, known, doubled, refused, made_by, created_at, ended_at,
     case when status = 'taking' and heard_at < app_now() - interval '5 minutes' then 'broken' else status end as status
   from audience_upload where campaign_id = $1::uuid order by created_at desc, id desc limit 200`,
)
const readRefusals = statement<{ line: number; place: number; field: string; reason: string; sealed: Buffer | null }>(
  'audience-refusals',
  `select line, place, field, reason, sealed from audience_refusal
   where upload_id = $1::uuid and (line, place) > ($2::int, $3::int) order by line, place limit $4::int`,
)
