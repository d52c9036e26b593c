import { z } from 'zod'
import { maskEmail, maskPhone, maskToken } from '../domain/address.ts'
import { CHANNELS } from '../domain/channel.ts'
import { type Contact, DISPATCH_STATES } from '../domain/dispatch.ts'
import { STEP_STATES } from '../domain/step.ts'
import { summaryOf } from '../domain/summary.ts'
import type { AttemptView, DispatchView, LinkView, StepView } from '../flow/ports-read.ts'
import type { NewDispatch } from '../flow/ports-store.ts'
import { formatDuration } from '../lib/duration.ts'
import { showId } from '../lib/id.ts'

const at = z.iso.datetime()
const maybeAt = at.nullable()

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

/** The answer that is stored with the idempotency key, byte for byte. */
export function showAccepted(dispatch: NewDispatch): string {
  const shown: z.input<typeof acceptedSchema> = {
    id: showId('dsp', dispatch.id),
    referenceId: dispatch.referenceId,
    status: 'accepted',
    steps: dispatch.steps.map(({ n, kind, dueAt }) => ({
      id: stepId(dispatch.id, n),
      kind,
      dueAt: dueAt?.toISOString() ?? null,
      status: 'pending',
    })),
    createdAt: dispatch.createdAt.toISOString(),
  }
  return JSON.stringify(shown)
}

export const stepId = (dispatchId: string, n: number): string => `${showId('stp', dispatchId)}-${n}`

const contactSchema = z
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

const linkSchema = z
  .object({
    id: z.string(),
    origin: z.string(),
    status: z.string(),
    expiresAt: at,
    openedAt: maybeAt,
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
    endedAt: maybeAt,
    createdAt: at,
  })
  .meta({ id: 'Dispatch' })
export type ShownDispatch = z.input<typeof dispatchSchema>

/** A dispatch as the outside may see it: addresses masked, links without their URL. */
export function showDispatch(view: DispatchView, now: Date): ShownDispatch {
  return {
    id: showId('dsp', view.id),
    referenceId: view.referenceId,
    campaignId: view.campaignId && showId('cmp', view.campaignId),
    status: view.status,
    reason: view.reason,
    summary: summaryOf(view, now),
    category: view.category,
    template: view.template,
    locale: view.locale,
    timeZone: view.timeZone,
    channels: view.channels,
    contact: maskContact(view.person.contact),
    sendAt: iso(view.sendAt),
    validUntil: iso(view.validUntil),
    steps: view.steps.map((step) => showStep(view.id, step)),
    links: view.links.map(showLink),
    delivery: deliveryOf(view),
    operation: operationOf(view.links),
    metadata: view.person.metadata,
    openedAt: iso(view.openedAt),
    endedAt: iso(view.endedAt),
    createdAt: view.createdAt.toISOString(),
  }
}

export const iso = (date: Date | null): string | null => date?.toISOString() ?? null

export const maskContact = ({ phone, email, pushTokens }: Contact): z.input<typeof contactSchema> => ({
  ...(phone && { phone: maskPhone(phone) }),
  ...(email && { email: maskEmail(email) }),
  ...(pushTokens && { pushTokens: pushTokens.map(maskToken) }),
})

export const showStep = (dispatchId: string, step: StepView): z.input<typeof stepSchema> => ({
  id: stepId(dispatchId, step.n),
  kind: step.kind,
  channel: step.channel,
  status: step.status,
  reason: step.reason,
  dueAt: iso(step.dueAt),
  after: step.afterMs === null ? null : formatDuration(step.afterMs),
  template: step.template,
  provider: step.provider,
  handedAt: iso(step.handedAt),
  confirmed: step.confirmed,
})

const showLink = (link: LinkView): z.input<typeof linkSchema> => ({
  id: showId('lnk', link.id),
  origin: link.origin,
  status: link.status,
  expiresAt: link.expiresAt.toISOString(),
  openedAt: iso(link.openedAt),
  revokedAt: iso(link.revokedAt),
  createdAt: link.createdAt.toISOString(),
})

function deliveryOf({ steps, inAppAt }: DispatchView): ShownDispatch['delivery'] {
  const [latest] = steps
    .filter((step) => step.handedAt !== null)
    .sort((a, b) => Number(b.handedAt) - Number(a.handedAt))
  if (latest)
    return { status: latest.status, channel: latest.channel, provider: latest.provider, handedAt: iso(latest.handedAt) }
  return inAppAt ? { status: 'handed', channel: 'in_app', provider: 'app', handedAt: iso(inAppAt) } : null
}

function operationOf(links: LinkView[]): ShownDispatch['operation'] {
  const link = links.findLast((one) => one.operationId !== null)
  return link?.operationId ? { id: link.operationId, status: link.operationStatus } : null
}

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

export const showAttempt = (dispatchId: string, attempt: AttemptView): z.input<typeof attemptSchema> => ({
  stepId: stepId(dispatchId, attempt.step),
  n: attempt.n,
  channel: attempt.channel,
  provider: attempt.provider,
  outcome: attempt.outcome,
  reason: attempt.reason,
  providerId: attempt.providerId,
  claimedAt: attempt.claimedAt.toISOString(),
  settledAt: iso(attempt.settledAt),
})
