import { createHash } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { bucketOf } from '../domain/audience.ts'
import { variantOf } from '../domain/campaign.ts'
import { sendTime } from '../domain/send-time.ts'
import type { Vault } from '../flow/ports.ts'
import type { AudienceRow, AudienceStore, TakenLine, Upload } from '../flow/ports-campaign.ts'
import { sealRow } from './audience-seal.ts'
import { asCampaign, CAMPAIGN, type CampaignRow, type StoredCampaign } from './campaign-rows.ts'
import { inTransaction } from './pool.ts'
import { statement } from './sql.ts'

type TakingVault = Pick<Vault, 'seal' | 'lookups'>
type Taking = Pick<Upload, 'id' | 'campaignId'>

/**
 * Nobody is twice in an audience: the key says so, whoever uploads at the same time. The campaign cannot start, end or
 * finish between the look at it and the rows, so that none is left without its time.
 */
export function makeTakeRows(pool: Pool, vault: TakingVault): AudienceStore['take'] {
  return (upload, rows) => {
    // Sealed once, however often the transaction is repeated.
    const sealed = rows.map((row) => ({
      row,
      bucket: bucketOf(digestOf(upload.campaignId, row.referenceId)),
      hashes: Buffer.concat(hashesOf(vault, row)),
      sealed: sealRow(vault, upload.campaignId, row),
    }))
    return inTransaction(pool, (client) => takeAll(client, upload, sealed))
  }
}

interface Sealed {
  row: AudienceRow
  bucket: number
  hashes: Buffer
  sealed: Buffer
}

async function takeAll(client: PoolClient, upload: Taking, all: Sealed[]): Promise<TakenLine[] | null> {
  const [found] = await lockCampaign(client, [upload.campaignId])
  if (!found) return null
  const campaign = asCampaign(found)
  const inserted = await insertRows(client, [
    upload.campaignId,
    upload.id,
    all.map(({ row }) => row.referenceId),
    all.map(({ row }) => row.line),
    all.map(({ row }) => row.locale),
    all.map(({ row }) => row.timeZone),
    all.map(({ row }) => row.zoneGiven),
    all.map(({ row }) => row.channels.join()),
    all.map(({ bucket }) => bucket),
    all.map(({ hashes }) => hashes),
    all.map(({ row }) => row.person.ownLink?.expiresAt ?? null),
    all.map(({ sealed }) => sealed),
    all.map((one) => (campaign.status === 'running' ? timeOf(campaign, one, found.now) : null)),
  ])
  const fresh = new Set(inserted.map(({ line }) => line))
  const rest = all.filter(({ row }) => !fresh.has(row.line)).map(({ row }) => row)
  return [
    ...inserted.map(({ line }): TakenLine => ({ line, was: 'new', first: line })),
    ...(await before(client, upload, rest)),
  ]
}

/** Those that are taken while the campaign runs begin as those that were there at its start, or now. */
const timeOf = (campaign: StoredCampaign, { row, bucket }: Sealed, now: Date): Date =>
  sendTime(campaign, row.timeZone, hourOf(campaign, bucket), now)

function hourOf({ plan: { variants, holdout } }: StoredCampaign, bucket: number): number | null {
  const name = variantOf(bucket, variants, holdout)
  return variants.find((variant) => variant.name === name)?.sendHour ?? null
}

async function before(client: PoolClient, { id, campaignId }: Taking, rows: AudienceRow[]): Promise<TakenLine[]> {
  if (rows.length === 0) return []
  const found = await findRows(client, [campaignId, rows.map(({ referenceId }) => referenceId)])
  const known = new Map(found.map((one) => [one.reference_id, one]))
  return rows.map(({ line, referenceId }) => {
    const earlier = known.get(referenceId)
    return { line, was: earlier?.upload_id === id ? 'doubled' : 'known', first: earlier?.line ?? line }
  })
}

const digestOf = (campaignId: string, referenceId: string) =>
  createHash('sha256').update(`${campaignId}/${referenceId}`).digest()

/** As the fence asks for them (`flow/recheck.ts`): every address, the person, and the person on each channel. */
function hashesOf({ lookups }: Pick<Vault, 'lookups'>, { referenceId, contact, channels }: AudienceRow): Buffer[] {
  return [
    ...(contact.phone ? lookups('phone', contact.phone) : []),
    ...(contact.email ? lookups('email', contact.email) : []),
    ...(contact.pushTokens ?? []).flatMap((token) => lookups('token', token)),
    ...lookups('recipient', referenceId),
    ...channels.flatMap((channel) => lookups(`recipient_${channel}`, referenceId)),
  ]
}

const lockCampaign = statement<CampaignRow & { now: Date }>(
  'audience-campaign',
  `select ${CAMPAIGN}, app_now() as now from campaign c join lane l on l.id = c.lane
   where c.id = $1::uuid and c.status in ('draft', 'running') for share of c`,
)

/** Hashes come as one piece a row: 32 bytes each. */
const insertRows = statement<{ line: number }>(
  'audience-insert',
  `insert into audience_row (campaign_id, upload_id, reference_id, line, locale, time_zone, zone_given, channels, bucket, hashes,
     own_link_until, sealed, send_at, status)
   select $1::uuid, $2::uuid, reference_id, line, locale, time_zone, zone_given, channels, bucket,
     array(select substring(hashes from i * 32 + 1 for 32) from generate_series(0, length(hashes) / 32 - 1) i),
     own_link_until, sealed, send_at, 'waiting'
   from unnest($3::text[], $4::int[], $5::text[], $6::text[], $7::bool[], $8::text[], $9::int[], $10::bytea[], $11::timestamptz[],
     $12::bytea[], $13::timestamptz[])
     as t (reference_id, line, locale, time_zone, zone_given, channels, bucket, hashes, own_link_until, sealed, send_at)
   order by reference_id, line
   on conflict do nothing returning line`,
)
const findRows = statement<{ reference_id: string; upload_id: string; line: number }>(
  'audience-known',
  'select reference_id, upload_id, line from audience_row where campaign_id = $1::uuid and reference_id = any($2::text[])',
)
