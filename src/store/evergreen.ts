import type { Pool } from 'pg'
import type { DispatchStatus } from '../domain/dispatch.ts'
import type { Vault } from '../flow/ports.ts'
import type { EvergreenStore } from '../flow/ports-evergreen.ts'
import { openLink } from './dispatch-rows.ts'
import { inTransaction } from './pool.ts'
import { batched, statement } from './sql.ts'

export function makeEvergreenStore(pool: Pool, vault: Vault): EvergreenStore {
  return {
    keep: batched(async (codes: { hash: Buffer; dispatchId: string }[]) => {
      await insertCodes(pool, [codes.map((code) => code.hash), codes.map((code) => code.dispatchId)])
      return codes.map(() => undefined)
    }),
    async find(hashes) {
      const [row] = await findCode(pool, [hashes])
      if (!row) return null
      const { hash, dispatch_id: dispatchId, status, locale, over, asked, link_id, sealed } = row
      const url = link_id && sealed ? openLink(vault, link_id, sealed).url : null
      return { hash, dispatchId, status, locale, over, url, asked }
    },
    // The lock comes first, in a statement of its own: of two that press at once, the later sees what the first has noted.
    ask: (hash) =>
      inTransaction(pool, async (client) => {
        await lockDispatch(client, [hash])
        return (await noteAsked(client, [hash])).length > 0
      }),
  }
}

const insertCodes = statement(
  'evergreen-keep',
  `insert into evergreen (hash, dispatch_id) select hash, dispatch_id from unnest($1::bytea[], $2::uuid[]) as t (hash, dispatch_id) order by 1
   on conflict do nothing`,
)

/** Of the links that a dispatch carried, those that work: an opened one too, its user comes back to it. */
const WORKING = "l.status <> 'revoked' and l.expires_at > app_now()"
const JUST_ASKED = "x.asked_at > app_now() - interval '10 minutes'"

interface CodeRow {
  hash: Buffer
  dispatch_id: string
  status: DispatchStatus
  locale: string
  over: boolean
  asked: boolean
  link_id: string | null
  sealed: Buffer | null
}
const findCode = statement<CodeRow>(
  'evergreen-find',
  `select e.hash, e.dispatch_id, d.status, d.locale, coalesce(d.valid_until <= app_now(), false) as over,
     exists (select from evergreen x where x.dispatch_id = e.dispatch_id and ${JUST_ASKED}) as asked, link.id as link_id, link.sealed
   from evergreen e join dispatch d on d.id = e.dispatch_id
   left join lateral (
     select l.id, s.sealed from carried c join link l on l.id = c.link_id and ${WORKING} join link_secret s on s.link_id = l.id
     where c.dispatch_id = e.dispatch_id order by l.expires_at desc limit 1) link on e.asked_at is null
   where e.hash = any($1::bytea[])`,
)

const lockDispatch = statement(
  'evergreen-lock',
  'select id from dispatch where id = (select dispatch_id from evergreen where hash = $1::bytea) for no key update',
)

/** Not while the one before is still to be sent; once in 10 minutes; five times a day. */
const noteAsked = statement(
  'evergreen-ask',
  `with code as (
     select e.hash, e.dispatch_id, exists (
       select from carried c join link l on l.id = c.link_id and ${WORKING} where c.dispatch_id = e.dispatch_id) as lives
     from evergreen e where e.hash = $1::bytea
       and not exists (select from evergreen x where x.dispatch_id = e.dispatch_id and ${JUST_ASKED})
       and not exists (
         select from step s where s.dispatch_id = e.dispatch_id and s.kind = 'resend' and s.status in ('pending', 'queued', 'claimed'))
       and 5 > (
         select count(*) from step s where s.dispatch_id = e.dispatch_id and s.kind = 'resend' and s.due_at > app_now() - interval '1 day')
   ), asked as (
     update evergreen e set asked_at = app_now() from code
     where e.dispatch_id = code.dispatch_id and (e.hash = code.hash or not code.lives) returning e.dispatch_id
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'link.requested', dispatch_id, '{}', app_now() from (select distinct dispatch_id from asked) returning id`,
)
