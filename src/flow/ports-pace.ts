/** What one sender of a provider may start: SMS segments, mails, pushes. */
export interface Rate {
  units: number
  perMs: number
}

/** When a provider's sender may start its next unit, for all processes. */
export interface PaceStore {
  /** Keeps a place for `units`, and answers in how many ms it comes; null, with nothing kept, when that is more than `withinMs`. */
  take(order: PaceOrder): Promise<number | null>
}

export interface PaceOrder {
  provider: string
  sender: string
  units: number
  msAUnit: number
  withinMs: number
}
