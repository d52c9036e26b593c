import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { StoredRecipient } from '../flow/ports-campaign.ts'
import type { IntakeStore } from '../flow/ports-store.ts'
import { statement } from './sql.ts'

interface Row {
  reference_id: string
  locale: string | null
  time_zone: string | null
  contact: Buffer | null
}
const readAll = statement<Row>(
  'recipients-read',
  'select reference_id, locale, time_zone, contact from recipient where reference_id = any($1::text[])',
)

export async function readRecipient(
  pool: Pool,
  vault: Vault,
  referenceId: string,
): ReturnType<IntakeStore['recipient']> {
  return (await readRecipients(pool, vault, [referenceId])).get(referenceId) ?? null
}

/** Those that are known, by their id. */
export async function readRecipients(
  pool: Pool,
  vault: Vault,
  referenceIds: string[],
): Promise<Map<string, StoredRecipient>> {
  const rows = await readAll(pool, [referenceIds])
  return new Map(rows.map((row) => [row.reference_id, asStored(vault, row)]))
}

function asStored(vault: Vault, { reference_id: row, locale, time_zone: timeZone, contact }: Row): StoredRecipient {
  const text = contact && vault.open(contact, { table: 'recipient', row, column: 'contact' })
  return { locale, timeZone, contact: text && JSON.parse(text) }
}

const readKey = statement<{ body_hash: Buffer; status: number; location: string | null; body: string }>(
  'idempotency-replay',
  `select body_hash, status, location, body from idempotency
   where key_hash = any($1::bytea[]) and created_at >= app_now() - interval '24 hours' order by created_at limit 1`,
)

export async function readReplay(pool: Pool, keyHashes: Buffer[]): ReturnType<IntakeStore['replay']> {
  const [row] = await readKey(pool, [keyHashes])
  return row ? { status: row.status, location: row.location, body: row.body, bodyHash: row.body_hash } : null
}
