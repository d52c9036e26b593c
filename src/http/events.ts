import { z } from 'zod'
import { answer } from './answer.ts'
import { streamEvents } from './event-stream.ts'
import { eventSchema } from './event-view.ts'
import { readFeed } from './feed.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const whole = (least: number, most: number) => {
  const message = { error: `must be a whole number from ${least} to ${most}` }
  return z.coerce.number(message).int(message).min(least, message).max(most, message)
}
const after = whole(0, Number.MAX_SAFE_INTEGER).meta({ description: 'The sequence of the last event you have' })

/** The ordered feed that follow-up is built on, to fetch or to listen to. */
export function eventRoutes(ports: HttpPorts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/events',
      scopes: ['read'],
      tag: 'Events',
      summary: 'Everything that happened, in order and without a gap',
      query: z.strictObject({ after: after.default(0), limit: whole(1, 1_000).default(100) }),
      answers: {
        200: {
          description: 'Pass nextAfter on as after',
          schema: z.object({ items: z.array(eventSchema), nextAfter: z.int() }),
        },
      },
      failures: ['invalid_request'],
      act: async ({ query }) => answer(200, await readFeed(ports, query.after, query.limit)),
    }),
    route({
      method: 'get',
      path: '/v1/events/stream',
      scopes: ['read'],
      tag: 'Events',
      summary: 'The same, live (server-sent events)',
      description: 'Starts behind Last-Event-ID, else behind after, else at the beginning.',
      query: z.strictObject({ after: after.default(0) }),
      answers: { 200: { description: 'text/event-stream: id is the sequence, data is an Event' } },
      failures: ['invalid_request'],
      async act({ query, req }) {
        const last = after.safeParse(req.headers['last-event-id'])
        const from = last.success ? last.data : query.after
        return { status: 200, stream: (res) => streamEvents(ports, res, from) }
      },
    }),
  ]
}
