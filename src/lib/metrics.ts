import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What is measured when somebody looks, rather than counted when it happens. */
export interface Reading {
  dueLagSeconds: number
  due: number
  ambiguous: number
  unnumberedEvents: number
  /** By channel. */
  queueDepth: Record<string, number>
  partnerSlotsFree: number
  /** By scope. */
  holds: Record<string, number>
}

export interface Metrics {
  contentType: string
  /** Reads the gauges and writes everything; counters are there even when the gauges cannot be read. */
  text(): Promise<string>
  accepted(count: number): void
  handed(channel: string, outcome: string): void
  webhook(seconds: number, kind: string): void
  staleWebhook(): void
  /** `null`: nothing looks like a machine. */
  opened(suspect: string | null): void
}

const WEBHOOK_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5]

export function makeMetrics(read: () => Promise<Reading>): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const accepted = new Counter({ name: 'dispatches_accepted_total', help: 'Dispatches answered 202', registers })
  const handed = new Counter({
    name: 'attempts_total',
    help: 'Attempts by channel and outcome; accepted means handed over',
    labelNames: ['channel', 'outcome'] as const,
    registers,
  })
  const webhook = new Histogram({
    name: 'partner_webhook_seconds',
    help: 'From the first byte of a partner webhook to its answer',
    labelNames: ['kind'] as const,
    buckets: WEBHOOK_SECONDS,
    registers,
  })
  const stale = new Counter({
    name: 'partner_webhooks_stale_total',
    help: 'Rightly signed webhooks with an old timestamp',
    registers,
  })
  const opens = new Counter({
    name: 'opens_total',
    help: 'Opens of links, by why they look like a machine (scanner, too_fast) or not (no)',
    labelNames: ['suspect'] as const,
    registers,
  })
  const show = makeGauges(registry)

  return {
    contentType: registry.contentType,
    async text() {
      show(await read().catch(() => null))
      return registry.metrics()
    },
    accepted: (count) => accepted.inc(count),
    handed: (channel, outcome) => handed.inc({ channel, outcome }),
    webhook: (seconds, kind) => webhook.observe({ kind }, seconds),
    staleWebhook: () => stale.inc(),
    opened: (suspect) => opens.inc({ suspect: suspect ?? 'no' }),
  }
}

/** Old figures are worse than none: a reading that failed empties the gauges and says so. */
function makeGauges(registry: Registry): (reading: Reading | null) => void {
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const labelled = (name: string, help: string, label: string) =>
    new Gauge({ name, help, labelNames: [label], registers })
  const readable = gauge('gauges_readable', '1 when the figures below could be read just now')
  const lag = gauge('steps_due_lag_seconds', 'How long the oldest due step has been waiting')
  const due = gauge('steps_due', 'Steps that are due and not queued, up to 10000')
  const ambiguous = gauge('steps_ambiguous', 'Steps whose last attempt may or may not have arrived')
  const unnumbered = gauge('events_unnumbered', 'Events that are not on the feed yet, up to 10000')
  const slots = gauge('partner_slots_free', 'Link creations the partner would take now')
  const depth = labelled('queue_depth', 'Jobs waiting or running', 'channel')
  const holds = labelled('holds', 'Holds in force', 'scope')

  return (reading) => {
    const figures = reading ?? UNKNOWN
    readable.set(reading ? 1 : 0)
    lag.set(figures.dueLagSeconds)
    due.set(figures.due)
    ambiguous.set(figures.ambiguous)
    unnumbered.set(figures.unnumberedEvents)
    slots.set(figures.partnerSlotsFree)
    depth.reset()
    holds.reset()
    for (const [channel, jobs] of Object.entries(figures.queueDepth)) depth.set({ channel }, jobs)
    for (const [scope, count] of Object.entries(figures.holds)) holds.set({ scope }, count)
  }
}

const UNKNOWN: Reading = {
  dueLagSeconds: Number.NaN,
  due: Number.NaN,
  ambiguous: Number.NaN,
  unnumberedEvents: Number.NaN,
  partnerSlotsFree: Number.NaN,
  queueDepth: {},
  holds: {},
}
