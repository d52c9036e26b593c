import type { Pool } from 'pg'
import type { FollowUp } from '../domain/campaign.ts'
import type { Vault } from '../flow/ports.ts'
import type { AudiencePerson, ListStore, PeopleSource } from '../flow/ports-campaign.ts'
import type { FollowedUp, FollowUpStore } from '../flow/ports-follow-up.ts'
import { openRow } from './audience-seal.ts'
import { openPerson, placeOf } from './dispatch-rows.ts'
import { statement } from './sql.ts'
import { splitChannels } from './work.ts'

export function makeFollowUpStore(pool: Pool, vault: Vault): FollowUpStore & ListStore {
  const read = (source: PeopleSource, after: string | null, limit: number) =>
    'template' in source
      ? received(pool, [source.template, after ?? NOBODY, limit])
      : pages[source.list](pool, [source.campaignId, after ?? NOBODY, limit])
  return {
    page: async (source, after, limit) => (await read(source, after, limit)).map((row) => asFollowedUp(vault, row)),
    async *people(source) {
      let after: string | null = null
      for (;;) {
        const rows: Row[] = await read(source, after, AT_ONCE)
        for (const row of rows) yield { referenceId: row.reference_id, person: asAudience(vault, row) }
        after = rows.at(-1)?.id ?? null
        if (rows.length < AT_ONCE) return
      }
    },
  }
}

const AT_ONCE = 500
/** Below every id. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

interface Row {
  id: string
  reference_id: string
  campaign_id: string | null
  status: FollowedUp['status']
  reason: string | null
  message_reason: string | null
  suspect: FollowedUp['suspect']
  locale: string
  time_zone: string
  zone_given: boolean
  channels: string
  first_handed_at: Date | null
  opened_at: Date | null
  revision: number
  person: Buffer
  user_revision: number | null
  user_data: Buffer | null
  audience: Buffer | null
}

/** `$1` whose people, `$2` the last id before this page, `$3` how many. `audience`: what the row of the audience said. */
const readPeople = (found: string, reason = 'd.reason') => `
  select d.id, d.reference_id, d.campaign_id, d.status, ${reason} as reason, d.suspect, d.locale, d.time_zone, d.zone_given, d.channels,
    coalesce(d.first_handed_at, d.in_app_at) as first_handed_at, d.opened_at, p.revision, p.sealed as person, u.revision as user_revision,
    u.sealed as user_data, a.sealed as audience,
    (select s.reason from step s where s.dispatch_id = d.id and s.status = 'failed' order by s.n desc limit 1) as message_reason
  from (${found}) found join dispatch d on d.id = found.id
  join lateral (
    select revision, sealed from dispatch_secret x where x.dispatch_id = d.id and x.kind = 'person' order by revision desc limit 1) p on true
  left join lateral (
    select revision, sealed from dispatch_secret x where x.dispatch_id = d.id and x.kind = 'user_data' order by revision desc limit 1) u on true
  left join audience_row a on a.campaign_id = d.campaign_id and a.reference_id = d.reference_id and a.dispatch_id = d.id
  order by d.id`

const ofCampaign = (condition: string) =>
  readPeople(
    `select id from dispatch where campaign_id = $1::uuid and id > $2::uuid and ${condition} order by id limit $3::int`,
  )

/** An open that looks like a machine's is no person's. */
const pages: Record<FollowUp, ReturnType<typeof statement<Row>>> = {
  not_opened: statement(
    'follow-up-not-opened',
    ofCampaign('coalesce(first_handed_at, in_app_at) is not null and (opened_at is null or suspect is not null)'),
  ),
  opened_no_operation: statement(
    'follow-up-no-operation',
    ofCampaign('opened_at is not null and suspect is null and operation_at is null'),
  ),
  failed: statement('follow-up-failed', ofCampaign("status in ('failed', 'expired')")),
  // Whatever became of the dispatch: who said stop since it was written to.
  opted_out: statement(
    'follow-up-opted-out',
    readPeople(
      `select d.id, min(s.reason) as said from suppression s
       join dispatch_address a on a.hash = s.hash join dispatch d on d.id = a.dispatch_id
       where s.reason in ('opt_out', 'complaint', 'blocked_by_user') and s.lifted_at is null and s.source is null
         and s.placed_at >= (select created_at from campaign where id = $1::uuid)
         and d.campaign_id = $1::uuid and s.placed_at >= d.created_at and d.id > $2::uuid
       group by d.id order by d.id limit $3::int`,
      'found.said',
    ),
  ),
}

/** What a provider took, or may have taken. */
export const GOT_IT = "coalesce(outcome, 'ambiguous') in ('accepted', 'ambiguous')"

const received = statement<Row>(
  'received',
  readPeople(
    `select distinct dispatch_id as id from attempt where template = $1::text and dispatch_id > $2::uuid and ${GOT_IT} order by 1 limit $3::int`,
  ),
)

const asFollowedUp = (vault: Vault, row: Row): FollowedUp => {
  const { contact, metadata } = openPerson(vault, row.id, row.revision, row.person)
  return {
    id: row.id,
    referenceId: row.reference_id,
    status: row.status,
    reason: row.reason,
    messageReason: row.message_reason,
    suspect: row.suspect,
    locale: row.locale,
    channels: splitChannels(row.channels),
    firstHandedAt: row.first_handed_at,
    openedAt: row.opened_at,
    contact,
    metadata,
  }
}

/** What an audience said of the person stays; addresses are the newest. What the campaign itself said is not taken along. */
function asAudience(vault: Vault, row: Row): AudiencePerson {
  const { contact, metadata, variables } = openPerson(vault, row.id, row.revision, row.person)
  if (row.audience && row.campaign_id) {
    const { person } = openRow(vault, row.campaign_id, { referenceId: row.reference_id, sealed: row.audience })
    return { ...person, contact }
  }
  return {
    userData:
      row.user_data && row.user_revision !== null
        ? JSON.parse(vault.open(row.user_data, placeOf(row.id, 'user_data', row.user_revision)))
        : null,
    contact,
    channels: splitChannels(row.channels),
    locale: row.locale,
    timeZone: row.zone_given ? row.time_zone : null,
    variables,
    metadata,
    ownLink: null,
  }
}
