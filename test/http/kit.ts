import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Express } from 'express'
import { pino } from 'pino'
import supertest from 'supertest'
import type { FeedEvent } from '../../src/domain/event.ts'
import type { Hold } from '../../src/domain/hold.ts'
import type { DispatchRecord } from '../../src/domain/record.ts'
import type { Notice, NoticeReading } from '../../src/flow/ports.ts'
import type { KeptText, NewSuppression, Suppression } from '../../src/flow/ports-consent.ts'
import type { FoundCode } from '../../src/flow/ports-evergreen.ts'
import type { TakeBack } from '../../src/flow/ports-follow-up.ts'
import type { Caller, DispatchFilter, DispatchView, Scope } from '../../src/flow/ports-read.ts'
import type { InboundTextReader, Receipt, ReceiptReading } from '../../src/flow/ports-receipts.ts'
import type { AcceptAnswer, AcceptOrder, StoredAnswer } from '../../src/flow/ports-store.ts'
import type { CampaignHead } from '../../src/flow/ports-tally.ts'
import type { HttpPorts } from '../../src/http/ports.ts'
import { makeServer } from '../../src/http/server.ts'
import { newUuid, showId } from '../../src/lib/id.ts'
import { noAudiences } from '../support/audience-fakes.ts'
import { fakeCampaigns, noRecurrences } from '../support/campaign-fakes.ts'
import { aPlan } from '../support/campaigns.ts'
import { noEstimates } from './estimate-kit.ts'
import { fakeSuppressions } from './suppression-kit.ts'

export const NOW = new Date('2026-11-22T14:30:00.000Z')
export const SAMPLE_URL = 'https://widget.example/sample'

/** The keys of the house, named after their one scope. */
export const KEYS: Record<string, Caller> = Object.fromEntries(
  (['admin', 'send', 'read', 'in_app:read', 'operate', 'campaign'] as Scope[]).map((scope, i) => [
    `key-${scope}`,
    { keyId: `0198c6c0-0000-7000-8000-00000000000${i}`, label: scope, scopes: [scope] },
  ]),
)

/** What the door did to the house. */
export interface Seen {
  accepted: AcceptOrder[]
  notices: Notice[]
  cancelled: { ids: string[]; reason: string | null }[]
  changes: unknown[]
  resends: { id: string; channels: string[] }[]
  filters: Partial<DispatchFilter>[]
  lookups: [kind: string, value: string][]
  webhooks: string[]
  receipts: Receipt[]
  replies: string[]
  suppressed: NewSuppression[]
  stale: number
  /** How often a fresh link was asked for; granted the first time. */
  asked: number
  keyLookups: number
  log: string[]
  /** What was decided about doubtful messages. */
  doubtful: ('hand' | 'send')[]
}

/** What a test may lay out before it knocks. */
export interface Furniture {
  views: DispatchView[]
  events: FeedEvent[]
  records: DispatchRecord[]
  holds: Hold[]
  /** Messages a lost database may have sent; null: this one is no copy. */
  doubtful: number | null
  replies: Map<string, StoredAnswer & { bodyHash: Buffer }>
  reading: NoticeReading
  receipts: ReceiptReading
  inbound: ReturnType<InboundTextReader['read']>
  suppressions: Suppression[]
  texts: KeptText[]
  /** Hashes of the mail that an unsubscribe link came with. */
  mailed: Buffer[]
  /** The one code there is. */
  code: FoundCode | null
  inAppUrl: string | null
  /** Told after new events. */
  listeners: Set<() => void>
  /** Of the process. */
  closing: AbortController
}

export interface House {
  app: Express
  ports: HttpPorts
  seen: Seen
  has: Furniture
  /** A request with a key, of the admin unless told otherwise. */
  knock(key?: string): ReturnType<typeof supertest.agent>
}

const hash = (text: string) => createHash('sha256').update(text).digest()

/** The door with a house behind it that exists in memory only. */
export function makeHouse(change: (ports: HttpPorts) => HttpPorts = (ports) => ports): House {
  const seen: Seen = {
    accepted: [],
    notices: [],
    cancelled: [],
    changes: [],
    resends: [],
    filters: [],
    lookups: [],
    webhooks: [],
    receipts: [],
    replies: [],
    suppressed: [],
    stale: 0,
    asked: 0,
    keyLookups: 0,
    log: [],
    doubtful: [],
  }
  const has: Furniture = {
    views: [],
    events: [],
    records: [],
    holds: [],
    doubtful: null,
    replies: new Map(),
    reading: { ok: false, reason: 'no_signature' },
    receipts: { ok: false, reason: 'no_signature' },
    inbound: { ok: false, reason: 'no_signature' },
    suppressions: [],
    texts: [],
    mailed: [],
    code: null,
    inAppUrl: null,
    listeners: new Set(),
    closing: new AbortController(),
  }
  const ports = change(makePorts(seen, has))
  const app = makeServer(ports)
  return {
    app,
    ports,
    seen,
    has,
    knock: (key = 'key-admin') => supertest.agent(app).set('Authorization', `Bearer ${key}`),
  }
}

/** What reports say of any campaign. */
const aHead: CampaignHead = {
  ...{ name: 'Spring', status: 'running', startedAt: NOW, endedAt: null, perHour: null, variants: [], holdout: 0 },
  ...{ startAt: null, localStart: null, validUntil: null, isHeld: false },
}

function fakeTakeBacks(): HttpPorts['takeBacks'] {
  const begun = new Map<string, TakeBack>()
  return {
    async begin({ by, ...order }) {
      const links = { revoked: 0, keptForOperation: 0, unanswered: 0 }
      const rest = { status: 'running' as const, people: 1, done: 0, createdAt: NOW, endedAt: null }
      begun.set(order.template, { ...order, ...rest, links, madeBy: by })
    },
    one: async (template) => begun.get(template) ?? null,
  }
}

function makePorts(seen: Seen, has: Furniture): HttpPorts {
  const view = (id: string) => has.views.find((one) => one.id === id) ?? null
  return {
    intake: {
      accept: async (order) => accept(seen, has, order),
      cohort: async () => 1,
      replay: async (keys) => keys.map((key) => has.replies.get(key.toString('hex'))).find(Boolean) ?? null,
      recipient: async () => null,
    },
    stops: {
      async stop(ids, status, reason) {
        const running = has.views.filter((one) => ids.includes(one.id) && /accepted|sent/.test(one.status))
        for (const one of running) Object.assign(one, { status, reason, endedAt: NOW })
        seen.cancelled.push({ ids, reason })
        return running.map(({ id }) => ({ id, stopped: 1 }))
      },
      runningOf: async (referenceId) =>
        has.views
          .filter((one) => one.referenceId === referenceId && /accepted|sent/.test(one.status))
          .map(({ id }) => id),
      referenceOf: async (id) => view(id)?.referenceId ?? '',
      fenceAll: async () => undefined,
      fence: async () => undefined,
    },
    links: { carriedBy: async () => [], markRevoked: async () => undefined },
    partner: {
      revokeLink: async () => ({ kind: 'ok', value: null }),
      hasOperation: async () => ({ kind: 'ok', value: false }),
    },
    isScanner: () => false,
    opened: () => undefined,
    facts: {
      record: async () => ({ fresh: true, touched: [], suspect: null }),
      fenced: async () => undefined,
      applyLate: async () => [],
    },
    holds: {
      list: async () => has.holds,
      current: async () => has.holds,
      async place({ scope, value, reason, placedBy }) {
        const hold = { id: newUuid(), scope, value, reason, placedBy, placedAt: NOW, probeAt: null }
        has.holds.push(hold)
        return { hold, fresh: true }
      },
      async lift(id) {
        const hold = has.holds.find((one) => one.id === id) ?? null
        has.holds = has.holds.filter((one) => one.id !== id)
        return hold
      },
      dueProbes: async () => [],
      takeProbe: async () => false,
      postpone: async () => undefined,
    },
    restored: {
      note: async () => undefined,
      isCopy: async () => has.doubtful !== null,
      setApart: async () => has.doubtful,
      async writeOff() {
        seen.doubtful.push('hand')
        const { doubtful } = has
        has.doubtful = 0
        return doubtful ?? 0
      },
      sendAll: async () => void seen.doubtful.push('send'),
      async forget() {
        has.doubtful = null
      },
    },
    catchUp: async () => true,
    tell: async () => undefined,
    wake: () => undefined,
    dispatches: {
      one: async (id) => view(id),
      async list(filter) {
        seen.filters.push(filter)
        return has.views.slice(0, filter.limit)
      },
      async byAddress(_hashes, filter) {
        seen.filters.push(filter)
        return has.views.slice(0, filter.limit)
      },
      timeline: async (id) => has.events.filter((event) => event.dispatchId === id),
      attempts: async () => [],
      metadataOf: async (ids) => new Map(ids.map((id) => [id, view(id)?.person.metadata ?? null])),
    },
    tallies: { head: async () => aHead, read: async () => [], minutes: async () => [] },
    lists: { page: async () => [], people: () => Readable.from([]) },
    takeBacks: fakeTakeBacks(),
    campaigns: fakeCampaigns().ports.campaigns,
    audiences: {
      ...noAudiences,
      target: async (id) => ({ id, status: 'draft', plan: aPlan() }),
      take: async (_upload, rows) => rows.map(({ line }) => ({ line, was: 'new', first: line })),
      clear: async () => 2,
    },
    endsLate: async () => false,
    estimating: noEstimates,
    recurrences: noRecurrences,
    nextFiring: (_cron, _zone, after) => new Date(after.getTime() + 3_600_000),
    records: { read: async (id) => has.records.find((one) => one.dispatch.id === showId('dsp', id)) ?? null },
    changes: {
      async change(order) {
        seen.changes.push(order)
        return view(order.id) !== null
      },
      async addResend(id, channels) {
        seen.resends.push({ id, channels })
        const n = (view(id)?.steps.length ?? 0) + 1
        view(id)?.steps.push({
          ...aStep(n),
          kind: 'resend',
          channel: channels[0] ?? 'sms',
          status: 'pending',
          handedAt: null,
        })
        return n
      },
      async inApp(referenceId) {
        const found = has.views.find((one) => one.referenceId === referenceId)
        if (!found || !has.inAppUrl) return null
        const link = { id: newUuid(), linkId: 'l', url: has.inAppUrl, expiresAt: NOW, requestedMs: 0 }
        return { dispatchId: found.id, link, first: true }
      },
    },
    resends: {
      async addOnce({ id, channels, keyHash, bodyHash, show }) {
        seen.resends.push({ id, channels })
        const [channel = 'sms'] = channels
        const body = show({ ...aStep(2), kind: 'resend', channel, status: 'pending', handedAt: null })
        const answer = { status: 202, location: null, body }
        has.replies.set(keyHash.toString('hex'), { ...answer, bodyHash })
        return { kind: 'made', answer }
      },
    },
    keys: {
      async caller(key) {
        seen.keyLookups++
        return KEYS[key] ?? null
      },
      make: async (label, scopes) => ({ key: 'ld_new', caller: { keyId: newUuid(), label, scopes: [...scopes] } }),
      list: async () => Object.values(KEYS).map((caller) => ({ ...caller, createdAt: NOW, revokedAt: null })),
      revoke: async (id) => Object.values(KEYS).some(({ keyId }) => keyId === id),
    },
    status: {
      quiet: async () => true,
      status: async () => ({
        dueLagMs: 1_500,
        pending: 3,
        queued: { sms: 2 },
        ambiguous: 0,
        doubtful: 0,
        slots: { all: 95, free: 90 },
        unnumbered: 0,
      }),
    },
    events: {
      append: async () => undefined,
      after: async (sequence, limit) => has.events.filter((event) => event.sequence > sequence).slice(0, limit),
      onChange(listener) {
        has.listeners.add(listener)
        return () => has.listeners.delete(listener)
      },
    },
    notices: { read: () => has.reading },
    receiptReaders: new Map([
      ['twilio', { channel: 'sms', read: async () => has.receipts }],
      ['dsn', { channel: 'email', read: async () => has.receipts }],
    ]),
    textReaders: new Map([['twilio', { read: () => has.inbound }]]),
    answerText: (texts) => `<Response>${texts.join('')}</Response>`,
    hearing: {
      receipts: {
        async hear(receipt) {
          seen.receipts.push(receipt)
          return null
        },
        early: async () => [],
      },
      suppressions: fakeSuppressions(seen.suppressed, has, NOW),
      stops: { stop: async () => [], fence: async () => undefined },
      events: { append: async () => undefined },
      hold: async () => undefined,
      alert: async () => undefined,
      wake: () => undefined,
      random: () => 0.5,
      pause: async () => undefined,
    },
    suppressions: fakeSuppressions(seen.suppressed, has, NOW),
    replies: {
      lastOf: async () => ({ dispatchId: newUuid(), referenceId: 'user_1', locale: 'es-MX' }),
      async keep({ text }) {
        seen.replies.push(text)
        return true
      },
      list: async (_before, limit) => has.texts.slice(0, limit),
    },
    vault: {
      lookup(kind, value) {
        seen.lookups.push([kind, value])
        return hash(`${kind}:${value}`)
      },
      lookups(kind, value) {
        seen.lookups.push([kind, value])
        return [hash(`${kind}:${value}`)]
      },
    },
    render: {
      has: (name) => name === 'magic-link' || name === 'magic-link-reminder',
      list: () => [{ name: 'magic-link', version: 'v1', locales: ['en'], channels: ['sms', 'email', 'push'] }],
      render: ({ channel, link, name, variables }) =>
        variables['broken']
          ? { ok: false, code: 'variable_missing', detail: 'without a value', missing: ['variables.amount'] }
          : {
              ok: true,
              locale: 'en',
              version: 'v1',
              direction: 'ltr',
              words:
                channel === 'sms'
                  ? { channel, text: `Hi ${name.first}: ${link.url}` }
                  : channel === 'push'
                    ? { channel, title: 'Hi', body: name.first }
                    : { channel, subject: 'Hi', html: `<a href="${link.url}">`, text: link.url },
            },
    },
    missingVariables: () => [],
    checkOwnLink: async () => ({ requestedMs: 3_600_000 }),
    codesBase: 'https://links.example/l/',
    distrust: (url) => (url.startsWith('https://widget.example/') ? undefined : 'foreign_host'),
    evergreen: { find: async () => has.code, ask: async () => seen.asked++ === 0 },
    defaults: {
      locale: 'en',
      timeZone: 'UTC',
      channels: ['sms', 'email', 'push'],
      remindersAfterMs: [86_400_000],
      fallBackMs: 600_000,
      linkMaxMinutes: 10_080,
    },
    segments: (text) => ({ encoding: 'GSM-7', segments: 1, characters: text.length }),
    sampleUrl: SAMPLE_URL,
    closing: has.closing.signal,
    log: pino({ level: 'info' }, { write: (line: string) => seen.log.push(line) }),
    metrics: {
      contentType: 'text/plain; version=0.0.4',
      text: async () => 'dispatches_accepted_total 0\n',
      accepted: () => undefined,
      webhook: (_seconds, kind) => seen.webhooks.push(kind),
      staleWebhook: () => {
        seen.stale++
      },
    },
    ready: async () => ({ ok: true, reasons: [] }),
    queueDepth: async () => ({ sms: 1 }),
    createsPerMinute: 95,
    publicUrl: 'http://127.0.0.1:3000',
    extra: [],
    now: () => NOW,
    newId: newUuid,
  }
}

function accept(seen: Seen, has: Furniture, order: AcceptOrder): AcceptAnswer {
  const key = order.idempotency?.keyHash.toString('hex')
  const stored = key === undefined ? undefined : has.replies.get(key)
  if (stored) return { kind: 'replayed', answer: stored }
  seen.accepted.push(order)
  if (key !== undefined && order.idempotency)
    has.replies.set(key, { ...order.answer, bodyHash: order.idempotency.bodyHash })
  return { kind: 'accepted', superseded: [] }
}

export const aStep = (n: number): DispatchView['steps'][number] => ({
  n,
  kind: 'first',
  channel: 'email',
  status: 'handed',
  reason: null,
  dueAt: NOW,
  handedAt: NOW,
  afterMs: null,
  provider: 'smtp',
  confirmed: true,
  template: 'magic-link',
})

export const aView = (change: Partial<DispatchView> = {}): DispatchView => ({
  id: newUuid(),
  referenceId: 'user_1',
  campaignId: null,
  status: 'sent',
  reason: null,
  category: 'transactional',
  template: 'magic-link',
  locale: 'en',
  timeZone: 'UTC',
  channels: ['email', 'sms'],
  linkMode: 'direct',
  sendAt: null,
  validUntil: null,
  firstHandedAt: NOW,
  inAppAt: null,
  openedAt: null,
  suspectOpens: 'stop',
  suspect: null,
  endedAt: null,
  createdAt: NOW,
  person: {
    contact: { email: 'michael@example.com', phone: '+15125550123' },
    variables: {},
    metadata: { crmCaseId: '42' },
  },
  steps: [aStep(1)],
  links: [],
  ...change,
})

/** The seed's example. */
export const GOOD = {
  referenceId: 'user_12345',
  userData: {
    name: { firstName: 'Michael', lastName: 'Johnson' },
    paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber: '014027000005555558' } },
  },
  contact: { phone: '+15125550123', email: 'michael@example.com', pushTokens: ['token-1'] },
  channels: ['push', 'sms', 'email'],
  locale: 'es-MX',
  timeZone: 'America/Chicago',
  template: 'magic-link',
  variables: { amountHint: 200 },
  reminders: { after: ['PT24H', 'PT72H'] },
  metadata: { crmCaseId: '42' },
}
