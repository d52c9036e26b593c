/** What the road needs remembered. Statements of concurrent callers are shared; every write names the states it expects. */
import type { Caps } from '../domain/cap.ts'
import type { ChannelName } from '../domain/channel.ts'
import type { Category, Contact, DispatchStatus, IfActive } from '../domain/dispatch.ts'
import type { FeedEvent, NewEvent } from '../domain/event.ts'
import type { Hold, HoldScope } from '../domain/hold.ts'
import type { OutcomeKind } from '../domain/outcome.ts'
import type { PlannedStep, StepKind, StepStatus } from '../domain/step.ts'
import type { SuspectPolicy } from '../domain/suspicion.ts'

export interface StepKey {
  dispatchId: string
  n: number
}
/** A job names the turn: a late or doubled job finds nothing to do. */
export interface StepTurn extends StepKey {
  turn: number
}

/** What only the person and we may know; sealed at rest. */
export interface Person {
  contact: Contact
  variables: Record<string, unknown>
  metadata: Record<string, unknown> | null
}

export type LinkMode = 'direct' | 'evergreen'
export interface LinkOptions {
  /** `evergreen`: the message carries a code of ours that leads to the link. Absent: `direct`, the link itself. */
  mode?: LinkMode
  expiresInMinutes?: number
  theme?: string
  flow?: string
  language?: 'en' | 'es'
  metadata?: Record<string, string>
  replaceOpened?: boolean
}

export interface OwnLink {
  id: string
  linkId: string
  url: string
  expiresAt: Date
}

export interface NewDispatch {
  id: string
  referenceId: string
  lane: number
  campaignId: string | null
  category: Category
  template: string
  locale: string
  timeZone: string
  zoneGiven: boolean
  channels: ChannelName[]
  fallBackMs: number
  lifeMinutes: number
  linkOptions: LinkOptions
  ownLink: OwnLink | null
  suspectOpens: SuspectPolicy
  sendAt: Date | null
  validUntil: Date | null
  createdAt: Date
  steps: PlannedStep[]
  person: Person
  userData: Record<string, unknown> | null
  events: NewEvent[]
}

export interface AcceptOrder {
  dispatch: NewDispatch
  ifActive: IfActive
  /** What the recipient row learns: only what the request itself said. */
  recipient: { locale: string | null; timeZone: string | null; contact: Contact | null }
  idempotency: { keyHash: Buffer; bodyHash: Buffer } | null
  answer: StoredAnswer
}
export interface StoredAnswer {
  status: number
  location: string | null
  body: string
}
export type AcceptAnswer =
  | { kind: 'accepted'; superseded: string[] }
  | { kind: 'replayed'; answer: StoredAnswer }
  | { kind: 'key_reused' }
  | { kind: 'in_flight' }
  | { kind: 'active'; id: string }

export interface IntakeStore {
  accept(order: AcceptOrder): Promise<AcceptAnswer>
  /** The stored answer of an idempotency key (under every look-up key), before anything that depends on the time is looked at. */
  replay(keyHashes: Buffer[]): Promise<(StoredAnswer & { bodyHash: Buffer }) | null>
  recipient(
    referenceId: string,
  ): Promise<{ locale: string | null; timeZone: string | null; contact: Contact | null } | null>
}

export interface PumpStore {
  /** Lanes and channels with due work, and how much of each channel is queued. */
  due(): Promise<{ lanes: DueLane[]; queued: Record<string, number> }>
  /** Moves due steps to `queued`, raising their turn; a step that needs a link gets a slot or stays. */
  take(order: TakeOrder): Promise<TakenStep[]>
  /** Steps whose job vanished go back to `pending`; claims without an outcome become `ambiguous`. */
  expireLeases(): Promise<{ lost: number; ambiguous: number }>
  /** Steps whose worker died with them so often that nobody takes them up again. */
  poisoned(): Promise<PoisonedStep[]>
  /** Steps that waited too long on a channel that cannot send go on to the next. */
  fallBack(channels: string[]): Promise<number>
  /** Silent close steps that are due: dispatches become `exhausted` or `expired`, or the close waits on. */
  close(limit: number): Promise<number>
}
export interface DueLane {
  lane: number
  priority: number
  quota: number
  channel: ChannelName | 'none'
  needsLink: boolean
}
export interface TakeOrder {
  lane: number
  channel: ChannelName
  needsLink: boolean
  limit: number
  heldTemplates: string[]
}
export interface TakenStep extends StepTurn {
  emptyTurns: number
  dueAt: Date
}

export interface PoisonedStep extends StepTurn {
  kind: StepKind
  channel: ChannelName
  chain: ChannelName[]
  tries: number
}

/** A living link of the recipient, with its secret. */
export interface StoredLink {
  id: string
  linkId: string
  url: string
  expiresAt: Date
  requestedMs: number
}

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
  /** `bodyHash`: keyed hash of a text, by which it is found again at the provider. */
  attempts: { n: number; provider: string; addressHash: Buffer | null; bodyHash?: Buffer }[]
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
  from: 'queued' | 'claimed' | 'ambiguous' | 'handed'
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

export interface CarriedLink extends StoredLink {
  status: string
  origin: string
  operationId: string | null
}

export interface LinkStore {
  /** The recipient's lease, or false when somebody else works on it. */
  lease(referenceId: string, holder: string): Promise<boolean>
  release(referenceId: string, holder: string): Promise<void>
  /** The create was answered (or ran out of time): the slot is free again in 60 s. */
  slotAnswered(slot: number): Promise<void>
  slotUnused(slot: number): Promise<void>
  /** A link of ours by the partner's id, under any look-up key. */
  find(linkId: string): Promise<(StoredLink & { status: string; operationId: string | null }) | null>
  markRevoked(linkId: string): Promise<void>
  /** Links a dispatch carried, with their secrets, living ones first. */
  carriedBy(dispatchId: string): Promise<CarriedLink[]>
}

export interface StopStore {
  /** Ends running dispatches; answers those it moved, with the steps it stopped. */
  stop(
    ids: string[],
    status: 'cancelled' | 'superseded' | 'suppressed',
    reason: string | null,
  ): Promise<{ id: string; stopped: number }[]>
  runningOf(referenceId: string): Promise<string[]>
  referenceOf(id: string): Promise<string>
  /** Resolves when no step of these dispatches is claimed with `start_by` ahead: 2 s at most (design 3.6). */
  fence(ids: string[]): Promise<void>
  /** The same for every step there is: what a hold on more than one dispatch waits for. */
  fenceAll(): Promise<void>
}

export interface HoldStore {
  list(): Promise<Hold[]>
  /** In force; from a copy at most a second old, for the pump and status only: the claim asks the database. */
  current(): Promise<Hold[]>
  place(hold: {
    scope: HoldScope
    value: string
    reason: string
    placedBy: string
    probeAfterMs: number | null
  }): Promise<{ hold: Hold; fresh: boolean }>
  lift(id: string, by: string): Promise<Hold | null>
  /** Holds on more than one provider whose cause may be gone: what the service asks about by itself. */
  dueProbes(): Promise<Hold[]>
  /** The next message of a held provider: true for one step, and for `nextMs` for no other. */
  takeProbe(id: string, nextMs: number): Promise<boolean>
  postpone(id: string, ms: number): Promise<void>
}

export interface EventStore {
  append(events: NewEvent[]): Promise<void>
  /** Numbers committed events in bulk; answers how many. */
  number(): Promise<number>
  after(sequence: number, limit: number): Promise<FeedEvent[]>
}
