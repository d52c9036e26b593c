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

/** Notices of the partner's that say somebody is inside: they end every plan that carried the link. */
export const OPENING_NOTICES = ['link.opened', 'operation.created'] as const
export type OpeningNotice = (typeof OPENING_NOTICES)[number]
export const isOpening = (type: string): type is OpeningNotice => (OPENING_NOTICES as readonly string[]).includes(type)

/** Opened if the status says so *or* `openedAt` is set (dossier, contradiction C14). */
export const isOpened = (link: Pick<PartnerLink, 'status' | 'openedAt'>) =>
  link.status === 'opened' || link.openedAt !== null

/** The life a link was made with, in whole minutes as it was asked for: everybody who carries it is measured by it (P6). */
export const madeForMinutes = ({ createdAt, expiresAt }: Pick<PartnerLink, 'createdAt' | 'expiresAt'>) =>
  Math.ceil((expiresAt.getTime() - createdAt.getTime()) / MINUTE)

/** Promise P6: at hand-over at least 30 min, or half the requested life if that was under an hour. */
export function lifeNeededMs(requestedLifeMs: number): number {
  return requestedLifeMs < 60 * MINUTE ? requestedLifeMs / 2 : 30 * MINUTE
}

/** The same when a message sets out: what lies between, such as waiting for the provider's next place, takes less than the rest. */
export const lifeToSetOutMs = (requestedLifeMs: number) =>
  lifeNeededMs(requestedLifeMs) + Math.min(MINUTE, requestedLifeMs / 4)
