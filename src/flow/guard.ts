import { cappedUntil } from '../domain/cap.ts'
import { isRunning } from '../domain/dispatch.ts'
import { type Hold, heldBy, stopsEverything } from '../domain/hold.ts'
import type { DeliverPorts, Delivery } from './delivery.ts'
import type { Provider } from './ports.ts'
import type { Settlement } from './ports-deliver.ts'
import { fails, later, nextChannel, settlement, told } from './settlement.ts'
import { isAskedFor, waitsUntil } from './window.ts'

/** How long a step that met a hold rests before it is looked at again. */
const HELD_MS = 5_000
/** How often a held provider gets a message at most, to see whether it works again. */
const PROBE_EVERY_MS = 5_000

/** Still wanted? In its window, and not one too many? Not held? Somebody to write to, and a provider to do it? */
export async function guard(ports: DeliverPorts, delivery: Delivery): Promise<Settlement | undefined> {
  const { work } = delivery
  return (
    stillWanted(delivery) ??
    unsuspected(delivery) ??
    notStale(delivery) ??
    inWindow(ports, delivery) ??
    underCap(ports, delivery) ??
    (await notHeld(ports, delivery)) ??
    (work.channel === 'in_app' ? undefined : reachable(ports, delivery))
  )
}

function stillWanted({ work }: Delivery): Settlement | undefined {
  const { status, validUntil, firstHandedAt } = work.dispatch
  const give = { from: 'queued' as const, freeSlot: work.slot }
  if (!isRunning(status) && work.kind !== 'resend')
    return settlement(work, { ...give, to: 'skipped', reason: status, events: skip(work, status) })
  if (validUntil === null || validUntil > work.now) return undefined
  const ends = firstHandedAt === null ? { status: 'expired' as const, reason: 'valid_until_passed' } : null
  return settlement(work, { ...give, to: 'skipped', reason: 'expired', ends, events: skip(work, 'expired') })
}

const skip = (work: Delivery['work'], reason: string) =>
  work.kind === 'reminder' ? [told(work, 'reminder.skipped', { reason })] : []

/** A machine may have opened the link: until a person shows, or the grace is over, nothing that was planned leaves. */
function unsuspected({ work }: Delivery): Settlement | undefined {
  const until = work.dispatch.suspectUntil
  if (work.kind === 'resend' || until === null || until <= work.now) return undefined
  return waits(work, until, 'suspect_open')
}

/** A step found later than this is not simply sent: an outage must not end in a burst of old reminders. */
const STALE_AFTER_MS = 12 * 3_600_000

function notStale({ work }: Delivery): Settlement | undefined {
  if (work.now.getTime() - work.dueAt.getTime() <= STALE_AFTER_MS) return undefined
  const give = { reason: 'stale', freeSlot: work.slot }
  if (work.kind === 'reminder')
    return settlement(work, { ...give, from: 'queued', to: 'skipped', events: skip(work, 'stale') })
  // What a person asked for, and a first transactional message, still make sense: `validUntil` says otherwise.
  const pointless = work.kind === 'first' && work.dispatch.category === 'commercial'
  return pointless ? fails(work, 'queued', 'stale', { freeSlot: work.slot }) : undefined
}

function inWindow(ports: DeliverPorts, { work }: Delivery): Settlement | undefined {
  const opening = waitsUntil(work, ports.defaultTimeZone, ports.random())
  return opening ? waits(work, opening, 'outside_window') : undefined
}

/** Over all dispatches a person gets so many messages a day and a week: what is too much waits, and is said to wait. */
function underCap({ caps }: DeliverPorts, { work }: Delivery): Settlement | undefined {
  const until = work.channel === 'in_app' || isAskedFor(work) ? null : cappedUntil(work.sentBefore, work.now, caps)
  return until ? waits(work, until, 'capped') : undefined
}

const waits = (work: Delivery['work'], until: Date, reason: string): Settlement =>
  later(work, 'queued', until, reason, {
    freeSlot: work.slot,
    needsLink: work.slot !== null,
    fallBackAt: new Date(until.getTime() + work.dispatch.fallBackMs),
    events: [told(work, 'message.waits', { reason, until })],
  })

async function notHeld(ports: DeliverPorts, delivery: Delivery): Promise<Settlement | undefined> {
  const { work } = delivery
  const holds = await ports.holds.current()
  const held =
    stopsEverything(holds) ??
    heldBy(holds, 'channel', work.channel) ??
    heldBy(holds, 'template', work.template) ??
    (work.dispatch.campaignId ? heldBy(holds, 'campaign', work.dispatch.campaignId) : undefined)
  const hold = held ?? (await findProvider(ports, delivery, holds))
  if (!hold) return undefined
  const waitedEnough = work.fallBackAt !== null && work.fallBackAt <= work.now && work.chain.length > 0
  if (waitedEnough && (hold.scope === 'channel' || hold.scope === 'provider'))
    return nextChannel(work, 'queued', 'channel_held', { freeSlot: work.slot })
  return later(work, 'queued', new Date(work.now.getTime() + HELD_MS), `${hold.scope}_held`, {
    freeSlot: work.slot,
    needsLink: work.slot !== null,
  })
}

/** The first provider in order that is not held, or whose hold this message probes; the hold of the first, where all are. */
async function findProvider(ports: DeliverPorts, delivery: Delivery, holds: Hold[]): Promise<Hold | undefined> {
  const providers = ports.providers.filter(({ channel }) => channel === delivery.work.channel)
  const holdOn = ({ name }: Provider) => heldBy(holds, 'provider', name)
  for (const provider of providers) {
    const hold = holdOn(provider)
    if (hold && !(await mayProbe(ports, delivery, hold))) continue
    delivery.provider = provider
    if (hold) delivery.probing = hold.id
    return undefined
  }
  return providers.map(holdOn).find((hold) => hold !== undefined)
}

async function mayProbe({ holds }: DeliverPorts, { work }: Delivery, hold: Hold): Promise<boolean> {
  const due = hold.probeAt !== null && hold.probeAt <= work.now
  return due && (await holds.takeProbe(hold.id, PROBE_EVERY_MS))
}

function reachable(ports: DeliverPorts, delivery: Delivery): Settlement | undefined {
  const { work } = delivery
  if (delivery.addresses.length === 0) return nextChannel(work, 'queued', 'no_address', { freeSlot: work.slot })
  if (!delivery.provider) return nextChannel(work, 'queued', 'no_provider', { freeSlot: work.slot })
  const allowed = ports.mayWriteTo
  if (!allowed) return undefined
  delivery.addresses = delivery.addresses.filter((address) => allowed(address.value))
  return delivery.addresses.length === 0
    ? nextChannel(work, 'queued', 'not_in_deliver_only_to', { freeSlot: work.slot })
    : undefined
}
