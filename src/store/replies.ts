import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { KeptText, KeptTextReader, ReplyStore } from '../flow/ports-consent.ts'
import { openPerson } from './dispatch-rows.ts'
import { statement } from './sql.ts'

export function makeReplyStore(pool: Pool, vault: Vault): ReplyStore & KeptTextReader {
  return {
    async lastOf(hashes) {
      const [row] = await lastOf(pool, [hashes])
      return row ? { dispatchId: row.id, referenceId: row.reference_id, locale: row.locale } : null
    },
    async keep({ keyHash, hash, dispatchId, text }) {
      const sealed = vault.seal(text, placeOf(keyHash))
      return (await keepText(pool, [keyHash, hash, dispatchId, sealed])).length > 0
    },
    list: async (before, limit) => (await readTexts(pool, [before, limit])).map((row) => asKept(vault, row)),
  }
}

const placeOf = (keyHash: Buffer) => ({ table: 'inbound_text', row: keyHash.toString('hex'), column: 'sealed' })

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

interface TextRow {
  id: string
  key_hash: Buffer
  hash: Buffer
  dispatch_id: string | null
  sealed: Buffer
  received_at: Date
  revision: number | null
  person: Buffer | null
}
const readTexts = statement<TextRow>(
  'reply-texts',
  `select t.id, t.key_hash, t.hash, t.dispatch_id, t.sealed, t.received_at, p.revision, p.sealed as person
   from inbound_text t left join lateral (
     select revision, sealed from dispatch_secret x where x.dispatch_id = t.dispatch_id and x.kind = 'person' order by revision desc limit 1) p on true
   where $1::uuid is null or t.id < $1 order by t.id desc limit $2::int`,
)

const asKept = (vault: Vault, row: TextRow): KeptText => ({
  id: row.id,
  receivedAt: row.received_at,
  dispatchId: row.dispatch_id,
  phone: senderOf(vault, row),
  text: vault.open(row.sealed, placeOf(row.key_hash)),
})

/** The number itself is not kept with the text: it is the dispatch's, if that still has the same. */
function senderOf(vault: Vault, { dispatch_id: id, revision, person, hash }: TextRow): string | null {
  if (id === null || revision === null || person === null) return null
  const { phone } = openPerson(vault, id, revision, person).contact
  return phone !== undefined && vault.lookups('phone', phone).some((known) => known.equals(hash)) ? phone : null
}
