import { z } from 'zod'
import type { ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import type { FailureCode } from '../domain/failure.ts'
import { importAnswer, importQuery } from './suppression-import.ts'

/** What is no table row of the API: providers call it, people do, or it takes a list and no JSON. */
export function outsidePaths(problemsOf: (codes: FailureCode[]) => ZodOpenApiResponsesObject): ZodOpenApiPathsObject {
  const refusals = problemsOf(['bad_signature', 'body_too_large', 'not_found', 'unavailable'])
  const twilio = {
    tags: ['Webhooks'],
    security: [],
    requestParams: { header: z.object({ 'X-Twilio-Signature': z.string() }) },
    requestBody: { content: { 'application/x-www-form-urlencoded': { schema: z.looseObject({}) } } },
  }
  const page = (description: string) => ({
    tags: ['Unsubscribe'],
    security: [],
    requestParams: { path: z.object({ token: z.string() }) },
    responses: {
      200: { description, content: { 'text/html': { schema: z.string() } } },
      404: { description: 'The token is none of ours' },
    },
  })
  return {
    '/webhooks/twilio/status': {
      post: {
        ...twilio,
        summary: 'Status callbacks of Twilio',
        responses: { 204: { description: 'Heard, whether or not it changed anything' }, ...refusals },
      },
    },
    '/webhooks/twilio/inbound': {
      post: {
        ...twilio,
        summary: 'What people answer to our texts',
        responses: { 200: { description: 'TwiML', content: { 'text/xml': { schema: z.string() } } }, ...refusals },
      },
    },
    '/webhooks/email/{provider}': {
      post: {
        tags: ['Webhooks'],
        summary: 'Bounces and complaints',
        security: [],
        requestParams: { path: z.object({ provider: z.enum(['dsn', 'ses', 'mailgun', 'sendgrid']) }) },
        requestBody: { content: { '*/*': { schema: z.string() } } },
        responses: { 204: { description: 'Heard, whether or not it changed anything' }, ...refusals },
      },
    },
    '/u/{token}': {
      get: { ...page('A page with a button; nothing changes'), summary: 'The page behind an unsubscribe link' },
      post: { ...page('No more commercial mail to this address'), summary: 'Unsubscribe with one click (RFC 8058)' },
    },
    '/v1/suppressions/import': {
      post: {
        tags: ['Suppressions'],
        summary: 'Suppress a list',
        description: 'Up to 100,000 lines of `address` or `address,reason`.\n\nScope: operate.',
        requestParams: { query: importQuery },
        requestBody: { content: { 'text/csv': { schema: z.string() } } },
        responses: {
          200: {
            description: 'Taken, but for the rows named',
            content: { 'application/json': { schema: importAnswer } },
          },
          ...problemsOf([
            'unsupported_media_type',
            'body_too_large',
            'invalid_request',
            'unauthorized',
            'forbidden',
            'unavailable',
            'internal',
          ]),
        },
      },
    },
  }
}
