import type { Json, Refused } from './campaign-manager.ts'
import type { Person } from './campaign-people.ts'
import type { Stretch } from './campaign-rates.ts'
import type { Single } from './campaign-singles.ts'
import type { Pause } from './campaign-trouble.ts'
import type { Arrival, FoundAttempt, History } from './history.ts'

/** All that was seen of a campaign, beside what is seen of any dispatch: what its promises are compared with. */
export interface CampaignSeen {
  /** Its dispatches among others. */
  history: History
  people: Person[]
  /** References of those who had opted out before. */
  suppressed: ReadonlySet<string>
  /** Whose address this is, of those whose rows are good. */
  owners: ReadonlyMap<string, string>
  /** What the service says became of each row. */
  rows: ReadonlyMap<string, { status: string; reason: string | null }>
  singles: Single[]
  pauses: Pause[]
  /** Moments of kill -9. */
  kills: number[]
  backlog: Stretch[]
  provider: { name: string; channel: Arrival['channel']; units: number; perMs: number }
  /** What the uploads answered, and the file of lines that were not taken. */
  upload: Json
  refused: Refused[]
  /** What counters were off by whenever they were compared. */
  differences: string[]
  compared: number
  /** People whose dispatch had ended (they opened, or opted out) before it was known that their message was taken. */
  endedFirst: number
  /** How many of its people opened, by the answers to the partner. */
  opened: number
  progress: Json
  campaign: Json
}

export interface Known {
  /** First messages that arrived, by person. */
  firsts: Map<string, number>
  /** Attempts of which nobody knows, or of which the provider said later that nobody got it, by person. */
  unclear: Map<string, number>
  /** Arrivals of this campaign. */
  arrivals: Arrival[]
  attempts: (FoundAttempt & { reference: string })[]
}

/** The same, by person. */
export function indexSeen({ history, owners }: CampaignSeen): Known {
  const { found } = history
  const kinds = new Map(found.steps.map(({ dispatchId, n, kind }) => [`${dispatchId}.${n}`, kind]))
  const isFirst = ({ dispatchId, step, kind }: Arrival) =>
    (step === null ? kind : (kinds.get(`${dispatchId}.${step}`) ?? kind)) === 'first'
  const people = new Set(owners.values())
  const references = new Map(found.dispatches.map(({ id, reference }) => [id, reference]))
  const arrivals = history.arrivals.filter(({ to }) => people.has(owners.get(to) ?? ''))
  const attempts = found.attempts.flatMap((attempt) => {
    const reference = references.get(attempt.dispatchId) ?? ''
    return people.has(reference) ? [{ ...attempt, reference }] : []
  })
  return {
    arrivals,
    attempts,
    firsts: countOf(arrivals.filter(isFirst).map(({ to }) => owners.get(to) ?? '')),
    unclear: countOf(attempts.filter(isUnclear).map(({ reference }) => reference)),
  }
}

const isUnclear = ({ outcome, receipt }: FoundAttempt) =>
  outcome === 'ambiguous' || receipt === 'undelivered' || receipt === 'failed'

function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
