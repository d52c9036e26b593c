import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'
import type { Place, Vault } from '../flow/ports.ts'

const VERSION = 1
const NONCE = 12
const TAG = 16
const CIPHER = 'aes-256-gcm'

/** An id that is kept beside the bytes, and 32 random bytes. */
export interface VaultKey {
  id: string
  key: Buffer
}

/** A sealed value that cannot be opened: it was changed, moved, or its key is gone. */
export class VaultError extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'VaultError'
  }
}

/**
 * AES-256-GCM with the place as additional data. Sealed bytes are: version, length of the key id, key id, nonce (12),
 * ciphertext, tag (16). The first key seals, every key opens. Nonces are random, so a key is good for 2^32 values.
 */
export function makeVault({ keys, lookupKeys }: { keys: readonly VaultKey[]; lookupKeys: readonly VaultKey[] }): Vault {
  const ring = new Map(keys.map(({ id, key }) => [id, toKey(id, key)]))
  const hashing = lookupKeys.map(({ id, key }) => toKey(id, key))
  const [current] = keys
  const [currentLookup] = hashing
  if (!current || !currentLookup)
    throw new VaultError('The vault needs at least one key to seal with and one for look-ups.')
  if (ring.size < keys.length) throw new VaultError('The vault was given two keys with the same id.')
  const sealing = toKey(current.id, current.key)
  const head = Buffer.from([VERSION, Buffer.byteLength(current.id), ...Buffer.from(current.id)])
  const nonce = makeNonces()

  return {
    currentKey: current.id,

    seal(plain, place) {
      const once = nonce()
      const cipher = createCipheriv(CIPHER, sealing, once).setAAD(bindingOf(current.id, place))
      const body = cipher.update(plain, 'utf8')
      cipher.final()
      return Buffer.concat([head, once, body, cipher.getAuthTag()])
    },

    open(sealed, place) {
      const { keyId, rest } = split(sealed)
      const key = ring.get(keyId)
      if (!key) throw new VaultError(`A value was sealed with the key "${keyId}", which is not in VAULT_KEYS.`)
      const opening = createDecipheriv(CIPHER, key, rest.subarray(0, NONCE), { authTagLength: TAG })
      opening.setAAD(bindingOf(keyId, place)).setAuthTag(rest.subarray(-TAG))
      const plain = opening.update(rest.subarray(NONCE, -TAG))
      if (!isWhole(opening))
        throw new VaultError(
          `A value in ${place.table}.${place.column} was changed, moved, or sealed with another key of this id.`,
        )
      return plain.toString('utf8')
    },

    lookup: (kind, value) => hash(currentLookup, kind, value),
    lookups: (kind, value) => hashing.map((key) => hash(key, kind, value)),
    keyOf: (sealed) => split(sealed).keyId,
  }
}

/** Each part with its length before it, so that no two places read the same. */
function bindingOf(keyId: string, { table, row, column }: Place): Buffer {
  return Buffer.from(`${keyId.length}:${keyId}${table.length}:${table}${row.length}:${row}${column.length}:${column}`)
}

function split(sealed: Buffer): { keyId: string; rest: Buffer } {
  const end = 2 + (sealed[1] ?? 0)
  if (sealed[0] !== VERSION || sealed.length < end + NONCE + TAG)
    throw new VaultError('A value is not in the form the vault writes.')
  return { keyId: sealed.toString('utf8', 2, end), rest: sealed.subarray(end) }
}

function isWhole(opening: ReturnType<typeof createDecipheriv>): boolean {
  try {
    opening.final()
    return true
  } catch {
    return false
  }
}

const hash = (key: KeyObject, kind: string, value: string) =>
  createHmac('sha256', key).update(`${kind}\0${value}`).digest()

function toKey(id: string, key: Buffer): KeyObject {
  if (key.length !== 32) throw new VaultError(`The key "${id}" has ${key.length} bytes instead of 32.`)
  if (id === '' || Buffer.byteLength(id) > 255) throw new VaultError('A key needs an id of 1 to 255 bytes.')
  return createSecretKey(key)
}

/** Randomness by the page: asking for twelve bytes costs as much as asking for four thousand. */
function makeNonces(): () => Buffer {
  const page = Buffer.alloc(NONCE * 341)
  let used = page.length
  return () => {
    if (used === page.length) {
      randomFillSync(page)
      used = 0
    }
    used += NONCE
    return Buffer.from(page.subarray(used - NONCE, used))
  }
}
