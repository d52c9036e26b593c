/** The database's clock, followed from here: this process's own may be off, and the sandbox's may be days ahead. */
export interface FollowedClock {
  now(): Date
  /** Learns how far the database is ahead of this machine. */
  follow(reading: { serverNow: Date; aheadMs: number }): void
}

export function makeClock(): FollowedClock {
  let offsetMs = 0
  return {
    now: () => new Date(Date.now() + offsetMs),
    follow({ serverNow, aheadMs }) {
      const skewMs = serverNow.getTime() - Date.now()
      // A few milliseconds are the way to the database and back, not a wrong clock.
      offsetMs = aheadMs + (Math.abs(skewMs) > 50 ? skewMs : 0)
    },
  }
}

/** ms that never go backwards: deadlines inside a process. */
export const monotonic = (): number => performance.now()
