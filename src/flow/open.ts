import { isOpened, type PartnerLink } from '../domain/magic-link.ts'
import type { Notice, Partner, Vault } from './ports.ts'
import type { FactOrder, FactStore, StopStore } from './ports-store.ts'

export interface OpenPorts {
  facts: FactStore
  stops: Pick<StopStore, 'fence'>
  vault: Pick<Vault, 'lookups'>
}

/**
 * A partner's notice: stored, committed, applied; and only then, when no affected step may start any more, told (P2).
 * Answers the dispatches whose plan it ended. A second copy changes nothing.
 */
export async function open(ports: OpenPorts, notice: Notice): Promise<{ fresh: boolean; touched: string[] }> {
  const recorded = await ports.facts.record(factOf(ports, notice))
  if (recorded.touched.length > 0) await ports.stops.fence(recorded.touched)
  return recorded
}

/** An open the partner tells about when asked, whose webhook we missed: the same fact, under the same key. */
export function missedOpen(
  ports: OpenPorts,
  link: PartnerLink,
  now: Date,
): Promise<{ fresh: boolean; touched: string[] }> {
  const openedAt = link.openedAt ?? now
  if (!isOpened(link)) return Promise.resolve({ fresh: false, touched: [] })
  return open(ports, {
    key: `link.opened:${link.linkId}`,
    type: 'link.opened',
    occurredAt: openedAt,
    linkId: link.linkId,
    referenceId: link.referenceId,
    openedAt,
    operationId: null,
    dataRequestId: null,
    url: null,
    expiresAt: null,
    userAgent: null,
    requiredFields: [],
    raw: JSON.stringify({ learned: 'by asking the partner' }),
  })
}

/** No link lives longer, so no open that still matters is older. */
const LONGEST_LIFE_MS = 7 * 24 * 3_600_000

/**
 * Asks the partner what was opened while nobody listened, and applies it as the webhooks would have. False when the
 * partner cannot be asked now: until it can, no reminder may go out.
 */
export async function catchUp(
  ports: OpenPorts & { partner: Pick<Partner, 'openedSince'> },
  now: Date,
): Promise<boolean> {
  const answer = await ports.partner.openedSince(new Date(now.getTime() - LONGEST_LIFE_MS))
  if (answer.kind !== 'ok') return false
  await Promise.all(answer.value.map((link) => missedOpen(ports, link, now)))
  return true
}

function factOf({ vault }: Pick<OpenPorts, 'vault'>, notice: Notice): FactOrder {
  const [keyHash] = vault.lookups('notice', notice.key)
  if (!keyHash) throw new Error('there is no look-up key')
  return {
    keyHash,
    type: notice.type,
    linkLookups: notice.linkId ? vault.lookups('link', notice.linkId) : [],
    referenceId: notice.referenceId,
    occurredAt: notice.occurredAt,
    openedAt: notice.openedAt,
    operationId: notice.operationId,
    raw: notice.raw,
    data: {
      event: notice.type,
      ...(notice.operationId && { operationId: notice.operationId }),
      ...(notice.dataRequestId && { dataRequestId: notice.dataRequestId, requiredFields: notice.requiredFields }),
      ...(notice.referenceId && { referenceId: notice.referenceId }),
    },
  }
}
