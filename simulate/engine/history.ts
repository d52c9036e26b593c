import { createHash } from 'node:crypto'
import type { ChannelName } from '../../src/domain/channel.ts'
import type { Category, DispatchStatus } from '../../src/domain/dispatch.ts'
import type { StepKind, StepStatus } from '../../src/domain/step.ts'

/** What happened in the world, as somebody who sees everything would write it down. The checks read nothing else. */
export type Fact = { t: number } & What
export type What =
  | {
      what: 'plan'
      dispatch: string
      recipient: string
      category: Category
      holds: boolean
      evergreen: boolean
      steps: string
    }
  | { what: 'told'; dispatch: string }
  | { what: 'dispatch'; dispatch: string; from: DispatchStatus; to: DispatchStatus; reason: string | null }
  | {
      what: 'step'
      dispatch: string
      n: number
      kind: StepKind
      from: StepStatus
      to: StepStatus
      turn: number
      reason: string | null
    }
  | { what: 'claim'; dispatch: string; n: number; turn: number; link: string }
  | RequestFact
  /** The provider knows that the message never arrives. */
  | { what: 'undelivered'; request: string }
  /** A step was taken with a slot of the partner's limit. */
  | { what: 'granted'; dispatch: string; n: number; turn: number; recipient: string }
  | { what: 'create'; recipient: string; by: string }
  | { what: 'link'; link: string; recipient: string; expiresAt: number }
  | { what: 'opened'; link: string; byMachine: boolean }
  | { what: 'operated'; link: string }
  /** The partner said, asked by us, that it was opened. */
  | { what: 'listed'; link: string }
  | { what: 'open answered'; link: string; event: string }
  | { what: 'barred'; addresses: string[]; scope: 'all' | 'commercial'; why: string }
  | { what: 'unbarred'; addresses: string[] }
  | { what: 'stop answered'; dispatch: string; why: string }
  | { what: 'code kept'; code: string; dispatch: string }
  | { what: 'code asked'; code: string }
  /** Somebody who came by with a code, then, was sent on to its link. */
  | { what: 'led'; code: string; since: number }
  | { what: 'hold answered'; scope: string; value: string }
  | { what: 'hold lifted'; scope: string; value: string; by: string }
  | { what: 'workers'; able: number }
  | { what: 'fault'; kind: string; of: string }
  /** A path that is rare, and must be met now and then. */
  | { what: 'sometimes'; path: string }
  | { what: 'bug'; message: string }

export interface RequestFact {
  what: 'request'
  id: string
  dispatch: string
  n: number
  kind: StepKind
  template: string
  turn: number
  attempt: string
  provider: string
  channel: Exclude<ChannelName, 'in_app'>
  address: string
  recipient: string
  category: Category
  campaign: boolean
  link: string
  /** One of ours stands in the message instead of the link; or ''. */
  code: string
  linkExpiresAt: number
  linkLifeMs: number
  /** The provider gives up by then; null: it was not told. */
  validUntil: number | null
  /** The provider has it. */
  taken: boolean
}

export interface History {
  facts: Fact[]
  note(fact: What): void
  hash(print: number): string
}

export function makeHistory(now: () => number, listen: (fact: Fact) => void): History {
  const facts: Fact[] = []
  return {
    facts,
    note(what) {
      const fact: Fact = { t: now(), ...what }
      facts.push(fact)
      listen(fact)
    },
    hash(print) {
      const hash = createHash('sha256')
      for (const fact of facts) hash.update(JSON.stringify(fact))
      return hash.update(String(print)).digest('hex').slice(0, 16)
    },
  }
}
