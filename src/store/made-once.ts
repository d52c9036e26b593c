import type { Pool, PoolClient } from 'pg'
import type { MadeOnce, OnceOrder } from '../flow/ports-campaign.ts'
import { inTransaction } from './pool.ts'
import { one, statement } from './sql.ts'

type Key = Omit<OnceOrder, 'show'>
interface Shown {
  location: string | null
  body: string
}

const CREATED = 201

/** `add` writes what is made, and answers when it was. */
export const madeOnce = (
  pool: Pool,
  { show, ...key }: OnceOrder,
  add: (client: PoolClient) => Promise<Date>,
): Promise<MadeOnce> => doneOnce(pool, key, CREATED, async (client) => show(await add(client)))

/** The key, what is done and the answer commit together: a twin waits for the first, and hears what it heard. */
export function doneOnce(
  pool: Pool,
  { keyHash, bodyHash }: Key,
  status: number,
  work: (client: PoolClient) => Promise<Shown>,
): Promise<MadeOnce> {
  return inTransaction(pool, async (client) => {
    const [mine] = await takeKey(client, [keyHash, bodyHash, status])
    if (!mine) return known(client, { keyHash, bodyHash })
    const { location, body } = await work(client)
    await keepAnswer(client, [keyHash, location, body])
    return { kind: 'made', answer: { status, location, body } }
  })
}

async function known(client: PoolClient, { keyHash, bodyHash }: Key): Promise<MadeOnce> {
  const { body_hash, ...answer } = one(await readKey(client, [keyHash]))
  return body_hash.equals(bodyHash) ? { kind: 'replayed', answer } : { kind: 'key_reused' }
}

const takeKey = statement(
  'once-key',
  `insert into idempotency as i (key_hash, body_hash, status, body) values ($1::bytea, $2::bytea, $3::int, '')
   on conflict (key_hash) do update
     set body_hash = excluded.body_hash, status = excluded.status, location = null, created_at = app_now()
     where i.created_at < app_now() - interval '24 hours'
   returning key_hash`,
)
const keepAnswer = statement(
  'once-answer',
  'update idempotency set location = $2::text, body = $3::text where key_hash = $1::bytea',
)
const readKey = statement<{ body_hash: Buffer; status: number; location: string | null; body: string }>(
  'once-known',
  'select body_hash, status, location, body from idempotency where key_hash = $1::bytea',
)
