import { createHash } from 'node:crypto'
import { type Failure, failure } from '../domain/failure.ts'
import type { Once } from '../flow/accept.ts'
import type { StoredAnswer } from '../flow/ports-store.ts'
import { showId } from '../lib/id.ts'
import type { Answer } from './answer.ts'
import type { HttpPorts } from './ports.ts'
import type { Raw } from './route.ts'

export const bodyHashOf = (raw: Buffer | string): Buffer => createHash('sha256').update(raw).digest()

/** The key of a request, bound to who asks; null when it has none. */
export function onceOf(ports: Pick<HttpPorts, 'vault'>, { req, caller, raw }: Raw): Once | Failure | null {
  const key = req.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) return failure('idempotency_key_invalid')
  return { keyHash: ports.vault.lookup('idempotency', `${caller.keyId}\0${key}`), bodyHash: bodyHashOf(raw) }
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
