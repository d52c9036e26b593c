import type { Caps } from '../domain/cap.ts'
import type { ChannelName } from '../domain/channel.ts'
import type { HoldScope } from '../domain/hold.ts'
import type { PartnerLink } from '../domain/magic-link.ts'
import type { Message, Words } from '../domain/message.ts'
import type { Circuits } from './circuit.ts'
import type { Partner, Provider, Renderer, Vault } from './ports.ts'
import type { SuppressionStore } from './ports-consent.ts'
import type { AttemptResult, ClaimOrder, DeliverStore, Work } from './ports-deliver.ts'
import type { Codes } from './ports-evergreen.ts'
import type { PaceStore, Rate } from './ports-pace.ts'
import type { HoldStore, LinkStore } from './ports-store.ts'

/** What a delivery needs of the world. */
export interface DeliverPorts {
  deliveries: DeliverStore
  links: LinkStore
  holds: Pick<HoldStore, 'current' | 'takeProbe'>
  suppressions: Pick<SuppressionStore, 'add' | 'failedFor'>
  partner: Partner
  providers: Provider[]
  circuits: Circuits
  /** Providers with a limit of ours, by name; the others go as fast as they can. */
  rates: ReadonlyMap<string, Rate>
  paces: PaceStore
  /** What a message counts as at its provider: an SMS its segments, anything else one. */
  unitsOf(words: Words): number
  caps: Caps
  render: Renderer
  vault: Pick<Vault, 'lookup' | 'lookups'>
  /** Null: without an address of our own, messages carry the partner's link. */
  codes: Codes | null
  /** False when the partner's create limit is off. */
  slots: boolean
  /** `M2M_CALLBACK=per_link`: the URL the partner calls for this link's events. */
  callbackUrl: string | null
  defaultTimeZone: string
  /** Where a person leaves commercial mail with one click (RFC 8058); null: nowhere, without a `PUBLIC_URL`. */
  unsubscribeUrl: ((dispatchId: string, addressHash: Buffer) => string) | null
  /** Addresses a test key may write to; null: everybody (P12). */
  mayWriteTo: ((address: string) => boolean) | null
  hold(order: { scope: HoldScope; value: string; reason: string; probeAfterMs: number | null }): Promise<void>
  /** The provider works again. */
  lift(holdId: string): Promise<void>
  /** Something a person must look at; told once, never thrown. */
  alert(what: { what: string; reason: string; provider?: string }): Promise<void>
  /** The partner says it was opened and we had not heard. */
  missedOpen(link: PartnerLink): Promise<void>
  newId(): string
  random(): number
  /** ms that never go backwards: deadlines inside this process. */
  monotonic(): number
  pause(ms: number): Promise<void>
}

/** One step on its way, growing from one named step to the next. */
export interface Delivery {
  work: Work
  /** `monotonic()` when `work.now` was true. */
  readAt: number
  newId(): string
  provider?: Provider
  /** The provider's hold that this message probes. */
  probing?: string
  addresses: Address[]
  /** The addresses that are still to be written to, each with the number of the attempt that the claim wrote for it. */
  tried: { n: number; address: Address }[]
  /** Attempts the claim wrote for addresses that turned out to be barred. */
  unsent: AttemptResult[]
  link?: ClaimOrder['link']
  /** What the message carries: the link's own, or one of ours. */
  url?: string
  /** A secret of ours in `url`. */
  code?: string
  words?: Words
  templateVersion?: string
  startBy?: number
  freeSlot?: number
  release?: () => Promise<void>
}

/** A way to reach the person on the step's channel, with its keyed hashes under every look-up key. */
export interface Address {
  channel: Exclude<ChannelName, 'in_app'>
  value: string
  hash: Buffer
  hashes: Buffer[]
}

export const linkOf = (link: ClaimOrder['link']) => ('fresh' in link ? link.fresh : link.stored)

export function addressesOf(work: Work, vault: Pick<Vault, 'lookup' | 'lookups'>): Address[] {
  const { contact } = work.person
  const known = (channel: Address['channel'], kind: string, value: string): Address => ({
    channel,
    value,
    hash: vault.lookup(kind, value),
    hashes: vault.lookups(kind, value),
  })
  switch (work.channel) {
    case 'sms':
      return contact.phone ? [known('sms', 'phone', contact.phone)] : []
    case 'email':
      return contact.email ? [known('email', 'email', contact.email)] : []
    case 'push':
      return (contact.pushTokens ?? []).map((token) => known('push', 'token', token))
    case 'in_app':
      return []
  }
}

/** Commercial mail only: a transactional one is not subscribed to. */
export const unsubscribeUrlOf = (ports: DeliverPorts, { dispatch }: Work, { channel, hash }: Address): string | null =>
  channel === 'email' && dispatch.category === 'commercial' ? (ports.unsubscribeUrl?.(dispatch.id, hash) ?? null) : null

export function messageFor(
  words: Words,
  address: Address,
  url: string,
  name: string,
  unsubscribeUrl: string | null,
): Message {
  switch (words.channel) {
    case 'sms':
      return { channel: 'sms', to: address.value, text: words.text }
    case 'email':
      return {
        ...words,
        to: { ...(name && { name }), address: address.value },
        ...(unsubscribeUrl && { unsubscribeUrl }),
      }
    case 'push':
      return { channel: 'push', token: address.value, title: words.title, body: words.body, url }
  }
}
