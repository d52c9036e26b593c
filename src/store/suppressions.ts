import type { Pool } from 'pg'
import type { SuppressionStore } from '../flow/ports-store.ts'
import { newUuid } from '../lib/id.ts'
import { statement } from './sql.ts'

export function makeSuppressionStore(pool: Pool): SuppressionStore {
  return {
    async add({ hash, channel, reason, note, placedBy }) {
      const added = await addSuppression(pool, [newUuid(), hash, channel, reason, note, placedBy])
      // After the commit, in a new statement: a claim that comes later than this look sees the suppression itself.
      const touched = await affected(pool, [hash])
      return { fresh: added.length > 0, touched: touched.map((row) => row.id) }
    },
  }
}

const addSuppression = statement(
  'suppression-add',
  `insert into suppression (id, hash, channel, reason, note, placed_by) values ($1::uuid, $2::bytea, $3::text, $4::text, $5::text, $6::text)
   on conflict (hash) where lifted_at is null do nothing returning id`,
)
/** Dispatches that may still write to this address, or to this recipient: whose claims the fence must wait for. */
const affected = statement<{ id: string }>(
  'suppression-affected',
  `select d.id from dispatch_address a join dispatch d on d.id = a.dispatch_id
   where a.hash = $1::bytea and d.status in ('accepted', 'sent', 'opened', 'exhausted', 'failed') order by d.id`,
)
