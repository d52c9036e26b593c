import { HOLDOUT, type Variant, variantOf } from '../domain/campaign.ts'
import { type HoldScope, stopsEverything } from '../domain/hold.ts'
import { type AcceptPorts, accept } from './accept.ts'
import type { DispatchOrder } from './order.ts'
import type { Campaign, LaunchStore, WaitingRow } from './ports-campaign.ts'
import type { HoldStore } from './ports-store.ts'
import { opensFor } from './window.ts'

export interface LaunchPorts extends AcceptPorts {
  launches: LaunchStore
  holds: Pick<HoldStore, 'current'>
  /** Placed by the service. */
  hold(order: { scope: HoldScope; value: string; reason: string; probeAfterMs: number | null }): Promise<void>
  random(): number
  onError(error: unknown): void
}

type Running = Awaited<ReturnType<LaunchStore['takeTurn']>>[number]

/** More waits as rows of the audience, which cost the pump nothing. */
const MOST_DUE = 1_000
/** A slow campaign has no more due than goes out in an hour: what waited for half a day would be stale. */
const LEAST_DUE = 5
const ROWS_AT_ONCE = 500
/** How long a row rests that could not be looked at: others are not to wait behind it. */
const STUMBLED_MS = 60_000
/** The partner could not be asked about a link that the row brought. */
const PASSING = 'partner_unavailable'

/**
 * One turn: rows of running campaigns whose time has come become dispatches. Answers whether there is certainly more to do.
 * A campaign whose time came while nobody ran for half a day waits for a person: it might not be wanted any more.
 */
export async function launch(ports: LaunchPorts): Promise<boolean> {
  if (stopsEverything(await ports.holds.current())) return false
  for (const id of await ports.launches.missed())
    await ports.hold({ scope: 'campaign', value: id, reason: 'start_missed', probeAfterMs: null })
  const campaigns = await ports.launches.takeTurn()
  if (campaigns.length === 0) return false
  try {
    const more = await Promise.all(campaigns.map((campaign) => launchOne(ports, campaign)))
    return more.includes(true)
  } finally {
    await ports.launches.giveTurn(campaigns.map(({ id }) => id))
  }
}

async function launchOne(ports: LaunchPorts, campaign: Running): Promise<boolean> {
  const { launches } = ports
  const most = mostDue(campaign)
  const room = most - (await launches.backlog(campaign.lane, most))
  if (room <= 0) return false
  const limit = Math.min(room, ROWS_AT_ONCE)
  const rows = await launches.due(campaign.id, { limit, from: ports.random() })
  const fates = await Promise.all(rows.map((row) => fateOf(ports, campaign, row)))
  await launches.dismiss(fates.flatMap((fate) => ('status' in fate ? [fate] : [])))
  await launches.postpone(fates.flatMap((fate) => ('until' in fate ? [fate] : [])))
  return rows.length === limit
}

const mostDue = ({ perHour }: Running): number => Math.min(MOST_DUE, Math.max(LEAST_DUE, perHour ?? MOST_DUE))

type Dismissal = Parameters<LaunchStore['dismiss']>[0][number]
type Delay = Parameters<LaunchStore['postpone']>[0][number]
type Fate = Dismissal | Delay | { accepted: true }

/** A row that nobody can make a dispatch of is tried again later; it is a mistake of ours, and told as one. */
async function fateOf(ports: LaunchPorts, campaign: Running, row: WaitingRow): Promise<Fate> {
  try {
    return await launchRow(ports, campaign, row)
  } catch (error) {
    ports.onError(error)
    return { ...keyOf(campaign, row), until: new Date(ports.now().getTime() + STUMBLED_MS) }
  }
}

async function launchRow(ports: LaunchPorts, campaign: Running, row: WaitingRow): Promise<Fate> {
  const key = keyOf(campaign, row)
  const variant = variantOf(row.bucket, campaign.plan.variants, campaign.plan.holdout)
  if (variant === HOLDOUT) return { ...key, status: 'held_out', reason: HOLDOUT }
  const opening = opensFor({ ...row, phone: row.contact.phone, ...campaign }, ports.now(), ports.random())
  if (opening === 'never') return { ...key, status: 'left_out', reason: 'window_never_open' }
  // It waits as a row, so that a night's worth of people does not fall due at the same minute.
  if (opening) return { ...key, until: opening }
  const accepted = await accept(ports, orderOf(campaign, row, variant), null, () => '')
  if (accepted.ok) return { accepted: true }
  const { code } = accepted.failure
  if (code === PASSING) return { ...key, until: new Date(ports.now().getTime() + STUMBLED_MS) }
  return { ...key, status: 'refused', reason: code }
}

const keyOf = ({ id }: Pick<Campaign, 'id'>, { referenceId }: WaitingRow) => ({ campaignId: id, referenceId })

/** What the row says, then its variant, then the campaign. */
export function orderOf(
  { id, lane, category, validUntil, plan }: Pick<Campaign, 'id' | 'lane' | 'category' | 'validUntil' | 'plan'>,
  { referenceId, person }: Pick<WaitingRow, 'referenceId' | 'person'>,
  variant: string,
): DispatchOrder {
  const way: Partial<Variant> = plan.variants.find(({ name }) => name === variant) ?? {}
  const { userData, contact, locale, timeZone, metadata, ownLink } = person
  const { link, ifActive, suspectOpens, fallBackMs } = plan
  return {
    ...{ referenceId, userData, contact, locale, timeZone, metadata, ownLink },
    ...{ link, ifActive, suspectOpens, fallBackMs, category, validUntil, lane, variant },
    campaignId: id,
    template: way.template ?? plan.template,
    channels: person.channels ?? way.channels ?? plan.channels,
    variables: { ...plan.variables, ...person.variables },
    reminders: plan.reminders,
    sendAt: null,
  }
}
