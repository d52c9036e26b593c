import { z } from 'zod'
import { FAILURES, type Failure } from '../domain/failure.ts'
import { acceptOne } from './accept-one.ts'
import { type Answer, answer } from './answer.ts'
import { type DispatchSchema, orderOf } from './dispatch-body.ts'
import { acceptedSchema } from './dispatch-schema.ts'
import { ACCEPT_FAILURES, idempotencyKey } from './dispatches.ts'
import { invalid } from './invalid.ts'
import { type Known, keyOf, knownOf, replay } from './once.ts'
import type { HttpPorts } from './ports.ts'
import { failureOf, problemOf, problemSchema } from './problem.ts'
import { type Raw, type Route, route } from './route.ts'

const MOST_ITEMS = 1_000
const BODY_LIMIT = 4 * 1_024 * 1_024

/** Many at once, each accepted or refused on its own; they travel to the database together. */
export function batchRoutes(ports: HttpPorts, newDispatch: DispatchSchema): Route[] {
  const body = z
    .strictObject({
      items: z
        .array(z.unknown())
        .min(1, 'must have at least one item')
        .max(MOST_ITEMS, `must have at most ${MOST_ITEMS} items`)
        .meta({ override: { items: { $ref: '#/components/schemas/NewDispatch' } } }),
    })
    .meta({ id: 'Batch' })

  return [
    route({
      method: 'post',
      path: '/v1/dispatches/batch',
      scopes: ['send'],
      tag: 'Dispatches',
      summary: `Up to ${MOST_ITEMS} dispatches; good ones are accepted though others are refused`,
      description: 'With an Idempotency-Key every item is accepted once: send the same list again after a failure.',
      headers: idempotencyKey,
      body,
      bodyLimit: BODY_LIMIT,
      answers: { 200: { description: 'An answer for every item, in their order', schema: batchAnswer } },
      failures: [...ACCEPT_FAILURES, 'idempotency_key_invalid'],
      async act(asked) {
        const key = keyOf(asked.req)
        if (key !== null && typeof key !== 'string') return key
        const items = await Promise.all(
          asked.body.items.map(async (value, index) => {
            const given = await acceptItem(
              ports,
              newDispatch,
              value,
              key === null ? null : onceOfItem(ports, asked, `${key}\0${index}`, value),
            )
            return showItem(index, given, asked.requestId)
          }),
        )
        return answer(200, { items })
      },
    }),
  ]
}

const batchAnswer = z
  .object({
    items: z.array(
      z.object({
        index: z.int(),
        status: z.int().meta({ description: 'As this item would have been answered alone', example: 202 }),
        dispatch: acceptedSchema.optional(),
        problem: problemSchema.optional(),
      }),
    ),
  })
  .meta({ id: 'BatchAnswer' })

async function acceptItem(
  ports: HttpPorts,
  schema: DispatchSchema,
  value: unknown,
  once: Known | null,
): Promise<Answer | Failure> {
  try {
    const before = once && (await replay(ports, once))
    if (before) return before
    const read = schema.safeParse(value)
    return read.success ? await acceptOne(ports, orderOf(read.data), once) : invalid(read.error)
  } catch (error) {
    // One item that met a fault of ours must not hide the answers of those that were accepted.
    ports.log.error({ err: error }, 'an item of a batch failed')
    return failureOf(error)
  }
}

const onceOfItem = (ports: HttpPorts, { caller }: Raw, key: string, value: unknown): Known =>
  knownOf(ports, caller, key, Buffer.from(JSON.stringify(value)).toString('latin1'))

function showItem(
  index: number,
  given: Answer | Failure,
  requestId: string,
): z.input<typeof batchAnswer>['items'][number] {
  if ('code' in given) return { index, status: FAILURES[given.code][0], problem: problemOf(given, requestId) }
  return { index, status: given.status, dispatch: JSON.parse(given.text ?? '{}') }
}
