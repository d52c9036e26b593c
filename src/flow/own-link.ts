import { type Failure, failure } from '../domain/failure.ts'
import { isOpened, madeForMinutes } from '../domain/magic-link.ts'
import type { BroughtLink } from './order.ts'
import type { Partner } from './ports.ts'

export interface OwnLinkPorts {
  partner: Pick<Partner, 'activeLinks'>
  /** Why an address may not stand as a link; undefined when it may. */
  distrust(url: string): string | undefined
}

/** The life the link was made with, or what is wrong with it. */
export type OwnLinkProof = { requestedMs: number } | { failure: Failure }

/** A link the CRM brings must be on a listed host, and a living, unopened link of this very user at the partner. */
export async function checkOwnLink(ports: OwnLinkPorts, referenceId: string, link: BroughtLink): Promise<OwnLinkProof> {
  const reason = ports.distrust(link.url)
  if (reason) return notYours('link.url', reason)
  const answer = await ports.partner.activeLinks(referenceId)
  if (answer.kind !== 'ok') return { failure: failure('partner_unavailable') }
  const found = answer.value.find((known) => known.linkId === link.linkId)
  if (!found) return notYours('link.linkId', 'is not an active link of this referenceId')
  if (isOpened(found)) return notYours('link.linkId', 'was opened already')
  if (found.url !== link.url) return notYours('link.url', 'is not the address of this link')
  if (found.expiresAt.getTime() !== link.expiresAt.getTime())
    return notYours('link.expiresAt', 'is not when this link expires')
  return { requestedMs: madeForMinutes(found) * 60_000 }
}

/** Where the partner is not asked, a link counts as made now. */
export const asMadeAt = (now: Date, { expiresAt }: BroughtLink): OwnLinkProof => ({
  requestedMs: expiresAt.getTime() - now.getTime(),
})

const notYours = (path: string, message: string): OwnLinkProof => ({
  failure: failure('link_not_yours', [{ path, message }]),
})
