import type { Contact } from '../domain/dispatch.ts'
import type { Vault } from '../flow/ports.ts'
import type { NewDispatch } from '../flow/ports-store.ts'

export interface AddressLookup {
  channel: 'sms' | 'email' | 'push' | 'recipient'
  hash: Buffer
}

/** By which keyed hashes a dispatch is found: its recipient's and those of every address. */
export const lookupsOf = (vault: Vault, { referenceId, person }: NewDispatch): AddressLookup[] => [
  { channel: 'recipient', hash: vault.lookup('recipient', referenceId) },
  ...lookupsOfContact(vault, person.contact),
]

/** Every address of a contact as a keyed hash, under the current look-up key. */
export function lookupsOfContact(vault: Vault, contact: Contact): AddressLookup[] {
  return [
    ...(contact.phone ? [{ channel: 'sms' as const, hash: vault.lookup('phone', contact.phone) }] : []),
    ...(contact.email ? [{ channel: 'email' as const, hash: vault.lookup('email', contact.email) }] : []),
    ...(contact.pushTokens ?? []).map((token) => ({ channel: 'push' as const, hash: vault.lookup('token', token) })),
  ]
}
