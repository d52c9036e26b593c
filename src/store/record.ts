import type { Pool, PoolClient } from 'pg'
import { OPENING_NOTICES } from '../domain/magic-link.ts'
import { type DispatchRecord, RECORD_VERSION, type RecordFact } from '../domain/record.ts'
import type { RecordReader } from '../flow/ports-read.ts'
import { showId } from '../lib/id.ts'
import { inTransaction } from './pool.ts'
import { statement } from './sql.ts'

/** All of it from one moment: no fact of a record is younger than another that is missing. */
export function makeRecordReader(pool: Pool): RecordReader {
  return { read: (id) => inTransaction(pool, (client) => read(client, id), SNAPSHOT) }
}

const SNAPSHOT = 'begin isolation level repeatable read read only'

async function read(client: PoolClient, id: string): Promise<DispatchRecord | null> {
  const [head] = await readHead(client, [id])
  if (!head) return null
  const steps = await readSteps(client, [id])
  const carried = await readCarried(client, [id])
  const attempts = await readAttempts(client, [id])
  const opens = await readOpens(client, [id, OPENING_NOTICES])
  const events = await readEvents(client, [id])
  const stepId = (n: number) => `${showId('stp', id)}-${n}`
  return {
    record: RECORD_VERSION,
    madeAt: head.made_at.toISOString(),
    databaseId: head.database_id,
    world: head.world,
    dispatch: {
      id: showId('dsp', id),
      referenceId: head.reference_id,
      status: head.status,
      reason: head.reason,
      createdAt: head.created_at.toISOString(),
      endedAt: iso(head.ended_at),
      suspectOpens: head.suspect_opens,
    },
    steps: steps.map(({ n, ...step }) => ({ id: stepId(n), ...step })),
    facts: [
      ...carried.map(asCarried),
      ...attempts.map((row) => asClaimed(row, stepId)),
      ...attempts.flatMap((row) => asSettled(row, stepId)),
      ...attempts.flatMap((row) => asReceived(row, stepId)),
      ...opens.map(asOpened),
      ...events.map((row) => asTold(row, stepId)),
    ].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)),
  }
}

type StepId = (n: number) => string
type Fact<Kind extends RecordFact['kind']> = Extract<RecordFact, { kind: Kind }>

const iso = (date: Date | null) => date?.toISOString() ?? null
const shownLink = (id: string | null) => id && showId('lnk', id)

interface HeadRow {
  reference_id: string
  status: DispatchRecord['dispatch']['status']
  reason: string | null
  created_at: Date
  ended_at: Date | null
  suspect_opens: DispatchRecord['dispatch']['suspectOpens']
  world: DispatchRecord['world']
  database_id: string
  made_at: Date
}
const readHead = statement<HeadRow>(
  'record-head',
  `select d.reference_id, d.status, d.reason, d.created_at, d.ended_at, d.suspect_opens, w.kind as world, w.database_id, app_now() as made_at
   from dispatch d cross join world w where d.id = $1::uuid`,
)

const readSteps = statement<Omit<DispatchRecord['steps'][number], 'id'> & { n: number }>(
  'record-steps',
  'select n, kind, status, reason from step where dispatch_id = $1::uuid order by n',
)

interface CarriedRow {
  id: string
  origin: Fact<'carried'>['origin']
  requested_ms: number
  expires_at: Date
  carried_at: Date
}
const readCarried = statement<CarriedRow>(
  'record-carried',
  `select l.id, l.origin, l.requested_ms, l.expires_at, c.carried_at from carried c join link l on l.id = c.link_id
   where c.dispatch_id = $1::uuid order by c.carried_at, l.id`,
)
const asCarried = (row: CarriedRow): Fact<'carried'> => ({
  kind: 'carried',
  at: row.carried_at.toISOString(),
  linkId: showId('lnk', row.id),
  origin: row.origin,
  requestedMs: row.requested_ms,
  expiresAt: row.expires_at.toISOString(),
})

interface AttemptRow {
  step_n: number
  n: number
  turn: number
  channel: Fact<'claimed'>['channel']
  provider: string
  device: string | null
  link_id: string | null
  claimed_at: Date
  start_by: Date
  outcome: string | null
  reason: string | null
  provider_id: string | null
  settled_at: Date | null
  outcome_at: Date | null
  receipt: string | null
  receipt_at: Date | null
  receipt_reason: string | null
}
/** Of the keyed hash of an address only enough to tell a person's devices apart. */
const readAttempts = statement<AttemptRow>(
  'record-attempts',
  `select step_n, n, turn, channel, provider, left(encode(address_hash, 'hex'), 8) as device, link_id, claimed_at, start_by,
     outcome, reason, provider_id, settled_at, outcome_at, receipt, receipt_at, receipt_reason
   from attempt where dispatch_id = $1::uuid order by claimed_at, step_n, n`,
)

const asClaimed = (row: AttemptRow, stepId: StepId): Fact<'claimed'> => ({
  kind: 'claimed',
  at: row.claimed_at.toISOString(),
  stepId: stepId(row.step_n),
  attempt: row.n,
  turn: row.turn,
  channel: row.channel,
  provider: row.provider,
  device: row.device,
  linkId: shownLink(row.link_id),
  startBy: row.start_by.toISOString(),
})

function asSettled(row: AttemptRow, stepId: StepId): Fact<'settled'>[] {
  if (row.outcome === null || row.settled_at === null) return []
  return [
    {
      kind: 'settled',
      at: row.settled_at.toISOString(),
      stepId: stepId(row.step_n),
      attempt: row.n,
      outcome: row.outcome,
      reason: row.reason,
      providerId: row.provider_id,
      outcomeAt: iso(row.outcome_at),
    },
  ]
}

function asReceived(row: AttemptRow, stepId: StepId): Fact<'received'>[] {
  if (row.receipt === null || row.receipt_at === null) return []
  return [
    {
      kind: 'received',
      at: row.receipt_at.toISOString(),
      stepId: stepId(row.step_n),
      attempt: row.n,
      receipt: row.receipt,
      reason: row.receipt_reason,
    },
  ]
}

interface OpenRow {
  link_id: string | null
  type: Fact<'opened'>['notice']
  received_at: Date
  opened_at: Date | null
  fenced_at: Date | null
  suspect: string | null
}
/** Of every link it carried; and those that name the person only, while the dispatch ran and carried a link. */
const readOpens = statement<OpenRow>(
  'record-opens',
  `select c.link_id, e.type, e.received_at, e.opened_at, e.fenced_at, e.suspect
   from carried c join link l on l.id = c.link_id join partner_event e on e.link_lookup = l.lookup
   where c.dispatch_id = $1::uuid and e.type = any($2::text[])
   union all
   select null, e.type, e.received_at, e.opened_at, e.fenced_at, e.suspect
   from dispatch d join partner_event e on e.reference_id = d.reference_id and e.link_lookup is null
     and e.received_at <= coalesce(d.ended_at, 'infinity')
   where d.id = $1::uuid and e.type = any($2::text[])
     and exists (select from carried c where c.dispatch_id = d.id and c.carried_at <= e.applied_at)
   order by received_at`,
)
const asOpened = (row: OpenRow): Fact<'opened'> => ({
  kind: 'opened',
  at: row.received_at.toISOString(),
  notice: row.type,
  linkId: shownLink(row.link_id),
  openedAt: iso(row.opened_at),
  fencedAt: iso(row.fenced_at),
  suspect: row.suspect,
})

interface EventRow {
  sequence: number | null
  type: string
  step: number | null
  reason: string | null
  occurred_at: Date
}
const readEvents = statement<EventRow>(
  'record-events',
  `select sequence, type, (data ->> 'step')::int as step, data ->> 'reason' as reason, occurred_at from event
   where dispatch_id = $1::uuid order by id`,
)
const asTold = (row: EventRow, stepId: StepId): Fact<'told'> => ({
  kind: 'told',
  at: row.occurred_at.toISOString(),
  sequence: row.sequence,
  type: row.type,
  stepId: row.step === null ? null : stepId(row.step),
  reason: row.reason,
})
