import type { Pool } from 'pg'
import type { OwnWindow } from '../domain/campaign.ts'
import type { ChannelName } from '../domain/channel.ts'
import type { Vault } from '../flow/ports.ts'
import type { Work } from '../flow/ports-deliver.ts'
import type { LinkOptions, StepTurn, StoredLink } from '../flow/ports-store.ts'
import { sentLately } from './cap.ts'
import { openLink, openPerson, placeOf } from './dispatch-rows.ts'
import { batched, columns, statement } from './sql.ts'

/** Reads what `deliver` must know of a step, or null when the step is no longer queued at this turn. */
export function makeWorkReader(pool: Pool, vault: Vault): (turn: StepTurn) => Promise<Work | null> {
  return batched(
    async (turns) => {
      const rows = await readWork(pool, columns(turns, 'dispatchId', 'n', 'turn'))
      const byPlace = new Map(rows.map((row) => [row.place, row]))
      return turns.map((_, i) => {
        const row = byPlace.get(i + 1)
        return row ? asWork(vault, row) : null
      })
    },
    { lanes: 2 },
  )
}

interface WorkRow {
  place: number
  dispatch_id: string
  n: number
  turn: number
  kind: Work['kind']
  channel: ChannelName
  chain: string
  template: string
  tries: number
  attempts: number
  empty_turns: number
  fall_back_at: Date | null
  slot: number | null
  reference_id: string
  status: Work['dispatch']['status']
  campaign_id: string | null
  category: Work['dispatch']['category']
  locale: string
  time_zone: string
  zone_given: boolean
  fall_back_ms: number
  life_minutes: number
  link_options: LinkOptions
  reason: string | null
  due_at: Date
  valid_until: Date | null
  first_handed_at: Date | null
  suspect_until: Date | null
  own_window: OwnWindow | null
  created_at: Date
  channels: string
  revision: number
  person: Buffer
  user_data: Buffer | null
  user_revision: number | null
  own_link: string | null
  own_sealed: Buffer | null
  own_expires_at: Date | null
  own_requested_ms: number | null
  living_id: string | null
  living_sealed: Buffer | null
  living_expires_at: Date | null
  living_requested_ms: number | null
  sent_before: Date[] | null
  now: Date
}

/** Not asked where no cap applies: a first message is the rule, and its person's other messages are not looked up. */
const MAY_BE_CAPPED = `s.channel <> 'in_app' and (s.kind = 'reminder' or d.category = 'commercial' or d.campaign_id is not null)`

const readWork = statement<WorkRow>(
  'read-work',
  `select k.place::int, s.dispatch_id, s.n, s.turn, s.kind, s.channel, s.chain, s.template, s.tries, s.attempts, s.empty_turns, s.fall_back_at, s.slot, s.reason, s.due_at,
     d.reference_id, d.status, d.campaign_id, d.category, d.locale, d.time_zone, d.zone_given, d.fall_back_ms, d.life_minutes, d.link_options,
     d.valid_until, d.first_handed_at, d.suspect_until, c.own_window, d.created_at, d.channels,
     p.revision, p.sealed as person, u.sealed as user_data, u.revision as user_revision,
     d.own_link, own.expires_at as own_expires_at, own.requested_ms as own_requested_ms, own_secret.sealed as own_sealed,
     l.id as living_id, l.expires_at as living_expires_at, l.requested_ms as living_requested_ms, living_secret.sealed as living_sealed,
     case when ${MAY_BE_CAPPED} then ${sentLately('d.reference_id', 's.dispatch_id', 's.n')} end as sent_before, app_now() as now
   from unnest($1::uuid[], $2::int[], $3::int[]) with ordinality as k (dispatch_id, n, turn, place)
   join step s on s.dispatch_id = k.dispatch_id and s.n = k.n and s.turn = k.turn and s.status = 'queued'
   join dispatch d on d.id = s.dispatch_id
   left join campaign c on c.id = d.campaign_id
   join lateral (
     select revision, sealed from dispatch_secret x where x.dispatch_id = s.dispatch_id and x.kind = 'person' order by revision desc limit 1) p on true
   left join dispatch_secret u on u.dispatch_id = s.dispatch_id and u.kind = 'user_data'
   left join link own on own.id = d.own_link
   left join link_secret own_secret on own_secret.link_id = d.own_link
   left join lateral (
     select id, expires_at, requested_ms from link l where l.reference_id = d.reference_id and l.status = 'active' and l.expires_at > app_now()
     order by l.expires_at desc limit 1) l on d.own_link is null
   left join link_secret living_secret on living_secret.link_id = l.id`,
)

function asWork(vault: Vault, row: WorkRow): Work {
  const { link: metadata, ...person } = openPerson(vault, row.dispatch_id, row.revision, row.person)
  return {
    dispatchId: row.dispatch_id,
    n: row.n,
    turn: row.turn,
    kind: row.kind,
    channel: row.channel,
    chain: splitChannels(row.chain),
    template: row.template,
    tries: row.tries,
    attempts: row.attempts,
    emptyTurns: row.empty_turns,
    fallBackAt: row.fall_back_at,
    slot: row.slot,
    reason: row.reason,
    dueAt: row.due_at,
    dispatch: {
      id: row.dispatch_id,
      referenceId: row.reference_id,
      status: row.status,
      campaignId: row.campaign_id,
      category: row.category,
      locale: row.locale,
      timeZone: row.time_zone,
      zoneGiven: row.zone_given,
      fallBackMs: row.fall_back_ms,
      lifeMinutes: row.life_minutes,
      linkOptions: { ...row.link_options, ...(metadata && { metadata }) },
      validUntil: row.valid_until,
      firstHandedAt: row.first_handed_at,
      suspectUntil: row.suspect_until,
      createdAt: row.created_at,
      ownWindow: row.own_window,
      inApp: splitChannels(row.channels).includes('in_app'),
    },
    person,
    userData:
      row.user_data &&
      JSON.parse(vault.open(row.user_data, placeOf(row.dispatch_id, 'user_data', row.user_revision ?? 1))),
    ownLink: storedLink(vault, row.own_link, row.own_sealed, row.own_expires_at, row.own_requested_ms),
    living: storedLink(vault, row.living_id, row.living_sealed, row.living_expires_at, row.living_requested_ms),
    sentBefore: row.sent_before ?? [],
    now: row.now,
  }
}

export const splitChannels = (text: string) => (text === '' ? [] : text.split(',')) as ChannelName[]

function storedLink(
  vault: Vault,
  id: string | null,
  sealed: Buffer | null,
  expiresAt: Date | null,
  requestedMs: number | null,
): StoredLink | null {
  if (id === null || sealed === null || expiresAt === null) return null
  return { id, ...openLink(vault, id, sealed), expiresAt, requestedMs: requestedMs ?? 0 }
}
