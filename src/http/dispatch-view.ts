import type { z } from 'zod'
import { maskEmail, maskPhone, maskToken } from '../domain/address.ts'
import type { Contact } from '../domain/dispatch.ts'
import { summaryOf } from '../domain/summary.ts'
import type { AttemptView, DispatchView, LinkView, StepView } from '../flow/ports-read.ts'
import type { NewDispatch } from '../flow/ports-store.ts'
import { formatDuration } from '../lib/duration.ts'
import { showId } from '../lib/id.ts'
import type {
  acceptedSchema,
  attemptSchema,
  contactSchema,
  dispatchSchema,
  linkSchema,
  stepSchema,
} from './dispatch-schema.ts'

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
    link: { mode: view.linkMode },
    sendAt: iso(view.sendAt),
    validUntil: iso(view.validUntil),
    steps: view.steps.map((step) => showStep(view.id, step)),
    links: view.links.map(showLink),
    delivery: deliveryOf(view),
    operation: operationOf(view.links),
    metadata: view.person.metadata,
    openedAt: iso(view.openedAt),
    suspectOpens: view.suspectOpens,
    suspect: view.suspect,
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
  suspect: link.suspect,
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
