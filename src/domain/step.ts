import { type ChannelName, chainOf } from './channel.ts'

export const STEP_STATES = [
  'pending',
  'queued',
  'claimed',
  'handed',
  'delivered',
  'ambiguous',
  'failed',
  'skipped',
] as const
export type StepStatus = (typeof STEP_STATES)[number]

/** `first` and `reminder` are planned, `resend` was asked for by a person, `close` is silent and ends the dispatch. */
export type StepKind = 'first' | 'reminder' | 'resend' | 'close'

export const STEP_ENTERED_FROM: Record<StepStatus, readonly StepStatus[]> = {
  pending: ['queued', 'claimed', 'ambiguous', 'handed'],
  queued: ['pending'],
  claimed: ['queued'],
  // From `pending` the silent close, which hands nothing to anybody; and a message that turns out to have arrived already.
  handed: ['claimed', 'ambiguous', 'pending'],
  delivered: ['handed'],
  // From `pending` and `queued` only on an older copy: the lost database may have sent it.
  ambiguous: ['claimed', 'pending', 'queued'],
  failed: ['queued', 'claimed', 'ambiguous', 'handed'],
  skipped: ['pending', 'queued', 'claimed'],
}

export const isFinal = (status: StepStatus) =>
  status === 'handed' || status === 'delivered' || status === 'failed' || status === 'skipped'

export interface PlannedStep {
  n: number
  kind: StepKind
  channel: ChannelName | 'none'
  /** What follows when `channel` fails or waits too long. */
  chain: ChannelName[]
  needsLink: boolean
  template: string
  /** Counted from the hand-over of the first message; null for a step with a due time of its own. */
  afterMs: number | null
  dueAt: Date | null
  fallBackAt: Date | null
}

export interface PlanOrder {
  channels: readonly ChannelName[]
  template: string
  reminderTemplate: string
  reminderChannels: readonly ChannelName[]
  remindersAfterMs: readonly number[]
  fallBackMs: number
  startAt: Date
  validUntil: Date | null
  bringsLink: boolean
}

/** The whole plan of a dispatch: the first message, its reminders, and the silent close. */
export function planSteps(order: PlanOrder): PlannedStep[] {
  const [channel = 'in_app', ...chain] = chainOf(order.channels)
  const first: PlannedStep = {
    n: 1,
    kind: 'first',
    channel,
    chain,
    needsLink: !order.bringsLink,
    template: order.template,
    afterMs: null,
    dueAt: order.startAt,
    fallBackAt: new Date(order.startAt.getTime() + order.fallBackMs),
  }
  const reminders = order.remindersAfterMs.map((afterMs, i): PlannedStep => {
    const [next = 'in_app', ...rest] = reminderChain(order.reminderChannels, i)
    return {
      n: 2 + i,
      kind: 'reminder',
      channel: next,
      chain: rest,
      needsLink: false,
      template: order.reminderTemplate,
      afterMs,
      dueAt: null,
      fallBackAt: null,
    }
  })
  const close: PlannedStep = {
    n: 2 + reminders.length,
    kind: 'close',
    channel: 'none',
    chain: [],
    needsLink: false,
    template: order.template,
    afterMs: null,
    dueAt: order.validUntil,
    fallBackAt: null,
  }
  return [first, ...reminders, close]
}

/** A reminder prefers channels not yet used: the preference turned by one for each reminder. */
function reminderChain(preference: readonly ChannelName[], index: number): ChannelName[] {
  const chain = chainOf(preference)
  const turn = chain.length === 0 ? 0 : (index + 1) % chain.length
  return [...chain.slice(turn), ...chain.slice(0, turn)]
}

const DAY_MINUTES = 24 * 60

/**
 * The life to ask for: the whole plan plus 24 h, within the partner's 15 min to 7 days and `maxMinutes`
 * (dossier 4.1 allows from 5; under 15 nobody could act on a reminder).
 */
export function lifeMinutes(remindersAfterMs: readonly number[], maxMinutes: number): number {
  const plan = Math.ceil(Math.max(0, ...remindersAfterMs) / 60_000)
  return Math.min(Math.max(plan + DAY_MINUTES, 15), 10_080, maxMinutes)
}
