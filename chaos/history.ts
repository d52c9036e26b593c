/** What was attempted, what was answered, what arrived and what the database says: all that the checker looks at. */

/** A request of the CRM, repeated with its key until it was answered. Times are ms of the clock on the wall. */
export interface Post {
  key: string
  reference: string
  tries: number
  /** Each id that an answer of 2xx named: one, whatever happened. */
  ids: string[]
}

/** A message that reached a provider's stand-in. */
export interface Arrival {
  at: number
  /** The same moment on the clock that decides, which may be wound at the end. */
  worldAt: number
  channel: 'sms' | 'email' | 'push'
  to: string
  /** As far as the message itself tells. */
  dispatchId: string | null
  step: number | null
  attempt: number | null
  kind: 'first' | 'reminder'
  linkId: string | null
}

/** `link.opened`, answered 2xx for the first time. */
export interface Opened {
  linkId: string
  answeredAt: number
  tries: number
}

/** An opt-out, answered 2xx for the first time: an address, or the whole recipient. */
export interface Stopped {
  of: 'address' | 'recipient'
  value: string
  answeredAt: number
}

export interface Fault {
  kind: string
  target: string
  from: number
  to: number
  note?: string
}

export interface PartnerLinkSeen {
  linkId: string
  createdAt: number
  expiresAt: number
}

export interface FoundDispatch {
  id: string
  reference: string
  status: string
  category: string
  timeZone: string
  /** `dispatch.*` events that end a dispatch, in order. */
  ends: string[]
  /** Links it carried, by the partner's id. */
  carried: string[]
}

export interface FoundStep {
  dispatchId: string
  n: number
  kind: string
  status: string
  reason: string | null
}

export interface FoundAttempt {
  dispatchId: string
  step: number
  n: number
  channel: string
  to: string | null
  outcome: string | null
  reason: string | null
  startBy: number
  /** On the clock that decides. */
  claimedAt: number
  /** The provider's last word: `undelivered` and `failed` say that nobody got it. */
  receipt: string | null
}

/** What the service's database holds when it has come to rest. */
export interface Found {
  dispatches: FoundDispatch[]
  steps: FoundStep[]
  attempts: FoundAttempt[]
  /** Events without a number; and numbers that are missing or twice. */
  feed: { unnumbered: number; outOfLine: number }
}

/** What a copy from the middle of the trouble did, once it had taken the place of the database. */
export interface RestoredSeen {
  /** Why everything was held when it started; null when it was not. */
  reason: string | null
  whileHeld: Arrival[]
  /** After a person had released it, to people who were written to before. */
  afterwards: Arrival[]
  /** How many new people got theirs. */
  newcomers: number
  /** Messages that the lost database may have sent. */
  doubtful: number
  /** Dispatches of which the partner told that their link had been opened meanwhile. */
  opensLearned: number
  atRest: boolean
}

export interface History {
  posts: Post[]
  arrivals: Arrival[]
  opened: Opened[]
  stopped: Stopped[]
  faults: Fault[]
  links: PartnerLinkSeen[]
  /** When each create arrived at the partner, and how many the service may start in a minute. */
  creates: { at: number[]; limit: number }
  found: Found
  /** Absent when no copy was taken. */
  restored?: RestoredSeen
  /** Paths that happen rarely: how often each was seen. */
  sometimes: Record<string, number>
  /** False when the time was over before every plan had: what is still open then says nothing. */
  atRest: boolean
  /** What else went wrong with the run itself. */
  unfinished: string[]
}

export const countBy = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].sort().map(([name, all]) => [name, all.length]))
