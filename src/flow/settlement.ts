import { backoffMs } from '../domain/backoff.ts'
import type { NewEvent } from '../domain/event.ts'
import type { Outcome } from '../domain/outcome.ts'
import { isAboutWill, type SuppressionReason } from '../domain/suppression.ts'
import type { AttemptResult, Settlement, Work } from './ports-deliver.ts'
import type { StoredLink } from './ports-store.ts'

/** What a settlement keeps of a step, wherever it was read. */
type StepInHand = Pick<Work, 'dispatchId' | 'n' | 'turn' | 'channel' | 'chain' | 'tries' | 'fallBackAt'>

/** A settlement that keeps everything of the step as it is, but for what `change` says. */
export function settlement(
  work: StepInHand,
  change: Pick<Settlement, 'from' | 'to' | 'reason'> & Partial<Settlement>,
): Settlement {
  return {
    dispatchId: work.dispatchId,
    n: work.n,
    turn: work.turn,
    dueAt: null,
    channel: work.channel,
    chain: work.chain,
    tries: work.tries,
    fallBackAt: work.fallBackAt,
    needsLink: false,
    provider: null,
    confirmed: null,
    attempts: [],
    linkExpiresAt: null,
    ends: null,
    freeSlot: null,
    events: [],
    ...change,
  }
}

/** Back to `pending`: looked at again at `dueAt`. */
export const later = (
  work: Work,
  from: Settlement['from'],
  dueAt: Date,
  reason: string,
  change: Partial<Settlement> = {},
): Settlement => settlement(work, { from, to: 'pending', dueAt, reason, ...change })

/** This channel will not work: the next one takes over, or the step fails, and with the first step its dispatch. */
export function nextChannel(
  work: Work,
  from: Settlement['from'],
  reason: string,
  change: Partial<Settlement> = {},
): Settlement {
  const [channel, ...chain] = work.chain
  const failed: NewEvent = told(work, 'message.failed', {
    channel: work.channel,
    reason,
    ...(channel ? { next: channel } : {}),
  })
  const events = [failed, ...(change.events ?? [])]
  if (channel) {
    const fallBackAt = new Date(work.now.getTime() + work.dispatch.fallBackMs)
    return later(work, from, work.now, reason, { ...change, channel, chain, tries: 0, fallBackAt, events })
  }
  const tried = work.attempts > 0 || from === 'claimed' || reason === 'no_address'
  return fails(work, from, reason, { ...change, events, ends: endOf(work, tried ? 'no_channel_worked' : reason) })
}

/** No message of this step will come. A first step takes its dispatch with it, unless something was handed over before. */
export function fails(
  work: Work,
  from: Settlement['from'],
  reason: string,
  change: Partial<Settlement> = {},
): Settlement {
  return settlement(work, { from, to: 'failed', reason, ends: endOf(work, reason), ...change })
}

const endOf = (work: Work, reason: string): Settlement['ends'] =>
  work.kind === 'first' ? { status: 'failed', reason } : null

export const told = (
  work: Pick<Work, 'dispatchId' | 'n' | 'kind'>,
  type: NewEvent['type'],
  data: Record<string, unknown>,
): NewEvent => ({
  type,
  dispatchId: work.dispatchId,
  data: { step: work.n, kind: work.kind, ...data },
})

/** What one attempt row learns from its outcome. */
export function attemptResult(n: number, outcome: Outcome): AttemptResult {
  return {
    n,
    outcome: outcome.kind,
    reason: 'reason' in outcome ? outcome.reason : null,
    providerId: outcome.kind === 'accepted' ? outcome.providerId : null,
  }
}

/** One word for several devices: somebody has it, or somebody may have it, or the mildest refusal. */
const RANK: Outcome['kind'][] = ['accepted', 'ambiguous', 'throttle', 'retry', 'late', 'alert', 'suppress', 'permanent']
export function strongest(outcomes: readonly Outcome[]): Outcome {
  const sorted = [...outcomes].sort((a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind))
  return sorted[0] ?? { kind: 'permanent', reason: 'no_address' }
}

const MINUTE = 60_000
/** How long an unclear attempt may stay open before it is written off as handed over, unconfirmed. */
export const UNCLEAR_FOR_MS = 10 * MINUTE

export interface Sent {
  outcome: Outcome
  provider: string
  attempts: AttemptResult[]
  link: Pick<StoredLink, 'expiresAt'>
  random: number
}

/** The only place that says what follows from an outcome. */
export function settle(work: Work, { outcome, provider, attempts, link, random }: Sent): Settlement {
  const base = { provider, attempts }
  switch (outcome.kind) {
    case 'accepted':
      return settlement(work, {
        ...base,
        from: 'claimed',
        to: 'handed',
        reason: null,
        confirmed: true,
        linkExpiresAt: link.expiresAt,
        events: [told(work, 'message.handed', { channel: work.channel, provider })],
      })
    case 'retry':
      return again(
        work,
        outcome.reason,
        Math.max(outcome.afterMs ?? 0, backoff(work, random) ?? Number.POSITIVE_INFINITY),
        base,
        work.tries + 1,
      )
    case 'throttle':
      return again(work, outcome.reason, outcome.afterMs ?? MINUTE, base, work.tries)
    case 'alert':
      // The provider is held: `again` lets the step wait for it, or fall back when it waited long enough.
      return again(work, outcome.reason, 5_000, base, work.tries)
    case 'permanent':
      return nextChannel(work, 'claimed', outcome.reason, base)
    case 'suppress':
      return isAboutWill(outcome.suppression)
        ? saidStop(work, outcome.suppression, base)
        : nextChannel(work, 'claimed', outcome.suppression, base)
    case 'late':
      return later(work, 'claimed', work.now, 'late', base)
    case 'ambiguous':
      return settlement(work, {
        ...base,
        from: 'claimed',
        to: 'ambiguous',
        reason: outcome.reason,
        dueAt: new Date(work.now.getTime() + UNCLEAR_FOR_MS),
        linkExpiresAt: link.expiresAt,
        events: [told(work, 'message.unclear', { channel: work.channel, provider, reason: outcome.reason })],
      })
  }
}

/** The person told the provider to stop before we knew: no other channel is tried, and the plan ends (P4). */
function saidStop(work: Work, reason: SuppressionReason, base: Partial<Settlement>): Settlement {
  return settlement(work, {
    ...base,
    from: 'claimed',
    to: 'failed',
    reason,
    ends: { status: 'suppressed', reason },
    events: [
      told(work, 'message.failed', { channel: work.channel, reason }),
      told(work, 'recipient.opted_out', { channel: work.channel, reason }),
    ],
  })
}

function backoff(work: Work, random: number): number | undefined {
  return work.channel === 'in_app' ? undefined : backoffMs(work.channel, work.tries + 1, random)
}

/** Waits on its channel for `fallbackAfter` at most; then the next channel of the preference takes over. */
function again(work: Work, reason: string, waitMs: number, base: Partial<Settlement>, tries: number): Settlement {
  const waited = work.fallBackAt !== null && work.now.getTime() + waitMs > work.fallBackAt.getTime()
  if (!Number.isFinite(waitMs) || (waited && work.chain.length > 0)) return nextChannel(work, 'claimed', reason, base)
  const dueAt = new Date(work.now.getTime() + waitMs)
  return later(work, 'claimed', dueAt, reason, {
    ...base,
    tries,
    events: [told(work, 'message.waits', { channel: work.channel, reason, until: dueAt })],
  })
}
