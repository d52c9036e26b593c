import type { IncomingMessage } from 'node:http'
import { type Failure, failure } from '../domain/failure.ts'
import type { Once } from '../flow/accept.ts'
import type { Caller } from '../flow/ports-read.ts'
import type { StoredAnswer } from '../flow/ports-store.ts'
import { showId } from '../lib/id.ts'
import type { Answer } from './answer.ts'
import type { HttpPorts } from './ports.ts'
import type { Raw } from './route.ts'

/** The Idempotency-Key as it was sent; null when there is none. */
export function keyOf(req: IncomingMessage): string | Failure | null {
  const key = req.headers['idempotency-key']
  if (key === undefined) return null
  return typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key) ? key : failure('idempotency_key_invalid')
}

/** Bound to who asks: the same key of another caller is another key. */
export const keyHashOf = ({ vault }: Pick<HttpPorts, 'vault'>, { keyId }: Caller, key: string): Buffer =>
  vault.lookup('idempotency', `${keyId}\0${key}`)

/** Keyed: a body holds account numbers, and a plain hash of one could be guessed. */
export const bodyHashOf = ({ vault }: Pick<HttpPorts, 'vault'>, raw: Buffer): Buffer =>
  vault.lookup('body', raw.toString('latin1'))

export function onceOf(ports: Pick<HttpPorts, 'vault'>, { req, caller, raw }: Raw): Once | Failure | null {
  const key = keyOf(req)
  if (typeof key !== 'string') return key
  return { keyHash: keyHashOf(ports, caller, key), bodyHash: bodyHashOf(ports, raw) }
}

/** The answer this very request was given before, or why its key cannot be used; undefined for a new one. */
export async function replay(ports: Pick<HttpPorts, 'intake'>, once: Once): Promise<Answer | Failure | undefined> {
  const stored = await ports.intake.replay(once.keyHash)
  if (!stored) return undefined
  return stored.bodyHash.equals(once.bodyHash) ? replayed(stored) : failure('idempotency_key_reused')
}

export const replayed = ({ status, location, body }: StoredAnswer): Answer => ({
  status,
  text: body,
  headers: { ...(location && { Location: locationOf(location) }), 'Idempotency-Replayed': 'true' },
})

export const locationOf = (id: string): string => `/v1/dispatches/${showId('dsp', id)}`
