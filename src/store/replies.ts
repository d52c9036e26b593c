import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { ReplyStore } from '../flow/ports-consent.ts'
import { statement } from './sql.ts'

export function makeReplyStore(pool: Pool, vault: Pick<Vault, 'seal'>): ReplyStore {
  return {
    async lastOf(hashes) {
      const [row] = await lastOf(pool, [hashes])
      return row ? { dispatchId: row.id, referenceId: row.reference_id, locale: row.locale } : null
    },
    async keep({ keyHash, hash, dispatchId, text }) {
      const place = { table: 'inbound_text', row: keyHash.toString('hex'), column: 'sealed' }
      return (await keepText(pool, [keyHash, hash, dispatchId, vault.seal(text, place)])).length > 0
    },
  }
}

const lastOf = statement<{ id: string; reference_id: string; locale: string }>(
  'reply-last',
  `select d.id, d.reference_id, d.locale from dispatch_address a join dispatch d on d.id = a.dispatch_id
   where a.hash = any($1::bytea[]) order by d.id desc limit 1`,
)

/** The event says that there is something to read, and nothing of what. */
const keepText = statement(
  'reply-keep',
  `with kept as (
     insert into inbound_text (key_hash, hash, dispatch_id, sealed) values ($1::bytea, $2::bytea, $3::uuid, $4::bytea)
     on conflict do nothing returning dispatch_id
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), 'recipient.replied', k.dispatch_id, jsonb_strip_nulls(jsonb_build_object('channel', 'sms', 'referenceId', d.reference_id)), app_now()
   from kept k left join dispatch d on d.id = k.dispatch_id returning id`,
)
