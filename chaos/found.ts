import type { Found, FoundAttempt, FoundDispatch } from './history.ts'
import type { Outside } from './outside.ts'
import type { OwnPostgres } from './postgres.ts'

type Ask = OwnPostgres['ask']

/** Reads what the service wrote, and translates its hashes back by what the run knows. */
export async function readFound(
  { ask }: OwnPostgres,
  { vault, world }: Outside,
  addresses: Iterable<[to: string, channel: string]>,
): Promise<Found> {
  const byHash = new Map<string, string>()
  const KINDS: Record<string, string> = { sms: 'phone', email: 'email', push: 'token' }
  for (const [to, channel] of addresses) byHash.set(hex(vault.lookup(KINDS[channel] ?? '', to)), to)
  const links = new Map(world.links().map(({ linkId }) => [hex(vault.lookup('link', linkId)), linkId]))
  return {
    dispatches: await dispatchesOf(ask, links),
    steps: await ask(`select dispatch_id as "dispatchId", n, kind, status, reason from step`),
    attempts: await attemptsOf(ask, byHash),
    feed: await feedOf(ask),
  }
}

const hex = (bytes: Buffer) => bytes.toString('hex')

async function dispatchesOf(ask: Ask, links: Map<string, string>): Promise<FoundDispatch[]> {
  const rows = await ask<Omit<FoundDispatch, 'carried' | 'ends'> & { ends: string[] | null; lookups: string[] | null }>(
    `select d.id, d.reference_id as reference, d.status, d.category, d.time_zone as "timeZone", e.ends, c.lookups from dispatch d
     left join (
       select dispatch_id, array_agg(substring(type from 10) order by id) as ends from event
       where type in ('dispatch.opened', 'dispatch.exhausted', 'dispatch.failed', 'dispatch.expired', 'dispatch.cancelled',
         'dispatch.superseded', 'dispatch.suppressed') group by dispatch_id) e on e.dispatch_id = d.id
     left join (
       select c.dispatch_id, array_agg(encode(l.lookup, 'hex')) as lookups from carried c join link l on l.id = c.link_id
       group by c.dispatch_id) c on c.dispatch_id = d.id`,
  )
  return rows.map(({ lookups, ends, ...row }) => ({
    ...row,
    ends: ends ?? [],
    carried: (lookups ?? []).map((lookup) => links.get(lookup) ?? lookup),
  }))
}

async function attemptsOf(ask: Ask, byHash: Map<string, string>): Promise<FoundAttempt[]> {
  const rows = await ask<Omit<FoundAttempt, 'to'> & { hash: Buffer | null }>(
    `select dispatch_id as "dispatchId", step_n as step, n, channel, address_hash as hash, outcome, reason, receipt,
       (extract(epoch from start_by) * 1000)::float8 as "startBy", (extract(epoch from claimed_at) * 1000)::float8 as "claimedAt"
     from attempt order by dispatch_id, step_n, n`,
  )
  return rows.map(({ hash, ...row }) => ({ ...row, to: hash ? (byHash.get(hex(hash)) ?? null) : null }))
}

async function feedOf(ask: Ask): Promise<Found['feed']> {
  const [row] = await ask<Found['feed']>(
    `select (count(*) filter (where sequence is null))::int as unnumbered,
       (greatest(coalesce(max(sequence), 0), count(sequence)) - count(distinct sequence))::int as "outOfLine" from event`,
  )
  return row ?? { unnumbered: 0, outOfLine: 0 }
}

/** Paths that happen rarely, as the service's own rows tell them. */
export async function rarePaths({ ask }: OwnPostgres): Promise<Record<string, number>> {
  const [row] = await ask<Record<string, number>>(
    `select
       (select count(*) from event where type = 'message.unclear')::int as "ambiguous attempts",
       (select count(*) from event where type = 'message.unclear' and data ->> 'reason' = 'worker_lost')::int as "claims whose worker was lost",
       (select count(*) from attempt where outcome = 'accepted' and reason = 'receipt')::int as "ambiguous, found at the provider",
       (select count(*) from event where type = 'message.waits' and data ->> 'reason' = 'unclear_resent')::int as "ambiguous, sent once more by policy",
       (select count(*) from attempt where outcome = 'late' and reason is null)::int as "claims given back as late",
       (select count(*) from attempt where outcome = 'late' and reason in ('opened', 'over', 'suppressed'))::int as "stopped between claim and request",
       (select count(*) from step where kind = 'reminder' and status = 'skipped' and reason = 'opened')::int as "reminders stopped by an open",
       (select count(*) from step where status = 'skipped' and reason = 'suppressed')::int as "steps skipped as suppressed",
       (select count(*) from attempt where outcome in ('retry', 'throttle'))::int as "attempts to be retried",
       (select count(*) from event where type in ('message.failed', 'message.waits') and data ? 'next')::int as "fallbacks to the next channel",
       (select count(*) from link where origin = 'adopted')::int as "links adopted",
       (select count(*) from hold where scope = 'partner' and reason = 'partner_suspended' and lifted_by = 'probe')::int as "suspensions the service saw the end of",
       (select count(*) from dispatch d where d.first_handed_at is not null and exists (
         select from event e where e.dispatch_id = d.id and e.type = 'message.waits' and e.data ->> 'reason' = 'outside_window'))::int as "messages that waited for the morning",
       (select count(*) from chaos.lost_lease)::int as "queued steps found again by their lease"`,
  )
  return row ?? {}
}

/** A settlement wipes the trace of a lost lease, so a trigger in this run's own database counts the moment itself. */
export async function countLostLeases({ ask }: OwnPostgres): Promise<void> {
  await ask(`create schema chaos; create table chaos.lost_lease (at timestamptz default clock_timestamp());
    create function chaos.note_lost_lease() returns trigger language plpgsql as $$
      begin insert into chaos.lost_lease default values; return null; end $$;
    create trigger lost_lease after update on app.step for each row
      when (old.status = 'queued' and new.status = 'pending' and new.empty_turns > old.empty_turns)
      execute function chaos.note_lost_lease()`)
}
