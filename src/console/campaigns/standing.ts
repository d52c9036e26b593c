import { type ShownStatus, shownStatus } from '../../domain/campaign.ts'
import {
  type Audience,
  audienceOf,
  isMessage,
  type MessageTally,
  messagesOf,
  type People,
  peopleOf,
  type Rates,
  ratesOf,
  type Tally,
} from '../../domain/funnel.ts'
import { PACE_MINUTES, paceOf, projectedEnd } from '../../domain/progress.ts'
import type { Campaign } from '../../flow/ports-campaign.ts'
import type { CampaignDesk } from './ports.ts'

/** How far a campaign has come, as of one moment. */
export interface Standing {
  campaign: Campaign
  status: ShownStatus
  tallies: Tally[]
  audience: Audience
  people: People
  rates: Rates
  /** First messages that have yet to leave, and reminders that may. */
  left: { firsts: number; reminders: number }
  minutes: { at: Date; sent: number }[]
  perMinute: number
  endsAt: Date | null
}

const MINUTE = 60_000
/** As far back as the chart reaches. */
export const CHART_MS = 14 * 24 * 60 * MINUTE

export async function standingOf(
  { tallies: store }: Pick<CampaignDesk, 'tallies'>,
  campaign: Campaign,
  { now, backMs = (PACE_MINUTES + 1) * MINUTE }: { now: Date; backMs?: number },
): Promise<Standing> {
  const end = campaign.endedAt ?? now
  const [tallies, minutes] = await Promise.all([
    store.read(campaign.id),
    campaign.startedAt ? store.minutes(campaign.id, new Date(end.getTime() - backMs)) : [],
  ])
  const people = peopleOf(tallies)
  const audience = audienceOf(tallies)
  const status = shownStatus({ ...campaign, isHeld: campaign.hold !== null }, now)
  const left = { firsts: audience.waiting + waiting(tallies, 'first'), reminders: waiting(tallies, 'reminder') }
  const perMinute = paceOf(minutes, { startedAt: campaign.startedAt, now })
  const isGoing = status === 'running'
  const endsAt = projectedEnd({ firsts: left.firsts, perMinute, perHour: campaign.perHour, isGoing, now })
  return { campaign, status, tallies, audience, people, rates: ratesOf(people), left, minutes, perMinute, endsAt }
}

/** Of everybody in the audience, the share whose first message has been dealt with. */
export const shareDone = ({ audience, left }: Standing): number =>
  audience.planned === 0 ? 0 : (audience.planned - left.firsts) / audience.planned

const waiting = (tallies: Tally[], kind: MessageTally['kind']): number =>
  messagesOf(tallies.filter((one) => isMessage(one) && one.kind === kind)).waiting
