import express, { type Express } from 'express'
import request from 'supertest'
import { onTestFinished } from 'vitest'
import { makeConsole } from '../../src/console/console.ts'
import type { ConsolePorts } from '../../src/console/ports.ts'
import type { FeedEvent, NewEvent } from '../../src/domain/event.ts'
import type { Hold } from '../../src/domain/hold.ts'
import type { DispatchOrder } from '../../src/flow/order.ts'
import type { Caller, DispatchFilter, DispatchView, LinkView, Scope, StepView } from '../../src/flow/ports-read.ts'
import { newUuid, showId } from '../../src/lib/id.ts'
import { aDesk } from './campaign-kit.ts'
import { ID, NOW, secondsAgo } from './moment.ts'

export const SESSION = 'session-3000=of-the-operator'

/** What the pages asked of the world. */
export interface Asked {
  filters: DispatchFilter[]
  hashes: string[]
  orders: DispatchOrder[]
  resent: [id: string, channel: string | null][]
  cancelled: [id: string, reason: string | null][]
  lifted: [id: string, by: string][]
}

export interface House {
  app: Express
  asked: Asked
  /** As the signed-in operator. */
  get(path: string): request.Test
  /** From a page of ours, as the signed-in operator. */
  post(path: string, fields?: Record<string, string>): request.Test
  change(): void
  sessions: Map<string, Caller>
}

interface Furniture {
  views?: DispatchView[]
  events?: FeedEvent[]
  holds?: Hold[]
  scopes?: Scope[]
  ports?: Partial<ConsolePorts>
}

export function openHouse({
  views = [],
  events = [],
  holds = [],
  scopes = ['admin'],
  ports = {},
}: Furniture = {}): House {
  const operator: Caller = { keyId: 'key-1', label: 'operator', scopes }
  const sessions = new Map([['of-the-operator', operator]])
  const tickets = new Set(['one-time'])
  const listeners = new Set<() => void>()
  const asked: Asked = { filters: [], hashes: [], orders: [], resent: [], cancelled: [], lifted: [] }
  const { router, close } = makeConsole({
    dispatches: {
      one: async (id) => views.find((view) => view.id === id) ?? null,
      list: async (filter) => {
        asked.filters.push(filter)
        return views.slice(0, filter.limit)
      },
      byAddress: async (hashes) => {
        asked.hashes.push(...hashes.map(String))
        return views
      },
      timeline: async () => events,
      attempts: async () => [],
    },
    keys: {
      caller: async (key) => (key === 'good-key' ? operator : null),
      openSession: async () => {
        sessions.set('fresh-session', operator)
        return 'fresh-session'
      },
      session: async (token) => sessions.get(token) ?? null,
      useSignIn: async (token) => (tickets.delete(token) ? operator : null),
      closeSession: async (token) => {
        sessions.delete(token)
      },
    },
    status: {
      status: async () => ({
        dueLagMs: 0,
        pending: 0,
        queued: {},
        ambiguous: 0,
        doubtful: 0,
        slots: { all: 95, free: 71 },
        unnumbered: 0,
      }),
    },
    holds: { list: async () => holds },
    campaigns: aDesk().desk,
    lookups: (kind, value) => [Buffer.from(`${kind}:${value}`)],
    create: async (order) => {
      asked.orders.push(order)
      return { ok: true, id: aView().id }
    },
    resend: async (id, channel) => {
      asked.resent.push([id, channel])
      return { ok: true }
    },
    cancel: async (id, reason) => {
      asked.cancelled.push([id, reason])
      return { ok: true }
    },
    lift: async (id, by) => {
      asked.lifted.push([id, by])
      return null
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    now: () => NOW,
    publicUrl: 'http://127.0.0.1:3000',
    inboxUrl: 'http://127.0.0.1:3001',
    exampleKey: 'key-of-the-sandbox',
    world: 'sandbox',
    templates: ['magic-link', 'magic-link-reminder'],
    locales: ['en', 'es', 'es-MX', 'pt-BR', 'ar'],
    ...ports,
  })
  onTestFinished(close)
  const app = express()
    .use(router)
    .use((_req, res) => res.status(404).send('not a page of the console'))
  return {
    app,
    asked,
    sessions,
    get: (path) => request(app).get(path).set('Cookie', SESSION),
    post: (path, fields = {}) =>
      request(app).post(path).set('Cookie', SESSION).set('Sec-Fetch-Site', 'same-origin').type('form').send(fields),
    change() {
      for (const listener of listeners) listener()
    },
  }
}

export const PATH = `/dispatches/${showId('dsp', ID)}`

export const aView = (change: Partial<DispatchView> = {}): DispatchView => ({
  id: ID,
  referenceId: 'user_12345',
  campaignId: null,
  status: 'sent',
  reason: null,
  category: 'transactional',
  template: 'magic-link',
  locale: 'es-MX',
  timeZone: 'America/Chicago',
  channels: ['sms', 'email'],
  linkMode: 'direct',
  sendAt: null,
  validUntil: null,
  firstHandedAt: secondsAgo(60),
  inAppAt: null,
  openedAt: null,
  suspectOpens: 'stop',
  suspect: null,
  endedAt: null,
  createdAt: secondsAgo(63),
  person: {
    contact: {
      phone: '+15125550123',
      email: 'michael@example.com',
      pushTokens: ['a-device-token-of-some-length'],
      name: { firstName: 'Michael', lastName: 'Johnson' },
    },
    variables: {},
    metadata: null,
  },
  steps: [aStep()],
  links: [],
  ...change,
})

export const aStep = (change: Partial<StepView> = {}): StepView => ({
  n: 1,
  kind: 'first',
  channel: 'sms',
  status: 'handed',
  reason: null,
  dueAt: null,
  handedAt: secondsAgo(60),
  afterMs: null,
  provider: 'twilio',
  confirmed: true,
  template: 'magic-link',
  ...change,
})

export const aLink = (change: Partial<LinkView> = {}): LinkView => ({
  id: newUuid(),
  origin: 'created',
  status: 'active',
  expiresAt: secondsAgo(-86_400),
  openedAt: null,
  suspect: null,
  revokedAt: null,
  operationId: null,
  operationStatus: null,
  createdAt: secondsAgo(61),
  ...change,
})

export const anEvent = (type: NewEvent['type'], data: NewEvent['data'] = {}): FeedEvent => ({
  id: newUuid(),
  sequence: 1,
  type,
  dispatchId: ID,
  data,
  occurredAt: secondsAgo(30),
})

/** What a person reads: tags gone, spaces as one. */
export const textOf = (page: string): string =>
  page
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ([,:;.])/g, '$1')
