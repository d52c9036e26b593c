import type { Pool } from 'pg'
import type { MessageTally, PersonTally, RowTally, Tally } from '../domain/funnel.ts'
import type { CampaignHead, Difference, TallyStore } from '../flow/ports-tally.ts'
import { inTransaction } from './pool.ts'
import { one, statement } from './sql.ts'

/** The triggers of `0005-tally.sql` write what changes; here it is added up, read and compared. */
export function makeTallyStore(pool: Pool): TallyStore {
  return {
    async head(campaignId) {
      const [row] = await readHead(pool, [campaignId])
      return row ?? null
    },
    read: async (campaignId) => (await readTallies(pool, [campaignId])).map(asTally),
    async minutes(campaignId, since) {
      const rows = await readMinutes(pool, [campaignId, Math.floor(since.getTime() / MINUTE_MS)])
      return rows.map(({ minute, n }) => ({ at: new Date(minute * MINUTE_MS), sent: n }))
    },
    fold: async () => one(await fold(pool, [FOLDED_AT_ONCE])).folded === FOLDED_AT_ONCE,
    reconcile: (campaignId) => reconcile(pool, campaignId),
    changing: async () => (await changing(pool, [])).map(({ id }) => id),
  }
}

const FOLDED_AT_ONCE = 10_000
const MINUTE_MS = 60_000

const readHead = statement<CampaignHead>(
  'tally-head',
  `select c.name, c.status, c.start_at as "startAt", to_char(c.local_start, 'YYYY-MM-DD"T"HH24:MI') as "localStart", c.valid_until as "validUntil",
     c.started_at as "startedAt", c.ended_at as "endedAt", l.per_hour as "perHour", c.plan -> 'variants' as variants, (c.plan ->> 'holdout')::float8 as holdout,
     exists (select from hold h where h.scope = 'campaign' and h.value = c.id::text and h.lifted_at is null) as "isHeld"
   from campaign c join lane l on l.id = c.lane where c.id = $1::uuid`,
)

const readMinutes = statement<{ minute: number; n: number }>(
  'tally-minutes',
  `select key[1]::bigint as minute, sum(n)::bigint as n from (
     select key, n from tally where campaign_id = $1::uuid and subject = 'minute'
     union all
     select key, n from tally_delta where campaign_id = $1::uuid and subject = 'minute') t
   where key[1]::bigint >= $2::bigint group by 1 having sum(n) <> 0 order by 1`,
)

/** A delta is in one table or the other, never in both and never in none: one statement sees one moment. */
const readTallies = statement<TallyRow>(
  'tally-read',
  `select t.subject, c.variant, c.locale, t.key, sum(t.n)::bigint as n from (
     select subject, cohort, key, n from tally where campaign_id = $1::uuid and subject <> 'minute'
     union all
     select subject, cohort, key, n from tally_delta where campaign_id = $1::uuid and subject <> 'minute') t
   left join cohort c on c.id = t.cohort
   group by t.subject, c.variant, c.locale, t.key having sum(t.n) <> 0`,
)

/** Whoever comes meanwhile folds nothing. A delta that was folded since the statement began is gone, and not taken twice. */
const fold = statement<{ folded: number }>(
  'tally-fold',
  `with mine as materialized (select pg_try_advisory_xact_lock(hashtext('link-dispatcher/tally')) as ok
   ), taken as (
     delete from tally_delta where (select ok from mine) and id in (select id from tally_delta order by id limit $1::int)
     returning campaign_id, subject, cohort, key, n
   ), folded as (
     insert into tally as t (campaign_id, subject, cohort, key, n)
     select campaign_id, subject, cohort, key, sum(n) from taken group by campaign_id, subject, cohort, key order by 1, 2, 3, 4
     on conflict (campaign_id, subject, cohort, key) do update set n = t.n + excluded.n
   )
   select count(*)::int as folded from taken`,
)

/** Rows go on changing for as long as a link can live after the end. */
const changing = statement<{ id: string }>(
  'tally-changing',
  "select id from campaign where ended_at is null or ended_at > app_now() - interval '8 days' order by id",
)

/** The lock is taken before the snapshot: two who compare at once would mend the same difference twice. */
function reconcile(pool: Pool, campaignId: string): Promise<Difference[]> {
  return inTransaction(
    pool,
    async (client) => {
      await client.query('lock table tally in share update exclusive mode')
      // A million rows are read here: what the pool's planner is told not to do.
      await client.query('set local enable_hashjoin = on; set local enable_seqscan = on')
      return (await mend(client, [campaignId])).map((row) => ({
        subject: row.subject,
        key: row.key,
        missing: row.n,
      }))
    },
    'begin isolation level repeatable read',
  )
}

const mend = statement<Pick<TallyRow, 'key' | 'n'> & Pick<Difference, 'subject'>>(
  null,
  `with counted as (
     select 'person' as subject, cohort,
       person_key(status, reason, linked_at, first_handed_at, in_app_at, delivered_at, opened_at, suspect, operation_at) as key, count(*) as n
     from dispatch where campaign_id = $1::uuid and cohort is not null group by 2, 3
     union all
     select 'message', s.cohort, message_key(s.kind, s.n, s.channel, s.status, s.reason), count(*)
     from dispatch d join step s on s.dispatch_id = d.id
     where d.campaign_id = $1::uuid and s.cohort is not null and s.kind <> 'close' group by 2, 3
     union all
     select 'minute', 0, minute_key(s.handed_at), count(*)
     from dispatch d join step s on s.dispatch_id = d.id
     where d.campaign_id = $1::uuid and s.cohort is not null and s.handed_at is not null group by 3
     union all
     select 'row', 0, array[status, reason], count(*) from audience_row where campaign_id = $1::uuid group by 3
   ), missing as (
     select subject, cohort, key, sum(n)::bigint as n from (
       select * from counted
       union all select subject, cohort, key, -n from tally where campaign_id = $1::uuid
       union all select subject, cohort, key, -n from tally_delta where campaign_id = $1::uuid) t
     group by subject, cohort, key having sum(n) <> 0
   ), mended as (
     insert into tally_delta (campaign_id, subject, cohort, key, n) select $1::uuid, subject, cohort, key, n from missing
   )
   select subject, key, n from missing order by subject, key`,
)

interface TallyRow {
  subject: Tally['subject']
  variant: string | null
  locale: string | null
  key: (string | null)[]
  n: number
}

function asTally(row: TallyRow): Tally {
  const { key, n } = row
  const cohort = { variant: row.variant ?? '', locale: row.locale ?? '' }
  switch (row.subject) {
    case 'row':
      return { subject: 'row', status: key[0] as RowTally['status'], reason: key[1] ?? null, n }
    case 'person':
      return { subject: 'person', ...cohort, ...personOf(key), n }
    case 'message':
      return { subject: 'message', ...cohort, ...messageOf(key), n }
  }
}

/** In the order of `person_key`. */
function personOf(key: TallyRow['key']): Omit<PersonTally, 'subject' | 'variant' | 'locale' | 'n'> {
  const [status, reason = null, linked, handed, delivered, suspect, operation, opened = null] = key
  return {
    status: status as PersonTally['status'],
    reason,
    linked: linked === 'true',
    handed: handed === 'true',
    delivered: delivered === 'true',
    suspect: suspect === 'true',
    operation: operation === 'true',
    opened: opened === null || opened === 'unknown' ? opened : Number(opened),
  }
}

/** In the order of `message_key`. */
function messageOf(key: TallyRow['key']): Omit<MessageTally, 'subject' | 'variant' | 'locale' | 'n'> {
  const [kind, step, channel, status, reason = null] = key
  return {
    kind: kind as MessageTally['kind'],
    step: Number(step),
    channel: channel as MessageTally['channel'],
    status: status as MessageTally['status'],
    reason,
  }
}
