import type { Fault, Faults } from './faults.ts'
import type { PartnerIds } from './partner-ids.ts'
import type { Switches } from './switches.ts'
import { MANGLES, RESIGNS, signRequest } from './webhook-envelope.ts'
import { makeSender } from './webhook-sender.ts'

const MINUTE = 60_000
/** Delay after each failure; after the fifth attempt the delivery has failed. */
const RETRIES_MS = [MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE]
const KEPT = 20_000
/** Faults of one attempt; the others strike when the event is made. */
const AT_SENDING = ['duplicate', ...Object.keys(MANGLES), ...Object.keys(RESIGNS)]

export interface Delivery {
  id: string
  event: string
  url: string
  body: string
  state: 'pending' | 'delivered' | 'failed'
  nextAt: Date | null
  attempts: { at: Date; timestamp: string; status: number | null; error: string | null; fault: string | null }[]
}

export interface WebhookOptions {
  url: string
  secret: string
  now: () => Date
  ids: PartnerIds
  faults: Faults
  switches: Switches
  log: (event: object) => void
}

export interface Webhooks {
  /** Sends now and retries by the ladder. Resolves after the first attempt, whatever came of it. */
  emit(event: string, data: Record<string, unknown>, url?: string | null): Promise<void>
  deliveries(): Delivery[]
  /** The portal's replay: the same bytes from the first rung of the ladder. False when unknown or under way. */
  replay(id: string): boolean
  /** Resolves when nothing is in flight and nothing is due by the clock. */
  idle(): Promise<void>
  /** A hard switch: retries are signed with the new one. */
  rotate(secret: string): void
  reset(): void
  close(): Promise<void>
}

interface Tracked extends Delivery {
  rung: number
  timer: NodeJS.Timeout | undefined
  flight: Promise<void> | undefined
  oldTimestamp: boolean
}

/** The partner's outgoing webhooks: signed, retried at 0, +1 min, +5 min, +30 min, +2 h, replayable. */
export function makeWebhooks({ url, secret, now, ids, faults, switches, log }: WebhookOptions): Webhooks {
  const sender = makeSender({ timeoutMs: () => switches.webhookTimeoutMs })
  const all = new Map<string, Tracked>()
  const pending = new Set<Tracked>()
  let key = secret

  const emit = async (event: string, data: Record<string, unknown>, to?: string | null) => {
    if (!switches.webhooks) return
    const strange = faults.take('webhook', isFor(event, ['unknown_event', 'unknown_link']))
    if (strange?.kind === 'unknown_event') queue('link.renamed', data, to)
    if (strange?.kind === 'unknown_link') queue(event, { ...data, linkId: ids.id('link') }, to)
    await queue(event, data, to).flight
  }

  const queue = (event: string, data: Record<string, unknown>, to?: string | null): Tracked => {
    const delivery: Tracked = {
      id: ids.id('whd'),
      event,
      url: to ?? url,
      body: JSON.stringify({ event, timestamp: now().toISOString(), data }),
      state: 'pending',
      nextAt: now(),
      attempts: [],
      rung: 0,
      timer: undefined,
      flight: undefined,
      oldTimestamp: Boolean(faults.take('webhook', isFor(event, ['old_timestamp_on_retry']))),
    }
    all.set(delivery.id, delivery)
    forgetOldest()
    start(delivery)
    return delivery
  }

  const start = (delivery: Tracked) => {
    clearTimeout(delivery.timer)
    pending.add(delivery)
    delivery.flight = attempt(delivery).finally(() => {
      delivery.flight = undefined
    })
  }

  const attempt = async (delivery: Tracked) => {
    const at = now()
    const fault = faults.take('webhook', isFor(delivery.event, AT_SENDING))
    const request = sign(delivery, fault)
    const post = () => sender.post(delivery.url, request)
    const [answer] = await Promise.all(fault?.kind === 'duplicate' ? [post(), post()] : [post()])
    const timestamp = request.headers['X-M2M-Timestamp'] ?? ''
    delivery.attempts.push({ at, timestamp, ...answer, fault: fault?.kind ?? null })
    if (pending.has(delivery)) settle(delivery, answer.status)
  }

  const sign = (delivery: Tracked, fault: Fault | undefined) => {
    const first = delivery.rung > 0 ? delivery.attempts.at(-delivery.rung)?.timestamp : undefined
    const keeps = delivery.oldTimestamp || switches.retryTimestamp === 'old'
    const fresh = String(Math.floor(now().getTime() / 1_000))
    const resign = RESIGNS[fault?.kind ?? '']
    const [timestamp, body] =
      fault && resign ? resign(fresh, delivery.body, fault) : [(keeps && first) || fresh, delivery.body]
    const request = signRequest(key, delivery.event, timestamp, body)
    return MANGLES[fault?.kind ?? '']?.(request) ?? request
  }

  const settle = (delivery: Tracked, status: number | null) => {
    const delivered = status !== null && status >= 200 && status < 300
    const delay = RETRIES_MS[delivery.rung++]
    if (!delivered) log({ event: 'sandbox.webhook_failed', type: delivery.event, attempt: delivery.rung, status })
    if (!delivered && delay !== undefined) return retryIn(delivery, delay)
    delivery.state = delivered ? 'delivered' : 'failed'
    delivery.nextAt = null
    pending.delete(delivery)
  }

  const retryIn = (delivery: Tracked, delayMs: number) => {
    delivery.nextAt = new Date(now().getTime() + delayMs)
    wait(delivery, delayMs)
  }

  /** Real time runs beside a clock that can be wound: the timer only looks whether the delivery is due. */
  const wait = (delivery: Tracked, delayMs: number) => {
    delivery.timer = setTimeout(() => {
      const left = (delivery.nextAt?.getTime() ?? 0) - now().getTime()
      if (left <= 0) start(delivery)
      else wait(delivery, left)
    }, delayMs).unref()
  }

  const isDue = (delivery: Tracked) => !delivery.flight && delivery.nextAt !== null && delivery.nextAt <= now()

  const idle = async () => {
    for (;;) {
      for (const delivery of [...pending].filter(isDue)) start(delivery)
      const flights = [...pending].flatMap((delivery) => delivery.flight ?? [])
      if (flights.length === 0) return
      await Promise.all(flights)
    }
  }

  const replay = (id: string) => {
    const delivery = all.get(id)
    if (!delivery || delivery.state === 'pending') return false
    Object.assign(delivery, { state: 'pending', rung: 0, nextAt: now() })
    start(delivery)
    return true
  }

  const forgetOldest = () => {
    const [oldest] = all.size > KEPT ? all.values() : []
    if (oldest && oldest.state !== 'pending') all.delete(oldest.id)
  }

  const reset = () => {
    for (const delivery of pending) clearTimeout(delivery.timer)
    pending.clear()
    all.clear()
    key = secret
  }

  return {
    emit,
    deliveries: () => [...all.values()].map(show),
    replay,
    idle,
    rotate: (next) => {
      key = next
    },
    reset,
    async close() {
      reset()
      await sender.close()
    },
  }
}

const isFor = (event: string, kinds: string[]) => (fault: Fault) =>
  kinds.includes(fault.kind) && (fault.event === undefined || fault.event === event)

const show = ({ rung: _, timer: __, flight: ___, oldTimestamp: ____, ...delivery }: Tracked): Delivery => ({
  ...delivery,
  attempts: delivery.attempts.map((attempt) => ({ ...attempt })),
})
