import express, { type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import { failure } from '../domain/failure.ts'
import { audienceRoutes } from './audience.ts'
import { type Auth, makeAuth } from './auth.ts'
import { batchRoutes } from './batch.ts'
import { campaignActRoutes } from './campaign-acts.ts'
import { campaignReportRoutes } from './campaign-reports.ts'
import { campaignTestRoutes } from './campaign-tests.ts'
import { campaignRoutes } from './campaigns.ts'
import { actRoutes } from './dispatch-acts.ts'
import { makeDispatchBody } from './dispatch-body.ts'
import { listRoutes } from './dispatch-lists.ts'
import { dispatchRoutes } from './dispatches.ts'
import { docsRouter } from './docs-pages.ts'
import { estimateRoutes } from './estimate.ts'
import { eventRoutes } from './events.ts'
import { askEvergreen, showEvergreen } from './evergreen.ts'
import { followUpRoutes } from './follow-up.ts'
import { healthRouter } from './health.ts'
import { holdRoutes } from './holds.ts'
import { handleEmailReceipts, handleTwilioInbound, handleTwilioStatus } from './inbound.ts'
import { inboundTextRoutes } from './inbound-texts.ts'
import { keyRoutes } from './keys.ts'
import { describeApi } from './openapi.ts'
import type { HttpPorts } from './ports.ts'
import { previewRoutes } from './previews.ts'
import { handleErrors, sendProblem } from './problem.ts'
import { recipientRoutes } from './recipients.ts'
import { recordRoutes } from './record.ts'
import { recurrenceRoutes } from './recurrences.ts'
import { logRequests, nameRequests } from './request.ts'
import { handle, type Route } from './route.ts'
import { statusRoutes } from './status.ts'
import { IMPORT_PATH, importSuppressions } from './suppression-import.ts'
import { suppressionRoutes } from './suppressions.ts'
import { takeBackRoutes } from './take-backs.ts'
import { templateRoutes } from './templates.ts'
import { actUnsubscribe, showUnsubscribe } from './unsubscribe.ts'
import { handlePartnerWebhook } from './webhook.ts'

/** The door: everything that comes in over HTTP. */
export function makeServer(ports: HttpPorts): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.set('query parser', 'simple').set('trust proxy', ports.trustProxy ?? false)
  app.use(nameRequests(ports.newId), logRequests(ports.log), headers())
  app.use(healthRouter(ports))
  app.all('/webhooks/m2m', only(['POST']), handlePartnerWebhook(ports))
  app.all('/webhooks/twilio/status', only(['POST']), handleTwilioStatus(ports))
  app.all('/webhooks/twilio/inbound', only(['POST']), handleTwilioInbound(ports))
  app.all('/webhooks/email/:provider', only(['POST']), handleEmailReceipts(ports))
  app
    .route('/u/:token')
    .get(showUnsubscribe(ports))
    .post(actUnsubscribe(ports))
    .all(only(['GET', 'POST']))
  app
    .route('/l/:code')
    .get(showEvergreen(ports))
    .post(askEvergreen(ports))
    .all(only(['GET', 'POST']))
  const auth = makeAuth(ports.keys)
  app.all(IMPORT_PATH, only(['POST']), importSuppressions(ports, auth))
  const routes = apiRoutes(ports, auth)
  app.use(docsRouter(() => describeApi(routes, ports.publicUrl)))
  mount(app, routes, auth)
  for (const router of ports.extra) app.use(router)
  app.use((_req, res) => sendProblem(res, failure('not_found')))
  app.use(handleErrors(ports.log))
  return app
}

/** Fixed paths before those with an id in the same place. */
function apiRoutes(ports: HttpPorts, auth: Auth): Route[] {
  const newDispatch = makeDispatchBody(ports.now)
  return [
    ...listRoutes(ports),
    ...batchRoutes(ports, newDispatch),
    ...dispatchRoutes(ports, newDispatch),
    ...actRoutes(ports),
    ...recordRoutes(ports),
    ...audienceRoutes(ports),
    ...previewRoutes(ports, newDispatch),
    ...recipientRoutes(ports),
    ...eventRoutes(ports),
    ...campaignRoutes(ports),
    ...campaignActRoutes(ports),
    ...estimateRoutes(ports),
    ...campaignReportRoutes(ports),
    ...followUpRoutes(ports),
    ...takeBackRoutes(ports),
    ...campaignTestRoutes(ports, newDispatch),
    ...recurrenceRoutes(ports),
    ...holdRoutes(ports),
    ...suppressionRoutes(ports),
    ...inboundTextRoutes(ports),
    ...statusRoutes(ports),
    ...templateRoutes(ports),
    ...keyRoutes(ports, auth),
  ]
}

/** The API answers data and nothing a browser would run; pages bring a policy of their own. */
const headers = (): RequestHandler =>
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    referrerPolicy: { policy: 'no-referrer' },
  })

/** Each path once with all its methods, so that any other is told which there are. */
function mount(app: Express, routes: Route[], auth: Auth): void {
  for (const [path, methods] of Map.groupBy(routes, (one) => one.path)) {
    const place = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'))
    for (const one of methods) place[one.method](handle(one, auth))
    place.all(only(methods.map((one) => one.method.toUpperCase())))
  }
}

function only(methods: string[]): RequestHandler {
  const allow = methods.includes('GET') ? ['GET', 'HEAD', ...methods.filter((name) => name !== 'GET')] : methods
  return (req, res, next) => {
    if (methods.includes(req.method)) return next()
    res.set('Allow', allow.join(', '))
    sendProblem(res, failure('method_not_allowed'))
  }
}
