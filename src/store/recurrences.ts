import type { Pool } from 'pg'
import type { CampaignWish, ListSource } from '../flow/ports-campaign.ts'
import type { NewRecurrence, Recurrence, RecurrenceStore } from '../flow/ports-recur.ts'
import { showId } from '../lib/id.ts'
import { madeOnce } from './made-once.ts'
import { one, type Queryable, statement } from './sql.ts'

export function makeRecurrenceStore(pool: Pool): RecurrenceStore {
  return {
    async create(recurrence) {
      await add(pool, recurrence)
    },
    createOnce: (recurrence, once) => madeOnce(pool, once, (client) => add(client, recurrence)),
    async one(id) {
      const [row] = await read(pool, [id, null, 1])
      return row ? asRecurrence(row) : null
    },
    async list({ before, limit }) {
      return (await read(pool, [null, before, limit])).map(asRecurrence)
    },
    async stop(id, by) {
      return (await stop(pool, [id, showId('rec', id), by])).length > 0
    },
    async due() {
      return (await readDue(pool, [])).map(asRecurrence).filter(hasNext)
    },
    async moveOn(id, from, to) {
      return (await moveOn(pool, [id, from, to])).length > 0
    },
    async takeDraft() {
      const [row] = await takeDraft(pool, [])
      return row ? { id: row.id, source: sourceOf(row), madeBy: row.made_by } : null
    },
    async keepDraft(id) {
      await keepDraft(pool, [id])
    },
    async giveDraft(id) {
      await giveDraft(pool, [id])
    },
  }
}

async function add(db: Queryable, recurrence: NewRecurrence): Promise<Date> {
  const { id, name, cron, timeZone, source, campaign, nextAt, until, madeBy } = recurrence
  const values = [id, name, cron, timeZone, JSON.stringify(source), JSON.stringify(campaign), nextAt, until, madeBy]
  return one(await insert(db, [...values, showId('rec', id)])).created_at
}

const insert = statement<{ created_at: Date }>(
  'recurrence-insert',
  `with told as (
     insert into event (id, type, dispatch_id, data, occurred_at)
     values (new_id(), 'recurrence.created', null, jsonb_build_object('recurrenceId', $10::text, 'by', $9::text), app_now())
   )
   insert into recurrence (id, name, cron, time_zone, source, campaign, next_at, until, made_by)
   values ($1::uuid, $2::text, $3::text, $4::text, $5::jsonb, $6::jsonb, $7::timestamptz, $8::timestamptz, $9::text)
   returning created_at`,
)

interface Row {
  id: string
  name: string
  cron: string
  time_zone: string
  source: Recurrence['source']
  campaign: CampaignWish
  next_at: Date | null
  until: Date | null
  stopped_at: Date | null
  made_by: string
  created_at: Date
  latest_id: string | null
  latest_at: Date | null
}
const asRecurrence = (row: Row): Recurrence => ({
  id: row.id,
  name: row.name,
  cron: row.cron,
  timeZone: row.time_zone,
  source: row.source,
  campaign: row.campaign,
  nextAt: row.next_at,
  until: row.until,
  stoppedAt: row.stopped_at,
  madeBy: row.made_by,
  createdAt: row.created_at,
  latest: row.latest_id && row.latest_at ? { campaignId: row.latest_id, firesAt: row.latest_at } : null,
})

const hasNext = (recurrence: Recurrence): recurrence is Recurrence & { nextAt: Date } => recurrence.nextAt !== null

const SELECT = `select r.*, latest.id as latest_id, latest.fires_at as latest_at from recurrence r left join lateral (
     select c.id, c.fires_at from campaign c where c.recurrence = r.id order by c.fires_at desc limit 1) latest on true`

const read = statement<Row>(
  'recurrence-read',
  `${SELECT} where ($1::uuid is null or r.id = $1::uuid) and ($2::uuid is null or r.id < $2::uuid) order by r.id desc limit $3::int`,
)
const readDue = statement<Row>(
  'recurrence-due',
  `${SELECT} where r.stopped_at is null and r.next_at <= (select app_now()) order by r.id`,
)
const stop = statement(
  'recurrence-stop',
  `with stopped as (
     update recurrence set stopped_at = app_now(), next_at = null where id = $1::uuid and stopped_at is null returning id
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'recurrence.stopped', null, jsonb_build_object('recurrenceId', $2::text, 'by', $3::text), app_now() from stopped
   returning id`,
)
const moveOn = statement(
  'recurrence-move-on',
  `update recurrence set next_at = $3::timestamptz
   where id = $1::uuid and stopped_at is null and next_at = $2::timestamptz returning id`,
)

interface DraftRow {
  id: string
  made_by: string
  source: Recurrence['source']
  previous: string | null
}
const sourceOf = ({ source, previous }: DraftRow): ListSource => ({
  campaignId: (source.previous && previous) || source.campaignId,
  list: source.list,
})

const MINUTE = "clock_timestamp() + interval '1 minute'"

/** `launch_until` of a draft: until when the process that fills it is left alone. */
const takeDraft = statement<DraftRow>(
  'recurrence-take-draft',
  `with mine as (
     select c.id, r.source, (
       select p.id from campaign p where p.recurrence = c.recurrence and p.fires_at < c.fires_at order by p.fires_at desc limit 1
     ) as previous
     from campaign c join recurrence r on r.id = c.recurrence
     where c.status = 'draft' and (c.launch_until is null or c.launch_until < clock_timestamp())
     order by c.id limit 1 for update of c skip locked
   )
   update campaign c set launch_until = ${MINUTE} from mine where c.id = mine.id
   returning c.id, c.made_by, mine.source, mine.previous`,
)
const keepDraft = statement(
  'recurrence-keep-draft',
  `update campaign set launch_until = ${MINUTE} where id = $1::uuid and status = 'draft'`,
)
const giveDraft = statement('recurrence-give-draft', 'update campaign set launch_until = null where id = $1::uuid')
