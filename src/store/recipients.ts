import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { IntakeStore } from '../flow/ports-store.ts'
import { statement } from './sql.ts'

const readOne = statement<{ locale: string | null; time_zone: string | null; contact: Buffer | null }>(
  'recipient-read',
  'select locale, time_zone, contact from recipient where reference_id = $1::text',
)

export async function readRecipient(
  pool: Pool,
  vault: Vault,
  referenceId: string,
): ReturnType<IntakeStore['recipient']> {
  const [row] = await readOne(pool, [referenceId])
  if (!row) return null
  const contact =
    row.contact && JSON.parse(vault.open(row.contact, { table: 'recipient', row: referenceId, column: 'contact' }))
  return { locale: row.locale, timeZone: row.time_zone, contact }
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
