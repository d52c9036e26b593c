import type { Vault } from './ports.ts'
import type { SuppressionStore } from './ports-consent.ts'
import { type SuppressPorts, suppress } from './suppress.ts'

export interface UnsubscribePorts extends SuppressPorts {
  suppressions: Pick<SuppressionStore, 'addAll' | 'mailedBy'>
  vault: Pick<Vault, 'lookup' | 'lookups'>
}

const ID_BYTES = 16
const MAC_BYTES = 16

/** The dispatch, and 128 bits of a keyed hash over it and the address: good for as long as the look-up key is known, which is for ever. */
export function unsubscribeToken(vault: Pick<Vault, 'lookup'>, dispatchId: string, addressHash: Buffer): string {
  const mac = vault.lookup('unsubscribe', subjectOf(dispatchId, addressHash)).subarray(0, MAC_BYTES)
  return Buffer.concat([Buffer.from(dispatchId.replaceAll('-', ''), 'hex'), mac]).toString('base64url')
}

/** Whose mail the token came with; null when it is none of ours. */
export async function readUnsubscribe(
  { suppressions, vault }: Pick<UnsubscribePorts, 'suppressions' | 'vault'>,
  token: string,
): Promise<{ dispatchId: string; hash: Buffer; locale: string } | null> {
  if (!/^[\w-]{43}$/.test(token)) return null
  const bytes = Buffer.from(token, 'base64url')
  const dispatchId = bytes.toString('hex', 0, ID_BYTES).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  const mac = bytes.subarray(ID_BYTES)
  const mailed = await suppressions.mailedBy(dispatchId)
  const hash = mailed?.hashes.find((one) =>
    vault.lookups('unsubscribe', subjectOf(dispatchId, one)).some((full) => isSame(vault, full, mac)),
  )
  return mailed && hash ? { dispatchId, hash, locale: mailed.locale } : null
}

/** No more commercial mail to this address (RFC 8058): acted upon when it is answered, and once more is no mistake. */
export async function unsubscribe(ports: UnsubscribePorts, token: string): Promise<{ locale: string } | null> {
  const found = await readUnsubscribe(ports, token)
  if (!found) return null
  const { hash, locale } = found
  await suppress(ports, [
    { hash, channel: 'email', reason: 'opt_out', scope: 'commercial', note: null, placedBy: 'recipient' },
  ])
  return { locale }
}

const subjectOf = (dispatchId: string, addressHash: Buffer) => `${dispatchId}:${addressHash.toString('hex')}`

/** Compared as keyed hashes, so that the time it takes tells nothing. */
const isSame = (vault: Pick<Vault, 'lookup'>, full: Buffer, mac: Buffer) =>
  vault
    .lookup('unsubscribe_check', full.toString('hex', 0, MAC_BYTES))
    .equals(vault.lookup('unsubscribe_check', mac.toString('hex')))
