import type { Pool } from 'pg'
import type { EventType, FeedEvent } from '../domain/event.ts'
import type { EventStore } from '../flow/ports-store.ts'
import { inTransaction } from './pool.ts'
import { statement } from './sql.ts'

export function makeEventStore(pool: Pool): EventStore {
  return {
    async append(events) {
      await appendEvents(pool, [
        events.map((e) => e.type),
        events.map((e) => e.dispatchId),
        events.map((e) => JSON.stringify(e.data)),
      ])
    },
    number: () =>
      inTransaction(pool, async (client) => {
        const [lock] = await tryLock(client, [])
        if (!lock?.mine) return 0
        const [row] = await numberEvents(client, [])
        return row?.n ?? 0
      }),
    async after(sequence, limit) {
      return (await readAfter(pool, [sequence, limit])).map(asFeedEvent)
    },
  }
}

const appendEvents = statement(
  'event-append',
  `insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), type, dispatch_id, data, app_now() from unnest($1::text[], $2::uuid[], $3::jsonb[]) as t (type, dispatch_id, data)`,
)

/** One sequencer at a time, in any process: held until the transaction ends. */
const tryLock = statement<{ mine: boolean }>(
  'sequencer-lock',
  "select pg_try_advisory_xact_lock(hashtext('link-dispatcher/sequencer')) as mine",
)

/** Only committed events are seen, so numbers are given once, in order and without a gap. */
const numberEvents = statement<{ n: number }>(
  'sequencer-number',
  `with unnumbered as (
     select id, row_number() over (order by id) as place from (select id from event where sequence is null order by id limit 5000) e
   ), numbered as (
     update event e set sequence = (select last_sequence from feed) + u.place from unnumbered u where e.id = u.id returning e.sequence
   ), kept as (
     update feed set last_sequence = (select max(sequence) from numbered) where exists (select from numbered) returning last_sequence
   )
   select count(*)::int as n from numbered, (select max(last_sequence) from kept) k`,
)

interface EventRow {
  id: string
  sequence: number
  type: EventType
  dispatch_id: string | null
  data: Record<string, unknown>
  occurred_at: Date
}

export const asFeedEvent = (row: EventRow): FeedEvent => ({
  id: row.id,
  sequence: row.sequence,
  type: row.type,
  dispatchId: row.dispatch_id,
  data: row.data,
  occurredAt: row.occurred_at,
})

const readAfter = statement<EventRow>(
  'feed-after',
  'select id, sequence, type, dispatch_id, data, occurred_at from event where sequence > $1::bigint order by sequence limit $2::int',
)
