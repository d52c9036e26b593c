import express, { type ErrorRequestHandler, Router } from 'express'
import { merged } from './cip-fields.ts'
import type { Faults } from './faults.ts'
import { type Failures, send, success } from './partner-answers.ts'
import type { makeDoor } from './partner-door.ts'
import { faulty } from './partner-faults.ts'
import { makeLinkHandlers } from './partner-links.ts'
import { dataAnswerSchema, listOperationsSchema, paged, within } from './partner-requests.ts'
import type { PartnerState } from './partner-state.ts'
import type { PartnerUser } from './partner-user.ts'
import type { Switches } from './switches.ts'

export interface PartnerRouteOptions {
  state: PartnerState
  user: PartnerUser
  door: ReturnType<typeof makeDoor>
  failures: Failures
  faults: Faults
  switches: Switches
  now: () => Date
}

/** The M2M Partner API under `/partner`. */
export function makePartnerRoutes(options: PartnerRouteOptions): Router {
  const { state, door, failures, faults, now } = options
  const links = makeLinkHandlers(options)
  const withFaults = faulty({ faults, failures })
  const router = Router()
  const json = express.json({ limit: '12mb' })

  router.post('/links', door.through('create'), json, withFaults('partner.create', links.create))
  router.use(door.through('other'), json)
  router.get('/links', withFaults('partner.list', links.list))
  router.post('/links/:linkId/revoke', withFaults('partner.revoke', links.revoke))
  router.get('/links/:linkId', (req, res) => send(res, links.detail(req.params.linkId)))

  router.put('/data-requests/:dataRequestId', (req, res) => {
    const request = state.dataRequests.get(req.params.dataRequestId)
    if (!request) return send(res, failures.other(404, 'RESOURCE_NOT_FOUND', 'Data request not found'))
    const body = dataAnswerSchema.safeParse(req.body)
    if (!body.success) return send(res, failures.invalid(body.error))
    const { link } = request
    if (body.data.referenceId !== link.referenceId)
      return send(res, failures.other(400, 'REFERENCE_ID_MISMATCH', 'referenceId does not match the data request'))
    if (!state.isActive(link)) return send(res, failures.other(400, 'LINK_EXPIRED', 'The link is no longer active'))
    if (request.fulfilledAt)
      return send(res, failures.other(400, 'INVALID_REQUEST', 'The data request was already fulfilled'))
    link.userData = merged(link.userData, body.data.userData)
    request.fulfilledAt = now()
    const { dataRequestId, fulfilledAt } = request
    const message = 'User data received'
    send(res, success(200, { dataRequestId, status: 'fulfilled', linkId: link.linkId, message, fulfilledAt }))
  })

  router.get('/operations', (req, res) => {
    const query = listOperationsSchema.safeParse(req.query)
    if (!query.success) return send(res, failures.invalid(query.error))
    const { status, referenceId, userId, linkId } = query.data
    const wanted = Object.entries({ status, referenceId, userId, linkId }).filter(([, value]) => value !== undefined)
    const found = paged([...state.operations.values()], query.data, (operation) => {
      const fields = new Map<string, unknown>(Object.entries(operation))
      return within(operation.createdAt, query.data) && wanted.every(([name, value]) => fields.get(name) === value)
    })
    send(res, success(200, found))
  })

  router.use((_req, res) => send(res, failures.other(404, 'RESOURCE_NOT_FOUND', 'No such resource')))
  router.use(unreadable(failures))
  return router
}

/** A body that is no JSON is the caller's mistake; anything else is ours and goes on. */
const unreadable =
  (failures: Failures): ErrorRequestHandler =>
  (error, _req, res, next) => {
    if (error?.type === 'entity.parse.failed' || error?.type === 'entity.too.large')
      send(res, failures.other(400, 'INVALID_REQUEST', 'The body is not valid JSON, or too large'))
    else next(error)
  }
