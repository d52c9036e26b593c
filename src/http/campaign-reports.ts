import { z } from 'zod'
import { shownStatus } from '../domain/campaign.ts'
import { failure } from '../domain/failure.ts'
import {
  apart,
  audienceOf,
  endsByReason,
  isMessage,
  isPerson,
  type MessageTally,
  messageReasons,
  messagesOf,
  type PersonTally,
  peopleOf,
  type Tally,
} from '../domain/funnel.ts'
import { paceOf, projectedEnd } from '../domain/progress.ts'
import type { CampaignHead } from '../flow/ports-tally.ts'
import { type WhyQuiet, whyQuiet } from '../flow/why-quiet.ts'
import { showId } from '../lib/id.ts'
import { answer } from './answer.ts'
import { funnelSchema, groupOf, progressSchema, resultsSchema } from './campaign-report-view.ts'
import { campaignIdOf } from './campaigns.ts'
import { iso } from './dispatch-view.ts'
import type { HttpPorts } from './ports.ts'
import { type Raw, type Route, route } from './route.ts'

const MOST_MINUTES = 10_080

const progressQuery = z.strictObject({
  minutes: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_MINUTES)
    .default(60)
    .meta({ description: 'How far back to say what was sent in each minute' }),
})
const funnelQuery = z.strictObject({ by: z.enum(['variant', 'locale', 'channel', 'step']).optional() })

type ReportPorts = Pick<HttpPorts, 'tallies' | 'campaigns' | 'holds' | 'now' | 'createsPerMinute'>

/** How a campaign goes: from counters that are the rows, counted, as of the moment of asking. */
export function campaignReportRoutes(ports: ReportPorts): Route[] {
  const reads = { method: 'get', scopes: ['read', 'campaign'], tag: 'Campaigns' } as const
  return [
    route({
      ...reads,
      path: '/v1/campaigns/{id}/progress',
      summary: 'How far a campaign has come, how fast it goes, and when it will be through',
      query: progressQuery,
      answers: { 200: { description: 'As of now', schema: progressSchema } },
      failures: ['invalid_request', 'not_found'],
      act: ({ query, ...asked }) =>
        report(ports, asked, async ({ id, head, tallies }) => {
          const now = ports.now()
          const [minutes, quiet] = await Promise.all([
            ports.tallies.minutes(id, new Date(now.getTime() - query.minutes * 60_000)),
            quietOf(ports, id),
          ])
          return showProgress(ports, { head, tallies, minutes, quiet, now })
        }),
    }),
    route({
      ...reads,
      path: '/v1/campaigns/{id}/funnel',
      summary: 'People from the audience to the operation, and messages, by what they differ in',
      query: funnelQuery,
      answers: { 200: { description: 'As of now', schema: funnelSchema } },
      failures: ['invalid_request', 'not_found'],
      act: ({ query: { by }, ...asked }) =>
        report(ports, asked, ({ tallies }) => ({
          by: by ?? null,
          audience: audienceOf(tallies),
          total: groupOf('all', tallies),
          groups: by ? apart(tallies.filter(isSubjectOf(by)), WORDS[by]).map(([name, all]) => groupOf(name, all)) : [],
        })),
    }),
    route({
      ...reads,
      path: '/v1/campaigns/{id}/results',
      summary: 'An experiment side by side',
      description: 'Counts and rates of each variant; which is better is for people to say.',
      answers: { 200: { description: 'As of now', schema: resultsSchema } },
      failures: ['not_found'],
      act: (asked) =>
        report(ports, asked, ({ head, tallies }) => ({
          variants: head.variants.map(({ name, weight }) => ({
            weight,
            ...groupOf(
              name,
              tallies.filter((one) => one.subject !== 'row' && one.variant === name),
            ),
          })),
          holdout: { share: head.holdout, people: audienceOf(tallies).heldOut },
        })),
    }),
  ]
}

interface Counted {
  id: string
  head: CampaignHead
  tallies: Tally[]
}

async function report(
  { tallies }: ReportPorts,
  asked: Pick<Raw, 'param'>,
  show: (counted: Counted) => object | Promise<object>,
) {
  const id = campaignIdOf(asked)
  const head = id === undefined ? null : await tallies.head(id)
  if (id === undefined || head === null) return failure('not_found')
  const shown = await show({ id, head, tallies: await tallies.read(id) })
  return answer(200, { id: showId('cmp', id), ...shown })
}

type By = 'variant' | 'locale' | 'channel' | 'step'
type Grouped = PersonTally | MessageTally

const WORDS: Record<By, (one: Grouped) => string> = {
  variant: (one) => one.variant,
  locale: (one) => one.locale,
  channel: (one) => (isMessage(one) ? one.channel : ''),
  step: (one) => (isMessage(one) ? `${one.step} ${one.kind}` : ''),
}

/** Which message somebody opened is not known, so that channels and steps tell of messages only. */
const isSubjectOf =
  (by: By) =>
  (one: Tally): one is Grouped =>
    isMessage(one) || (isPerson(one) && (by === 'variant' || by === 'locale'))

async function quietOf({ campaigns, holds }: ReportPorts, id: string): Promise<WhyQuiet> {
  const [campaign, outlook, inForce] = await Promise.all([campaigns.one(id), campaigns.outlook(id), holds.current()])
  if (!campaign) throw new Error('a campaign was there a moment ago')
  return whyQuiet(campaign, outlook, inForce)
}

interface Progress {
  head: CampaignHead
  tallies: Tally[]
  minutes: { at: Date; sent: number }[]
  quiet: WhyQuiet
  now: Date
}

function showProgress({ createsPerMinute }: ReportPorts, { head, tallies, minutes, quiet, now }: Progress) {
  const audience = audienceOf(tallies)
  const people = peopleOf(tallies)
  const open = people.states.accepted + people.states.sent
  const status = shownStatus({ ...head, open, waiting: audience.waiting }, now)
  const waiting = (kind: MessageTally['kind']) =>
    messagesOf(tallies.filter((one) => isMessage(one) && one.kind === kind)).waiting
  const left = { firsts: audience.waiting + waiting('first'), reminders: waiting('reminder') }
  const perMinute = paceOf(minutes, { startedAt: head.startedAt, now })
  const endsAt = projectedEnd({
    firsts: left.firsts,
    perMinute,
    perHour: head.perHour,
    isGoing: status === 'running',
    now,
  })
  return {
    status,
    asOf: now.toISOString(),
    startedAt: iso(head.startedAt),
    endedAt: iso(head.endedAt),
    audience,
    people,
    ends: endsByReason(tallies),
    messages: messagesOf(tallies),
    skipped: messageReasons(tallies, 'skipped'),
    failed: messageReasons(tallies, 'failed'),
    left,
    pace: {
      perMinute: Math.round(perMinute * 10) / 10,
      perHour: head.perHour,
      linksPerMinute: createsPerMinute,
      minutes: minutes.map(({ at, sent }) => ({ at: at.toISOString(), sent })),
    },
    endsAt: iso(endsAt),
    isLate: endsAt !== null && head.validUntil !== null && endsAt > head.validUntil,
    waitsFor: { what: quiet.why, until: iso(quiet.until), reason: quiet.reason },
  }
}
