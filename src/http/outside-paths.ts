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
  const evergreen = {
    tags: ['Evergreen links'],
    security: [],
    requestParams: { path: z.object({ code: z.string() }) },
    responses: {
      200: {
        description: 'A page: its button, if the link has run out, or a sentence',
        content: { 'text/html': { schema: z.string() } },
      },
      404: { description: 'The code is none of ours, or its dispatch is over' },
    },
  }
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
    '/l/{code}': {
      get: {
        ...evergreen,
        summary: 'The link in a message of a dispatch with link.mode evergreen',
        description:
          'Leads to the living link that the dispatch carries. To HEAD and to known scanners it shows a page; nothing ever changes.',
        responses: {
          302: {
            description: 'On to the link, which is on a host of the partner',
            headers: z.object({ Location: z.url() }),
          },
          ...evergreen.responses,
        },
      },
      post: {
        ...evergreen,
        summary: 'The button of that page',
        description:
          'A fresh link goes to the address on file, never to whoever asked: at most one in 10 minutes, five in a day, and none to a person who said stop. The answer is the same page either way.',
        responses: {
          ...evergreen.responses,
          ...problemsOf(['body_too_large', 'unsupported_media_type']),
        },
      },
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
