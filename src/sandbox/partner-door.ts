import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { type Failures, type Reply, send } from './partner-answers.ts'
import type { PartnerState } from './partner-state.ts'
import type { Switches } from './switches.ts'

const WINDOW_MS = 60_000

export interface DoorOptions {
  partnerKey: string
  state: PartnerState
  switches: Switches
  failures: Failures
  now: () => Date
}

/** What every call passes first: the key, the account, and one of the two rate buckets. */
export function makeDoor({ partnerKey, state, switches, failures, now }: DoorOptions) {
  const buckets = {
    create: makeBucket(() => switches.createsPerMinute, now),
    other: makeBucket(() => switches.callsPerMinute, now),
  }

  const refusal = (key: string | undefined, bucket: 'create' | 'other'): Reply | undefined => {
    if (!key) return failures.auth(401, 'UNAUTHORIZED', 'API key or Bearer token required')
    if (state.account.keyRevoked || !same(key, partnerKey))
      return failures.auth(401, 'INVALID_API_KEY', 'Invalid or revoked API key')
    if (state.account.suspended)
      return failures.auth(switches.suspendedStatus, 'PARTNER_SUSPENDED', 'Partner account is suspended or not found')
    const afterMs = buckets[bucket].take()
    return afterMs === 0 ? undefined : failures.throttled(afterMs)
  }

  return {
    through:
      (bucket: 'create' | 'other'): RequestHandler =>
      (req, res, next) => {
        const refused = refusal(req.get('x-api-key'), bucket)
        if (refused) send(res, refused)
        else next()
      },
    reset() {
      buckets.create.reset()
      buckets.other.reset()
    },
  }
}

/** A rolling minute. Refused calls do not count. `take` answers 0, or how long until the next call would pass. */
function makeBucket(limit: () => number, now: () => Date) {
  const taken: number[] = []
  return {
    take(): number {
      const at = now().getTime()
      while (taken[0] !== undefined && taken[0] <= at - WINDOW_MS) taken.shift()
      const blocking = taken[taken.length - limit()]
      if (blocking !== undefined) return blocking + WINDOW_MS - at
      taken.push(at)
      return 0
    },
    reset() {
      taken.length = 0
    },
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()
const same = (a: string, b: string) => timingSafeEqual(digest(a), digest(b))
