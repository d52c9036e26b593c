/** What the road needs remembered of those who must not be written to, and of what they write back. */
import type { DispatchStatus } from '../domain/dispatch.ts'
import type { SuppressedChannel, SuppressionReason, SuppressionScope } from '../domain/suppression.ts'

export interface NewSuppression {
  /** The current keyed hash of the address or of the recipient. */
  hash: Buffer
  /** The same under every look-up key, where known. */
  hashes?: Buffer[]
  channel: SuppressedChannel
  reason: SuppressionReason
  scope?: SuppressionScope
  note: string | null
  placedBy: string
}
/** A dispatch that may still write to what was barred. */
export interface AffectedDispatch {
  id: string
  referenceId: string
  status: DispatchStatus
  /** Its plan ends: the person said stop, or was barred as a whole. */
  ends: SuppressionReason | null
}
export interface Suppression {
  id: string
  channel: SuppressedChannel
  reason: SuppressionReason
  scope: SuppressionScope
  note: string | null
  placedBy: string
  placedAt: Date
  liftedAt: Date | null
  liftedBy: string | null
  liftReason: string | null
  liftConsent: string | null
}
export interface SuppressionStore {
  add(entry: NewSuppression): Promise<{ fresh: boolean; touched: string[] }>
  /** Many at once; one that stands already is only ever widened. `affected` was read after the commit. */
  addAll(entries: NewSuppression[]): Promise<{ fresh: boolean[]; ids: string[]; affected: AffectedDispatch[] }>
  one(id: string): Promise<Suppression | null>
  /** In force, newest first. */
  list(before: string | null, limit: number): Promise<Suppression[]>
  /** In force and lifted, newest first. */
  find(hashes: Buffer[]): Promise<Suppression[]>
  /** The addresses a dispatch sent mail to, as hashes, and the language of its person. */
  mailedBy(dispatchId: string): Promise<{ locale: string; hashes: Buffer[] } | null>
  /** For how many other dispatches a message to this address failed for this reason, in so many days. */
  failedFor(question: { hashes: Buffer[]; reason: string; exceptFor: string; days: number }): Promise<number>
  /** Lifts what is in force, and what stands on the recipient because of it. */
  lift(ids: string[], by: string, reason: string, consent: string | null): Promise<string[]>
}

/** What a person wrote, and nobody but a person can answer. */
export interface KeptText {
  id: string
  receivedAt: Date
  dispatchId: string | null
  /** null: the dispatch has another number by now, or there is none. */
  phone: string | null
  text: string
}
export interface KeptTextReader {
  /** Newest first, below the id of the cursor. */
  list(before: string | null, limit: number): Promise<KeptText[]>
}

/** Texts of people, and whose they are. */
export interface ReplyStore {
  /** The newest dispatch that wrote to this number. */
  lastOf(hashes: Buffer[]): Promise<{ dispatchId: string; referenceId: string; locale: string } | null>
  /** Keeps a text for a person, sealed, with its event; false when it was kept before. */
  keep(text: { keyHash: Buffer; hash: Buffer; dispatchId: string | null; text: string }): Promise<boolean>
}
