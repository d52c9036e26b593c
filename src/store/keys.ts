import { createHash, randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import type { Caller, KeyStore } from '../flow/ports-read.ts'
import { newUuid } from '../lib/id.ts'
import { one, statement } from './sql.ts'

/** Keys hold 256 random bits, so a plain hash is enough; only the hash is stored. */
const hashOf = (secret: string) => createHash('sha256').update(secret).digest()

export function makeKeyStore(pool: Pool): KeyStore {
  return {
    async caller(key) {
      const [row] = await findKey(pool, [hashOf(key)])
      return row ? asCaller(row) : null
    },
    async ensure(key, label, scopes) {
      return asCaller(one(await ensureKey(pool, [newUuid(), hashOf(key), label, scopes])))
    },
    async make(label, scopes) {
      const key = `ld_${randomBytes(32).toString('base64url')}`
      return { key, caller: asCaller(one(await ensureKey(pool, [newUuid(), hashOf(key), label, scopes]))) }
    },
    async list() {
      return (await listKeys(pool, [])).map((row) => ({
        ...asCaller(row),
        createdAt: row.created_at,
        revokedAt: row.revoked_at,
      }))
    },
    async revoke(id) {
      return (await revokeKey(pool, [id])).length > 0
    },
    async openSession(kind, keyId, forMs) {
      const token = randomBytes(32).toString('base64url')
      await insertSession(pool, [hashOf(token), kind, keyId, forMs])
      return token
    },
    async session(token) {
      const [row] = await findSession(pool, [hashOf(token)])
      return row ? asCaller(row) : null
    },
    async useSignIn(token) {
      const [row] = await useSignIn(pool, [hashOf(token)])
      return row ? asCaller(row) : null
    },
    async closeSession(token) {
      await pool.query('delete from console_session where hash = $1', [hashOf(token)])
    },
  }
}

interface KeyRow {
  id: string
  label: string
  scopes: string[]
  created_at: Date
  revoked_at: Date | null
}
const asCaller = (row: KeyRow): Caller => ({ keyId: row.id, label: row.label, scopes: row.scopes as Caller['scopes'] })

const findKey = statement<KeyRow>('key-find', 'select * from api_key where hash = $1::bytea and revoked_at is null')
const ensureKey = statement<KeyRow>(
  'key-ensure',
  `insert into api_key (id, hash, label, scopes) values ($1::uuid, $2::bytea, $3::text, $4::text[])
   on conflict (hash) do update set revoked_at = null, scopes = excluded.scopes returning *`,
)
const listKeys = statement<KeyRow>('key-list', 'select * from api_key order by created_at')
const revokeKey = statement(
  'key-revoke',
  'update api_key set revoked_at = app_now() where id = $1::uuid and revoked_at is null returning id',
)
const insertSession = statement(
  'session-insert',
  'insert into console_session (hash, kind, api_key_id, expires_at) values ($1::bytea, $2::text, $3::uuid, clock_timestamp() + make_interval(secs => $4::bigint / 1000.0))',
)
const findSession = statement<KeyRow>(
  'session-find',
  `select k.* from console_session s join api_key k on k.id = s.api_key_id
   where s.hash = $1::bytea and s.kind = 'session' and s.expires_at > clock_timestamp() and k.revoked_at is null`,
)
/** One use: the row is gone with the answer. */
const useSignIn = statement<KeyRow>(
  'sign-in-use',
  `with used as (delete from console_session where hash = $1::bytea and kind = 'sign_in' and expires_at > clock_timestamp() returning api_key_id)
   select k.* from used join api_key k on k.id = used.api_key_id where k.revoked_at is null`,
)
