/** What is read for answers, pages and people, and who may ask. */
import type { ChannelName } from '../domain/channel.ts'
import type { Category, Contact, DispatchStatus } from '../domain/dispatch.ts'
import type { FeedEvent } from '../domain/event.ts'
import type { DispatchRecord } from '../domain/record.ts'
import type { StepKind, StepStatus } from '../domain/step.ts'
import type { SuspectPolicy, Suspicion } from '../domain/suspicion.ts'
import type { LinkMode, Person, StoredAnswer, StoredLink } from './ports-store.ts'

/** A dispatch as it is read: for answers, pages and people. */
export interface DispatchView {
  id: string
  referenceId: string
  campaignId: string | null
  status: DispatchStatus
  reason: string | null
  category: Category
  template: string
  locale: string
  timeZone: string
  channels: ChannelName[]
  linkMode: LinkMode
  sendAt: Date | null
  validUntil: Date | null
  firstHandedAt: Date | null
  inAppAt: Date | null
  openedAt: Date | null
  suspectOpens: SuspectPolicy
  /** Why every open so far looks like a machine's. */
  suspect: Suspicion | null
  endedAt: Date | null
  createdAt: Date
  person: Person
  steps: StepView[]
  links: LinkView[]
}
export interface StepView {
  n: number
  kind: StepKind
  channel: ChannelName | 'none'
  status: StepStatus
  reason: string | null
  dueAt: Date | null
  handedAt: Date | null
  afterMs: number | null
  provider: string | null
  confirmed: boolean | null
  template: string
}
export interface LinkView {
  id: string
  origin: string
  status: string
  expiresAt: Date
  openedAt: Date | null
  suspect: Suspicion | null
  revokedAt: Date | null
  operationId: string | null
  operationStatus: string | null
  createdAt: Date
}
export interface AttemptView {
  step: number
  n: number
  channel: string
  provider: string
  outcome: string | null
  reason: string | null
  providerId: string | null
  claimedAt: Date
  startBy: Date
  settledAt: Date | null
}
export interface DispatchFilter {
  referenceId: string | null
  campaignId: string | null
  status: string | null
  /** By a person; by nobody at all; or only by what looks like a machine. */
  opened: boolean | 'suspect' | null
  template: string | null
  from: Date | null
  to: Date | null
  /** The cursor: ids below this one, newest first. */
  before: string | null
  limit: number
}
export interface DispatchReader {
  one(id: string): Promise<DispatchView | null>
  list(filter: DispatchFilter): Promise<DispatchView[]>
  byAddress(hashes: Buffer[], filter: Pick<DispatchFilter, 'before' | 'limit'>): Promise<DispatchView[]>
  timeline(id: string): Promise<FeedEvent[]>
  attempts(id: string): Promise<AttemptView[]>
  metadataOf(ids: string[]): Promise<Map<string, Person['metadata']>>
}

export interface RecordReader {
  /** All that is written down of a dispatch, as of one moment. */
  read(id: string): Promise<DispatchRecord | null>
}

export interface ChangeOrder {
  id: string
  contact: Contact | null
  channels: ChannelName[] | null
  locale: string | null
  timeZone: string | null
}
export interface ChangeStore {
  /** Changes a running dispatch from the next claim on; false when it has ended (or, with `ended`, does not exist). */
  change(order: ChangeOrder, allowEnded: boolean): Promise<boolean>
  /** Adds a `resend` step that is due now; answers its number. */
  addResend(id: string, channels: ChannelName[]): Promise<number>
  /** The link for the app's button; the first fetch is the hand-over of that surface. */
  inApp(referenceId: string): Promise<{ dispatchId: string; link: StoredLink; first: boolean } | null>
}

export interface ResendStore {
  /** Adds a `resend` step that is due now, once per idempotency key; `show` writes the answer that is kept with it. */
  addOnce(order: {
    id: string
    channels: ChannelName[]
    keyHash: Buffer
    bodyHash: Buffer
    show(step: StepView): string
  }): Promise<{ kind: 'made' | 'replayed'; answer: StoredAnswer } | { kind: 'key_reused' }>
}

export const SCOPES = ['admin', 'send', 'campaign', 'read', 'in_app:read', 'operate'] as const
export type Scope = (typeof SCOPES)[number]
export const isScope = (text: string): text is Scope => (SCOPES as readonly string[]).includes(text)
/** Who is asking: an API key, by its label. */
export interface Caller {
  keyId: string
  label: string
  scopes: Scope[]
}
export interface KeyStore {
  caller(key: string): Promise<Caller | null>
  /** The bootstrap key of the configuration. */
  ensure(key: string, label: string, scopes: readonly Scope[]): Promise<Caller>
  make(label: string, scopes: readonly Scope[]): Promise<{ key: string; caller: Caller }>
  list(): Promise<(Caller & { createdAt: Date; revokedAt: Date | null })[]>
  revoke(id: string): Promise<boolean>
  openSession(kind: 'sign_in' | 'session', keyId: string, forMs: number): Promise<string>
  session(token: string): Promise<Caller | null>
  useSignIn(token: string): Promise<Caller | null>
  closeSession(token: string): Promise<void>
}

export interface StatusStore {
  /** Nothing is due, queued or claimed. */
  quiet(): Promise<boolean>
  status(): Promise<{
    dueLagMs: number
    pending: number
    queued: Record<string, number>
    ambiguous: number
    /** Those of them that the database this one is a copy of may have sent. */
    doubtful: number
    slots: { all: number; free: number }
    unnumbered: number
  }>
}
