import type { PoolClient } from 'pg'
import {
  CLOCKS_APART_MS,
  LONGEST_HAND_OVER_MS,
  SUSPECT_GRACE_MS,
  type Suspicion,
  TOO_FAST_MS,
} from '../domain/suspicion.ts'
import { statement } from './sql.ts'

export interface Judgement {
  suspect: Suspicion | null
  openedAt: Date | null
}

/**
 * What is to be thought of opens, by the name of their notice. Decided when the open is first applied, under the lock of its
 * link, and read from there ever after: a copy may say something else, or nothing, and changes nothing.
 */
export async function judge(
  client: PoolClient,
  opens: { keyHash: Buffer; links: string[] }[],
): Promise<Map<string, Judgement>> {
  if (opens.length === 0) return new Map()
  const links = opens.flatMap(({ keyHash, links }) => links.map((link) => ({ keyHash, link })))
  const rows = await judgeOpens(client, [
    opens.map(({ keyHash }) => keyHash),
    links.map(({ keyHash }) => keyHash),
    links.map(({ link }) => link),
    TOO_FAST_MS,
    CLOCKS_APART_MS,
    LONGEST_HAND_OVER_MS,
  ])
  return new Map(
    rows.map((row) => [row.key_hash.toString('hex'), { suspect: row.suspect, openedAt: row.opened_at }] as const),
  )
}

/** Push and the app are tapped by people; a mail gateway looks before its server has answered, so the hand-over counts too. */
const judgeOpens = statement<{ key_hash: Buffer; suspect: Suspicion | null; opened_at: Date | null }>(
  'opens-judged',
  `with judged as (
     update partner_event e set suspect = 'too_fast'
     where e.key_hash = any($1::bytea[]) and e.applied_at is null and e.suspect is null and exists (
       select from unnest($2::bytea[], $3::uuid[]) as k (key_hash, link_id)
       join carried c on c.link_id = k.link_id
       join attempt a on a.dispatch_id = c.dispatch_id and a.link_id = k.link_id
       where k.key_hash = e.key_hash and a.channel in ('sms', 'email') and coalesce(a.outcome, 'accepted') in ('accepted', 'ambiguous')
         and e.opened_at >= a.claimed_at - make_interval(secs => $5::int / 1000.0)
         and e.opened_at < least(coalesce(a.settled_at, app_now()), a.claimed_at + make_interval(secs => $6::int / 1000.0))
           + make_interval(secs => $4::int / 1000.0))
     returning e.key_hash, e.suspect
   )
   select e.key_hash, coalesce(judged.suspect, e.suspect) as suspect, e.opened_at
   from partner_event e left join judged using (key_hash) where e.key_hash = any($1::bytea[])`,
)

/** A suspicion stays while nothing else is known of the dispatch; null clears it, whatever happened since. */
export const markSuspects = statement(
  'dispatches-suspect',
  `update dispatch d set suspect = k.suspect
   from unnest($1::uuid[], $2::text[]) as k (id, suspect)
   where d.id = k.id and d.suspect is distinct from k.suspect and (k.suspect is null or d.opened_at is null)`,
)

/** Lets plans wait until the grace after the latest suspect open is over; one that waits as long already is not told again. */
export const holdPlans = (client: PoolClient, holds: { id: string; at: Date; suspect: Suspicion | null }[]) =>
  waitForSecondSign(client, [
    holds.map(({ id }) => id),
    holds.map(({ at }) => at),
    holds.map(({ suspect }) => suspect),
    SUSPECT_GRACE_MS,
  ])

const waitForSecondSign = statement(
  'plans-held',
  `with k as (
     select id, least(max(at), app_now()) + make_interval(secs => $4::int / 1000.0) as until, max(suspect) as suspect
     from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as t (id, at, suspect) group by id
   ), held as (
     update dispatch d set suspect_until = k.until from k
     where d.id = k.id and coalesce(d.suspect_until, '-infinity') < k.until
     returning d.id, d.suspect_until as until, k.suspect
   ), moved as (
     update step s set due_at = held.until, fall_back_at = s.fall_back_at + (held.until - s.due_at) from held
     where s.dispatch_id = held.id and s.kind in ('first', 'reminder') and coalesce(s.status, '') = 'pending' and s.due_at < held.until
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'open.suspect', id, jsonb_build_object('suspect', suspect, 'until', until), app_now() from held`,
)
