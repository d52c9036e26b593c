import { type Failure, failure } from '../domain/failure.ts'
import type { Caller, KeyStore, Scope } from '../flow/ports-read.ts'
import { monotonic } from '../lib/clock.ts'

export interface Auth {
  /** Who asks, or why they may not. Any one of the scopes is enough; `admin` may do everything. */
  check(header: string | undefined, scopes: readonly Scope[]): Promise<Caller | Failure>
  forget(): void
}

const KEPT_MS = 2_000
const MOST_KEPT = 1_000

/** A key is looked up at most once in two seconds, so a revoked one works that long at most. */
export function makeAuth(keys: Pick<KeyStore, 'caller'>): Auth {
  const kept = new Map<string, { caller: Promise<Caller | null>; at: number }>()

  function callerOf(key: string): Promise<Caller | null> {
    const known = kept.get(key)
    if (known && monotonic() - known.at < KEPT_MS) return known.caller
    if (kept.size >= MOST_KEPT) kept.clear()
    const caller = keys.caller(key)
    kept.set(key, { caller, at: monotonic() })
    // Neither a failure nor a key that does not exist yet is worth remembering.
    caller.then(
      (found) => found ?? kept.delete(key),
      () => kept.delete(key),
    )
    return caller
  }

  return {
    async check(header, scopes) {
      const [, key] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? '') ?? []
      const caller = key ? await callerOf(key) : null
      if (!caller) return failure('unauthorized')
      const may = caller.scopes.includes('admin') || scopes.some((scope) => caller.scopes.includes(scope))
      return may ? caller : failure('forbidden', [], { scope: scopes.join(' or ') })
    },
    forget: () => kept.clear(),
  }
}
