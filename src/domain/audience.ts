import type { ChannelName } from './channel.ts'
import { chainOf } from './channel.ts'
import type { Category } from './dispatch.ts'
import type { SuppressionScope } from './suppression.ts'

const BUCKETS = 10_000

/** 0 to 9999, from a digest of campaign and person: the same person always lands in the same one. */
export function bucketOf(digest: Uint8Array): number {
  let number = 0
  for (const byte of digest.subarray(0, 6)) number = number * 256 + byte
  return number % BUCKETS
}

/** A suppression in force that names one of a person's addresses, or the person. */
export interface Bar {
  channel: string
  scope: SuppressionScope
  aboutWill: boolean
}

/**
 * Whether nothing would be sent, as the fence decides it: the person is barred, or said stop on the channel whose turn it
 * is, or no address of any channel is left, and no app. `addresses`: how many the person has on a channel.
 */
export function isSuppressed(bars: readonly Bar[], { channels, category, addresses }: Reach): boolean {
  const counted = bars.filter(({ scope }) => scope === 'all' || category === 'commercial')
  if (counted.some(({ channel }) => channel === 'recipient')) return true
  for (const channel of chainOf(channels)) {
    const here = counted.filter((bar) => bar.channel === channel)
    if (here.some(({ aboutWill }) => aboutWill)) return true
    if (here.length < addresses(channel)) return false
  }
  return !channels.includes('in_app')
}

interface Reach {
  channels: readonly ChannelName[]
  category: Category
  addresses(channel: ChannelName): number
}
