/** What the road needs remembered of codes that stand in messages instead of the partner's link. Only their hashes. */
import type { DispatchStatus } from '../domain/dispatch.ts'

export interface EvergreenStore {
  /** Before the message that carries the code may leave. */
  keep(code: { hash: Buffer; dispatchId: string }): Promise<void>
  /** By the keyed hashes under every look-up key; null when it is none of ours. */
  find(hashes: Buffer[]): Promise<FoundCode | null>
  /**
   * Notes that a fresh link is asked for; false, with nothing noted, when that was done a moment ago or too often today.
   * From then on neither this code nor, while no link lives, any other of its dispatch leads anywhere: the fresh link is
   * for whoever gets the fresh message, not for whoever asked.
   */
  ask(hash: Buffer): Promise<boolean>
}

/** What it takes to put a code of our own into a message. */
export interface Codes {
  /** `PUBLIC_URL/l/` */
  base: string
  newCode(): string
  store: Pick<EvergreenStore, 'keep'>
}

export interface FoundCode {
  hash: Buffer
  dispatchId: string
  status: DispatchStatus
  locale: string
  /** `validUntil` has passed: nothing is sent any more. */
  over: boolean
  /** The carried link that still works, where this code leads to it. */
  url: string | null
  /** A fresh link was asked for a moment ago. */
  asked: boolean
}
