import { lifeToSetOutMs } from '../domain/magic-link.ts'
import type { PlannedStep } from '../domain/step.ts'
import type { NewDispatch } from './ports-store.ts'

/** When a step of a plan leaves, after its first message, and with which link. */
export interface TimedStep {
  step: PlannedStep & { kind: 'first' | 'reminder' }
  afterMs: number
  /** A link is made for it. */
  needsLink: boolean
  linkExpiresAt: Date
}

/** The last moment at which a link that the request brought can set out; null: it brought none. */
export function linkUntil({ ownLink }: Pick<NewDispatch, 'ownLink'>): number | null {
  return ownLink && ownLink.expiresAt.getTime() - lifeToSetOutMs(ownLink.requestedMs)
}

/** The messages of a plan whose first leaves at `leavesAt`: windows and limits may still move the rest. */
export function timesOf(dispatch: NewDispatch, leavesAt: number): TimedStep[] {
  const steps = dispatch.steps.filter(
    (step): step is TimedStep['step'] => step.kind === 'first' || step.kind === 'reminder',
  )
  const until = linkUntil(dispatch)
  return dispatch.ownLink && until !== null
    ? withOwn(steps, leavesAt, { until, expiresAt: dispatch.ownLink.expiresAt })
    : withMade(steps, leavesAt, dispatch.lifeMinutes * 60_000)
}

/** A link of the request's own is not followed by another: what would come too late is skipped. */
const withOwn = (
  steps: TimedStep['step'][],
  leavesAt: number,
  { until, expiresAt }: { until: number; expiresAt: Date },
) =>
  steps
    .map((step) => ({ step, afterMs: step.afterMs ?? 0, needsLink: false, linkExpiresAt: expiresAt }))
    .filter(({ afterMs }) => leavesAt + afterMs <= until)

/** A dying link is waited out, and the next one made. */
function withMade(steps: TimedStep['step'][], leavesAt: number, lifeMs: number): TimedStep[] {
  let end = lifeMs
  return steps.map((step) => {
    const wanted = step.afterMs ?? 0
    const isDead = wanted > end - lifeToSetOutMs(lifeMs)
    const afterMs = isDead ? Math.max(wanted, end + 1_000) : wanted
    if (isDead) end = afterMs + lifeMs
    return { step, afterMs, needsLink: step.needsLink || isDead, linkExpiresAt: new Date(leavesAt + end) }
  })
}
