import { type CancelPorts, cancel, takeLinksBack } from './cancel.ts'
import type { LaunchStore } from './ports-campaign.ts'

export interface EndPorts extends CancelPorts {
  launches: Pick<LaunchStore, 'leaveOut' | 'finish' | 'toCancel' | 'giveTurn'>
  now(): Date
  random(): number
}

const ROWS_AT_ONCE = 5_000
const DISPATCHES_AT_ONCE = 500
/** The partner is asked about each link twice. */
const REVOKED_AT_ONCE = 20

/** What is left of campaigns that are over ends, a part at a time. Answers whether there is certainly more to do. */
export async function endCampaigns(ports: EndPorts): Promise<boolean> {
  const leftOut = await ports.launches.leaveOut(ROWS_AT_ONCE)
  const more = await endDispatches(ports)
  await ports.launches.finish()
  return more || leftOut === ROWS_AT_ONCE
}

/**
 * The hold keeps all of them from starting. So links are taken back while their dispatch still runs: whoever dies in
 * between, or hears nothing from the partner, leaves it to be found again.
 */
async function endDispatches(ports: EndPorts): Promise<boolean> {
  const found = await ports.launches.toCancel(DISPATCHES_AT_ONCE)
  const [first] = found
  if (!first) return false
  const reason = first.reason ?? 'campaign_cancelled'
  const ids = found.map(({ id }) => id)
  const free = first.revokeLinks ? await withoutLinks(ports, ids, reason) : ids
  // Where the partner says nothing, the turn is kept: another campaign comes first next time.
  if (free.length === 0) return false
  await cancel(ports, { ids: free, reason, revokeLinks: false })
  await ports.launches.giveTurn([first.campaignId])
  return true
}

/** Some of them, wherever, so that links the partner says nothing of do not stand in the way of the others. */
async function withoutLinks(ports: EndPorts, all: string[], reason: string): Promise<string[]> {
  const from = Math.floor(ports.random() * Math.max(1, all.length - REVOKED_AT_ONCE + 1))
  const ids = all.slice(from, from + REVOKED_AT_ONCE)
  // A message that is leaving right now must not carry a link that dies on its way.
  await ports.stops.fence(ids)
  const links = await Promise.all(ids.map((id) => takeLinksBack(ports, id, reason, ports.now())))
  return ids.filter((_, i) => links[i]?.unanswered === 0)
}
