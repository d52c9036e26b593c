import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { FAILURES, type FailureCode } from '../domain/failure.ts'
import { outsidePaths } from './outside-paths.ts'
import { problemSchema } from './problem.ts'
import type { Route } from './route.ts'

/** The routes themselves, written down: what is validated is what is documented. */
export function describeApi(routes: readonly Route[], publicUrl: string) {
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'link-dispatcher',
        version: '1',
        description:
          'Creates magic links at the M2M Partner API, sends them by SMS, email, push or in the app, reminds, and stops the moment the link is opened.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: publicUrl === '' ? [] : [{ url: publicUrl }],
      security: [{ apiKey: [] }],
      tags: [...new Set([...routes.map((one) => one.tag), 'Webhooks', 'Unsubscribe', 'Evergreen links'])].map(
        (name) => ({ name }),
      ),
      paths: { ...pathsOf(routes), ...PARTNER_WEBHOOK, ...outsidePaths(problemsOf) },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    },
    { allowEmptySchema: { unknown: true, custom: true } },
  )
}

/** Not an operation of the API: the partner calls it, or a CRM that relays what the partner sent. */
const PARTNER_WEBHOOK: ZodOpenApiPathsObject = {
  '/webhooks/m2m': {
    post: {
      tags: ['Webhooks'],
      summary: 'Events of the partner',
      description: 'X-M2M-Signature: sha256=<hex>, the HMAC-SHA256 of X-M2M-Timestamp, a full stop and the raw body.',
      security: [],
      requestParams: { header: z.object({ 'X-M2M-Signature': z.string(), 'X-M2M-Timestamp': z.string() }) },
      requestBody: { content: { 'application/json': { schema: z.looseObject({}) } } },
      responses: {
        204: { description: 'Stored and applied; nothing it stops can start any more' },
        ...problemsOf(['bad_signature', 'body_too_large', 'unavailable']),
      },
    },
  },
}

function pathsOf(routes: readonly Route[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {}
  for (const one of routes) paths[one.path] = { ...paths[one.path], [one.method]: operationOf(one) }
  return paths
}

const EVERYWHERE: FailureCode[] = ['unauthorized', 'forbidden', 'unavailable', 'internal']
const OF_A_BODY: FailureCode[] = ['malformed_json', 'body_too_large', 'unsupported_media_type', 'invalid_request']

function operationOf(one: Route): ZodOpenApiOperationObject {
  return {
    operationId: `${one.method}${one.path.replace(/^\/v1/, '').replace(/\W+(\w)?/g, (_, letter = '') => letter.toUpperCase())}`,
    tags: [one.tag],
    summary: one.summary,
    description: [one.description, `Scope: ${one.scopes.join(' or ')}.`].filter(Boolean).join('\n\n'),
    requestParams: parametersOf(one),
    ...(one.body && { requestBody: { content: { 'application/json': { schema: one.body } } } }),
    ...(one.files && {
      requestBody: { content: Object.fromEntries(one.files.map((type) => [type, { schema: z.string() }])) },
    }),
    responses: { ...answersOf(one), ...problemsOf([...(one.body ? OF_A_BODY : []), ...one.failures, ...EVERYWHERE]) },
  }
}

function parametersOf(one: Route): NonNullable<ZodOpenApiOperationObject['requestParams']> {
  const names = [...one.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return {
    ...(names.length > 0 && { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) }),
    ...(one.query && { query: one.query as z.ZodObject }),
    ...(one.headers && { header: one.headers as z.ZodObject }),
  }
}

function answersOf({ answers }: Route): ZodOpenApiOperationObject['responses'] {
  const shown = Object.entries(answers).map(([status, { description, schema }]) => [
    status,
    { description, ...(schema && { content: { 'application/json': { schema } } }) },
  ])
  return Object.fromEntries(shown)
}

/** Codes of one status share an answer. */
function problemsOf(codes: readonly FailureCode[]): ZodOpenApiOperationObject['responses'] {
  const content = { 'application/problem+json': { schema: problemSchema } }
  const byStatus = Map.groupBy(new Set(codes), (code) => FAILURES[code][0])
  const shown = [...byStatus].map(([status, same]) => {
    const list = same.map((code) => `[\`${code}\`](/docs/errors/${code}): ${FAILURES[code][1]}`).join('\n\n')
    return [status, { description: `${STATUS_CODES[status]}\n\n${list}`, content }]
  })
  return Object.fromEntries(shown)
}
