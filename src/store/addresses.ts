import type { Contact } from '../domain/dispatch.ts'
import type { Vault } from '../flow/ports.ts'

export interface AddressLookup {
  channel: 'sms' | 'email' | 'push'
  hash: Buffer
}

/** Every address of a contact as a keyed hash, under the current look-up key. */
export function lookupsOfContact(vault: Vault, contact: Contact): AddressLookup[] {
  return [
    ...(contact.phone ? [{ channel: 'sms' as const, hash: vault.lookup('phone', contact.phone) }] : []),
    ...(contact.email ? [{ channel: 'email' as const, hash: vault.lookup('email', contact.email) }] : []),
    ...(contact.pushTokens ?? []).map((token) => ({ channel: 'push' as const, hash: vault.lookup('token', token) })),
  ]
}
