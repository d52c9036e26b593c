import type { Pool, PoolClient } from 'pg'
import type { ResendStore } from '../flow/ports-read.ts'
import { addResend } from './changes.ts'
import { inTransaction } from './pool.ts'
import { one, statement } from './sql.ts'

type Order = Parameters<ResendStore['addOnce']>[0]

/** The key, the step and the answer commit together: a twin waits for the first, and hears what it heard. */
export function makeResendStore(pool: Pool): ResendStore {
  return { addOnce: (order) => inTransaction(pool, (client) => addOnce(client, order)) }
}

async function addOnce(client: PoolClient, order: Order): ReturnType<ResendStore['addOnce']> {
  const { id, channels, keyHash, bodyHash } = order
  const [mine] = await takeKey(client, [keyHash, bodyHash])
  if (!mine) return known(client, order)
  const added = await addResend(client, id, channels)
  const body = order.show({
    n: added.n,
    kind: 'resend',
    channel: added.channel,
    status: 'pending',
    reason: null,
    dueAt: added.due_at,
    handedAt: null,
    afterMs: null,
    provider: null,
    confirmed: null,
    template: added.template,
  })
  await keepAnswer(client, [keyHash, body])
  return { kind: 'added', answer: { status: ACCEPTED, location: null, body } }
}

const ACCEPTED = 202

async function known(client: PoolClient, { keyHash, bodyHash }: Order): ReturnType<ResendStore['addOnce']> {
  const { body_hash, ...answer } = one(await readKey(client, [keyHash]))
  return body_hash.equals(bodyHash) ? { kind: 'replayed', answer } : { kind: 'key_reused' }
}

const takeKey = statement(
  'resend-key',
  `insert into idempotency as i (key_hash, body_hash, status, body) values ($1::bytea, $2::bytea, ${ACCEPTED}, '')
   on conflict (key_hash) do update
     set body_hash = excluded.body_hash, status = excluded.status, location = null, created_at = app_now()
     where i.created_at < app_now() - interval '24 hours'
   returning key_hash`,
)
const keepAnswer = statement('resend-answer', 'update idempotency set body = $2::text where key_hash = $1::bytea')
const readKey = statement<{ body_hash: Buffer; status: number; location: string | null; body: string }>(
  'resend-known',
  'select body_hash, status, location, body from idempotency where key_hash = $1::bytea',
)
