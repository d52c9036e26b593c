import type { Request } from 'express'
import type { Fault, Faults } from './faults.ts'
import { type Failures, type Reply, success } from './partner-answers.ts'
import { listLinksSchema, newLinkSchema, paged, revokeSchema, within } from './partner-requests.ts'
import { type LinkRecord, type PartnerState, statusOf } from './partner-state.ts'
import type { PartnerUser } from './partner-user.ts'
import type { Switches } from './switches.ts'

export interface LinkHandlerOptions {
  state: PartnerState
  user: PartnerUser
  failures: Failures
  faults: Faults
  switches: Switches
  now: () => Date
}

/** Create, list, read and revoke magic links; each answers with a value. */
export function makeLinkHandlers({ state, user, failures, faults, switches, now }: LinkHandlerOptions) {
  const notFound = () => failures.other(404, 'RESOURCE_NOT_FOUND', 'Magic link not found')

  const create = async (req: Request, fault: Fault | undefined): Promise<Reply> => {
    const body = newLinkSchema.safeParse(req.body)
    if (!body.success) return failures.invalid(body.error)
    const { referenceId, expiresInMinutes = switches.defaultExpiryMinutes, flow } = body.data
    const active = state.activeLinkOf(referenceId)
    if (active) return conflict(active)
    const earlier = fault?.kind === 'same_link_twice' ? state.links.at(-1) : undefined
    if (earlier) return success(201, { ...shown(earlier), referenceId })

    const { language = null, userData = null, metadata = null, callbackUrl = null } = body.data
    const order = { referenceId, flow, language, userData, metadata, callbackUrl }
    const link = state.addLink({ ...order, lifeMinutes: fault?.kind === 'expired_link' ? -1 : expiresInMinutes })
    return answerTo(link, fault)
  }

  const conflict = (active: LinkRecord): Reply => {
    const ends = faults.take('partner.create', ({ kind }) => kind === 'expires_between')
    const after = () => {
      if (ends) active.expiresAt = now()
    }
    const more = switches.conflictLinkId ? { linkId: active.linkId } : {}
    return { ...failures.other(409, 'ACTIVE_LINK_EXISTS', 'User already has an active link', more), after }
  }

  const answerTo = async (link: LinkRecord, fault: Fault | undefined): Promise<Reply> => {
    const announce = () => void user.announce(link)
    switch (fault?.kind) {
      case 'opened_before_reply':
        await Promise.all([user.announce(link), user.open(link).told])
        return success(201, { ...shown(link), status: 'created' })
      case 'opened_before_created':
        return { ...success(201, shown(link)), after: () => void user.open(link).told.then(announce) }
      case 'foreign_host':
        return { ...success(201, { ...shown(link), url: foreign(link.url) }), after: announce }
      case 'other_reference':
        return { ...success(201, { ...shown(link), referenceId: `${link.referenceId}-other` }), after: announce }
      default:
        return { ...success(201, shown(link)), after: announce }
    }
  }

  const list = (req: Request, fault: Fault | undefined): Reply => {
    const query = listLinksSchema.safeParse(req.query)
    if (!query.success) return failures.invalid(query.error)
    const { referenceId, visibility, status } = query.data
    const all = fault?.kind === 'empty' ? [] : referenceId === undefined ? state.links : state.linksOf(referenceId)
    const { items, pagination } = paged(all, query.data, (link) => {
      if (visibility && (link.revokedAt || state.isActive(link) !== (visibility === 'active'))) return false
      return within(link.createdAt, query.data) && (!status || statusOf(link) === status)
    })
    return success(200, { items: items.map(item), pagination })
  }

  const item = (link: LinkRecord) => {
    const { linkId, referenceId, url, expiresAt, createdAt, openedAt, userId, operationId, userData } = link
    const status = switches.openedShownAsCreated && statusOf(link) === 'opened' ? 'created' : statusOf(link)
    const used = operationId === null ? {} : { operationId }
    return {
      linkId,
      referenceId,
      status,
      url,
      expiresAt,
      createdAt,
      openedAt,
      userId,
      ...used,
      userData: userData ?? {},
    }
  }

  const detail = (linkId: string): Reply => {
    const link = state.find(linkId)
    return link ? success(200, { ...item(link), metadata: link.metadata ?? {}, revokedAt: link.revokedAt }) : notFound()
  }

  const revoke = (req: Request): Reply => {
    const link = state.find(String(req.params['linkId']))
    if (!link) return notFound()
    const body = revokeSchema.safeParse(req.body)
    if (!body.success) return failures.invalid(body.error)
    if (link.revokedAt) return failures.other(400, 'INVALID_REQUEST', 'Only created or opened links can be revoked')
    link.revokedAt = now()
    return success(200, { linkId: link.linkId, status: 'revoked', revokedAt: link.revokedAt })
  }

  return { create, list, detail, revoke }
}

/** The seven fields of the create answer. */
const shown = (link: LinkRecord) => {
  const { linkId, referenceId, url, token, expiresAt, createdAt } = link
  return { linkId, referenceId, status: statusOf(link), url, token, expiresAt, createdAt }
}

const foreign = (url: string) => `https://links.example.net${new URL(url).pathname}`
