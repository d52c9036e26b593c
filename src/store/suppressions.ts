import type { Pool } from 'pg'
import type { SuppressionStore } from '../flow/ports-store.ts'
import { newUuid } from '../lib/id.ts'
import { inTransaction } from './pool.ts'
import { statement } from './sql.ts'

export function makeSuppressionStore(pool: Pool): SuppressionStore {
  return {
    add: ({ hash, channel, reason, note, placedBy }) =>
      inTransaction(pool, async (client) => {
        const added = await addSuppression(client, [newUuid(), hash, channel, reason, note, placedBy])
        const touched = await affected(client, [hash])
        return { fresh: added.length > 0, touched: touched.map((row) => row.id) }
      }),
  }
}

const addSuppression = statement(
  'suppression-add',
  `insert into suppression (id, hash, channel, reason, note, placed_by) values ($1::uuid, $2::bytea, $3::text, $4::text, $5::text, $6::text)
   on conflict (hash) where lifted_at is null do nothing returning id`,
)
/** Running dispatches that write to this address: whose claims the fence must wait for. */
const affected = statement<{ id: string }>(
  'suppression-affected',
  `select d.id from dispatch_address a join dispatch d on d.id = a.dispatch_id
   where a.hash = $1::bytea and d.status in ('accepted', 'sent', 'opened', 'exhausted', 'failed') order by d.id`,
)
