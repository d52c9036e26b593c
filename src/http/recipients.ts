import { z } from 'zod'
import { failure } from '../domain/failure.ts'
import { cancel } from '../flow/cancel.ts'
import { inApp } from '../flow/in-app.ts'
import { showId } from '../lib/id.ts'
import { answer } from './answer.ts'
import { cancelBody, revocationsSchema } from './dispatch-acts.ts'
import { referenceId } from './fields.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const placedSchema = z
  .object({
    dispatchId: z.string(),
    url: z.string().meta({ description: 'Opens the widget as this user: for their own app only', format: 'uri' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'PlacedLink' })

/** What concerns one recipient, by the partner's id of them. */
export function recipientRoutes(ports: HttpPorts): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/recipients/{referenceId}/cancel',
      scopes: ['send'],
      tag: 'Recipients',
      summary: 'Stop everything that runs for one recipient',
      body: cancelBody,
      answers: {
        200: {
          description: 'Stopped',
          schema: z.object({ cancelled: z.array(z.string()), links: revocationsSchema }),
        },
      },
      failures: ['malformed_json', 'invalid_request', 'not_found'],
      async act({ body: { reason = null, revokeLinks }, param }) {
        const who = referenceId.safeParse(param('referenceId'))
        if (!who.success) return failure('not_found')
        const ids = await ports.stops.runningOf(who.data)
        const { cancelled, links } = await cancel(ports, { ids, reason, revokeLinks })
        return answer(200, { cancelled: cancelled.map((id) => showId('dsp', id)), links })
      },
    }),
    route({
      method: 'post',
      path: '/v1/recipients/{referenceId}/in-app',
      scopes: ['in_app:read'],
      tag: 'Recipients',
      summary: "The link for the app's own button",
      description: 'The first fetch is the hand-over of that surface. Ask each time the button is shown; keep nothing.',
      answers: { 200: { description: 'A living link', schema: placedSchema } },
      failures: ['no_link'],
      async act({ param }) {
        const who = referenceId.safeParse(param('referenceId'))
        if (!who.success) return failure('no_link')
        const found = await inApp(ports, who.data)
        if ('failure' in found) return found.failure
        const { dispatchId, url, expiresAt } = found.placed
        return answer(200, { dispatchId: showId('dsp', dispatchId), url, expiresAt: expiresAt.toISOString() })
      },
    }),
  ]
}
