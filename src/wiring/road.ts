import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { isListed } from '../domain/address.ts'
import type { ChannelName } from '../domain/channel.ts'
import { CODE_LENGTH, codeOf } from '../domain/evergreen.ts'
import { brake } from '../flow/brake.ts'
import { makeCircuits } from '../flow/circuit.ts'
import type { DeliverPorts } from '../flow/delivery.ts'
import { type HoldPorts, liftHold, placeHold, probeHolds } from '../flow/hold.ts'
import { catchUp, missedOpen, type OpenPorts } from '../flow/open.ts'
import type { DeliverStore } from '../flow/ports-deliver.ts'
import type { PumpPorts } from '../flow/pump.ts'
import { quarantine } from '../flow/quarantine.ts'
import { pollReceipts, reconcile } from '../flow/reconcile.ts'
import { recordEarly } from '../flow/record-receipt.ts'
import type { ReleasePorts } from '../flow/release.ts'
import { unsubscribeToken } from '../flow/unsubscribe.ts'
import { monotonic } from '../lib/clock.ts'
import { newUuid } from '../lib/id.ts'
import { type Loop, makeLoop } from '../lib/loop.ts'
import { type Metrics, makeMetrics } from '../lib/metrics.ts'
import { patient } from '../lib/patient.ts'
import { isScanner } from '../links/scanner.ts'
import { makeQueues, type Queues } from '../queue/queue.ts'
import { segments } from '../render/segments.ts'
import { setSlots } from '../store/links.ts'
import { makePool } from '../store/pool.ts'
import { makeStore, type Store } from '../store/store.ts'
import { tidy } from '../store/tidy.ts'
import { beat } from '../store/world.ts'
import { runCampaigns } from './campaigns.ts'
import { keepCounters } from './counters.ts'
import type { Ground } from './ground.ts'
import { lookBack } from './look-back.ts'
import type { Outside } from './outside.ts'
import { receiptPorts } from './receipts.ts'

/** Slots of the partner's limit that campaigns leave for single dispatches: so many, or one of fifty where that is more. */
const RESERVED_SLOTS = 5
export const reservedSlots = (perMinute: number) =>
  Math.min(Math.max(RESERVED_SLOTS, Math.ceil(perMinute / 50)), Math.floor(perMinute / 2))
/** Jobs of one channel this process works on at once. */
const CONCURRENCY = 50
/** About two seconds of work for one process. */
const QUEUED_AT_MOST = 1_000
const NUMBERED_AT_ONCE = 5_000

export type Road = Awaited<ReturnType<typeof openRoad>>
export interface RoadOptions {
  /** Keeps the queues of several applications on one server apart. */
  queuePrefix?: string
}

/** The store, the queues, and the loops that move what is due. */
export async function openRoad(ground: Ground, outside: Outside, options: RoadOptions) {
  const { config, log, closers, failed, pool, clock, wakes, follow, publicUrl, traces } = ground
  const { vault, partner, providers, render, codesBase, alerts } = outside
  const perMinute = config.partner.createsPerMinute
  if (perMinute !== null) await setSlots(pool, perMinute, reservedSlots(perMinute))
  const store = traces.store(makeStore({ pool, vault, slots: perMinute !== null, monotonic }))
  const queuePool = config.queue.redisUrl
    ? pool
    : makePool({ url: ground.databaseUrl, max: 16, pinned: false, onError: failed('queue connection lost') })
  if (queuePool !== pool) closers.add('queue pool', () => queuePool.end())
  const carriers = new Map<ChannelName, string[]>([['in_app', []]])
  for (const { channel, name } of providers) carriers.set(channel, [...(carriers.get(channel) ?? []), name])
  const queues = await makeQueues({
    channels: [...carriers.keys()],
    redisUrl: config.queue.redisUrl,
    pool: queuePool,
    prefix: options.queuePrefix,
    concurrency: CONCURRENCY,
    traced: traces.on,
    onError: failed('a job or the queue failed'),
  })

  const metrics = makeMetrics(() => readFigures(store, queues))
  const wake = () => wakes.wake('pump')
  const holds: HoldPorts = {
    holds: store.holds,
    stops: store.stops,
    wake,
    async tell({ type, scope, value, reason, by }) {
      log.warn({ scope, value, reason, by }, type)
      await alerts({ type, scope, value, reason, by })
    },
  }
  const open: OpenPorts = { facts: store.facts, stops: store.stops, vault, isScanner, opened: metrics.opened }
  const delivering: DeliverPorts = {
    deliveries: {
      ...store.deliveries,
      stopFact: patient(store.deliveries.stopFact, { forMs: 20_000, onError: failed('stop facts could not be read') }),
      settle: patient(counted(store.deliveries.settle, metrics), {
        forMs: 25_000,
        onError: failed('an outcome could not be written'),
      }),
    },
    links: store.links,
    holds: store.holds,
    suppressions: store.suppressions,
    partner,
    providers,
    circuits: makeCircuits(monotonic),
    rates: new Map(config.rates.map(({ name, ...rate }) => [name, rate])),
    paces: store.paces,
    unitsOf: (words) => (words.channel === 'sms' ? segments(words.text).segments : 1),
    caps: config.caps,
    render,
    vault,
    codes: codesBase === null ? null : { base: codesBase, newCode, store: store.evergreen },
    slots: perMinute !== null,
    callbackUrl: config.partner.callback === 'per_link' && publicUrl ? `${publicUrl}/webhooks/m2m` : null,
    defaultTimeZone: config.defaults.timeZone,
    mayWriteTo: config.deliverOnlyTo ? (address) => isListed(address, config.deliverOnlyTo ?? []) : null,
    hold: async (order) => void (await placeHold(holds, { ...order, placedBy: 'service' })),
    lift: async (id) => void (await liftHold(holds, id, 'probe')),
    async alert({ what, reason, provider = '' }) {
      log.error({ reason, provider }, what)
      await alerts({ type: 'attention', what, reason, provider })
    },
    unsubscribeUrl: publicUrl ? (id, hash) => `${publicUrl}/u/${unsubscribeToken(vault, id, hash)}` : null,
    missedOpen: async (link) => void (await missedOpen(open, link, clock.now())),
    newId: newUuid,
    random: Math.random,
    monotonic,
    pause: async (ms) => void (await pause(ms)),
  }

  const ask = () => catchUp({ ...open, partner }, clock.now())
  const releasing: ReleasePorts = { ...holds, restored: store.restored, catchUp: ask }
  const { hold, alert } = delivering
  const hearing = receiptPorts(ground, outside, store, { hold, alert, wake })

  const loop = (name: string, everyMs: number, work: () => Promise<boolean>) => {
    const made = makeLoop({ work, everyMs, onError: failed(`${name} stumbled`) })
    closers.add(name, made.stop)
    return made
  }
  const sequencer = loop('sequencer', 1_000, async () => {
    const numbered = await store.events.number()
    if (numbered > 0) wakes.wake('events')
    return numbered === NUMBERED_AT_ONCE
  })
  closers.add('queues', queues.close)
  let pumping: Loop | undefined
  let keeping: Loop | undefined
  let clearing: Loop | undefined
  let campaigns: ReturnType<typeof runCampaigns> | undefined
  if (config.roles.includes('worker')) {
    await lookBack(config, pool, releasing)
    const admitting: PumpPorts = {
      steps: store.steps,
      holds: store.holds,
      queue: queues,
      carriers,
      queuedAtMost: (channel) => twoSecondsOf(delivering, channel),
      now: clock.now,
    }
    const pumps = loop('pump', 1_000, () => traces.pump(admitting))
    pumping = pumps
    const tidying = hourly(() => tidy(pool))
    const upkeep = loop('upkeep', 5_000, async () => {
      await follow()
      await quarantine({ steps: store.steps, deliveries: store.deliveries, alert })
      await probeHolds(releasing)
      await brake({ ...holds, brakes: store.brakes })
      const late = await store.facts.applyLate()
      if (late.length > 0) await store.stops.fence(late)
      await beat(pool)
      await tidying()
      return false
    })
    const reconciling = loop('reconcile', 5_000, async () => {
      const heard = (await recordEarly(hearing)) + (await reconcile(hearing)) + (await pollReceipts(hearing))
      if (heard > 0) wake()
      return false
    })
    clearing = reconciling
    const launching = runCampaigns(ground, outside, { store, hold, wake, loop })
    campaigns = launching
    keepCounters({ tallies: store.tallies, loop, hourly, alert })
    await queues.work([...carriers.keys()], async (turn) => {
      const end = await traces.deliver(delivering, turn)
      sequencer.wake()
      if (end === 'pending') pumps.wake()
    })
    wakes.on('pump', pumps.wake)
    keeping = upkeep
    const wakeBoth = () => {
      upkeep.wake()
      reconciling.wake()
      launching.wake()
      pumps.wake()
    }
    wakes.on('clock', () => {
      follow().then(wakeBoth, failed('the clock could not be read'))
    })
    pumps.wake()
  }
  /** Tests and the inbox wait here; with several processes it speaks of all of them. */
  const settled = async () => {
    await keeping?.idle()
    await clearing?.idle()
    for (;;) {
      await campaigns?.idle()
      await pumping?.idle()
      if (await store.status.quiet()) break
    }
    await sequencer.idle()
  }
  return { store, queues, holds, releasing, open, sequencer, wake, settled, metrics, hearing }
}

const newCode = () => codeOf(randomBytes(CODE_LENGTH))

/** What its providers may start in two seconds, where all of them have a limit. */
function twoSecondsOf({ providers, rates }: DeliverPorts, channel: ChannelName): number {
  const carriers = providers.filter((provider) => provider.channel === channel)
  const units = carriers
    .map(({ name }) => rates.get(name))
    .map((rate) => (rate ? (rate.units / rate.perMs) * 2_000 : Infinity))
  return Math.min(QUEUED_AT_MOST, Math.max(1, Math.ceil(units.reduce((sum, one) => sum + one, 0))))
}

/** Runs the first time, and then when an hour has passed. */
function hourly(work: () => Promise<void>): () => Promise<void> {
  let dueAt = 0
  return async () => {
    if (monotonic() < dueAt) return
    dueAt = monotonic() + 3_600_000
    await work()
  }
}

/** Each attempt is counted when its outcome is written. */
const counted =
  (settle: DeliverStore['settle'], metrics: Metrics): DeliverStore['settle'] =>
  async (settlement) => {
    const written = await settle(settlement)
    if (written) for (const { outcome } of settlement.attempts) metrics.handed(settlement.channel, outcome)
    return written
  }

async function readFigures(store: Store, queues: Queues) {
  const [status, holds, queueDepth] = await Promise.all([store.status.status(), store.holds.list(), queues.depth()])
  const byScope = Object.groupBy(holds, (hold) => hold.scope)
  return {
    dueLagSeconds: status.dueLagMs / 1_000,
    due: status.pending,
    ambiguous: status.ambiguous,
    unnumberedEvents: status.unnumbered,
    partnerSlotsFree: status.slots.free,
    queueDepth,
    holds: Object.fromEntries(Object.entries(byScope).map(([scope, all]) => [scope, all?.length ?? 0])),
  }
}
