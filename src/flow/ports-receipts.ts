/** What the road needs to hear a provider's later word, and what a person writes back. */
import type { CarriedChannel, ChannelName } from '../domain/channel.ts'
import type { DispatchStatus } from '../domain/dispatch.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { StepKind, StepStatus } from '../domain/step.ts'
import type { Settlement } from './ports-deliver.ts'
import type { StepTurn } from './ports-store.ts'

export type ReceiptStatus =
  | 'scheduled'
  | 'accepted'
  | 'queued'
  | 'sending'
  | 'deferred'
  | 'sent'
  | 'partially_delivered'
  | 'delivered'
  | 'undelivered'
  | 'failed'
  | 'canceled'
  | 'read'
  | 'bounced'
  | 'complained'
  | 'unsubscribed'

/** A provider's later word on an attempt, normalised. */
export interface Receipt {
  provider: string
  channel: CarriedChannel
  /** Our attempt, `<dispatch uuid>.<step>.<attempt>`, where the provider carried it back to us. */
  attemptId: string | null
  /** Our step, `<dispatch uuid>.<step>`: all that a Message-ID can tell. */
  stepId: string | null
  /** What the provider calls the message. */
  providerId: string | null
  /** Whom it is about, if said. To be hashed; never stored, logged or shown. */
  address: string | null
  status: ReceiptStatus
  /** Receipts come late, twice and out of order: a status counts only over a lower rank. */
  rank: number
  /** Nothing more needs to be asked for, though a higher rank may still come. */
  final: boolean
  /** What a failure amounts to, else null. A `suppress` counts whatever the rank: it is about the address. */
  outcome: Outcome | null
  /** How often this failure may lead to another try; null where only the step's own budget counts. */
  mostResends: number | null
  occurredAt: Date | null
  /** The same word said twice has the same key. */
  key: string
}

/** A webhook as it came. Where we are is ours to know: no header is asked for it. */
export interface ReceiptRequest {
  /** Path and query, byte for byte. */
  url: string
  raw: Buffer
  headers: Record<string, string | string[] | undefined>
}

/** `unavailable`: cannot be judged now; answered 503 so that the provider comes again. */
export type ReceiptRefusal = {
  ok: false
  reason: 'no_signature' | 'bad_signature' | 'bad_body' | 'unavailable'
}
export type ReceiptReading = { ok: true; receipts: Receipt[] } | ReceiptRefusal

/** Turns one provider's webhook into receipts, or refuses it. Never rejects. */
export interface ReceiptReader {
  readonly channel: CarriedChannel
  read(request: ReceiptRequest, now: Date): Promise<ReceiptReading>
}

/** A person's text message. */
export interface InboundText {
  provider: string
  /** E.164 */
  from: string
  to: string
  text: string
  providerId: string
  /** What the provider itself made of it, where it looks. */
  optOutType: 'STOP' | 'START' | 'HELP' | null
}

export interface InboundTextReader {
  /** `text: null`: rightly signed, but not from a phone number. */
  read(request: ReceiptRequest): { ok: true; text: InboundText | null } | ReceiptRefusal
}

/** A body fetched with GET, or undefined when there was none. */
export type FetchText = (url: string) => Promise<string | undefined>

/** What became of a message whose answer was lost, or whose receipts never came. */
export interface MessageLookup {
  findMessage(question: MessageQuestion): Promise<MessageFinding>
  messageStatus(providerId: string): Promise<MessageFinding>
}

export interface MessageQuestion {
  /** E.164 */
  to: string
  /** Claim time; a minute of difference between two clocks is allowed for. */
  sentAfter: Date
  /** Keyed hash of the text as it was sent. */
  bodyHash: Buffer
  /** Messages that are known to belong to other attempts. */
  notThese?: readonly string[]
}

export type MessageFinding =
  | { kind: 'found'; providerId: string; status: string; errorCode: number | null }
  /** The provider looked at everything and has no such message. */
  | { kind: 'absent' }
  | { kind: 'unknown'; reason: string }

/** An attempt as it stands, under lock, when a receipt for it is judged. */
export interface ReceiptTarget extends StepTurn {
  attempt: number
  provider: string
  addressHash: Buffer | null
  /** Of the last receipt that counted. */
  rank: number | null
  /** The step's turn is still the one of this attempt. */
  current: boolean
  status: StepStatus
  confirmed: boolean | null
  kind: StepKind
  channel: ChannelName
  chain: ChannelName[]
  tries: number
  fallBackAt: Date | null
  fallBackMs: number
  dispatchStatus: DispatchStatus
  validUntil: Date | null
  /** When the link it carried dies, and whether the CRM brought it: such a link is never replaced. */
  linkExpiresAt: Date | null
  ownLink: boolean
  /** Earlier attempts of the step on this channel whose receipt named the same reason. */
  sameReason: number
  /** Something else of the dispatch was handed over, or may yet be as its first message. */
  othersLive: boolean
  now: Date
}

/** What follows from a receipt: what the attempt learns, and how its step moves. */
export interface ReceiptVerdict {
  /** The receipt came before the outcome of its attempt was written: kept, and looked at again. */
  early: boolean
  moves: Settlement[]
}

export interface ReceiptStore {
  /**
   * Finds the attempt (by its id, else by the provider's, else the last of its step), locks its dispatch and asks `judge`;
   * null means that nothing changes. Answers the target and the verdict, or null when the attempt is not ours.
   */
  hear(
    receipt: Receipt,
    judge: (target: ReceiptTarget) => ReceiptVerdict | null,
  ): Promise<{ target: ReceiptTarget; verdict: ReceiptVerdict | null } | null>
  /** Receipts that came too early and can be judged now. */
  early(): Promise<Receipt[]>
}

/** A step whose last attempt may or may not have arrived. */
export interface UnclearStep extends StepTurn {
  channel: ChannelName
  chain: ChannelName[]
  kind: StepKind
  tries: number
  fallBackMs: number
  /** attempts of this step that ended unclear */
  unclearBefore: number
  /** It stayed ambiguous as long as it may. */
  overdue: boolean
  provider: string
  claimedAt: Date
  now: Date
  /** What a provider with a list can be asked, where it was written down. */
  question: { attemptId: string; to: string; bodyHash: Buffer; notThese: string[] } | null
}
export interface UnclearStore {
  /** Ambiguous steps that are overdue, and those a provider may be asked about once more. */
  due(): Promise<UnclearStep[]>
  /** Written off: the provider may have it, nobody can say. It counts as handed over, with `confirmed: false`. */
  writeOff(step: StepTurn): Promise<void>
  /** Sent once more, because policy says so. */
  resend(step: StepTurn): Promise<void>
  /** Attempts whose last word never came, that are worth a question now; asking is noted. */
  unfinished(): Promise<{ attemptId: string; providerId: string }[]>
}
