/** In-memory ports with the contracts of the real ones: what the road asks of the world, without the world. */
import type { Caps } from '../../src/domain/cap.ts'
import type { ChannelName } from '../../src/domain/channel.ts'
import { type Hold, type HoldScope, heldBy } from '../../src/domain/hold.ts'
import { isOpened, type PartnerLink } from '../../src/domain/magic-link.ts'
import type { Message } from '../../src/domain/message.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { makeCircuits } from '../../src/flow/circuit.ts'
import { type Address, addressesOf, type DeliverPorts, type Delivery } from '../../src/flow/delivery.ts'
import type { Attempt, LinkOrder, Partner, PartnerAnswer, Provider, Renderer, Rendering } from '../../src/flow/ports.ts'
import type { SuppressionStore } from '../../src/flow/ports-consent.ts'
import type {
  ClaimOrder,
  DeliverStore,
  Settlement,
  StopFact,
  StopQuestion,
  Work,
} from '../../src/flow/ports-deliver.ts'
import type { EvergreenStore } from '../../src/flow/ports-evergreen.ts'
import type { PaceOrder } from '../../src/flow/ports-pace.ts'
import type { DueLane, PumpStore, TakenStep, TakeOrder } from '../../src/flow/ports-pump.ts'
import type { CarriedLink, HoldStore, LinkStore, StoredLink } from '../../src/flow/ports-store.ts'
import { newUuid } from '../../src/lib/id.ts'
import { HOUR, testVault, unique } from './builders.ts'

/** A Wednesday noon in Chicago: every window there is open. */
export const NOON = new Date('2026-11-18T18:00:00Z')
/** The same day, three in the morning. */
export const NIGHT = new Date('2026-11-18T09:00:00Z')
export const MINUTE = 60_000
export const inMs = (from: Date, ms: number) => new Date(from.getTime() + ms)

export type WorkWish = Partial<Omit<Work, 'dispatch' | 'person'>> & {
  dispatch?: Partial<Work['dispatch']>
  contact?: Work['person']['contact']
}

/** A first message by SMS, then email, at noon, that a worker has just taken up; its recipient has a living link. */
export function aWork({ dispatch, contact, ...wish }: WorkWish = {}): Work {
  const id = wish.dispatchId ?? newUuid()
  const now = wish.now ?? NOON
  return {
    dispatchId: id,
    n: 1,
    turn: 1,
    kind: 'first',
    channel: 'sms',
    chain: ['email'],
    template: 'magic-link',
    tries: 0,
    attempts: 0,
    emptyTurns: 0,
    reason: null,
    dueAt: now,
    fallBackAt: inMs(now, 10 * MINUTE),
    slot: null,
    person: {
      contact: contact ?? { phone: '+15125550123', email: 'ana@example.com', name: { firstName: 'Ana' } },
      variables: {},
      metadata: null,
    },
    userData: null,
    ownLink: null,
    living: aStoredLink({ expiresAt: inMs(now, 96 * HOUR) }),
    sentBefore: [],
    now,
    ...wish,
    dispatch: {
      id,
      referenceId: unique('user'),
      status: 'accepted',
      campaignId: null,
      category: 'transactional',
      locale: 'es-MX',
      timeZone: 'America/Chicago',
      zoneGiven: true,
      fallBackMs: 10 * MINUTE,
      lifeMinutes: 5_760,
      linkOptions: {},
      validUntil: null,
      firstHandedAt: null,
      suspectUntil: null,
      ownWindow: null,
      createdAt: now,
      inApp: false,
      ...dispatch,
    },
  }
}

export function aStoredLink(wish: Partial<StoredLink> = {}): StoredLink {
  const linkId = wish.linkId ?? unique('link')
  return {
    id: newUuid(),
    linkId,
    url: `https://links.example.com/l/${linkId}`,
    expiresAt: inMs(NOON, 96 * HOUR),
    requestedMs: 96 * HOUR,
    ...wish,
  }
}

/** A link as the partner shows it: made an hour ago for four days, not opened. */
export function aPartnerLink(wish: Partial<PartnerLink> = {}): PartnerLink {
  const linkId = wish.linkId ?? unique('link')
  return {
    linkId,
    referenceId: 'user',
    url: `https://links.example.com/l/${linkId}`,
    status: 'active',
    createdAt: inMs(NOON, -HOUR),
    expiresAt: inMs(NOON, 95 * HOUR),
    openedAt: null,
    operationId: null,
    ...wish,
  }
}

export const aHold = (scope: HoldScope, value = '*', wish: Partial<Hold> = {}): Hold => ({
  id: newUuid(),
  scope,
  value,
  reason: 'test',
  placedBy: 'service',
  placedAt: NOON,
  probeAt: null,
  ...wish,
})

export const ok = <T>(value: T): PartnerAnswer<T> => ({ kind: 'ok', value })

/** The partner with its one-active-link rule; `answers` are given before the rule is asked. */
export function fakePartner({ log = [], links = [], now = NOON, ...answers }: PartnerWish = {}) {
  const created: LinkOrder[] = []
  const revoked: string[] = []
  const partner: Partner = {
    async createLink(order) {
      log.push('create')
      created.push(order)
      if (answers.createLink) return answers.createLink
      if (links.length > 0) return { kind: 'active_link_exists' }
      const { referenceId, expiresInMinutes } = order
      return ok(aPartnerLink({ referenceId, createdAt: now, expiresAt: inMs(now, expiresInMinutes * MINUTE) }))
    },
    async activeLinks() {
      log.push('list')
      return answers.activeLinks ?? ok(links)
    },
    openedSince: async () => ok(links.filter(isOpened)),
    async revokeLink(linkId) {
      log.push('revoke')
      revoked.push(linkId)
      return answers.revokeLink ?? ok(null)
    },
    async hasOperation() {
      log.push('operation?')
      return answers.hasOperation ?? ok(false)
    },
    close: async () => undefined,
  }
  return { partner, created, revoked }
}
export interface PartnerWish {
  log?: string[]
  links?: PartnerLink[]
  now?: Date
  createLink?: PartnerAnswer<PartnerLink>
  activeLinks?: PartnerAnswer<PartnerLink[]>
  revokeLink?: PartnerAnswer<null>
  hasOperation?: PartnerAnswer<boolean>
}

/** Links, leases and slots of one process. */
export function fakeLinks({ log = [], known = [], carried = [], leased = [] }: LinksWish = {}) {
  const leases = new Map(leased.map((referenceId) => [referenceId, 'somebody else']))
  const spent = new Set<string>()
  const slotsAnswered: number[] = []
  const revoked: string[] = []
  const links: LinkStore = {
    async lease(referenceId, holder) {
      log.push('lease')
      if (leases.has(referenceId)) return false
      leases.set(referenceId, holder)
      return true
    },
    async release(referenceId, holder) {
      log.push('release')
      if (leases.get(referenceId) === holder) leases.delete(referenceId)
    },
    async spendSlot({ dispatchId, n, turn }) {
      log.push('spend')
      return spent.size < spent.add(`${dispatchId}/${n}/${turn}`).size
    },
    async slotAnswered(slot) {
      slotsAnswered.push(slot)
    },
    slotUnused: async () => undefined,
    find: async (linkId) => known.find((link) => link.linkId === linkId) ?? null,
    async markRevoked(id) {
      revoked.push(id)
    },
    carriedBy: async () => carried,
  }
  return { links, leases, slotsAnswered, revoked }
}
export interface LinksWish {
  log?: string[]
  known?: CarriedLink[]
  carried?: CarriedLink[]
  /** Recipients somebody else is working on. */
  leased?: string[]
}

export const accepted = (providerId = 'provider-1'): Outcome => ({ kind: 'accepted', providerId })

/** A provider that answers as told, and remembers what it was handed. */
function fakeProvider(name: string, channel: Provider['channel'], { log = [], outcome }: ProviderWish = {}) {
  const sent: { message: Message; attempt: Attempt }[] = []
  const provider: Provider = {
    name,
    channel,
    sender: `${name}-sender`,
    async send(message, attempt) {
      log.push('send')
      sent.push({ message, attempt })
      return outcome?.(message) ?? accepted()
    },
    close: async () => undefined,
  }
  return { provider, sent }
}
interface ProviderWish {
  log?: string[]
  outcome?: (message: Message) => Outcome
}

/** Has every template, and needs the variable `code` wherever the template's name says so. */
export function fakeRenderer({ log = [], templates, rendering }: RendererWish = {}): Renderer {
  return {
    render({ template, channel, variables, link }) {
      log.push('render')
      if (rendering) return rendering
      if (template.includes('code') && !variables['code'])
        return { ok: false, code: 'variable_missing', detail: 'without a value: code', missing: ['code'] }
      const text = `Your link: ${link.url}`
      const words = {
        sms: { channel: 'sms' as const, text },
        email: { channel: 'email' as const, subject: 'Your link', html: text, text },
        push: { channel: 'push' as const, title: 'Your link', body: 'Tap' },
      }[channel]
      return { ok: true, words, locale: 'es', version: '7', direction: 'ltr' }
    },
    has: (template) => templates?.includes(template) ?? true,
    list: () => [],
  }
}
interface RendererWish {
  log?: string[]
  templates?: string[]
  rendering?: Rendering
}

export interface StageWish extends Omit<PartnerWish, 'log' | 'now'> {
  work?: Work | null
  claimed?: boolean
  fact?: StopFact | null
  settles?: boolean
  holds?: Hold[]
  outcome?: (message: Message) => Outcome
  providers?: [name: string, channel: Provider['channel']][]
  rendering?: Rendering
  known?: CarriedLink[]
  leased?: string[]
  slots?: boolean
  callbackUrl?: string | null
  /** False: without an address of our own. */
  codes?: false
  mayWriteTo?: DeliverPorts['mayWriteTo']
  caps?: Caps
  /** True when the probe of a hold falls to this step. */
  probes?: boolean
  rates?: DeliverPorts['rates']
  /** How long the next place of the sender lets wait; null: too long. */
  paceMs?: number | null
  /** Other dispatches that failed for the address lately. */
  failedBefore?: number
  /** `monotonic()`, one call after the other; the last one stays. */
  ticks?: number[]
}

/** The code that every message of a stage would get. */
export const A_CODE = 'abcdefgh23456789'

/** Everything `deliver` needs, with a log of what was asked in which order. */
export function makeStage(wish: StageWish = {}) {
  const log: string[] = []
  const { work = aWork(), claimed = true, fact = null, settles = true, holds = [], rendering } = wish
  const settled: Settlement[] = []
  const claims: ClaimOrder[] = []
  const questions: StopQuestion[] = []
  const suppressions: Parameters<SuppressionStore['add']>[0][] = []
  const placed: Parameters<DeliverPorts['hold']>[0][] = []
  const alerts: Parameters<DeliverPorts['alert']>[0][] = []
  const opens: PartnerLink[] = []
  const world = fakeLinks({ log, ...pick(wish, 'known', 'leased') })
  const partner = fakePartner({
    log,
    now: work?.now ?? NOON,
    ...pick(wish, 'links', 'createLink', 'activeLinks', 'revokeLink', 'hasOperation'),
  })
  const carriers = (
    wish.providers ?? [
      ['twilio', 'sms'],
      ['smtp', 'email'],
      ['fcm', 'push'],
    ]
  ).map(([name, channel]) => fakeProvider(name, channel, { log, ...pick(wish, 'outcome') }))
  const { ticks = [1_000] } = wish
  const paced: PaceOrder[] = []
  const lifted: string[] = []
  const kept: Parameters<EvergreenStore['keep']>[0][] = []
  const keep: EvergreenStore['keep'] = async (code) => {
    log.push('keep code')
    kept.push(code)
  }
  const deliveries: DeliverStore = {
    async begin() {
      log.push('begin')
    },
    async work() {
      log.push('work')
      return work
    },
    async claim(order) {
      log.push('claim')
      claims.push(order)
      return claimed
    },
    async stopFact(question) {
      log.push('stop facts')
      questions.push(question)
      return fact
    },
    async settle(settlement) {
      log.push('settle')
      settled.push(settlement)
      return settles
    },
  }
  const ports: DeliverPorts = {
    deliveries,
    links: world.links,
    holds: { current: async () => holds, takeProbe: async () => wish.probes ?? false },
    circuits: makeCircuits(() => 0),
    rates: wish.rates ?? new Map(),
    paces: {
      async take(order) {
        paced.push(order)
        return wish.paceMs === undefined ? 0 : wish.paceMs
      },
    },
    unitsOf: () => 1,
    caps: wish.caps ?? { perDay: 3, perWeek: 7 },
    suppressions: {
      async add(entry) {
        suppressions.push(entry)
        return { fresh: true, touched: [] }
      },
      failedFor: async () => wish.failedBefore ?? 0,
    },
    partner: partner.partner,
    providers: carriers.map(({ provider }) => provider),
    render: fakeRenderer({ log, ...(rendering && { rendering }) }),
    vault: testVault,
    codes:
      wish.codes === false ? null : { base: 'https://here.example.com/l/', newCode: () => A_CODE, store: { keep } },
    slots: wish.slots ?? false,
    callbackUrl: wish.callbackUrl ?? null,
    unsubscribeUrl: null,
    defaultTimeZone: 'America/Chicago',
    mayWriteTo: wish.mayWriteTo ?? null,
    async hold(order) {
      placed.push(order)
    },
    async lift(id) {
      lifted.push(id)
    },
    async pause(ms) {
      log.push(`pause ${ms}`)
    },
    async alert(what) {
      alerts.push(what)
    },
    async missedOpen(link) {
      opens.push(link)
    },
    newId: newUuid,
    random: () => 0.5,
    monotonic: () => (ticks.length > 1 ? ticks.shift() : ticks[0]) ?? 0,
  }
  return {
    ports,
    kept,
    log,
    paced,
    lifted,
    settled,
    claims,
    questions,
    suppressions,
    placed,
    alerts,
    opens,
    turn: { dispatchId: work?.dispatchId ?? newUuid(), n: work?.n ?? 1, turn: work?.turn ?? 1 },
    leases: world.leases,
    slotsAnswered: world.slotsAnswered,
    markedRevoked: world.revoked,
    created: partner.created,
    revoked: partner.revoked,
    sent: () => carriers.flatMap(({ sent }) => sent),
  }
}

/** A delivery as it enters the first named step. */
export const aDelivery = (work: Work, addresses: Address[] = addressesOf(work, testVault)): Delivery => ({
  work,
  readAt: 1_000,
  newId: newUuid,
  addresses,
  tried: [],
  unsent: [],
})

export interface DueStep extends TakenStep {
  lane: number
  channel: ChannelName | 'none'
  needsLink: boolean
  template: string
}

export const aDueStep = (wish: Partial<DueStep> = {}): DueStep => ({
  dispatchId: newUuid(),
  n: 1,
  turn: 1,
  emptyTurns: 0,
  dueAt: NOON,
  lane: 1,
  channel: 'sms',
  needsLink: false,
  template: 'magic-link',
  ...wish,
})

/** Due steps by lane, in order of the lanes' priority, as the store answers them. */
export function fakeSteps({ steps, quotas = {}, queued = {}, singles = queued, closes = [] }: StepsWish) {
  let waiting = steps
  const orders: TakeOrder[] = []
  const fellBack: string[][] = []
  const calls: string[] = []
  const store: PumpStore = {
    async due() {
      calls.push('due')
      return { lanes: lanesOf(waiting, quotas), queued, singles }
    },
    async take(order) {
      calls.push('take')
      orders.push(order)
      const fits = (step: DueStep) =>
        step.lane === order.lane &&
        step.channel === order.channel &&
        step.needsLink === order.needsLink &&
        !order.heldTemplates.includes(step.template)
      const taken = waiting.filter(fits).slice(0, order.limit)
      waiting = waiting.filter((step) => !taken.includes(step))
      return taken
    },
    async expireLeases() {
      calls.push('expire leases')
      return { lost: 0, ambiguous: 0 }
    },
    poisoned: async () => [],
    async fallBack(channels) {
      calls.push('fall back')
      fellBack.push(channels)
      return 0
    },
    async close() {
      calls.push('close')
      return closes.shift() ?? 0
    },
  }
  return { store, orders, fellBack, calls, waiting: () => waiting }
}
interface StepsWish {
  steps: DueStep[]
  quotas?: Record<number, number>
  queued?: Record<string, number>
  /** How many of them are singles; absent: all. */
  singles?: Record<string, number>
  /** How many each call of `close` ends. */
  closes?: number[]
}

function lanesOf(steps: DueStep[], quotas: Record<number, number>): DueLane[] {
  const lanes = new Map<string, DueLane>()
  for (const { lane, channel, needsLink } of steps.toSorted((a, b) => a.lane - b.lane)) {
    const due = { lane, priority: lane, quota: quotas[lane] ?? 1_000, channel, needsLink }
    lanes.set(`${lane}/${channel}/${needsLink}`, due)
  }
  return [...lanes.values()]
}

/** Holds in memory: one in force for each scope and value. */
export function fakeHolds({ holds = [], now = () => NOON }: { holds?: Hold[]; now?: () => Date } = {}) {
  let inForce = holds
  const store: HoldStore = {
    list: async () => inForce,
    current: async () => inForce,
    async place({ scope, value, reason, placedBy, probeAfterMs }) {
      const known = heldBy(inForce, scope, value)
      if (known) return { hold: known, fresh: false }
      const probeAt = probeAfterMs === null ? null : inMs(now(), probeAfterMs)
      const hold = aHold(scope, value, { reason, placedBy, placedAt: now(), probeAt })
      inForce = [...inForce, hold]
      return { hold, fresh: true }
    },
    async lift(id) {
      const hold = inForce.find((one) => one.id === id) ?? null
      inForce = inForce.filter((one) => one.id !== id)
      return hold
    },
    dueProbes: async () =>
      inForce.filter(({ scope, probeAt }) => scope !== 'provider' && probeAt !== null && probeAt <= now()),
    async takeProbe(id, nextMs) {
      const due = inForce.some((one) => one.id === id && one.probeAt !== null && one.probeAt <= now())
      if (due) inForce = inForce.map((one) => (one.id === id ? { ...one, probeAt: inMs(now(), nextMs) } : one))
      return due
    },
    async postpone(id, ms) {
      inForce = inForce.map((one) => (one.id === id ? { ...one, probeAt: inMs(now(), ms) } : one))
    },
  }
  return { store, inForce: () => inForce }
}

/** Those of an object's properties that are there: `undefined` is no value where a port says optional. */
function pick<T extends object, K extends keyof T>(from: T, ...keys: K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as Pick<T, K>
}
