/** A stop sign on everything, a campaign, a template version, a channel, a provider or the partner. */
export const HOLD_SCOPES = ['all', 'campaign', 'template', 'channel', 'provider', 'partner'] as const
export type HoldScope = (typeof HOLD_SCOPES)[number]

export interface Hold {
  id: string
  scope: HoldScope
  /** `*` where the scope needs none (`all`, `partner`). */
  value: string
  reason: string
  /** `service`, or the label of the API key that placed it. */
  placedBy: string
  placedAt: Date
  /** When the service tries whether the cause is gone; null: only a person lifts it. */
  probeAt: Date | null
}

export const heldBy = (holds: readonly Hold[], scope: HoldScope, value = '*'): Hold | undefined =>
  holds.find((hold) => hold.scope === scope && hold.value === value)

/** Nothing at all may be sent: links may be dead while the partner is shut, so its hold stops reminders too. */
export const stopsEverything = (holds: readonly Hold[]): Hold | undefined =>
  heldBy(holds, 'all') ?? heldBy(holds, 'partner')
