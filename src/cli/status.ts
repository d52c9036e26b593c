import { setTimeout as pause } from 'node:timers/promises'
import { EXIT, type Service } from './service.ts'
import { makeProgress, type Terminal } from './terminal.ts'

/** What is looked at of `GET /v1/campaigns/{id}/progress` (docs/api/campaign-reports.md). */
export interface ProgressAnswer {
  status: string
  audience: { planned: number; waiting: number; heldOut: number; refused: Counts; leftOut: Counts }
  people: { accepted: number; handed: number; delivered: number; opened: number; operation: number }
  ends: Counts
  skipped: Counts
  left: { firsts: number }
  pace: { perMinute: number; perHour: number | null; linksPerMinute: number | null }
  endsAt: string | null
  isLate: boolean
  waitsFor: { what: string; until: string | null; reason: string | null }
}
type Counts = Record<string, number>

const OVER = ['finished', 'cancelled']
const ALIVE = ['scheduled', 'running', 'paused']
const LOOK_EVERY_MS = 2_000

const progressOf = (service: Service, id: string) => service.call<ProgressAnswer>('GET', `/v1/campaigns/${id}/progress`)

export async function tellStatus(
  service: Service,
  id: string,
  { json }: { json?: true },
  terminal: Terminal,
): Promise<number> {
  const answer = await progressOf(service, id)
  if (json) terminal.out(JSON.stringify(answer))
  else for (const line of linesOf(answer)) terminal.out(line)
  return EXIT.done
}

/** Stays until the campaign has ended; it goes on when this is interrupted. */
export async function follow(service: Service, id: string, terminal: Terminal): Promise<number> {
  const first = await progressOf(service, id)
  const progress = makeProgress(terminal, { what: 'written to', unit: 'people', total: toWriteTo(first) })
  let answer = first
  for (; !OVER.includes(answer.status); answer = await progressOf(service, id)) {
    progress.at(answer.people.handed, noteOf(answer))
    await pause(LOOK_EVERY_MS)
  }
  progress.at(answer.people.handed, answer.status)
  progress.end()
  for (const line of linesOf(answer)) terminal.out(line)
  return answer.status === 'finished' ? EXIT.done : EXIT.partly
}

const toWriteTo = ({ audience: { planned, heldOut, refused, leftOut } }: ProgressAnswer): number =>
  Math.max(1, planned - heldOut - sumOf(refused) - sumOf(leftOut))

const noteOf = ({ status, people, pace, endsAt }: ProgressAnswer): string =>
  [
    status,
    `${people.opened} opened`,
    `${Math.round(pace.perMinute)} a minute`,
    ...(endsAt ? [`first messages end ${minuteOf(endsAt)}`] : []),
  ].join(' · ')

function linesOf({ status, audience, people, ends, skipped, left, pace, ...answer }: ProgressAnswer): string[] {
  return [
    `${status}: ${people.handed} of ${audience.planned} people were written to, ${left.firsts} are to come.`,
    `delivered ${people.delivered}, opened ${people.opened}, operations ${people.operation}`,
    ...(audience.heldOut > 0 ? [`held out to compare with: ${audience.heldOut}`] : []),
    ...counted('refused', audience.refused),
    ...counted('left out', audience.leftOut),
    ...counted('ended without a message', ends),
    ...counted('skipped messages', skipped),
    `pace: ${Math.round(pace.perMinute)} a minute${limitOf(pace)}`,
    ...(answer.endsAt
      ? [`first messages end ${minuteOf(answer.endsAt)}${answer.isLate ? ', after validUntil' : ''}`]
      : []),
    ...whyNothing(status, answer.waitsFor),
  ]
}

const WORDS: Record<string, string> = {
  scheduled: 'its next messages are planned for later',
  paused: 'it is paused',
  held: 'a hold keeps its messages back',
  window: 'people’s hours are closed',
  limit: 'a limit of the partner, a provider or a person is used up',
  pace: 'its own pace is used up',
  done: 'everything was sent; links may still be opened',
}

function whyNothing(status: string, { what, until, reason }: ProgressAnswer['waitsFor']): string[] {
  const why = WORDS[what]
  if (!ALIVE.includes(status) || why === undefined) return []
  return [`Nothing is being sent: ${why}${reason ? ` (${reason})` : ''}${until ? `, until ${minuteOf(until)}` : ''}.`]
}

const limitOf = ({ perHour, linksPerMinute }: ProgressAnswer['pace']): string => {
  const limits = [
    ...(perHour === null ? [] : [`${perHour} an hour by the campaign`]),
    ...(linksPerMinute === null ? [] : [`${linksPerMinute} links a minute at the partner`]),
  ]
  return limits.length > 0 ? ` (at most ${limits.join(', ')})` : ''
}

const counted = (what: string, counts: Counts): string[] =>
  sumOf(counts) === 0
    ? []
    : [
        `${what}: ${Object.entries(counts)
          .map(([reason, n]) => `${reason} ${n}`)
          .join(', ')}`,
      ]

const sumOf = (counts: Counts): number => Object.values(counts).reduce((sum, n) => sum + n, 0)
const minuteOf = (moment: string): string => `${moment.slice(0, 16).replace('T', ' ')} UTC`
