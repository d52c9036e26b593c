import type { DispatchStatus } from './dispatch.ts'
import type { StepKind, StepStatus } from './step.ts'
import { channelWord, durationWords, moment, plural, reasonWords, times } from './summary-words.ts'
import type { Suspicion } from './suspicion.ts'

/** What a summary is made of; a dispatch as it is read has all of it. */
export interface SummaryFacts {
  status: DispatchStatus
  reason: string | null
  timeZone: string
  inAppAt: Date | null
  openedAt: Date | null
  suspect: Suspicion | null
  endedAt: Date | null
  steps: readonly SummaryStep[]
  links: readonly { operationId: string | null; operationStatus: string | null }[]
}
export interface SummaryStep {
  kind: StepKind
  channel: string
  status: StepStatus
  reason: string | null
  dueAt: Date | null
  handedAt: Date | null
  confirmed: boolean | null
}

/** A sentence a support agent can read out. Times are the recipient's; no name, no address. */
export function summaryOf(facts: SummaryFacts, now: Date): string {
  const parts = [...(facts.status === 'accepted' ? [] : sent(facts, now)), ...end(facts, now), ...operation(facts)]
  const text = parts.filter((part) => part !== '').join('; ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

const handed = (facts: SummaryFacts): (SummaryStep & { handedAt: Date })[] =>
  facts.steps
    .flatMap((step) => (step.handedAt ? [{ ...step, handedAt: step.handedAt }] : []))
    .sort((a, b) => a.handedAt.getTime() - b.handedAt.getTime())

/** What went out: the first message, then how often it was followed. */
function sent(facts: SummaryFacts, now: Date): string[] {
  const [first, ...more] = handed(facts)
  const placed = facts.inAppAt ? `placed in the app on ${moment(facts.inAppAt, facts.timeZone, now)}` : ''
  if (!first) return [placed]
  const doubt = first.confirmed === false ? ', though its arrival is not certain' : ''
  return [
    first.channel === 'in_app'
      ? placed
      : `sent by ${channelWord(first.channel)} on ${moment(first.handedAt, facts.timeZone, now)}${doubt}`,
    first.channel === 'in_app' ? '' : placed,
    followed(
      'reminded',
      more.filter((step) => step.kind === 'reminder'),
      facts,
      now,
    ),
    followed(
      'sent again',
      more.filter((step) => step.kind !== 'reminder'),
      facts,
      now,
    ),
  ]
}

function followed(word: string, steps: { channel: string; handedAt: Date }[], facts: SummaryFacts, now: Date): string {
  const last = steps.at(-1)
  if (!last) return ''
  const lastly = steps.length > 1 ? 'last ' : ''
  return `${word} ${times(steps.length)}, ${lastly}by ${channelWord(last.channel)} on ${moment(last.handedAt, facts.timeZone, now)}`
}

function end(facts: SummaryFacts, now: Date): string[] {
  const at = facts.endedAt ? ` on ${moment(facts.endedAt, facts.timeZone, now)}` : ''
  switch (facts.status) {
    case 'accepted':
      return [waiting(facts, now), planned(facts)]
    case 'sent':
      return [facts.suspect ? `opened${doubt(facts)}` : 'not opened yet', next(facts, now)]
    case 'opened':
      return [`${opened(facts, now)}${doubt(facts)}`, stopped(facts)]
    case 'exhausted':
      return [`${facts.suspect ? `opened${doubt(facts)}` : 'never opened'}, and no link of it works any more`]
    case 'failed':
      return [`could not be sent${because(facts.reason)}`]
    case 'expired':
      return [`not sent: its time ran out${at}`]
    case 'cancelled':
      return [`cancelled${at}${facts.reason ? ` (${facts.reason})` : ''}`, stopped(facts), openedAllTheSame(facts, now)]
    case 'superseded':
      return [`replaced by a newer dispatch${at}`, stopped(facts), openedAllTheSame(facts, now)]
    case 'suppressed':
      return [
        `stopped${at} because the person asked not to be written to`,
        stopped(facts),
        openedAllTheSame(facts, now),
      ]
  }
}

const doubt = ({ suspect }: SummaryFacts) => (suspect ? ', perhaps by a scanner' : '')

const because = (reason: string | null) => (reason ? `: ${reasonWords(reason)}` : '')

/** Why nothing has gone out yet. */
function waiting({ steps, timeZone }: SummaryFacts, now: Date): string {
  const first = steps.find((step) => step.kind === 'first')
  if (!first) return 'waiting to be sent'
  const how = `by ${channelWord(first.channel)}`
  const why = first.status === 'pending' && first.reason ? `: ${reasonWords(first.reason)}` : ''
  const later = first.status === 'pending' && first.dueAt !== null && first.dueAt > now
  return later && first.dueAt
    ? `will be sent ${how} on ${moment(first.dueAt, timeZone, now)}${why}`
    : `waiting to be sent ${how}${why}`
}

function planned({ steps }: SummaryFacts): string {
  const reminders = steps.filter((step) => step.kind === 'reminder').length
  return reminders > 0 ? `${plural(reminders, 'reminder')} planned` : ''
}

function next({ steps, timeZone }: SummaryFacts, now: Date): string {
  const due = steps
    .filter((step) => step.kind === 'reminder' && (step.status === 'pending' || step.status === 'queued'))
    .flatMap(({ dueAt }) => (dueAt ? [dueAt] : []))
    .sort((a, b) => a.getTime() - b.getTime())
  const [soonest] = due
  if (!soonest) return 'no reminder left'
  return soonest > now ? `next reminder on ${moment(soonest, timeZone, now)}` : 'next reminder under way'
}

function opened(facts: SummaryFacts, now: Date): string {
  const { openedAt } = facts
  if (!openedAt) return 'opened'
  const before = handed(facts).filter((step) => step.handedAt <= openedAt)
  const last = before.at(-1)?.handedAt ?? facts.inAppAt
  if (!last || last > openedAt) return `opened on ${moment(openedAt, facts.timeZone, now)}`
  const after = durationWords(openedAt.getTime() - last.getTime())
  return `opened ${after} ${before.length > 1 ? 'after that' : 'later'}`
}

function stopped({ steps }: SummaryFacts): string {
  const skipped = steps.filter((step) => step.kind === 'reminder' && step.status === 'skipped').length
  return skipped > 0 ? `${plural(skipped, 'reminder')} stopped` : ''
}

const openedAllTheSame = (facts: SummaryFacts, now: Date): string =>
  facts.openedAt ? `opened all the same on ${moment(facts.openedAt, facts.timeZone, now)}${doubt(facts)}` : ''

function operation({ links }: SummaryFacts): string[] {
  const link = links.findLast((one) => one.operationId !== null)
  if (!link) return []
  return [link.operationStatus === 'cancelled' ? 'the transfer was cancelled' : 'a transfer was started']
}
