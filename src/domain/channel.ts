/** The four ways a link reaches a person (partner's guide). `in_app` is a surface beside the chain, not a link in it. */
export const CHANNELS = ['sms', 'email', 'push', 'in_app'] as const
export type ChannelName = (typeof CHANNELS)[number]

/** The channels that form a fallback chain: those that carry a message to an address. */
export type CarriedChannel = Exclude<ChannelName, 'in_app'>

/** The channels a step tries in turn: the preference without the surface, or the surface alone. */
export function chainOf(preference: readonly ChannelName[]): ChannelName[] {
  const carried = preference.filter((name) => name !== 'in_app')
  return carried.length > 0 ? carried : preference.includes('in_app') ? ['in_app'] : []
}
