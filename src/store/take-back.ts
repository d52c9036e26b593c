import type { Pool } from 'pg'
import type { TakeBack, TakeBackStore } from '../flow/ports-follow-up.ts'
import { GOT_IT } from './follow-up.ts'
import { statement } from './sql.ts'

export function makeTakeBackStore(pool: Pool): TakeBackStore {
  return {
    async begin({ id, template, revokeLinks, by }) {
      await begin(pool, [id, template, revokeLinks, by])
    },
    async one(template) {
      const [row] = await readOne(pool, [template])
      return row ? asTakeBack(row) : null
    },
    async takeTurn(limit) {
      const [row] = await takeTurn(pool, [limit])
      return row ?? null
    },
    async moveOn(id, ids, links) {
      await moveOn(pool, [id, ids.at(-1), ids.length, links.revoked, links.keptForOperation, links.unanswered])
    },
    async end(id) {
      await end(pool, [id])
    },
  }
}

const begin = statement(
  'take-back-begin',
  `insert into take_back as t (id, template, revoke_links, status, made_by)
   values ($1::uuid, $2::text, $3::bool, case when $3::bool then 'running' else 'done' end, $4::text)
   on conflict (template) do update set revoke_links = excluded.revoke_links, status = excluded.status, place = null, done = 0, revoked = 0,
     kept = 0, unanswered = 0, made_by = excluded.made_by, created_at = excluded.created_at, ended_at = null
   where t.status = 'done'`,
)

interface TakeBackRow {
  id: string
  template: string
  revoke_links: boolean
  status: TakeBack['status']
  people: number
  done: number
  revoked: number
  kept: number
  unanswered: number
  made_by: string
  created_at: Date
  ended_at: Date | null
}
const asTakeBack = (row: TakeBackRow): TakeBack => ({
  id: row.id,
  template: row.template,
  revokeLinks: row.revoke_links,
  status: row.status,
  people: row.people,
  done: row.done,
  links: { revoked: row.revoked, keptForOperation: row.kept, unanswered: row.unanswered },
  madeBy: row.made_by,
  createdAt: row.created_at,
  endedAt: row.ended_at,
})

const readOne = statement<TakeBackRow>(
  'take-back-one',
  `select t.*, (select count(distinct dispatch_id)::int from attempt where template = t.template and ${GOT_IT}) as people
   from take_back t where t.template = $1::text`,
)

/** `turn_until`: whose worker died is taken up again; links that are revoked already are passed over. */
const takeTurn = statement<{ id: string; ids: string[] }>(
  'take-back-turn',
  `with due as (
     select id, template, place from take_back where status = 'running' and coalesce(turn_until, '-infinity') < clock_timestamp()
     order by created_at limit 1 for update skip locked
   ), mine as (
     update take_back t set turn_until = clock_timestamp() + interval '60 seconds' from due where t.id = due.id
   )
   select due.id, array(
     select distinct a.dispatch_id from attempt a
     where a.template = due.template and a.dispatch_id > coalesce(due.place, '00000000-0000-0000-0000-000000000000') and ${GOT_IT}
     order by a.dispatch_id limit $1::int) as ids
   from due`,
)

const moveOn = statement(
  'take-back-on',
  `update take_back set place = $2::uuid, done = done + $3::int, revoked = revoked + $4::int, kept = kept + $5::int, unanswered = unanswered + $6::int,
     turn_until = null
   where id = $1::uuid and status = 'running'`,
)

/** Where the partner said nothing of some, all are gone through once more in a minute: what is revoked is passed over. */
const end = statement(
  'take-back-end',
  `update take_back set status = case when unanswered = 0 then 'done' else status end, ended_at = case when unanswered = 0 then app_now() end,
     turn_until = clock_timestamp() + interval '60 seconds', place = null,
     done = case when unanswered = 0 then done else 0 end, kept = case when unanswered = 0 then kept else 0 end, unanswered = 0
   where id = $1::uuid and status = 'running'`,
)
