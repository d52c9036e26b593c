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

/** Also under the look-up keys from before: a retry after they were changed finds its first answer. */
export interface Known extends Once {
  keyHashes: Buffer[]
  bodyHashes: Buffer[]
}

/**
 * Bound to who asks: the same key of another caller is another key. Both are keyed hashes: a body holds account numbers,
 * and a plain hash of one could be guessed.
 */
export function knownOf({ vault }: Pick<HttpPorts, 'vault'>, { keyId }: Caller, key: string, body: string): Known {
  const named = `${keyId}\0${key}`
  return {
    keyHash: vault.lookup('idempotency', named),
    bodyHash: vault.lookup('body', body),
    keyHashes: vault.lookups('idempotency', named),
    bodyHashes: vault.lookups('body', body),
  }
}

/** `about`: what the path names. */
export function onceOf(ports: Pick<HttpPorts, 'vault'>, asked: Raw, about?: string): Known | Failure | null {
  const key = keyOf(asked.req)
  if (typeof key !== 'string') return key
  return knownOf(ports, asked.caller, key, (about === undefined ? '' : `${about}\0`) + asked.raw.toString('latin1'))
}

/** The answer this very request was given before, or why its key cannot be used; undefined for a new one. */
export async function replay(ports: Pick<HttpPorts, 'intake'>, once: Known): Promise<Answer | Failure | undefined> {
  const stored = await ports.intake.replay(once.keyHashes)
  if (!stored) return undefined
  const isSame = once.bodyHashes.some((hash) => stored.bodyHash.equals(hash))
  return isSame ? replayed(stored) : failure('idempotency_key_reused')
}

export const replayed = ({ status, location, body }: StoredAnswer): Answer => ({
  status,
  text: body,
  headers: { ...(location && { Location: locationOf(location) }), 'Idempotency-Replayed': 'true' },
})

/** A path as it stands; else the id of a dispatch. */
export const locationOf = (place: string): string =>
  place.startsWith('/') ? place : `/v1/dispatches/${showId('dsp', place)}`
