import { HOLDOUT, variantOf } from '../domain/campaign.ts'
import type { ChannelName } from '../domain/channel.ts'
import type { Failure } from '../domain/failure.ts'
import { ALWAYS, type Stretch } from '../domain/open-hours.ts'
import { makeHours, makeStarts, openFrom, orderFor } from './estimate-row.ts'
import { timesOf } from './estimate-times.ts'
import type { Campaign, TakenRow } from './ports-campaign.ts'
import { type Preview, type PreviewedMessage, type PreviewPorts, preview } from './preview.ts'

export interface Sample {
  row: TakenRow
  variant: string
  /** Why nothing would be sent; null: it would. */
  problem: 'held_out' | 'suppressed' | 'window_never_open' | Failure | null
  steps: SampledStep[]
}

export interface SampledStep {
  kind: 'first' | 'reminder'
  /** Tried in this order. */
  channels: ChannelName[]
  /** As far as windows tell; limits make it later. */
  leavesAt: Date
  messages: PreviewedMessage[]
}

/** What a row would get, and when, if the campaign were started now. Stores nothing, makes no link, asks nobody. */
export async function sample(ports: PreviewPorts, campaign: Campaign, row: TakenRow): Promise<Sample> {
  const now = ports.now()
  const variant = variantOf(row.bucket, campaign.plan.variants, campaign.plan.holdout)
  const nothing = { row, variant, steps: [] }
  if (variant === HOLDOUT) return { ...nothing, problem: 'held_out' }
  const order = orderFor(campaign, row, variant)
  const drafted = await preview(ports, order)
  if ('failure' in drafted) return { ...nothing, problem: drafted.failure }
  const { steps, timeZone } = drafted.preview.dispatch
  const hours = steps[0]?.channel === 'in_app' ? ALWAYS : makeHours(campaign, now)(drafted.preview.dispatch)
  const leavesAt = openFrom(hours, makeStarts(campaign, now)(timeZone, variant))
  if (leavesAt === null) return { ...nothing, problem: 'window_never_open' }
  // Once more, as it will be written then.
  const written = await preview({ ...ports, now: () => new Date(leavesAt) }, order)
  if ('failure' in written) return { ...nothing, problem: written.failure }
  const problem = row.suppressed ? ('suppressed' as const) : null
  return { row, variant, problem, steps: stepsOf(written.preview, { hours, leavesAt }) }
}

const stepsOf = (
  { dispatch, messages }: Preview,
  { hours, leavesAt }: { hours: readonly Stretch[]; leavesAt: number },
): SampledStep[] =>
  timesOf(dispatch, leavesAt).map(({ step, afterMs }) => {
    const channels = [step.channel, ...step.chain].filter((name): name is ChannelName => name !== 'none')
    return {
      kind: step.kind,
      channels,
      leavesAt: new Date(openFrom(hours, leavesAt + afterMs) ?? leavesAt + afterMs),
      messages: channels.flatMap((name) =>
        messages.filter(({ kind, channel }) => kind === step.kind && channel === name),
      ),
    }
  })
