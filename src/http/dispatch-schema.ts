import { z } from 'zod'
import { CHANNELS } from '../domain/channel.ts'
import { DISPATCH_STATES } from '../domain/dispatch.ts'
import { STEP_STATES } from '../domain/step.ts'
import { SUSPECT_POLICIES, SUSPICIONS } from '../domain/suspicion.ts'

/** What a dispatch looks like from outside. */

const at = z.iso.datetime()
const maybeAt = at.nullable()

const suspect = z
  .enum(SUSPICIONS)
  .nullable()
  .meta({ description: "Why it looks as if only a machine had opened it; null: not opened, or a person's" })

const stepKind = z.enum(['first', 'reminder', 'resend', 'close'])

export const acceptedSchema = z
  .object({
    id: z.string().meta({ example: 'dsp_06cfrm21s1xq2hbqf4q4q8w5rg' }),
    referenceId: z.string(),
    status: z.literal('accepted'),
    steps: z.array(z.object({ id: z.string(), kind: stepKind, dueAt: maybeAt, status: z.literal('pending') })),
    createdAt: at,
  })
  .meta({ id: 'AcceptedDispatch' })

export const contactSchema = z
  .object({
    phone: z.string().meta({ example: '+1•••••0123' }),
    email: z.string().meta({ example: 'm•••@example.com' }),
    pushTokens: z.array(z.string()),
  })
  .partial()
  .meta({ id: 'MaskedContact' })

export const stepSchema = z
  .object({
    id: z.string(),
    kind: stepKind,
    channel: z.enum([...CHANNELS, 'none']),
    status: z.enum(STEP_STATES),
    reason: z.string().nullable(),
    dueAt: maybeAt,
    after: z
      .string()
      .nullable()
      .meta({ description: 'Counted from the hand-over of the first message', example: 'PT24H' }),
    template: z.string(),
    provider: z.string().nullable(),
    handedAt: maybeAt,
    confirmed: z
      .boolean()
      .nullable()
      .meta({ description: 'false: the provider may or may not have it, and nobody can say' }),
  })
  .meta({ id: 'Step' })

export const linkSchema = z
  .object({
    id: z.string(),
    origin: z.string(),
    status: z.string(),
    expiresAt: at,
    openedAt: maybeAt,
    suspect,
    revokedAt: maybeAt,
    createdAt: at,
  })
  .meta({ id: 'CarriedLink', description: 'Never with its URL' })

export const dispatchSchema = z
  .object({
    id: z.string(),
    referenceId: z.string(),
    campaignId: z.string().nullable(),
    status: z.enum(DISPATCH_STATES),
    reason: z.string().nullable(),
    summary: z.string().meta({ description: 'A sentence to read out; times are local to the recipient' }),
    category: z.enum(['transactional', 'commercial']),
    template: z.string(),
    locale: z.string(),
    timeZone: z.string(),
    channels: z.array(z.enum(CHANNELS)),
    contact: contactSchema,
    link: z
      .object({ mode: z.enum(['direct', 'evergreen']) })
      .meta({ description: 'What messages carry: the link itself, or an address of this service that leads to it' }),
    sendAt: maybeAt,
    validUntil: maybeAt,
    steps: z.array(stepSchema),
    links: z.array(linkSchema),
    delivery: z
      .object({ status: z.string(), channel: z.string(), provider: z.string().nullable(), handedAt: maybeAt })
      .nullable()
      .meta({ description: 'The latest message that was handed over' }),
    operation: z.object({ id: z.string(), status: z.string().nullable() }).nullable(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    openedAt: maybeAt,
    suspectOpens: z.enum(SUSPECT_POLICIES),
    suspect,
    endedAt: maybeAt,
    createdAt: at,
  })
  .meta({ id: 'Dispatch' })
export const attemptSchema = z
  .object({
    stepId: z.string(),
    n: z.int(),
    channel: z.string(),
    provider: z.string(),
    outcome: z.string().nullable(),
    reason: z.string().nullable(),
    providerId: z.string().nullable(),
    claimedAt: at,
    settledAt: maybeAt,
  })
  .meta({ id: 'Attempt' })
