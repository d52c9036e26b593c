/** What a delivery reads, claims and settles. */
import type { OwnWindow } from '../domain/campaign.ts'
import type { Caps } from '../domain/cap.ts'
import type { ChannelName } from '../domain/channel.ts'
import type { Category, DispatchStatus } from '../domain/dispatch.ts'
import type { NewEvent } from '../domain/event.ts'
import type { HoldScope } from '../domain/hold.ts'
import type { OutcomeKind } from '../domain/outcome.ts'
import type { StepKind, StepStatus } from '../domain/step.ts'
import type { LinkOptions, Person, StepKey, StepTurn, StoredLink } from './ports-store.ts'

/** Everything `deliver` needs to know of a step, read in one statement. */
export interface Work extends StepTurn {
  kind: StepKind
  channel: ChannelName
  chain: ChannelName[]
  template: string
  tries: number
  attempts: number
  emptyTurns: number
  /** Why it waited last. */
  reason: string | null
  dueAt: Date
  fallBackAt: Date | null
  slot: number | null
  dispatch: {
    id: string
    referenceId: string
    status: DispatchStatus
    campaignId: string | null
    category: Category
    locale: string
    timeZone: string
    zoneGiven: boolean
    fallBackMs: number
    lifeMinutes: number
    linkOptions: LinkOptions
    validUntil: Date | null
    firstHandedAt: Date | null
    /** It holds for an open that looks like a machine's: no planned step leaves before. */
    suspectUntil: Date | null
    createdAt: Date
    /** Its campaign's own hours, within the legal ones. */
    ownWindow: OwnWindow | null
    inApp: boolean
  }
  person: Person
  userData: Record<string, unknown> | null
  /** The link the CRM brought. */
  ownLink: StoredLink | null
  /** The recipient's unopened, unrevoked, unexpired link with the longest life. */
  living: StoredLink | null
  /** When the person's messages of the last seven days left, newest first, this step's own not among them. */
  sentBefore: Date[]
  now: Date
}

/** A link that is not stored yet: its row commits with the claim. */
export interface FreshLink extends StoredLink {
  origin: 'created' | 'adopted'
  createdAt: Date
  replaces: boolean
}

export interface ClaimOrder extends StepTurn {
  referenceId: string
  link: { stored: StoredLink } | { fresh: FreshLink }
  slot: number | null
  /** `bodyHash`: keyed hash of a text, by which it is found again at the provider. `template`: its words, as name@version. */
  attempts: { n: number; provider: string; addressHash: Buffer | null; bodyHash?: Buffer; template?: string | null }[]
  /** How long the outcome may take before the claim counts as ambiguous. */
  outcomeWithinMs: number
}

export interface StopQuestion extends StepKey {
  kind: StepKind
  channel: string
  provider: string
  template: string
  linkId: string
  /** Keyed hashes (every key version) of the addresses in use and of the recipient. */
  hashes: Buffer[]
  /** A provider's hold that this step probes: it alone may pass it. */
  probing: string | null
  /** What the person may get at most; null: this step is exempt. */
  caps: Caps | null
}
export type StopFact =
  | { kind: 'over'; status: DispatchStatus }
  | {
      kind: 'suppressed'
      hashes: Buffer[] /** opt-out, complaint or block: the person said stop */
      aboutWill: boolean
    }
  | { kind: 'held'; scope: HoldScope; value: string }
  /** The link was opened; the dispatch has been ended with it, or will be. */
  | { kind: 'opened' }
  /** An open that looks like a machine's: the dispatch waits for a second sign of life. */
  | { kind: 'suspect'; until: Date }
  /** The link was revoked since it was found. */
  | { kind: 'link_gone' }
  /** Other messages to this person were claimed meanwhile. */
  | { kind: 'capped' }

export interface AttemptResult {
  n: number
  outcome: OutcomeKind
  reason: string | null
  providerId: string | null
}

/** What becomes of a step. Written only where the step still is in `from` at this turn. */
export interface Settlement extends StepTurn {
  from: 'pending' | 'queued' | 'claimed' | 'ambiguous' | 'handed'
  to: Exclude<StepStatus, 'queued' | 'claimed'>
  reason: string | null
  /** For `pending`: when to look again. For `ambiguous`: when to stop waiting. */
  dueAt: Date | null
  channel: ChannelName
  chain: ChannelName[]
  tries: number
  fallBackAt: Date | null
  needsLink: boolean
  provider: string | null
  confirmed: boolean | null
  attempts: AttemptResult[]
  /** For `handed`: when the carried link dies, so that the close looks again then. */
  linkExpiresAt: Date | null
  /** The dispatch ends with this step. */
  ends: { status: 'failed' | 'expired' | 'suppressed'; reason: string } | null
  /** A slot that was taken for a create that never started. */
  freeSlot: number | null
  events: NewEvent[]
}

export interface DeliverStore {
  work(turn: StepTurn): Promise<Work | null>
  /** A step that travels alone was taken up: an end without a word counts as a death of its worker. */
  begin(turn: StepTurn): Promise<void>
  claim(order: ClaimOrder): Promise<boolean>
  stopFact(question: StopQuestion): Promise<StopFact | null>
  settle(settlement: Settlement): Promise<boolean>
}
