import { missingCipFields, textAt } from './cip-fields.ts'
import type { Faults } from './faults.ts'
import type { PartnerIds } from './partner-ids.ts'
import { type LinkRecord, type Operation, type PartnerState, statusOf } from './partner-state.ts'
import type { Webhooks } from './partner-webhooks.ts'
import type { Switches } from './switches.ts'
import { deviceOf, type Visitor } from './user-agent.ts'

const RATE = 17.25
const FEE = 2.99

/** `opened` only the first time; `again` changes nothing; the others are dead links. */
export type Opening = 'opened' | 'again' | 'expired' | 'revoked'

export interface PartnerUserOptions {
  state: PartnerState
  webhooks: Webhooks
  ids: PartnerIds
  faults: Faults
  switches: Switches
  now: () => Date
  baseUrl: string
}

/** What the partner tells about a link: its making, its first opening, and what the person does in the widget. */
export function makePartnerUser({ state, webhooks, ids, faults, switches, now, baseUrl }: PartnerUserOptions) {
  const tell = (event: string, link: LinkRecord, data: Record<string, unknown>) =>
    webhooks.emit(
      event,
      { ...data, ...(switches.metadataInPayloads && link.metadata ? { metadata: link.metadata } : {}) },
      link.callbackUrl,
    )

  const announce = async (link: LinkRecord) => {
    const { linkId, referenceId, expiresAt, createdAt } = link
    const url = switches.createdUrl === 'send' ? `${baseUrl}/send/${linkId}` : link.url
    const told = tell('link.created', link, { linkId, referenceId, url, status: 'created', expiresAt, createdAt })
    requestData(link, 'at_create')
    await told
  }

  const open = (link: LinkRecord, visitor: Visitor = {}): { opening: Opening; told: Promise<void> } => {
    const opening = openingOf(link)
    if (opening !== 'opened') return { opening, told: Promise.resolve() }
    link.openedAt = now()
    const { linkId, referenceId, openedAt } = link
    const deviceInfo = switches.deviceInfo ? { deviceInfo: deviceOf(visitor) } : {}
    const told = tell('link.opened', link, { linkId, referenceId, openedAt, ...deviceInfo })
    requestData(link, 'at_open')
    return { opening, told }
  }

  const openingOf = (link: LinkRecord): Opening => {
    if (link.revokedAt) return 'revoked'
    if (!state.isActive(link)) return 'expired'
    return link.openedAt ? 'again' : 'opened'
  }

  const requestData = (link: LinkRecord, moment: 'at_create' | 'at_open') => {
    const forced = faults.take('webhook', ({ kind }) => kind === `data_request_${moment}`)
    const missing = missingCipFields(link.userData)
    if (!forced && (switches.dataRequests !== moment || missing.length === 0)) return
    const requiredFields = missing.length > 0 ? missing : ['idNumber', 'idType', 'dob']
    const dataRequestId = ids.id('dr')
    state.dataRequests.set(dataRequestId, { dataRequestId, link, requiredFields, fulfilledAt: null })
    const hostile = faults.take('webhook', ({ kind }) => kind === 'hostile_reply_endpoint')
    const host = hostile ? 'https://api.m2m-leapfinancial.example' : baseUrl
    const { linkId, referenceId, expiresAt } = link
    const replyEndpoint = `${host}/partner/data-requests/${dataRequestId}`
    void tell('user.data_request', link, {
      dataRequestId,
      referenceId,
      linkId,
      requiredFields,
      replyEndpoint,
      expiresAt,
    })
  }

  const newOperation = (link: LinkRecord, send: number): Operation => {
    const { linkId, referenceId, userId } = link
    const foreign = textAt(link.userData, 'paymentMethod.bankAccount.country') !== 'US'
    const [rate, destination] = foreign ? [RATE, 'MXN'] : [1, 'USD']
    const amount = { send, receive: Math.round(send * rate * 100) / 100, rate, fee: FEE }
    const operation: Operation = {
      operationId: ids.id('op'),
      userId,
      linkId,
      referenceId,
      status: 'created',
      amount: { ...amount, currency: { source: 'USD', destination } },
      createdAt: now(),
      completedAt: null,
      failedAt: null,
      cancelledAt: null,
      failureReason: null,
    }
    state.operations.set(operation.operationId, operation)
    link.operationId = operation.operationId
    return operation
  }

  return {
    announce,
    open,
    openingOf,

    /** The person sends money. Who sends has opened. Undefined when the link is dead. */
    complete(link: LinkRecord, send: number): Operation | undefined {
      if (!state.isActive(link)) return undefined
      open(link)
      const operation = newOperation(link, send)
      const { operationId, linkId, referenceId, amount, status, createdAt } = operation
      void tell('operation.created', link, { operationId, referenceId, linkId, amount, status, createdAt })
      return operation
    },

    /** The person breaks off: the transfer begun last, or one that was never finished. Undefined when the link is dead. */
    cancel(link: LinkRecord, reason: string): Operation | undefined {
      if (!state.isActive(link)) return undefined
      open(link)
      const begun = link.operationId === null ? undefined : state.operations.get(link.operationId)
      const operation = begun?.status === 'created' ? begun : newOperation(link, 0)
      const cancelledAt = now()
      Object.assign(operation, { status: 'cancelled', cancelledAt })
      const { operationId, linkId, referenceId } = operation
      void tell('operation.cancelled', link, {
        operationId,
        referenceId,
        linkId,
        status: 'cancelled',
        cancelledAt,
        reason,
      })
      return operation
    },

    show: (link: LinkRecord) => ({ ...link, status: statusOf(link), active: state.isActive(link) }),
  }
}
export type PartnerUser = ReturnType<typeof makePartnerUser>
