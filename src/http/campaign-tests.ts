import { z } from 'zod'
import { FAILURES, type Failure, failure } from '../domain/failure.ts'
import { type TestPerson, testOrders } from '../flow/campaign-test.ts'
import { showId } from '../lib/id.ts'
import { acceptOne } from './accept-one.ts'
import { type Answer, answer } from './answer.ts'
import { campaignIdOf, READING } from './campaigns.ts'
import type { DispatchSchema } from './dispatch-body.ts'
import { acceptedSchema } from './dispatch-schema.ts'
import { idempotencyKey } from './dispatches.ts'
import { contact, freeObject, locale, referenceId } from './fields.ts'
import { type Known, keyOf, knownOf, replay } from './once.ts'
import type { HttpPorts } from './ports.ts'
import { problemOf, problemSchema } from './problem.ts'
import { type Raw, type Route, route } from './route.ts'

const KB = 1_024
const MOST_PEOPLE = 20

const items = z
  .object({
    items: z.array(
      z.object({
        referenceId: z.string(),
        variant: z.string().nullable(),
        template: z.string(),
        status: z.int().meta({ description: 'As this dispatch would have been answered alone', example: 202 }),
        dispatch: acceptedSchema.optional(),
        problem: problemSchema.optional(),
      }),
    ),
  })
  .meta({ id: 'CampaignTestAnswer' })

/** Some people see the words before many do. */
export function campaignTestRoutes(ports: HttpPorts, { shape }: DispatchSchema): Route[] {
  const person = z.strictObject({
    referenceId,
    contact,
    locale: locale.optional(),
    variables: freeObject(16 * KB).default({}),
    userData: shape.userData,
  })
  const body = z
    .strictObject({
      to: z
        .array(person)
        .min(1, 'must name at least one person')
        .max(MOST_PEOPLE, `must name at most ${MOST_PEOPLE} people`),
    })
    .meta({ id: 'CampaignTest' })
  return [
    route({
      method: 'post',
      path: '/v1/campaigns/{id}/test',
      scopes: ['campaign'],
      tag: 'Campaigns',
      summary: 'Send the messages of a campaign to some people of your own',
      description:
        'Real dispatches, beside those that run, without reminders: the words of every variant once for each person. Suppressions hold. With an Idempotency-Key each is accepted once.',
      headers: idempotencyKey,
      body,
      answers: { 200: { description: 'An answer for every dispatch', schema: items } },
      failures: [...READING, 'not_found', 'idempotency_key_invalid'],
      async act({ body: { to }, ...asked }) {
        const id = campaignIdOf(asked)
        const campaign = id === undefined ? null : await ports.campaigns.one(id)
        if (!campaign) return failure('not_found')
        const key = keyOf(asked.req)
        if (key !== null && typeof key !== 'string') return key
        const people = to.map(
          ({ locale = null, userData = null, ...one }): TestPerson => ({ ...one, locale, userData }),
        )
        const orders = testOrders(campaign, people, showId('cmp', campaign.id))
        const sent = orders.map(async ({ variant, order }, i) => {
          const once = key === null ? null : onceOf(ports, asked, `${key}\0${i}`)
          const given = (once && (await replay(ports, once))) ?? (await acceptOne(ports, order, once))
          const { referenceId, template } = order
          return { referenceId, variant, template, ...shown(given, asked.requestId) }
        })
        return answer(200, { items: await Promise.all(sent) })
      },
    }),
  ]
}

const onceOf = (ports: HttpPorts, { caller, raw, param }: Raw, key: string): Known =>
  knownOf(ports, caller, key, `${param('id')}\0${raw.toString('latin1')}`)

function shown(given: Answer | Failure, requestId: string) {
  if ('code' in given) return { status: FAILURES[given.code][0], problem: problemOf(given, requestId) }
  return { status: given.status, dispatch: JSON.parse(given.text ?? '{}') }
}
