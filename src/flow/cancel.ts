import type { Partner } from './ports.ts'
import type { CarriedLink, LinkStore, StopStore } from './ports-store.ts'

export interface CancelPorts {
  stops: StopStore
  links: Pick<LinkStore, 'carriedBy' | 'markRevoked'>
  partner: Pick<Partner, 'revokeLink' | 'hasOperation'>
}
export interface CancelOrder {
  ids: string[]
  reason: string | null
  revokeLinks: boolean
}
/** What became of the links a cancelled dispatch had carried. */
export interface Revocations {
  revoked: number
  keptForOperation: number
  unanswered: number
}

/** Stops the plans, waits until no step of them may start any more, and takes the links back where asked. */
export async function cancel(
  ports: CancelPorts,
  { ids, reason, revokeLinks }: CancelOrder,
): Promise<{ cancelled: string[]; links: Revocations }> {
  const moved = await ports.stops.stop(ids, 'cancelled', reason)
  await ports.stops.fence(ids)
  const links: Revocations = { revoked: 0, keptForOperation: 0, unanswered: 0 }
  if (revokeLinks) for (const id of ids) await revokeCarried(ports, id, reason ?? 'cancelled', links)
  return { cancelled: moved.map((row) => row.id), links }
}

/** The links of one dispatch that still live at this time. */
export async function takeLinksBack(ports: CancelPorts, id: string, reason: string, now: Date): Promise<Revocations> {
  const links: Revocations = { revoked: 0, keptForOperation: 0, unanswered: 0 }
  await revokeCarried(ports, id, reason, links, now)
  return links
}

async function revokeCarried(
  ports: CancelPorts,
  id: string,
  reason: string,
  count: Revocations,
  livingAt = new Date(0),
): Promise<void> {
  const referenceId = await ports.stops.referenceOf(id)
  for (const link of await ports.links.carriedBy(id)) {
    // A link the CRM brought is the CRM's to revoke.
    const ours = link.status !== 'revoked' && link.origin !== 'brought'
    if (ours && link.expiresAt > livingAt) count[await revoke(ports, referenceId, link, reason)]++
  }
}

/** Never where an operation exists: its user has money under way. */
async function revoke(
  { partner, links }: CancelPorts,
  referenceId: string,
  link: CarriedLink,
  reason: string,
): Promise<keyof Revocations> {
  if (link.operationId) return 'keptForOperation'
  const operation = await partner.hasOperation(referenceId, link.linkId)
  if (operation.kind !== 'ok') return 'unanswered'
  if (operation.value) return 'keptForOperation'
  const answer = await partner.revokeLink(link.linkId, reason)
  if (answer.kind !== 'ok' && answer.kind !== 'not_found') return 'unanswered'
  await links.markRevoked(link.id)
  return 'revoked'
}
