import type { ChannelName } from './channel.ts'
import type { DispatchStatus } from './dispatch.ts'
import type { OpeningNotice } from './magic-link.ts'
import type { StepKind, StepStatus } from './step.ts'
import type { SuspectPolicy } from './suspicion.ts'

/** The version of the document. A reader refuses one that it does not know. */
export const RECORD_VERSION = 1

/** ISO 8601 in UTC: a record is a document, and reads the same in a file. */
type Moment = string

/** The facts of one dispatch, in order, as a third party may keep them: no address, no link, no name. */
export interface DispatchRecord {
  record: typeof RECORD_VERSION
  madeAt: Moment
  /** Which database says so, and of which world. */
  databaseId: string
  world: 'sandbox' | 'test' | 'live'
  dispatch: {
    id: string
    referenceId: string
    status: DispatchStatus
    reason: string | null
    createdAt: Moment
    endedAt: Moment | null
    suspectOpens: SuspectPolicy
  }
  steps: { id: string; kind: StepKind; status: StepStatus; reason: string | null }[]
  facts: RecordFact[]
}

/**
 * `at` is the service's time. `startBy`, `outcomeAt` and `fencedAt` are the clock of the database server, which is the same but
 * in the sandbox, where the service's time can be wound ahead; only these three decide whether a message began before an open.
 */
export type RecordFact = Told | Carried | Claimed | Settled | Received | Opened

/** An event of the feed, under its number there. */
export interface Told {
  kind: 'told'
  at: Moment
  sequence: number | null
  type: string
  stepId: string | null
  /** Why, where the event says it. */
  reason: string | null
}

/** From here on the link stands in messages of this dispatch. */
export interface Carried {
  kind: 'carried'
  at: Moment
  linkId: string
  origin: 'created' | 'adopted' | 'brought'
  requestedMs: number
  expiresAt: Moment
}

/** A worker may begin the request until `startBy`, and no later. */
export interface Claimed extends OfAttempt {
  kind: 'claimed'
  at: Moment
  turn: number
  channel: ChannelName
  provider: string
  /** A token for the address or device, the same throughout the record; null: the app's own surface. */
  device: string | null
  linkId: string | null
  startBy: Moment
}

/** What the request came to. `late`: it was never begun. */
export interface Settled extends OfAttempt {
  kind: 'settled'
  at: Moment
  outcome: string
  reason: string | null
  /** What the provider calls the message. */
  providerId: string | null
  outcomeAt: Moment | null
}

/** The provider's last word that counted. */
export interface Received extends OfAttempt {
  kind: 'received'
  at: Moment
  receipt: string
  reason: string | null
}

/** The partner told of an open; from `fencedAt` on no planned step could start, and only then was it answered. */
export interface Opened {
  kind: 'opened'
  at: Moment
  notice: OpeningNotice
  /** null: the notice named the recipient only. */
  linkId: string | null
  openedAt: Moment | null
  fencedAt: Moment | null
  /** Why it looks like a machine's; null: like a person's. */
  suspect: string | null
}

interface OfAttempt {
  stepId: string
  attempt: number
}
