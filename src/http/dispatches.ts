import { z } from 'zod'
import type { FailureCode } from '../domain/failure.ts'
import { failure } from '../domain/failure.ts'
import { readId } from '../lib/id.ts'
import { acceptOne } from './accept-one.ts'
import { answer } from './answer.ts'
import { type DispatchSchema, orderOf } from './dispatch-body.ts'
import { acceptedSchema, attemptSchema, dispatchSchema } from './dispatch-schema.ts'
import { showAttempt, showDispatch } from './dispatch-view.ts'
import { eventSchema, showEvent } from './event-view.ts'
import { onceOf, replay } from './once.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

export const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .optional()
    .meta({ description: 'Same key and body: the same answer for 24 hours', example: 'order-42' }),
})

export const ACCEPT_FAILURES = [
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
  'invalid_request',
  'contact_missing',
  'template_unknown',
  'variable_missing',
  'link_not_yours',
  'partner_unavailable',
] as const satisfies FailureCode[]

/** Create one, read one. */
export function dispatchRoutes(ports: HttpPorts, newDispatch: DispatchSchema): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/dispatches',
      scopes: ['send'],
      tag: 'Dispatches',
      summary: 'Send a magic link to one recipient, and remind',
      headers: idempotencyKey,
      body: newDispatch,
      answers: { 202: { description: 'Accepted: it will reach exactly one outcome', schema: acceptedSchema } },
      failures: [
        ...ACCEPT_FAILURES,
        'dispatch_active',
        'idempotency_key_invalid',
        'idempotency_key_reused',
        'idempotency_in_flight',
      ],
      async before(asked) {
        const once = onceOf(ports, asked)
        if (once === null) return undefined
        return 'code' in once ? once : replay(ports, once)
      },
      async act(asked) {
        const once = onceOf(ports, asked)
        if (once !== null && 'code' in once) return once
        return acceptOne(ports, orderOf(asked.body), once)
      },
    }),
    route({
      method: 'get',
      path: '/v1/dispatches/{id}',
      scopes: ['read'],
      tag: 'Dispatches',
      summary: 'What became of one dispatch',
      answers: {
        200: {
          description: 'The dispatch with its attempts and its timeline',
          schema: dispatchSchema
            .extend({ attempts: z.array(attemptSchema), timeline: z.array(eventSchema) })
            .meta({ id: 'DispatchInFull' }),
        },
      },
      failures: ['not_found'],
      async act({ param }) {
        const id = readId('dsp', param('id'))
        const [view, attempts, timeline] = id
          ? await Promise.all([ports.dispatches.one(id), ports.dispatches.attempts(id), ports.dispatches.timeline(id)])
          : []
        if (!view) return failure('not_found')
        return answer(200, {
          ...showDispatch(view, ports.now()),
          attempts: attempts?.map((attempt) => showAttempt(view.id, attempt)),
          timeline: timeline?.map(showEvent),
        })
      },
    }),
  ]
}
