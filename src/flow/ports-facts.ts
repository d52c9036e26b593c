import type { Suspicion } from '../domain/suspicion.ts'

/** A partner's notice in the form that may be stored. */
export interface FactOrder {
  keyHash: Buffer
  /** The same key under the other look-up keys: what was stored before they changed is not new. */
  otherKeyHashes: Buffer[]
  type: string
  linkLookups: Buffer[]
  referenceId: string | null
  occurredAt: Date
  openedAt: Date | null
  operationId: string | null
  /** What its user agent says; whether it came too fast is judged where hand-overs are known. */
  suspect: Suspicion | null
  raw: string
  data: Record<string, unknown>
}

export interface FactStore {
  /** Stores a notice once and applies it. */
  record(fact: FactOrder): Promise<Recorded>
  /** No step that this open stops can start any more: notes the server's clock, the first time. */
  fenced(keyHash: Buffer): Promise<void>
  /** Applies stored opens whose link became known since. */
  applyLate(): Promise<string[]>
}

export interface Recorded {
  fresh: boolean
  /** The dispatches whose plan it ended, or made wait. */
  touched: string[]
  /** As judged when it was first applied. */
  suspect: Suspicion | null
}
