import { z } from 'zod'
import { CHANNELS } from '../domain/channel.ts'
import { type Failure, failure } from '../domain/failure.ts'
import { cancelOne } from '../flow/cancel-one.ts'
import { change } from '../flow/change.ts'
import type { StepView } from '../flow/ports-read.ts'
import { type ResendOrder, resend, resendOnce } from '../flow/resend.ts'
import { readId, showId } from '../lib/id.ts'
import { type Answer, answer } from './answer.ts'
import { dispatchSchema, stepSchema } from './dispatch-schema.ts'
import { showDispatch, showStep } from './dispatch-view.ts'
import { idempotencyKey } from './dispatches.ts'
import { channels, contact, locale, shortText, timeZone } from './fields.ts'
import { onceOf, replay, replayed } from './once.ts'
import type { HttpPorts } from './ports.ts'
import { type Raw, type Route, route } from './route.ts'

const changeBody = z
  .strictObject({
    contact: contact.optional().meta({ description: 'What it names replaces what is known' }),
    channels: channels.optional(),
    locale: locale.optional(),
    timeZone: timeZone.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'must change something')
  .meta({ id: 'DispatchChange' })

export const cancelBody = z
  .strictObject({ reason: shortText.optional(), revokeLinks: z.boolean().default(false) })
  .meta({ id: 'Cancel' })

const resendBody = z
  .strictObject({ channel: z.enum(CHANNELS).optional(), locale: locale.optional(), contact: contact.optional() })
  .meta({ id: 'Resend' })

export const revocationsSchema = z
  .object({ revoked: z.int(), keptForOperation: z.int(), unanswered: z.int() })
  .meta({ id: 'Revocations', description: 'Links of a user with an operation are never revoked' })

const READING = ['malformed_json', 'body_too_large', 'unsupported_media_type', 'invalid_request'] as const

/** What can be done to a dispatch. */
export function actRoutes(ports: HttpPorts): Route[] {
  return [
    route({
      method: 'patch',
      path: '/v1/dispatches/{id}',
      scopes: ['send'],
      tag: 'Dispatches',
      summary: 'Change contact, channels, locale or time zone, from the next message on',
      body: changeBody,
      answers: { 200: { description: 'The dispatch as it is now', schema: dispatchSchema } },
      failures: [...READING, 'contact_missing', 'not_found', 'dispatch_over'],
      async act({ body, ...asked }) {
        const id = idOf(asked)
        if (id === undefined) return failure('not_found')
        const { contact = null, channels = null, locale = null, timeZone = null } = body
        const changed = await change(ports, { id, contact, channels, locale, timeZone })
        return 'failure' in changed ? changed.failure : answer(200, showDispatch(changed.view, ports.now()))
      },
    }),
    route({
      method: 'post',
      path: '/v1/dispatches/{id}/cancel',
      scopes: ['send'],
      tag: 'Dispatches',
      summary: 'Stop a dispatch, and take its links back if asked',
      description: 'Answered when no message of it can start any more. Cancelling once more answers the same.',
      body: cancelBody,
      answers: {
        200: {
          description: 'Cancelled',
          schema: z.object({ id: z.string(), status: z.literal('cancelled'), links: revocationsSchema }),
        },
      },
      failures: [...READING, 'not_found', 'dispatch_over'],
      async act({ body: { reason = null, revokeLinks }, ...asked }) {
        const id = idOf(asked)
        if (id === undefined) return failure('not_found')
        const cancelled = await cancelOne(ports, { id, reason, revokeLinks })
        if ('failure' in cancelled) return cancelled.failure
        return answer(200, { id: showId('dsp', id), status: cancelled.view.status, links: cancelled.links })
      },
    }),
    route({
      method: 'post',
      path: '/v1/dispatches/{id}/resend',
      scopes: ['send'],
      tag: 'Dispatches',
      summary: 'Send once more, now, because a person asked',
      headers: idempotencyKey,
      body: resendBody,
      answers: {
        202: {
          description: 'The step that was added',
          schema: z.object({ dispatchId: z.string(), step: stepSchema }),
        },
      },
      failures: [...READING, 'contact_missing', 'not_found', 'idempotency_key_invalid', 'idempotency_key_reused'],
      async before(asked) {
        const once = onceOf(ports, asked, asked.param('id'))
        if (once === null) return undefined
        return 'code' in once ? once : replay(ports, once)
      },
      async act({ body: { channel = null, locale = null, contact = null }, ...asked }) {
        const id = idOf(asked)
        return id === undefined ? failure('not_found') : sendAgain(ports, asked, { id, channel, locale, contact })
      },
    }),
  ]
}

async function sendAgain(ports: HttpPorts, asked: Raw, order: ResendOrder): Promise<Answer | Failure> {
  const once = onceOf(ports, asked, asked.param('id'))
  if (once !== null && 'code' in once) return once
  const show = (step: StepView) => ({ dispatchId: showId('dsp', order.id), step: showStep(order.id, step) })
  if (once === null) {
    const sent = await resend(ports, order)
    return 'failure' in sent ? sent.failure : answer(202, show(sent.step))
  }
  const sent = await resendOnce(ports, order, once, (step) => JSON.stringify(show(step)))
  if ('failure' in sent) return sent.failure
  return sent.kind === 'replayed' ? replayed(sent.answer) : { status: 202, text: sent.answer.body }
}

const idOf = ({ param }: Pick<Raw, 'param'>) => readId('dsp', param('id'))
