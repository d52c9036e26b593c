import { z } from 'zod'
import { failure } from '../domain/failure.ts'
import { type Caller, SCOPES } from '../flow/ports-read.ts'
import { readId, showId } from '../lib/id.ts'
import { answer } from './answer.ts'
import type { Auth } from './auth.ts'
import { iso } from './dispatch-view.ts'
import { shortText } from './fields.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const keySchema = z.object({ id: z.string(), label: z.string(), scopes: z.array(z.enum(SCOPES)) })
const listedSchema = keySchema
  .extend({ createdAt: z.iso.datetime(), revokedAt: z.iso.datetime().nullable() })
  .meta({ id: 'ApiKey' })
const madeSchema = keySchema
  .extend({ key: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'NewApiKeyAnswer' })

const keyBody = z
  .strictObject({
    label: shortText,
    scopes: z
      .array(z.enum(SCOPES))
      .min(1, 'must name at least one scope')
      .transform((list) => [...new Set(list)]),
  })
  .meta({ id: 'NewApiKey' })

/** API keys: an administrator's business. */
export function keyRoutes({ keys }: Pick<HttpPorts, 'keys'>, auth: Pick<Auth, 'forget'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/keys',
      scopes: ['admin'],
      tag: 'Keys',
      summary: 'All API keys, without their secrets',
      answers: {
        200: { description: 'Oldest first', schema: z.object({ items: z.array(listedSchema), nextCursor: z.null() }) },
      },
      failures: [],
      async act() {
        const items = (await keys.list()).map((key) => ({
          ...showKey(key),
          createdAt: key.createdAt.toISOString(),
          revokedAt: iso(key.revokedAt),
        }))
        return answer(200, { items, nextCursor: null })
      },
    }),
    route({
      method: 'post',
      path: '/v1/keys',
      scopes: ['admin'],
      tag: 'Keys',
      summary: 'Make an API key',
      body: keyBody,
      answers: { 201: { description: 'The key, this once', schema: madeSchema } },
      failures: ['malformed_json', 'invalid_request'],
      async act({ body }) {
        const { key, caller } = await keys.make(body.label, body.scopes)
        return answer(201, { ...showKey(caller), key })
      },
    }),
    route({
      method: 'delete',
      path: '/v1/keys/{id}',
      scopes: ['admin'],
      tag: 'Keys',
      summary: 'Revoke an API key; other processes follow within two seconds',
      answers: { 204: { description: 'Revoked' } },
      failures: ['not_found'],
      async act({ param }) {
        const id = readId('key', param('id'))
        if (id === undefined || !(await keys.revoke(id))) return failure('not_found')
        auth.forget()
        return answer(204)
      },
    }),
  ]
}

const showKey = ({ keyId, label, scopes }: Caller): z.input<typeof keySchema> => ({
  id: showId('key', keyId),
  label,
  scopes,
})
