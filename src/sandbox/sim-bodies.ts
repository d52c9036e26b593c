import { z } from 'zod'
import { FAULT_KINDS, FAULT_TARGETS } from './faults.ts'
import { switchesSchema } from './switches.ts'
import type { Which } from './world.ts'

const which = { linkId: z.string().min(1).optional(), referenceId: z.string().min(1).optional() }
const named = (body: { linkId?: string | undefined; referenceId?: string | undefined }) =>
  (body.linkId === undefined) !== (body.referenceId === undefined)
const NAME_ONE = { error: 'give either linkId or referenceId', path: ['linkId'] }

/** The bodies of the controls. Unknown fields are refused, so that a misspelt one is not silently ignored. */
export const advanceBody = z.strictObject({
  ms: z
    .number()
    .int()
    .min(1)
    .max(366 * 86_400_000),
})

export const linkBody = z.strictObject(which).refine(named, NAME_ONE)

export const openBody = z
  .strictObject({ ...which, userAgent: z.string().optional(), language: z.string().optional() })
  .refine(named, NAME_ONE)

export const completeBody = z
  .strictObject({ ...which, amount: z.number().positive().max(1_000_000).optional() })
  .refine(named, NAME_ONE)

export const cancelBody = z.strictObject({ ...which, reason: z.string().max(255).optional() }).refine(named, NAME_ONE)

export const settleBody = z.strictObject({
  operationId: z.string().min(1),
  status: z.enum(['processing', 'completed', 'failed']),
  reason: z.string().max(255).optional(),
})

export const secretBody = z.strictObject({ secret: z.string().min(8).max(256).optional() }).optional()

export const replayBody = z.strictObject({ id: z.string().min(1) })

export const eventBody = z.strictObject({
  event: z.string().regex(/^[a-z_.]{1,64}$/, 'use lower-case letters, dots and underscores'),
  data: z.record(z.string(), z.unknown()),
})

export const faultBody = z
  .looseObject({
    target: z.enum(FAULT_TARGETS),
    kind: z.string().min(1),
    count: z.number().int().min(1).max(1_000_000).default(1),
    delayMs: z.number().min(0).max(3_600_000).exactOptional(),
    status: z.number().int().min(200).max(599).exactOptional(),
    code: z.union([z.number(), z.string()]).exactOptional(),
    done: z.boolean().exactOptional(),
    event: z.string().exactOptional(),
  })
  .superRefine(({ target, kind }, context) => {
    const kinds = FAULT_KINDS[target]
    if (kinds && !kinds.includes(kind))
      context.addIssue({ code: 'custom', path: ['kind'], message: `${target} knows ${kinds.join(', ')}` })
  })

export const configBody = switchesSchema.partial()

/** The link a valid body names. */
export const whichOf = ({
  linkId,
  referenceId = '',
}: {
  linkId?: string | undefined
  referenceId?: string | undefined
}): Which => (linkId === undefined ? { referenceId } : { linkId })
