import { z } from 'zod'
import { CHANNELS } from '../domain/channel.ts'
import { DISPATCH_STATES } from '../domain/dispatch.ts'
import { failure } from '../domain/failure.ts'
import { OPENING_NOTICES } from '../domain/magic-link.ts'
import { RECORD_VERSION } from '../domain/record.ts'
import { STEP_STATES } from '../domain/step.ts'
import { SUSPECT_POLICIES } from '../domain/suspicion.ts'
import { readId } from '../lib/id.ts'
import { answer } from './answer.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const at = z.iso.datetime()
const word = z.string().nullable()
const ofAttempt = { at, stepId: z.string(), attempt: z.int() }

const fact = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('told').meta({ description: 'An event of the feed' }),
      at,
      sequence: z.int().nullable(),
      type: z.string(),
      stepId: word,
      reason: word,
    }),
    z.object({
      kind: z.literal('carried'),
      at,
      linkId: z.string(),
      origin: z.enum(['created', 'adopted', 'brought']),
      requestedMs: z.int(),
      expiresAt: at,
    }),
    z.object({
      kind: z.literal('claimed'),
      ...ofAttempt,
      turn: z.int(),
      channel: z.enum(CHANNELS),
      provider: z.string(),
      device: word.meta({ description: 'A token for the address or device; null: the app' }),
      linkId: word,
      startBy: at.meta({ description: "The database server's clock: no request begins later" }),
    }),
    z.object({
      kind: z.literal('settled'),
      ...ofAttempt,
      outcome: z.string().meta({ description: 'late: the request was never begun' }),
      reason: word,
      providerId: word,
      outcomeAt: at.nullable().meta({ description: "The database server's clock" }),
    }),
    z.object({ kind: z.literal('received'), ...ofAttempt, receipt: z.string(), reason: word }),
    z.object({
      kind: z.literal('opened'),
      at,
      notice: z.enum(OPENING_NOTICES),
      linkId: word,
      openedAt: at.nullable().meta({ description: "The partner's clock" }),
      fencedAt: at.nullable().meta({
        description:
          "The database server's clock: no planned step could start any more, and only then was the partner answered",
      }),
      suspect: word,
    }),
  ])
  .meta({ id: 'RecordFact' })

/** A record as it is answered, and as it is read again from a file. */
export const recordSchema = z
  .object({
    record: z.literal(RECORD_VERSION),
    madeAt: at,
    databaseId: z.uuid(),
    world: z.enum(['sandbox', 'test', 'live']),
    dispatch: z.object({
      id: z.string(),
      referenceId: z.string(),
      status: z.enum(DISPATCH_STATES),
      reason: word,
      createdAt: at,
      endedAt: at.nullable(),
      suspectOpens: z.enum(SUSPECT_POLICIES),
    }),
    steps: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(['first', 'reminder', 'resend', 'close']),
        status: z.enum(STEP_STATES),
        reason: word,
      }),
    ),
    facts: z.array(fact),
  })
  .meta({ id: 'DispatchRecord', description: 'Facts in order; without addresses, links and names' })

/** What can be shown to a third party, and checked by it. */
export function recordRoutes({ records }: Pick<HttpPorts, 'records'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/dispatches/{id}/record',
      scopes: ['read'],
      tag: 'Dispatches',
      summary: 'The facts of one dispatch, for a third party',
      description: '`dispatcher check-record` says what they prove.',
      answers: { 200: { description: 'Everything that is written down, as of one moment', schema: recordSchema } },
      failures: ['not_found'],
      async act({ param }) {
        const id = readId('dsp', param('id'))
        const record = id === undefined ? null : await records.read(id)
        return record ? answer(200, record) : failure('not_found')
      },
    }),
  ]
}
