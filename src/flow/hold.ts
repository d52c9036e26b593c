import type { Hold, HoldScope } from '../domain/hold.ts'
import type { Partner } from './ports.ts'
import type { HoldStore } from './ports-store.ts'

export interface HoldPorts {
  holds: HoldStore
  tell(what: {
    type: 'hold_placed' | 'hold_lifted'
    scope: HoldScope
    value: string
    reason: string
    by: string
  }): Promise<void>
  wake(): void
}

export async function placeHold(
  ports: HoldPorts,
  order: { scope: HoldScope; value: string; reason: string; placedBy: string; probeAfterMs: number | null },
): Promise<Hold> {
  const { hold, fresh } = await ports.holds.place(order)
  if (fresh)
    await ports.tell({
      type: 'hold_placed',
      scope: hold.scope,
      value: hold.value,
      reason: hold.reason,
      by: hold.placedBy,
    })
  return hold
}

export async function liftHold(ports: HoldPorts, id: string, by: string): Promise<Hold | null> {
  const hold = await ports.holds.lift(id, by)
  if (!hold) return null
  await ports.tell({ type: 'hold_lifted', scope: hold.scope, value: hold.value, reason: hold.reason, by })
  ports.wake()
  return hold
}

const PROBE_EVERY_MS = 30_000

/**
 * What the service held, it tries again by itself: the partner is asked one harmless question; a provider gets its
 * next message. A hold that a person placed has no probe and waits for a person.
 */
export async function probeHolds(ports: HoldPorts & { partner: Pick<Partner, 'activeLinks'> }): Promise<void> {
  for (const hold of await ports.holds.dueProbes()) {
    if (hold.scope === 'provider' || (await partnerAnswers(ports.partner))) await liftHold(ports, hold.id, 'probe')
    else await ports.holds.postpone(hold.id, PROBE_EVERY_MS)
  }
}

/** A reference id that nobody has: the answer is an empty list, or the door is still shut. */
async function partnerAnswers(partner: Pick<Partner, 'activeLinks'>): Promise<boolean> {
  return (await partner.activeLinks('link-dispatcher.probe')).kind === 'ok'
}
