/** What the road needs remembered. Statements of concurrent callers are shared; every write names the states it expects. */
import type { ChannelName } from '../domain/channel.ts'
import type { Category, Contact, IfActive } from '../domain/dispatch.ts'
import type { FeedEvent, NewEvent } from '../domain/event.ts'
import type { Hold, HoldScope } from '../domain/hold.ts'
import type { PlannedStep } from '../domain/step.ts'
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
  /** The life it was made with. */
  requestedMs: number
}

export interface NewDispatch {
  id: string
  referenceId: string
  lane: number
  campaignId: string | null
  /** Those of a campaign who are counted together with this person; null for singles. */
  cohort: number | null
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
  /** The waiting row of an audience that becomes this dispatch, once; null: it comes from no audience. */
  audience: { campaignId: string; referenceId: string } | null
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
  /** The row of the audience does not wait any more: nothing was written. */
  | { kind: 'taken' }

export interface Cohort {
  campaignId: string
  variant: string
  locale: string
}

export interface IntakeStore {
  accept(order: AcceptOrder): Promise<AcceptAnswer>
  /** The number of a cohort, which is made when it is first asked for. */
  cohort(of: Cohort): Promise<number>
  /** The stored answer of an idempotency key (under every look-up key), before anything that depends on the time is looked at. */
  replay(keyHashes: Buffer[]): Promise<(StoredAnswer & { bodyHash: Buffer }) | null>
  recipient(
    referenceId: string,
  ): Promise<{ locale: string | null; timeZone: string | null; contact: Contact | null } | null>
}

/** A living link of the recipient, with its secret. */
export interface StoredLink {
  id: string
  linkId: string
  url: string
  expiresAt: Date
  requestedMs: number
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
  /** Before the create that uses it, once: false when the slot of this turn was spent, or the turn is over. */
  spendSlot(turn: StepTurn): Promise<boolean>
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
