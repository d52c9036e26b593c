import type { NewEvent } from '../domain/event.ts'
import { isAboutWill, type SuppressionReason, scopeFor } from '../domain/suppression.ts'
import type { NewSuppression, SuppressionStore } from './ports-consent.ts'
import type { EventStore, StopStore } from './ports-store.ts'

export interface SuppressPorts {
  suppressions: Pick<SuppressionStore, 'addAll'>
  stops: Pick<StopStore, 'stop' | 'fence'>
  events: Pick<EventStore, 'append'>
}

export interface Suppressed {
  ids: string[]
  fresh: number
  /** Dispatches whose plan it ended. */
  stopped: string[]
}

/**
 * Bars addresses or recipients: stored, committed, plans that must end ended; and only then, when nothing may start
 * towards them any more, told (P4). What stands already is only ever widened.
 */
export async function suppress(ports: SuppressPorts, entries: NewSuppression[]): Promise<Suppressed> {
  const scoped = entries.map((entry) => ({ ...entry, scope: scopeFor(entry.reason, entry.scope ?? 'all') }))
  const { fresh, ids, affected } = await ports.suppressions.addAll(scoped)
  const stopped: string[] = []
  const ending = Map.groupBy(
    affected.filter(({ ends }) => ends !== null),
    ({ ends }) => ends,
  )
  for (const [reason, dispatches] of ending) {
    const moved = await ports.stops.stop(
      dispatches.map(({ id }) => id),
      'suppressed',
      reason,
    )
    stopped.push(...moved.map(({ id }) => id))
  }
  const news = scoped.flatMap((entry, i) => (fresh[i] && isAboutWill(entry.reason) ? [entry] : []))
  if (news.length === 1 && news[0]) await ports.events.append(optedOut(news[0], affected))
  if (affected.length > 0) await ports.stops.fence(affected.map(({ id }) => id))
  return { ids, fresh: fresh.filter(Boolean).length, stopped }
}

/** Once for each recipient, with the newest dispatch that wrote to it; a list that was imported is known to who imported it. */
function optedOut(
  { channel, reason, scope }: { channel: string; reason: SuppressionReason; scope: string },
  affected: { id: string; referenceId: string }[],
): NewEvent[] {
  const newest = new Map(affected.map(({ id, referenceId }) => [referenceId, id]))
  return [...newest].map(([referenceId, dispatchId]) => ({
    type: 'recipient.opted_out',
    dispatchId,
    data: { channel, reason, scope, referenceId },
  }))
}
