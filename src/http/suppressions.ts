import { z } from 'zod'
import { failure } from '../domain/failure.ts'
import { isAboutWill, SUPPRESSED_CHANNELS, SUPPRESSION_REASONS, SUPPRESSION_SCOPES } from '../domain/suppression.ts'
import type { NewSuppression, Suppression } from '../flow/ports-consent.ts'
import { suppress } from '../flow/suppress.ts'
import { readId, showId } from '../lib/id.ts'
import { answer } from './answer.ts'
import { iso } from './dispatch-view.ts'
import { email, phoneOf, referenceId, shortText } from './fields.ts'
import { listOf, pageFields, pageOf, readCursor } from './page.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const suppressionSchema = z
  .object({
    id: z.string(),
    channel: z.enum(SUPPRESSED_CHANNELS).meta({ description: 'An address of that channel, or the whole recipient' }),
    reason: z.enum(SUPPRESSION_REASONS),
    scope: z.enum(SUPPRESSION_SCOPES),
    note: z.string().nullable(),
    placedBy: z.string(),
    placedAt: z.iso.datetime(),
    liftedAt: z.iso.datetime().nullable(),
    liftedBy: z.string().nullable(),
    liftReason: z.string().nullable(),
    consent: z.string().nullable().meta({ description: 'How the person said that they want messages again' }),
  })
  .meta({ id: 'Suppression', description: 'Addresses are kept as keyed hashes and are never shown' })

const ONE_OF = 'must have exactly one of phone, email, pushToken and referenceId'
const whom = {
  phone: z.string().optional().meta({ description: 'E.164, or national with country', example: '+15125550123' }),
  country: z.string().optional(),
  email: email.optional(),
  pushToken: z.string().min(1).max(4096).regex(/^\S+$/, 'must not hold white space').optional(),
  referenceId: referenceId.optional(),
}
interface Whom {
  phone?: string | undefined
  country?: string | undefined
  email?: string | undefined
  pushToken?: string | undefined
  referenceId?: string | undefined
}

/** Channel, kind of keyed hash and value of the one thing that is named. */
function named(body: Whom, context: z.RefinementCtx): { channel: Suppression['channel']; kind: string; value: string } {
  const given = [
    ...(body.phone === undefined
      ? []
      : [{ channel: 'sms' as const, kind: 'phone', value: phoneOf(body.phone, body.country, context) }]),
    ...(body.email === undefined ? [] : [{ channel: 'email' as const, kind: 'email', value: body.email }]),
    ...(body.pushToken === undefined ? [] : [{ channel: 'push' as const, kind: 'token', value: body.pushToken }]),
    ...(body.referenceId === undefined
      ? []
      : [{ channel: 'recipient' as const, kind: 'recipient', value: body.referenceId }]),
  ]
  const [only] = given
  if (only && given.length === 1) return only
  context.addIssue({ code: 'custom', message: ONE_OF, path: [] })
  return z.NEVER
}

export const newSuppression = z
  .strictObject({
    ...whom,
    reason: z.enum(SUPPRESSION_REASONS).default('manual'),
    scope: z.enum(SUPPRESSION_SCOPES).default('all').meta({
      description: 'commercial counts for opt_out and manual; any other reason bars everything',
    }),
    note: shortText.optional(),
  })
  .transform(({ reason, scope, note, ...body }, context) => ({ ...named(body, context), reason, scope, note }))
  .meta({ id: 'NewSuppression', description: ONE_OF })

const searchBody = z
  .strictObject(whom)
  .transform((body, context) => named(body, context))
  .meta({ id: 'SuppressionSearch', description: ONE_OF })

const liftBody = z
  .strictObject({
    reason: shortText,
    consent: shortText
      .optional()
      .meta({ description: 'Needed for opt_out, complaint and blocked_by_user: where and when the person agreed' }),
  })
  .meta({ id: 'LiftSuppression' })

const LIMIT = 100

/** What must not be written to: seen, added, lifted. Addresses stand in bodies, never in URLs or answers. */
export function suppressionRoutes(ports: HttpPorts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/suppressions',
      scopes: ['operate', 'read'],
      tag: 'Suppressions',
      summary: 'What is suppressed now',
      query: z.strictObject(pageFields),
      answers: { 200: { description: 'Newest first', schema: listOf(suppressionSchema) } },
      failures: ['invalid_request', 'invalid_cursor'],
      async act({ query }) {
        const before = readCursor(query.cursor)
        if (before === undefined) return failure('invalid_cursor')
        return answer(200, pageOf(await ports.suppressions.list(before, LIMIT + 1), LIMIT, showSuppression))
      },
    }),
    route({
      method: 'post',
      path: '/v1/suppressions',
      scopes: ['operate'],
      tag: 'Suppressions',
      summary: 'Suppress an address or a recipient',
      description: 'Answered when nothing may start towards it any more. What stands already is only ever widened.',
      body: newSuppression,
      answers: { 201: { description: 'In force', schema: suppressionSchema } },
      failures: ['malformed_json', 'invalid_request'],
      async act({ body, caller }) {
        const { ids } = await suppress(ports, [entryOf(ports, body, caller.label)])
        const stored = await ports.suppressions.one(ids[0] ?? '')
        return stored ? answer(201, showSuppression(stored)) : failure('internal')
      },
    }),
    route({
      method: 'post',
      path: '/v1/suppressions/search',
      scopes: ['operate', 'read'],
      tag: 'Suppressions',
      summary: 'Find suppressions by phone, email, push token or referenceId, lifted ones too',
      body: searchBody,
      answers: { 200: { description: 'Newest first', schema: listOf(suppressionSchema) } },
      failures: ['malformed_json', 'invalid_request'],
      async act({ body: { kind, value } }) {
        const found = await ports.suppressions.find(ports.vault.lookups(kind, value))
        return answer(200, { items: found.map(showSuppression), nextCursor: null })
      },
    }),
    route({
      method: 'post',
      path: '/v1/suppressions/{id}/lift',
      scopes: ['operate'],
      tag: 'Suppressions',
      summary: 'Lift a suppression',
      description: 'What the person wanted themselves is lifted only with their consent, which is kept.',
      body: liftBody,
      answers: { 200: { description: 'Lifted', schema: suppressionSchema } },
      failures: ['malformed_json', 'invalid_request', 'not_found'],
      async act({ body: { reason, consent }, param, caller }) {
        const id = readId('sup', param('id'))
        const standing = id === undefined ? null : await ports.suppressions.one(id)
        if (!id || !standing || standing.liftedAt !== null) return failure('not_found')
        if (isAboutWill(standing.reason) && consent === undefined)
          return failure('invalid_request', [{ path: 'consent', message: 'is needed: the person said stop' }])
        await ports.suppressions.lift([id], caller.label, reason, consent ?? null)
        const lifted = await ports.suppressions.one(id)
        return lifted ? answer(200, showSuppression(lifted)) : failure('not_found')
      },
    }),
  ]
}

export function entryOf(
  { vault }: Pick<HttpPorts, 'vault'>,
  { channel, kind, value, reason, scope, note }: z.output<typeof newSuppression>,
  placedBy: string,
): NewSuppression {
  const [hash, hashes] = [vault.lookup(kind, value), vault.lookups(kind, value)]
  return { hash, hashes, channel, reason, scope, note: note ?? null, placedBy }
}

const showSuppression = (one: Suppression): z.input<typeof suppressionSchema> => ({
  id: showId('sup', one.id),
  channel: one.channel,
  reason: one.reason,
  scope: one.scope,
  note: one.note,
  placedBy: one.placedBy,
  placedAt: one.placedAt.toISOString(),
  liftedAt: iso(one.liftedAt),
  liftedBy: one.liftedBy,
  liftReason: one.liftReason,
  consent: one.liftConsent,
})
