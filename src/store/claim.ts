import type { Pool } from 'pg'
import { cappedUntil } from '../domain/cap.ts'
import type { Vault } from '../flow/ports.ts'
import type { ClaimOrder, StopFact, StopQuestion } from '../flow/ports-deliver.ts'
import type { StepKey } from '../flow/ports-store.ts'
import { sentLately } from './cap.ts'
import { sealLink } from './dispatch-rows.ts'
import { applyFactsOf } from './facts.ts'
import { batched, statement } from './sql.ts'
import { renameLinks } from './stored-facts.ts'

/**
 * First half of the fence: `queued → claimed` with `start_by`, the attempts, and the link row commit together.
 * False when the turn is no longer this worker's. A fresh link is stored either way: the partner has it.
 * Lock order: dispatches of campaigns whose first link is to be noted, then steps.
 */
export function makeClaim(pool: Pool, vault: Vault): (order: ClaimOrder) => Promise<boolean> {
  const run = async (orders: ClaimOrder[]) => {
    const fresh = orders.flatMap((order) => ('fresh' in order.link ? [{ order, link: order.link.fresh }] : []))
    const attempts = orders.flatMap((order) => order.attempts.map((attempt) => ({ order, attempt })))
    const rows = await claim(pool, [
      orders.map((o) => o.dispatchId),
      orders.map((o) => o.n),
      orders.map((o) => o.turn),
      orders.map((o) => o.outcomeWithinMs),
      orders.map((o) => linkOf(o.link).id),
      orders.map((o) => o.attempts.length),
      fresh.map(({ link }) => link.id),
      fresh.map(({ order }) => order.referenceId),
      fresh.map(({ link }) => vault.lookup('link', link.linkId)),
      fresh.map(({ link }) => link.origin),
      fresh.map(({ link }) => link.requestedMs),
      fresh.map(({ link }) => link.expiresAt),
      fresh.map(({ link }) => link.createdAt),
      fresh.map(({ link }) => sealLink(vault, link)),
      fresh.map(({ order }) => order.dispatchId),
      fresh.map(({ link }) => (link.replaces ? 'link.replaced' : 'link.created')),
      attempts.map(({ order }) => order.dispatchId),
      attempts.map(({ order }) => order.n),
      attempts.map(({ attempt }) => attempt.n),
      attempts.map(({ attempt }) => attempt.provider),
      attempts.map(({ attempt }) => attempt.addressHash),
      attempts.map(({ attempt }) => attempt.bodyHash ?? null),
      attempts.map(({ attempt }) => attempt.template ?? null),
    ])
    // After the commit, in a new statement: whoever stores a notice later than this look finds the link itself.
    const linkIds = new Set(orders.map((o) => linkOf(o.link).linkId))
    await renameLinks(pool, vault, [...linkIds])
    const won = new Set(rows.map((row) => stepOf({ dispatchId: row.dispatch_id, n: row.n })))
    return orders.map((o) => won.has(stepOf(o)))
  }
  // A doubled job claims the same step: were both in one batch, both would hear that it was won.
  return batched(run, { lanes: 4, marks: (order) => [stepOf(order)] })
}

const stepOf = ({ dispatchId, n }: StepKey) => `${dispatchId}/${n}`
const linkOf = (link: ClaimOrder['link']) => ('fresh' in link ? link.fresh : link.stored)

const claim = statement<{ dispatch_id: string; n: number }>(
  'claim',
  `with k as (
     select * from unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::uuid[], $6::int[]) as t (dispatch_id, n, turn, within_ms, link_id, attempts)
   ), first as (
     select id from dispatch where id = any($1::uuid[]) and cohort is not null and linked_at is null order by id for no key update
   ), locked as (
     select s.dispatch_id, s.n from step s join k on s.dispatch_id = k.dispatch_id and s.n = k.n and s.turn = k.turn
     where s.status = 'queued' and (select count(*) from first) is not null order by s.dispatch_id, s.n for update of s
   ), moved as (
     update step s set status = 'claimed', start_by = clock_timestamp() + interval '2 seconds',
       lease_until = clock_timestamp() + make_interval(secs => k.within_ms / 1000.0), attempts = s.attempts + k.attempts
     from locked join k using (dispatch_id, n)
     where s.dispatch_id = locked.dispatch_id and s.n = locked.n and s.turn = k.turn and s.status = 'queued'
     returning s.dispatch_id, s.n, s.turn, s.channel, s.start_by, k.link_id
   ), counted as (
     update dispatch d set linked_at = app_now() from first
     where d.id = first.id and exists (select from moved m where m.dispatch_id = d.id)
   ), fresh as (
     select * from unnest($7::uuid[], $8::text[], $9::bytea[], $10::text[], $11::bigint[], $12::timestamptz[], $13::timestamptz[], $14::bytea[],
       $15::uuid[], $16::text[]) as t (id, reference_id, lookup, origin, requested_ms, expires_at, created_at, sealed, dispatch_id, type)
   ), linked as (
     insert into link (id, reference_id, lookup, origin, status, requested_ms, expires_at, created_at)
     select id, reference_id, lookup, origin, 'active', requested_ms, expires_at, created_at from fresh on conflict do nothing
   ), secret as (
     insert into link_secret (link_id, sealed) select id, sealed from fresh on conflict do nothing
   ), carries as (
     insert into carried (dispatch_id, link_id, carried_at) select distinct dispatch_id, link_id, app_now() from moved on conflict do nothing
   ), tried as (
     insert into attempt (dispatch_id, step_n, n, turn, channel, provider, address_hash, body_hash, template, link_id, claimed_at, start_by)
     select m.dispatch_id, m.n, a.n, m.turn, m.channel, a.provider, a.address_hash, a.body_hash, a.template, m.link_id, app_now(), m.start_by
     from unnest($17::uuid[], $18::int[], $19::int[], $20::text[], $21::bytea[], $22::bytea[], $23::text[])
       as a (dispatch_id, step_n, n, provider, address_hash, body_hash, template)
     join moved m on m.dispatch_id = a.dispatch_id and m.n = a.step_n
   ), told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     select new_id(), type, dispatch_id, jsonb_build_object('link', id, 'origin', origin, 'expiresAt', expires_at), app_now() from fresh
   )
   select dispatch_id, n from moved`,
)

/**
 * Second half of the fence, a new statement after the claim's commit: every reason not to send, asked of the database.
 * An open that was stored before the link was carried is applied here, so that the dispatch ends with it.
 */
export function makeStopFact(pool: Pool): (question: StopQuestion) => Promise<StopFact | null> {
  const run = async (questions: StopQuestion[]) => {
    let rows = await askAll(pool, questions)
    const unheard = questions.filter((_, i) => rows.get(i + 1)?.unheard).map((question) => question.linkId)
    if (unheard.length > 0) {
      await applyFactsOf(pool, unheard)
      rows = await askAll(pool, questions)
    }
    const facts = questions.map((question, i) => factOf(question, rows.get(i + 1)))
    const opened = questions.filter((_, i) => facts[i]?.kind === 'opened').map((question) => question.linkId)
    if (opened.length > 0) await applyFactsOf(pool, opened)
    return facts
  }
  return batched(run, { lanes: 2 })
}

async function askAll(pool: Pool, questions: StopQuestion[]): Promise<Map<number, FactRow>> {
  const hashes = questions.flatMap((question, i) => question.hashes.map((hash) => ({ place: i + 1, hash })))
  const rows = await readStopFacts(pool, [
    questions.map((q) => q.dispatchId),
    questions.map((q) => q.kind),
    questions.map((q) => q.channel),
    questions.map((q) => q.provider),
    questions.map((q) => q.template),
    questions.map((q) => q.linkId),
    hashes.map((h) => h.place),
    hashes.map((h) => h.hash),
    questions.map((q) => q.n),
    questions.map((q) => q.probing),
    questions.map((q) => q.caps !== null),
  ])
  return new Map(rows.map((row) => [row.place, row]))
}

interface FactRow {
  place: number
  status: string
  link_opened: boolean
  /** The dispatch holds for suspect opens, and an open of the link has not been applied to it. */
  unheard: boolean
  suspect_until: Date | null
  link_gone: boolean
  suppressed: Buffer[] | null
  about_will: boolean | null
  hold_scope: string | null
  hold_value: string | null
  sent: Date[] | null
  now: Date
}

const readStopFacts = statement<FactRow>(
  'stop-facts',
  `with k as (
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $9::int[], $10::uuid[], $11::bool[]) with ordinality
       as t (dispatch_id, kind, channel, provider, template, link_id, n, probing, capped, place)
   ), barred as (
     select h.place, array_agg(h.hash) as hashes, bool_or(s.reason in ('opt_out', 'complaint', 'blocked_by_user')) as about_will from unnest($7::int[], $8::bytea[]) as h (place, hash)
     join k on k.place = h.place join dispatch d on d.id = k.dispatch_id
     join suppression s on s.hash = h.hash and s.lifted_at is null and (s.scope = 'all' or d.category = 'commercial') group by h.place
   )
   select k.place::int, d.status,
     (coalesce(l.status, 'gone') = 'opened' and (l.suspect is null or d.suspect_opens = 'stop')) or exists (
       select from partner_event e where e.link_lookup = l.lookup and e.type in ('link.opened', 'operation.created')
         and (e.suspect is null or d.suspect_opens = 'stop')) as link_opened,
     d.suspect_opens = 'hold' and ((l.suspect is not null and d.suspect_until is null) or exists (
       select from partner_event e where e.link_lookup = l.lookup and e.type = 'link.opened' and e.applied_at is null)) as unheard,
     d.suspect_until,
     coalesce(l.status, 'gone') <> 'active' as link_gone,
     barred.hashes as suppressed, barred.about_will, held.scope as hold_scope, held.value as hold_value,
     case when k.capped then ${sentLately('d.reference_id', 'k.dispatch_id', 'k.n')} end as sent, app_now() as now
   from k join dispatch d on d.id = k.dispatch_id
   left join link l on l.id = k.link_id
   left join barred on barred.place = k.place
   left join lateral (
     select h.scope, h.value from hold h where h.lifted_at is null and (h.id is distinct from k.probing or h.probe_at is null) and (
       h.scope in ('all', 'partner') or (h.scope = 'channel' and h.value = k.channel) or (h.scope = 'provider' and h.value = k.provider)
       or (h.scope = 'template' and h.value in (k.template, split_part(k.template, '@', 1)))
       or (h.scope = 'campaign' and h.value = d.campaign_id::text)) limit 1) held on true`,
)

function factOf(question: StopQuestion, row: FactRow | undefined): StopFact | null {
  // No row: the dispatch cannot be read, so nothing is sent.
  if (!row) return { kind: 'over', status: 'cancelled' }
  const over = row.status !== 'accepted' && row.status !== 'sent'
  if (over && !(question.kind === 'resend' && mayResend(row.status)))
    return { kind: 'over', status: row.status as never }
  if (row.hold_scope !== null) return { kind: 'held', scope: row.hold_scope as never, value: row.hold_value ?? '*' }
  return linkFactOf(question, row) ?? capFactOf(question, row) ?? barFactOf(row)
}

/** Asked last: it alone may leave something to send, to the person's other devices. */
const barFactOf = ({ suppressed, about_will }: FactRow): StopFact | null =>
  suppressed && { kind: 'suppressed', hashes: suppressed, aboutWill: about_will ?? false }

function linkFactOf({ kind }: StopQuestion, row: FactRow): StopFact | null {
  if (row.link_opened) return { kind: 'opened' }
  const until = row.suspect_until
  if (until !== null && until > row.now && kind !== 'resend') return { kind: 'suspect', until }
  return row.link_gone ? { kind: 'link_gone' } : null
}

const capFactOf = ({ caps }: StopQuestion, { sent, now }: FactRow): StopFact | null =>
  caps && cappedUntil(sent ?? [], now, caps) ? { kind: 'capped' } : null

/** A person asked for it: neither an open nor a plan that ran out forbids it. */
const mayResend = (status: string) => status === 'opened' || status === 'exhausted' || status === 'failed'
