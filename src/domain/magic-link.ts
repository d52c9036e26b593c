const MINUTE = 60_000

/** A link as the partner shows it (reference/m2m-partner-api.md, 4.1 and 4.2). `linkId` and `url` are secrets. */
export interface PartnerLink {
  linkId: string
  referenceId: string
  url: string
  status: string
  createdAt: Date
  expiresAt: Date
  openedAt: Date | null
  operationId: string | null
}

/** Opened if the status says so *or* `openedAt` is set (dossier, contradiction C14). */
export const isOpened = (link: Pick<PartnerLink, 'status' | 'openedAt'>) =>
  link.status === 'opened' || link.openedAt !== null

/** Promise P6: at hand-over at least 30 min, or half the requested life if that was under an hour. */
export function lifeNeededMs(requestedLifeMs: number): number {
  return requestedLifeMs < 60 * MINUTE ? requestedLifeMs / 2 : 30 * MINUTE
}
