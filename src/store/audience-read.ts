import type { Pool } from 'pg'
import { type Bar, isSuppressed } from '../domain/audience.ts'
import type { ChannelName } from '../domain/channel.ts'
import type { Category, Contact } from '../domain/dispatch.ts'
import type { Vault } from '../flow/ports.ts'
import type { TakenRow } from '../flow/ports-campaign.ts'
import { openRow } from './audience-seal.ts'
import { statement } from './sql.ts'

export async function readPage(
  pool: Pool,
  vault: Pick<Vault, 'open'>,
  campaignId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<TakenRow[]> {
  return (await page(pool, [campaignId, after, limit])).map((row) => asTaken(vault, campaignId, row))
}

export async function readRow(
  pool: Pool,
  vault: Pick<Vault, 'open'>,
  campaignId: string,
  referenceId: string,
): Promise<TakenRow | null> {
  const [row] = await one(pool, [campaignId, referenceId])
  return row ? asTaken(vault, campaignId, row) : null
}

interface Row {
  reference_id: string
  line: number
  locale: string
  time_zone: string
  zone_given: boolean
  channels: string
  bucket: number
  own_link_until: Date | null
  sealed: Buffer
  category: Category
  bars: Bar[] | null
}

function asTaken(vault: Pick<Vault, 'open'>, campaignId: string, row: Row): TakenRow {
  const opened = openRow(vault, campaignId, { referenceId: row.reference_id, sealed: row.sealed })
  const channels = row.channels.split(',') as ChannelName[]
  const addresses = (channel: ChannelName) => countOf(opened.contact, channel)
  return {
    ...opened,
    line: row.line,
    referenceId: row.reference_id,
    locale: row.locale,
    timeZone: row.time_zone,
    zoneGiven: row.zone_given,
    channels,
    bucket: row.bucket,
    suppressed: isSuppressed(row.bars ?? [], { channels, category: row.category, addresses }),
    ownLinkUntil: row.own_link_until,
  }
}

const countOf = ({ pushTokens = [] }: Contact, channel: ChannelName) => (channel === 'push' ? pushTokens.length : 1)

const ROW = `r.reference_id, r.line, r.locale, r.time_zone, r.zone_given, r.channels, r.bucket, r.own_link_until, r.sealed, c.category,
  (select jsonb_agg(jsonb_build_object('channel', s.channel, 'scope', s.scope,
     'aboutWill', s.reason in ('opt_out', 'complaint', 'blocked_by_user')))
   from suppression s where s.hash = any(r.hashes) and s.lifted_at is null) as bars`

const page = statement<Row>(
  'audience-page',
  `select ${ROW} from audience_row r join campaign c on c.id = r.campaign_id
   where r.campaign_id = $1::uuid and ($2::text is null or r.reference_id > $2::text) order by r.reference_id limit $3::int`,
)
const one = statement<Row>(
  'audience-one',
  `select ${ROW} from audience_row r join campaign c on c.id = r.campaign_id
   where r.campaign_id = $1::uuid and r.reference_id = $2::text`,
)
