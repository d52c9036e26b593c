import { setTimeout as pause } from 'node:timers/promises'
import { readId } from '../src/lib/id.ts'
import { reservedSlots } from '../src/wiring/road.ts'
import type { Call } from './crm.ts'
import type { Post } from './history.ts'
import type { Outside } from './outside.ts'

/** One request beside the campaign, and when its message was with the provider. */
export interface Single {
  post: Post
  phone: string
  postedAt: number
  arrivedAt: number | null
}

export interface Singles {
  all: Single[]
  /** Sends no more, and waits for those under way. */
  stop(): Promise<void>
}

export interface SinglesOptions {
  outside: Outside
  call: Call
  timeZone: string
  /** Whose address this is: theirs are added. */
  owners: Map<string, string>
  /** Creations the partner allows in a minute. */
  limit: number
}

const OFTEN_MS = 3_000
/** Of what is kept of the partner's limit for them: with more, singles wait as everybody does. */
const KEPT_PART = 0.75
const FIRST_PHONE = 13_122_000_000
/** As long as anybody waits for the last ones. */
const LAST_ONES_MS = 15_000

/** Every few seconds somebody else's order, while the campaign is under way. */
export function startSingles({ outside, call, timeZone, owners, limit }: SinglesOptions): Singles {
  const all: Single[] = []
  const byPhone = new Map<string, Single>()
  const everyMs = Math.max(OFTEN_MS, 60_000 / (reservedSlots(limit) * KEPT_PART))
  let over = false
  outside.seen.onArrival(({ to, at }) => {
    const single = byPhone.get(to)
    if (single) single.arrivedAt ??= at
  })

  async function post(n: number): Promise<void> {
    const phone = `+${FIRST_PHONE + n}`
    const single: Single = {
      post: { key: `single-${n}`, reference: `single-${n}`, tries: 0, ids: [] },
      phone,
      postedAt: Date.now(),
      arrivedAt: null,
    }
    all.push(single)
    owners.set(phone, single.post.reference)
    byPhone.set(phone, single)
    const order = {
      referenceId: single.post.reference,
      contact: { phone, name: { firstName: 'Ana' } },
      channels: ['sms'],
      timeZone,
      reminders: null,
      link: { expiresInMinutes: 60 },
    }
    while (single.post.ids.length === 0) {
      single.post.tries += 1
      const answer = await call('/v1/dispatches', order, { 'idempotency-key': single.post.key })
      if (answer?.status === 202) single.post.ids.push(readId('dsp', answer.body.id ?? '') ?? '')
      else if (answer && answer.status < 500 && answer.status !== 409)
        throw new Error(`a single order was answered ${answer.status} ${answer.body.code}`)
      else await pause(100)
    }
  }

  async function postAll(): Promise<void> {
    const running: Promise<void>[] = []
    for (let n = 0; !over; n++) {
      running.push(post(n))
      await pause(everyMs)
    }
    await Promise.all(running)
  }
  const done = postAll()

  return {
    all,
    async stop() {
      over = true
      await done
      const until = performance.now() + LAST_ONES_MS
      while (all.some(({ arrivedAt }) => arrivedAt === null) && performance.now() < until) await pause(100)
    },
  }
}
