import type { SuppressionReason } from './suppression.ts'

/**
 * What a provider's answer (or silence) amounts to. Decided in the provider's own file from one table
 * (reference/provider-errors.md, section 1); only `flow/settle.ts` says what follows from it.
 *
 * `reason` is a short snake_case word a support person can read; it never holds an address, a body or a link.
 */
export type Outcome =
  /** The provider took responsibility. */
  | { kind: 'accepted'; providerId: string }
  /** Certainly not accepted, may work later; spends the attempt budget. */
  | { kind: 'retry'; reason: string; afterMs?: number }
  /** Certainly not accepted: rate or capacity. Spends nothing; the sender pauses for `afterMs`. */
  | { kind: 'throttle'; reason: string; afterMs?: number }
  /** This message to this address will not work. `alert` when a person must also look (our bug, our reputation). */
  | { kind: 'permanent'; reason: string; alert?: true }
  /** Permanent, and the address is unusable or unwilling. */
  | { kind: 'suppress'; reason: string; suppression: SuppressionReason }
  /** Our account, credential or sender is wrong: hold the provider, tell a person, spend nothing. */
  | { kind: 'alert'; reason: string }
  /** Cannot know whether it was accepted: never resent blindly. */
  | { kind: 'ambiguous'; reason: string }
  /** `startBy` had passed before the first byte: nothing was sent, the step is given back. */
  | { kind: 'late' }

export type OutcomeKind = Outcome['kind']
