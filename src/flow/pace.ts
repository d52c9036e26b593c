import type { DeliverPorts, Delivery } from './delivery.ts'
import type { Settlement } from './ports-deliver.ts'
import { later } from './settlement.ts'

/** The pump admits about two seconds of work; a text of several segments takes several places. Well within a step's lease. */
const WITHIN_MS = 10_000
const AGAIN_MS = 2_000

/** Waits for the provider's next free place, which all processes share; a step that would wait too long is given back. */
export async function pace(ports: DeliverPorts, delivery: Delivery): Promise<Settlement | undefined> {
  const { provider, words, addresses } = delivery
  const rate = provider && ports.rates.get(provider.name)
  if (!rate || !words) return undefined
  const waitMs = await ports.paces.take({
    provider: provider.name,
    sender: provider.sender,
    units: ports.unitsOf(words) * addresses.length,
    msAUnit: rate.perMs / rate.units,
    withinMs: WITHIN_MS,
  })
  if (waitMs === null) return tooLong(delivery, ports.random())
  await ports.pause(waitMs)
  return undefined
}

/** A link that was made for it is not stored yet, and is found again at the partner; its slot is spent. */
const tooLong = ({ work, link }: Delivery, random: number): Settlement =>
  later(work, 'queued', new Date(work.now.getTime() + AGAIN_MS * (1 + random)), 'paced', {
    needsLink: link !== undefined && 'fresh' in link,
  })
