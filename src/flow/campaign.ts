import type { CampaignStatus } from '../domain/campaign.ts'
import { type Failure, failure } from '../domain/failure.ts'
import type { Hold } from '../domain/hold.ts'
import type { Once } from './accept.ts'
import { settleWish, type Wished, type WishPorts } from './campaign-wish.ts'
import { type HoldPorts, liftHold, placeHold } from './hold.ts'
import type { Campaign, CampaignStore, CampaignWish, NewCampaign } from './ports-campaign.ts'
import type { StoredAnswer } from './ports-store.ts'

export interface CampaignPorts extends HoldPorts, WishPorts {
  campaigns: CampaignStore
  newId(): string
}

/** Every verb answers the campaign as it is then, or why it cannot be. */
export type CampaignAnswer = { campaign: Campaign } | { failure: Failure }

/** A draft. */
export async function createCampaign(ports: CampaignPorts, wish: CampaignWish, by: string): Promise<CampaignAnswer> {
  const settled = settleWish(ports, wish, null)
  if ('failure' in settled) return settled
  const made = newCampaign(ports, settled.wished, by)
  await ports.campaigns.create(made)
  return answerWith(ports, made.id)
}

/** The same, once per idempotency key. `show` writes the answer that is stored with the key. */
export async function createCampaignOnce(
  ports: CampaignPorts,
  wish: CampaignWish,
  { by, once, show }: { by: string; once: Once; show(campaign: Campaign): Pick<StoredAnswer, 'location' | 'body'> },
): Promise<{ kind: 'made' | 'replayed'; answer: StoredAnswer } | { failure: Failure }> {
  const settled = settleWish(ports, wish, null)
  if ('failure' in settled) return settled
  const made = newCampaign(ports, settled.wished, by)
  const answer = await ports.campaigns.createOnce(made, {
    ...once,
    show: (createdAt) => show({ ...made, ...FRESH, createdAt }),
  })
  return answer.kind === 'key_reused' ? { failure: failure('idempotency_key_reused') } : answer
}

/** Only a draft changes. */
export async function changeCampaign(
  ports: CampaignPorts,
  id: string,
  { wish, by }: { wish: CampaignWish; by: string },
): Promise<CampaignAnswer> {
  const before = await ports.campaigns.one(id)
  if (!before) return unknown()
  if (before.status !== 'draft') return wrongState(before.status)
  const settled = settleWish(ports, wish, before)
  if ('failure' in settled) return settled
  const { name, category, plan, startAt, localStart, validUntil, ownWindow, perHour, brake } = settled.wished
  const wished = { id, name, category, plan, startAt, localStart, validUntil, ownWindow, perHour, brake }
  const changed = await ports.campaigns.change(wished, by)
  return changed ? answerWith(ports, id) : refuseNow(ports, id)
}

export interface StartPorts {
  /** Says whether the campaign will still run when `validUntil` has come. */
  endsLate(campaign: Campaign): Promise<boolean>
}

/** Starting one that runs changes nothing. */
export async function startCampaign(
  ports: CampaignPorts & StartPorts,
  id: string,
  { by, refuseLate }: { by: string; refuseLate: boolean },
): Promise<CampaignAnswer> {
  const before = await ports.campaigns.one(id)
  if (!before) return unknown()
  if (before.status === 'running') return { campaign: before }
  if (before.status !== 'draft') return wrongState(before.status)
  if (before.waiting === 0) return { failure: failure('campaign_empty') }
  const isLate = before.validUntil !== null && before.validUntil <= ports.now()
  if (isLate || (refuseLate && (await ports.endsLate(before)))) return { failure: failure('campaign_late') }
  await ports.campaigns.start(id, by)
  ports.wake()
  return expectState(ports, id, 'running')
}

/** Answered when no message of it can start any more. A pause of a paused one stays as it was placed. */
export async function pauseCampaign(
  ports: CampaignPorts,
  id: string,
  { by, reason }: { by: string; reason: string | null },
): Promise<CampaignAnswer> {
  const before = await expectState(ports, id, 'running')
  if ('failure' in before) return before
  await hold(ports, id, reason ?? 'paused', by)
  return answerWith(ports, id)
}

/** Lifts the campaign's own hold; those on everything, a channel or a template stay. */
export async function resumeCampaign(ports: CampaignPorts, id: string, by: string): Promise<CampaignAnswer> {
  const before = await expectState(ports, id, 'running')
  if ('failure' in before) return before
  if (before.campaign.hold) await liftHold(ports, before.campaign.hold.id, by)
  return answerWith(ports, id)
}

/** Answered when no message of it can start any more; its dispatches are ended afterwards, one by one. */
export async function cancelCampaign(
  ports: CampaignPorts,
  id: string,
  order: { by: string; reason: string | null; revokeLinks: boolean },
): Promise<CampaignAnswer> {
  const before = await ports.campaigns.one(id)
  if (!before) return unknown()
  await ports.campaigns.cancel(id, order)
  const after = await expectState(ports, id, 'cancelled')
  if ('failure' in after || after.campaign.startedAt === null) return after
  // Also where it was cancelled before: whoever did so may not have come this far.
  if (after.campaign.open + after.campaign.waiting > 0) await hold(ports, id, 'cancelled', order.by)
  return answerWith(ports, id)
}

/** Holds in force that keep the messages of a campaign back, its own among them. */
export function holdsOn({ id, plan }: Pick<Campaign, 'id' | 'plan'>, holds: readonly Hold[]): Hold[] {
  const named = [plan.template, plan.reminders?.template, ...plan.variants.map(({ template }) => template)]
  const templates = named.flatMap((name) => (name ? [name, `${name}-reminder`] : []))
  const channels = [plan, ...plan.variants].flatMap((one) => one.channels ?? [])
  return holds.filter(({ scope, value }) => {
    if (scope === 'campaign') return value === id
    if (scope === 'template') return templates.includes(value.split('@')[0] ?? '')
    if (scope === 'channel') return channels.length === 0 || channels.some((name) => name === value)
    return true
  })
}

const FRESH = {
  status: 'draft',
  reason: null,
  lane: 0,
  revokeLinks: false,
  startedAt: null,
  endedAt: null,
  hold: null,
  open: 0,
  waiting: 0,
} as const

const newCampaign = (ports: CampaignPorts, wished: Wished, madeBy: string): NewCampaign => ({
  ...wished,
  id: ports.newId(),
  recurrence: null,
  madeBy,
})

const hold = (ports: CampaignPorts, id: string, reason: string, placedBy: string) =>
  placeHold(ports, { scope: 'campaign', value: id, reason, placedBy, probeAfterMs: null })

async function answerWith({ campaigns }: Pick<CampaignPorts, 'campaigns'>, id: string): Promise<CampaignAnswer> {
  const campaign = await campaigns.one(id)
  return campaign ? { campaign } : unknown()
}

async function expectState(ports: CampaignPorts, id: string, status: CampaignStatus): Promise<CampaignAnswer> {
  const answer = await answerWith(ports, id)
  return 'failure' in answer || answer.campaign.status === status ? answer : wrongState(answer.campaign.status)
}

/** Somebody was faster. */
async function refuseNow(ports: CampaignPorts, id: string): Promise<CampaignAnswer> {
  const now = await answerWith(ports, id)
  return 'failure' in now ? now : wrongState(now.campaign.status)
}

const unknown = () => ({ failure: failure('not_found') })
const wrongState = (status: CampaignStatus) => ({
  failure: failure('campaign_state', [], { campaignStatus: status }),
})
