import { z } from 'zod'
import { DISPATCH_STATES } from '../domain/dispatch.ts'
import { type Failure, failure } from '../domain/failure.ts'
import type { DispatchFilter, DispatchView } from '../flow/ports-read.ts'
import { readId } from '../lib/id.ts'
import { type Answer, answer } from './answer.ts'
import { dispatchSchema } from './dispatch-schema.ts'
import { showDispatch } from './dispatch-view.ts'
import { email, moment, phoneOf, referenceId, templateName } from './fields.ts'
import { listOf, pageFields, pageOf, readCursor } from './page.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const MOST = 200
const USUAL = 50

const limitMessage = { error: `must be a whole number from 1 to ${MOST}` }
const campaignId = z.string().transform((text, context) => {
  const id = readId('cmp', text)
  if (id === undefined) context.addIssue({ code: 'custom', message: 'is not the id of a campaign' })
  return id ?? z.NEVER
})

const listQuery = z.strictObject({
  referenceId: referenceId.optional(),
  campaignId: campaignId.optional(),
  status: z.enum(DISPATCH_STATES).optional(),
  opened: z
    .enum(['true', 'false', 'suspect'])
    .transform((text) => (text === 'suspect' ? text : text === 'true'))
    .optional()
    .meta({ description: 'By a person; by nobody; or only by what looks like a machine' }),
  template: templateName.optional(),
  from: moment.optional().meta({ description: 'Created at or after' }),
  to: moment.optional().meta({ description: 'Created before' }),
  limit: z.coerce.number(limitMessage).int(limitMessage).min(1, limitMessage).max(MOST, limitMessage).default(USUAL),
  ...pageFields,
})

const ONE_OF = 'must have exactly one of phone, email and referenceId'
const searchBody = z
  .strictObject({
    phone: z.string().optional().meta({ description: 'E.164, or national with country' }),
    country: z.string().optional(),
    email: email.optional(),
    referenceId: referenceId.optional(),
    limit: z.int(limitMessage).min(1, limitMessage).max(MOST, limitMessage).default(USUAL),
    ...pageFields,
  })
  .transform(({ phone, country, ...rest }, context) => ({
    ...rest,
    phone: phone === undefined ? undefined : phoneOf(phone, country, context),
  }))
  .superRefine(({ phone, email, referenceId }, context) => {
    const given = [phone, email, referenceId].filter((one) => one !== undefined)
    if (given.length !== 1) context.addIssue({ code: 'custom', message: ONE_OF, path: [] })
  })
  .meta({ id: 'DispatchSearch', description: ONE_OF })

const found = { 200: { description: 'Newest first', schema: listOf(dispatchSchema) } }

/** Many dispatches: by what they are, or by whom they went to. Addresses stand in the body, never in a URL. */
export function listRoutes(ports: HttpPorts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/dispatches',
      scopes: ['read'],
      tag: 'Dispatches',
      summary: 'List dispatches',
      query: listQuery,
      answers: found,
      failures: ['invalid_request', 'invalid_cursor'],
      act: ({ query }) => page(ports, query, (place) => ports.dispatches.list({ ...withNulls(query), ...place })),
    }),
    route({
      method: 'post',
      path: '/v1/dispatches/search',
      scopes: ['read'],
      tag: 'Dispatches',
      summary: 'Find dispatches by phone, email or referenceId',
      body: searchBody,
      answers: found,
      failures: ['malformed_json', 'invalid_request', 'invalid_cursor'],
      act: ({ body }) => page(ports, body, (place) => search(ports, body, place)),
    }),
  ]
}

type Place = Pick<DispatchFilter, 'before' | 'limit'>

const ANY = { referenceId: null, campaignId: null, status: null, opened: null, template: null, from: null, to: null }

const withNulls = ({ referenceId, campaignId, status, opened, template, from, to }: z.output<typeof listQuery>) => ({
  referenceId: referenceId ?? null,
  campaignId: campaignId ?? null,
  status: status ?? null,
  opened: opened ?? null,
  template: template ?? null,
  from: from ?? null,
  to: to ?? null,
})

async function page(
  ports: HttpPorts,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  read: (place: Place) => Promise<DispatchView[]>,
): Promise<Answer | Failure> {
  const before = readCursor(cursor)
  if (before === undefined) return failure('invalid_cursor')
  const now = ports.now()
  return answer(
    200,
    pageOf(await read({ before, limit: limit + 1 }), limit, (view) => showDispatch(view, now)),
  )
}

function search({ dispatches, vault }: HttpPorts, body: z.output<typeof searchBody>, place: Place) {
  if (body.phone !== undefined) return dispatches.byAddress(vault.lookups('phone', body.phone), place)
  if (body.email !== undefined) return dispatches.byAddress(vault.lookups('email', body.email), place)
  return dispatches.list({ ...ANY, referenceId: body.referenceId ?? null, ...place })
}
