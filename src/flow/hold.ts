import type { Hold, HoldScope } from '../domain/hold.ts'
import type { HoldStore, StopStore } from './ports-store.ts'

export interface HoldPorts {
  holds: HoldStore
  stops: Pick<StopStore, 'fenceAll'>
  tell(what: {
    type: 'hold_placed' | 'hold_lifted'
    scope: HoldScope
    value: string
    reason: string
    by: string
  }): Promise<void>
  wake(): void
}

/** A hold is a stop fact: whoever asked for it is told when nothing it stops may start any more (design 3.6). */
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
  // The service places its own from within a delivery, which must not wait for itself.
  if (order.placedBy !== 'service') await ports.stops.fenceAll()
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
 * What the service held, it tries again by itself: the partner is asked what was opened meanwhile, and only when that is
 * known may reminders go on. A provider is probed by its next message (guard.ts). A hold that a person placed waits for a person.
 */
export async function probeHolds(ports: HoldPorts & { catchUp(): Promise<boolean> }): Promise<void> {
  for (const hold of await ports.holds.dueProbes()) {
    if (await ports.catchUp()) await liftHold(ports, hold.id, 'probe')
    else await ports.holds.postpone(hold.id, PROBE_EVERY_MS)
  }
}
