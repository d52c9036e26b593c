import { z } from 'zod'
import { maskPhone } from '../domain/address.ts'
import { failure } from '../domain/failure.ts'
import type { KeptText } from '../flow/ports-consent.ts'
import { showId } from '../lib/id.ts'
import { answer } from './answer.ts'
import { listOf, pageFields, pageOf, readCursor } from './page.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const inboundTextSchema = z
  .object({
    id: z.string(),
    receivedAt: z.iso.datetime(),
    dispatchId: z.string().nullable().meta({ description: 'The newest dispatch that had written to this number' }),
    phone: z
      .string()
      .nullable()
      .meta({ description: 'Masked; null where the dispatch has another number by now', example: '+1•••••0123' }),
    text: z.string().meta({ description: 'As the person wrote it: it may hold anything' }),
  })
  .meta({ id: 'InboundText' })

const LIMIT = 100

/** What people wrote back and only a person can answer. Shown here, and nowhere else. */
export function inboundTextRoutes({ replies }: Pick<HttpPorts, 'replies'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/inbound-texts',
      scopes: ['operate'],
      tag: 'Inbound texts',
      summary: 'What people wrote back',
      description: 'STOP, START and HELP are acted upon and are not kept.',
      query: z.strictObject(pageFields),
      answers: { 200: { description: 'Newest first', schema: listOf(inboundTextSchema) } },
      failures: ['invalid_request', 'invalid_cursor'],
      async act({ query }) {
        const before = readCursor(query.cursor)
        if (before === undefined) return failure('invalid_cursor')
        return answer(200, pageOf(await replies.list(before, LIMIT + 1), LIMIT, showText))
      },
    }),
  ]
}

const showText = (kept: KeptText): z.input<typeof inboundTextSchema> => ({
  id: showId('txt', kept.id),
  receivedAt: kept.receivedAt.toISOString(),
  dispatchId: kept.dispatchId && showId('dsp', kept.dispatchId),
  phone: kept.phone && maskPhone(kept.phone),
  text: kept.text,
})
