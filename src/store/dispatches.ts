import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { DispatchFilter, DispatchReader, DispatchView } from '../flow/ports-read.ts'
import { openPerson } from './dispatch-rows.ts'
import { asFeedEvent } from './events.ts'
import { statement } from './sql.ts'
import { splitChannels } from './work.ts'

export function makeDispatchReader(pool: Pool, vault: Vault): DispatchReader {
  const views = async (rows: DispatchRow[]): Promise<DispatchView[]> => {
    if (rows.length === 0) return []
    const ids = rows.map((row) => row.id)
    const [steps, links] = await Promise.all([stepsOf(pool, [ids]), linksOf(pool, [ids])])
    const stepsBy = Map.groupBy(steps, (row) => row.dispatch_id)
    const linksBy = Map.groupBy(links, (row) => row.dispatch_id)
    return rows.map((row) => asView(vault, row, stepsBy.get(row.id) ?? [], linksBy.get(row.id) ?? []))
  }
  return {
    async one(id) {
      const [view] = await views(await readOne(pool, [id]))
      return view ?? null
    },
    async list(filter) {
      return views(await readList(pool, valuesOf(filter)))
    },
    async byAddress(hashes, filter) {
      return views(await readByAddress(pool, [hashes, filter.before, filter.limit]))
    },
    async timeline(id) {
      return (await readTimeline(pool, [id])).map(asFeedEvent)
    },
    async attempts(id) {
      return (await readAttempts(pool, [id])).map((row) => ({
        step: row.step_n,
        n: row.n,
        channel: row.channel,
        provider: row.provider,
        outcome: row.outcome,
        reason: row.reason,
        providerId: row.provider_id,
        claimedAt: row.claimed_at,
        startBy: row.start_by,
        settledAt: row.settled_at,
      }))
    },
    async metadataOf(ids) {
      const rows = await readPersons(pool, [ids])
      return new Map(
        rows.map((row) => [row.dispatch_id, personOf(vault, row.dispatch_id, row.revision, row.person).metadata]),
      )
    },
  }
}

interface DispatchRow {
  id: string
  reference_id: string
  campaign_id: string | null
  status: DispatchView['status']
  reason: string | null
  category: DispatchView['category']
  template: string
  locale: string
  time_zone: string
  channels: string
  link_mode: DispatchView['linkMode']
  send_at: Date | null
  valid_until: Date | null
  first_handed_at: Date | null
  in_app_at: Date | null
  opened_at: Date | null
  suspect_opens: DispatchView['suspectOpens']
  suspect: DispatchView['suspect']
  ended_at: Date | null
  created_at: Date
  revision: number
  person: Buffer
}
const COLUMNS = `d.id, d.reference_id, d.campaign_id, d.status, d.reason, d.category, d.template, d.locale, d.time_zone, d.channels, coalesce(d.link_options ->> 'mode', 'direct') as link_mode, d.send_at,
  d.valid_until, d.first_handed_at, d.in_app_at, d.opened_at, d.suspect_opens, d.suspect, d.ended_at, d.created_at, p.revision, p.sealed as person`
const PERSON = `join lateral (select revision, sealed from dispatch_secret x where x.dispatch_id = d.id and x.kind = 'person'
  order by revision desc limit 1) p on true`

const readOne = statement<DispatchRow>(
  'dispatch-one',
  `select ${COLUMNS} from dispatch d ${PERSON} where d.id = $1::uuid`,
)

/** Planned anew each time: which index serves depends on which filters are given. */
const readList = statement<DispatchRow>(
  null,
  `select ${COLUMNS} from dispatch d ${PERSON}
   where ($1::text is null or d.reference_id = $1) and ($2::uuid is null or d.campaign_id = $2) and ($3::text is null or d.status = $3)
     and ($4::text is null or $4 = case when d.suspect is not null then 'suspect' else (d.opened_at is not null)::text end) and ($5::text is null or d.template = $5)
     and ($6::timestamptz is null or d.created_at >= $6) and ($7::timestamptz is null or d.created_at < $7)
     and ($8::uuid is null or d.id < $8)
   order by d.id desc limit $9::int`,
)
const valuesOf = (f: DispatchFilter) => [
  f.referenceId,
  f.campaignId,
  f.status,
  f.opened,
  f.template,
  f.from,
  f.to,
  f.before,
  f.limit,
]

const readByAddress = statement<DispatchRow>(
  'dispatch-by-address',
  `select ${COLUMNS} from dispatch d ${PERSON}
   where d.id in (select dispatch_id from dispatch_address where hash = any($1::bytea[])) and ($2::uuid is null or d.id < $2)
   order by d.id desc limit $3::int`,
)

interface StepRow {
  dispatch_id: string
  n: number
  kind: DispatchView['steps'][number]['kind']
  channel: DispatchView['steps'][number]['channel']
  status: DispatchView['steps'][number]['status']
  reason: string | null
  due_at: Date | null
  handed_at: Date | null
  after_ms: number | null
  provider: string | null
  confirmed: boolean | null
  template: string
}
const stepsOf = statement<StepRow>(
  'steps-of',
  `select dispatch_id, n, kind, channel, status, reason, due_at, handed_at, after_ms, provider, confirmed, template
   from step where dispatch_id = any($1::uuid[]) order by dispatch_id, n`,
)

interface LinkRow {
  dispatch_id: string
  id: string
  origin: string
  status: string
  expires_at: Date
  opened_at: Date | null
  suspect: DispatchView['suspect']
  revoked_at: Date | null
  operation_id: string | null
  operation_status: string | null
  created_at: Date
}
const linksOf = statement<LinkRow>(
  'links-of',
  `select c.dispatch_id, l.id, l.origin, l.status, l.expires_at, l.opened_at, l.suspect, l.revoked_at, l.operation_id, l.operation_status, l.created_at
   from carried c join link l on l.id = c.link_id where c.dispatch_id = any($1::uuid[]) order by l.created_at`,
)

interface EventRow {
  id: string
  sequence: number
  type: never
  dispatch_id: string
  data: Record<string, unknown>
  occurred_at: Date
}
const readTimeline = statement<EventRow>(
  'timeline',
  'select id, sequence, type, dispatch_id, data, occurred_at from event where dispatch_id = $1::uuid order by id limit 1000',
)

interface AttemptRow {
  step_n: number
  n: number
  channel: string
  provider: string
  outcome: string | null
  reason: string | null
  provider_id: string | null
  claimed_at: Date
  start_by: Date
  settled_at: Date | null
}
const readAttempts = statement<AttemptRow>(
  'attempts-of',
  `select step_n, n, channel, provider, outcome, reason, provider_id, claimed_at, start_by, settled_at from attempt
   where dispatch_id = $1::uuid order by claimed_at, step_n, n`,
)

const readPersons = statement<{ dispatch_id: string; revision: number; person: Buffer }>(
  'persons-of',
  `select distinct on (dispatch_id) dispatch_id, revision, sealed as person from dispatch_secret
   where dispatch_id = any($1::uuid[]) and kind = 'person' order by dispatch_id, revision desc`,
)

function personOf(vault: Vault, id: string, revision: number, sealed: Buffer): DispatchView['person'] {
  const { contact, variables, metadata } = openPerson(vault, id, revision, sealed)
  return { contact, variables, metadata }
}

function asView(vault: Vault, row: DispatchRow, steps: StepRow[], links: LinkRow[]): DispatchView {
  return {
    id: row.id,
    referenceId: row.reference_id,
    campaignId: row.campaign_id,
    status: row.status,
    reason: row.reason,
    category: row.category,
    template: row.template,
    locale: row.locale,
    timeZone: row.time_zone,
    channels: splitChannels(row.channels),
    linkMode: row.link_mode,
    sendAt: row.send_at,
    validUntil: row.valid_until,
    firstHandedAt: row.first_handed_at,
    inAppAt: row.in_app_at,
    openedAt: row.opened_at,
    suspectOpens: row.suspect_opens,
    suspect: row.suspect,
    endedAt: row.ended_at,
    createdAt: row.created_at,
    person: personOf(vault, row.id, row.revision, row.person),
    steps: steps.map((s) => ({
      n: s.n,
      kind: s.kind,
      channel: s.channel,
      status: s.status,
      reason: s.reason,
      dueAt: s.due_at,
      handedAt: s.handed_at,
      afterMs: s.after_ms,
      provider: s.provider,
      confirmed: s.confirmed,
      template: s.template,
    })),
    links: links.map((l) => ({
      id: l.id,
      origin: l.origin,
      status: l.status,
      expiresAt: l.expires_at,
      openedAt: l.opened_at,
      suspect: l.suspect,
      revokedAt: l.revoked_at,
      operationId: l.operation_id,
      operationStatus: l.operation_status,
      createdAt: l.created_at,
    })),
  }
}
