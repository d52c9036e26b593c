import type { Pool } from 'pg'
import type { Place, Vault } from '../flow/ports.ts'
import { audienceRowPlace, refusalPlace } from './audience-seal.ts'
import { placeOf } from './dispatch-rows.ts'

/** A column of ciphertext: how its rows are found, and the place each is bound to. */
interface SealedColumn {
  table: string
  column: string
  key: string[]
  placeOf(key: unknown[]): Place
}

const SEALED: SealedColumn[] = [
  {
    table: 'dispatch_secret',
    column: 'sealed',
    key: ['dispatch_id', 'kind', 'revision'],
    placeOf: ([id, kind, revision]) => placeOf(String(id), kind as 'person' | 'user_data', Number(revision)),
  },
  {
    table: 'link_secret',
    column: 'sealed',
    key: ['link_id'],
    placeOf: ([id]) => ({ table: 'link_secret', row: String(id), column: 'sealed' }),
  },
  {
    table: 'recipient',
    column: 'contact',
    key: ['reference_id'],
    placeOf: ([id]) => ({ table: 'recipient', row: String(id), column: 'contact' }),
  },
  {
    table: 'partner_event',
    column: 'sealed',
    key: ['key_hash'],
    placeOf: ([hash]) => ({ table: 'partner_event', row: (hash as Buffer).toString('hex'), column: 'sealed' }),
  },
  {
    table: 'inbound_text',
    column: 'sealed',
    key: ['key_hash'],
    placeOf: ([hash]) => ({ table: 'inbound_text', row: (hash as Buffer).toString('hex'), column: 'sealed' }),
  },
  {
    table: 'audience_row',
    column: 'sealed',
    key: ['campaign_id', 'reference_id'],
    placeOf: ([campaignId, referenceId]) => audienceRowPlace(String(campaignId), String(referenceId)),
  },
  {
    table: 'audience_refusal',
    column: 'sealed',
    key: ['upload_id', 'line', 'place'],
    placeOf: ([uploadId, line, place]) => refusalPlace(String(uploadId), Number(line), Number(place)),
  },
]

const AT_ONCE = 1_000

/**
 * Seals again whatever an older key sealed, a thousand rows a statement, beside the running service: a row is written
 * only if it still holds the bytes that were read. Answers how many were rewritten.
 */
export async function reencrypt(
  pool: Pool,
  vault: Vault,
  onProgress: (table: string, rewritten: number) => void,
): Promise<number> {
  let total = 0
  for (const column of SEALED) {
    const rewritten = await reencryptColumn(pool, vault, column)
    onProgress(column.table, rewritten)
    total += rewritten
  }
  return total
}

async function reencryptColumn(pool: Pool, vault: Vault, sealed: SealedColumn): Promise<number> {
  let rewritten = 0
  let after: unknown[] | undefined
  do {
    const rows = await page(pool, sealed, after)
    for (const row of rows) rewritten += await reseal(pool, vault, sealed, row)
    after = rows.length === AT_ONCE ? rows.at(-1)?.key : undefined
  } while (after)
  return rewritten
}

interface SealedRow {
  key: unknown[]
  sealed: Buffer
}

async function page(
  pool: Pool,
  { table, column, key }: SealedColumn,
  after: unknown[] | undefined,
): Promise<SealedRow[]> {
  const order = key.join(', ')
  const beyond = after ? `and (${order}) > (${key.map((_, i) => `$${i + 2}`).join(', ')})` : ''
  const { rows } = await pool.query({
    text: `select ${order}, ${column} as sealed from ${table} where ${column} is not null ${beyond} order by ${order} limit $1`,
    values: [AT_ONCE, ...(after ?? [])],
  })
  return rows.map((row) => ({ key: key.map((name) => row[name]), sealed: row.sealed }))
}

async function reseal(
  pool: Pool,
  vault: Vault,
  { table, column, key, placeOf }: SealedColumn,
  row: SealedRow,
): Promise<number> {
  if (vault.keyOf(row.sealed) === vault.currentKey) return 0
  const place = placeOf(row.key)
  const where = key.map((name, i) => `${name} = $${i + 3}`).join(' and ')
  const { rowCount } = await pool.query({
    text: `update ${table} set ${column} = $1 where ${column} = $2 and ${where}`,
    values: [vault.seal(vault.open(row.sealed, place), place), row.sealed, ...row.key],
  })
  return rowCount ?? 0
}
