import type { OutcomeKind } from '../domain/outcome.ts'

/** Counts what providers answer, in this process, and says when one has failed so often that it is better left alone. */
export interface Circuits {
  /** True when the provider should be held now. */
  hear(provider: string, outcome: OutcomeKind): boolean
}

/** reference/provider-errors.md, section 8. */
const IN_A_ROW = 20
const WITHIN_MS = 60_000
const FEWEST = 40
const SHARE = 0.5

/** Nothing can be learned about the provider from these: ours was too late, or it only asked for patience. */
const SAYS_NOTHING: readonly OutcomeKind[] = ['late', 'throttle']
/** Silence counts: whoever does not answer leaves a message of which nobody knows whether it was sent. */
const FAILURES: readonly OutcomeKind[] = ['retry', 'ambiguous', 'alert']

interface Heard {
  failedInARow: number
  lately: { at: number; failed: boolean }[]
}

/** `now` counts ms and never goes backwards. */
export function makeCircuits(now: () => number): Circuits {
  const heard = new Map<string, Heard>()
  return {
    hear(provider, outcome) {
      if (SAYS_NOTHING.includes(outcome)) return false
      const failed = FAILURES.includes(outcome)
      const { failedInARow, lately } = heard.get(provider) ?? { failedInARow: 0, lately: [] }
      const recent = [...lately.filter(({ at }) => now() - at < WITHIN_MS), { at: now(), failed }].slice(-FEWEST)
      const inARow = failed ? failedInARow + 1 : 0
      const trips = failed && (inARow >= IN_A_ROW || failsTooOften(recent))
      heard.set(provider, trips ? { failedInARow: 0, lately: [] } : { failedInARow: inARow, lately: recent })
      return trips
    },
  }
}

const failsTooOften = (lately: Heard['lately']) =>
  lately.length === FEWEST && lately.filter(({ failed }) => failed).length >= FEWEST * SHARE
