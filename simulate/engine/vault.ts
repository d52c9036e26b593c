import { createHash } from 'node:crypto'
import type { Vault } from '../../src/flow/ports.ts'

/** Keyed hashes that can be read: `kind:value`. Secrets are proved elsewhere; here a history shall be understood. */
export function makeVault(): Pick<Vault, 'lookup' | 'lookups'> {
  const known = new Map<string, Buffer[]>()
  const lookups = (kind: string, value: string): Buffer[] => {
    const text = `${kind}:${value}`
    const found = known.get(text)
    if (found) return found
    // A token holds a piece of its hash, which must differ from the first byte on.
    const isCut = kind.startsWith('unsubscribe')
    const made = [isCut ? createHash('sha256').update(text).digest() : Buffer.from(text, 'latin1')]
    known.set(text, made)
    return made
  }
  return { lookups, lookup: (kind, value) => lookups(kind, value)[0] as Buffer }
}
