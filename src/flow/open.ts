import { isOpened, isOpening, type PartnerLink } from '../domain/magic-link.ts'
import type { Suspicion } from '../domain/suspicion.ts'
import type { Notice, Partner, Vault } from './ports.ts'
import type { FactOrder, FactStore } from './ports-facts.ts'
import type { StopStore } from './ports-store.ts'

export interface OpenPorts {
  facts: FactStore
  stops: Pick<StopStore, 'fence'>
  vault: Pick<Vault, 'lookups'>
  /** Whether a user agent is that of a machine which looks at links for somebody else. */
  isScanner(userAgent: string): boolean
  /** An open was told for the first time. */
  opened(suspect: Suspicion | null): void
}

/**
 * A partner's notice: stored, committed, applied; and only then, when no affected step may start any more, told (P2).
 * When that was is kept for the record. Answers the dispatches whose plan it ended. A second copy changes nothing.
 */
export async function open(ports: OpenPorts, notice: Notice): Promise<{ fresh: boolean; touched: string[] }> {
  const fact = factOf(ports, notice)
  const recorded = await ports.facts.record(fact)
  if (recorded.touched.length > 0) await ports.stops.fence(recorded.touched)
  if (isOpening(notice.type)) await ports.facts.fenced(fact.keyHash)
  if (recorded.fresh && notice.type === 'link.opened') ports.opened(recorded.suspect)
  return recorded
}

/**
 * An open the partner tells about when asked, whose webhook we missed: the same fact, under the same key. So is a transfer:
 * it proves a person, whatever the open looks like.
 */
export async function missedOpen(
  ports: OpenPorts,
  link: PartnerLink,
  now: Date,
): Promise<{ fresh: boolean; touched: string[] }> {
  const openedAt = link.openedAt ?? now
  if (!isOpened(link)) return { fresh: false, touched: [] }
  const { linkId, referenceId, operationId } = link
  const learned = { occurredAt: openedAt, linkId, referenceId, ...UNTOLD }
  const told = await open(ports, { ...learned, key: `link.opened:${linkId}`, type: 'link.opened', openedAt })
  if (operationId !== null)
    await open(ports, { ...learned, key: `operation.created:${operationId}`, type: 'operation.created', operationId })
  return told
}

/** What a webhook would have said beside it. */
const UNTOLD = {
  openedAt: null,
  operationId: null,
  dataRequestId: null,
  url: null,
  expiresAt: null,
  userAgent: null,
  requiredFields: [],
  raw: JSON.stringify({ learned: 'by asking the partner' }),
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

function factOf({ vault, isScanner }: Pick<OpenPorts, 'vault' | 'isScanner'>, notice: Notice): FactOrder {
  const [keyHash, ...otherKeyHashes] = vault.lookups('notice', notice.key)
  if (!keyHash) throw new Error('there is no look-up key')
  return {
    keyHash,
    otherKeyHashes,
    type: notice.type,
    linkLookups: notice.linkId ? vault.lookups('link', notice.linkId) : [],
    referenceId: notice.referenceId,
    occurredAt: notice.occurredAt,
    openedAt: notice.openedAt,
    operationId: notice.operationId,
    suspect: notice.type === 'link.opened' && isScanner(notice.userAgent ?? '') ? 'scanner' : null,
    raw: notice.raw,
    data: {
      event: notice.type,
      ...(notice.operationId && { operationId: notice.operationId }),
      ...(notice.dataRequestId && { dataRequestId: notice.dataRequestId, requiredFields: notice.requiredFields }),
      ...(notice.referenceId && { referenceId: notice.referenceId }),
    },
  }
}
