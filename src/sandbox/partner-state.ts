import type { PartnerIds } from './partner-ids.ts'

/** A magic link as the partner keeps it. Its status is computed: see `statusOf`. */
export interface LinkRecord {
  linkId: string
  referenceId: string
  userId: string
  token: string
  url: string
  flow: string
  language: 'en' | 'es' | null
  userData: Record<string, unknown> | null
  metadata: Record<string, unknown> | null
  callbackUrl: string | null
  createdAt: Date
  expiresAt: Date
  openedAt: Date | null
  revokedAt: Date | null
  operationId: string | null
}

export interface Operation {
  operationId: string
  userId: string
  linkId: string
  referenceId: string
  status: 'created' | 'processing' | 'completed' | 'failed' | 'cancelled'
  amount: {
    send: number
    receive: number
    rate: number
    fee: number
    currency: { source: string; destination: string }
  }
  createdAt: Date
  completedAt: Date | null
  failedAt: Date | null
  cancelledAt: Date | null
  failureReason: string | null
}

export interface DataRequest {
  dataRequestId: string
  link: LinkRecord
  requiredFields: string[]
  fulfilledAt: Date | null
}

export interface NewLink {
  referenceId: string
  lifeMinutes: number
  flow: string
  language: 'en' | 'es' | null
  userData: Record<string, unknown> | null
  metadata: Record<string, unknown> | null
  callbackUrl: string | null
}

export const statusOf = (link: LinkRecord): 'created' | 'opened' | 'revoked' => {
  if (link.revokedAt) return 'revoked'
  return link.openedAt ? 'opened' : 'created'
}

export interface PartnerState {
  links: LinkRecord[]
  operations: Map<string, Operation>
  dataRequests: Map<string, DataRequest>
  account: { suspended: boolean; keyRevoked: boolean }
  /** An opened link is active too: it still blocks a new one. */
  isActive(link: LinkRecord): boolean
  find(linkId: string): LinkRecord | undefined
  linksOf(referenceId: string): LinkRecord[]
  activeLinkOf(referenceId: string): LinkRecord | undefined
  addLink(order: NewLink): LinkRecord
  reset(): void
}

/** Everything the partner remembers, in memory. */
export function makePartnerState({
  now,
  ids,
  baseUrl,
}: {
  now: () => Date
  ids: PartnerIds
  baseUrl: string
}): PartnerState {
  const links: LinkRecord[] = []
  const byId = new Map<string, LinkRecord>()
  const byReference = new Map<string, LinkRecord[]>()
  const operations = new Map<string, Operation>()
  const dataRequests = new Map<string, DataRequest>()
  const account = { suspended: false, keyRevoked: false }

  const isActive = (link: LinkRecord) => !link.revokedAt && link.expiresAt > now()
  const linksOf = (referenceId: string) => byReference.get(referenceId) ?? []

  const addLink = ({ lifeMinutes, ...order }: NewLink) => {
    const earlier = linksOf(order.referenceId)
    const linkId = ids.id('link')
    const link: LinkRecord = {
      ...order,
      linkId,
      userId: earlier[0]?.userId ?? ids.id('user'),
      token: ids.uuid(),
      url: `${baseUrl}/widget/${linkId}/${encodeURIComponent(order.flow)}`,
      createdAt: now(),
      expiresAt: new Date(now().getTime() + lifeMinutes * 60_000),
      openedAt: null,
      revokedAt: null,
      operationId: null,
    }
    links.push(link)
    byId.set(linkId, link)
    byReference.set(order.referenceId, [...earlier, link])
    return link
  }

  return {
    links,
    operations,
    dataRequests,
    account,
    isActive,
    find: (linkId) => byId.get(linkId),
    linksOf,
    activeLinkOf: (referenceId) => linksOf(referenceId).findLast(isActive),
    addLink,
    reset() {
      links.length = 0
      Object.assign(account, { suspended: false, keyRevoked: false })
      for (const map of [byId, byReference, operations, dataRequests]) map.clear()
    },
  }
}
