import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, vi } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { Contact } from '../../src/domain/dispatch.ts'
import { makeClosers } from '../../src/lib/closers.ts'
import { parseDuration } from '../../src/lib/duration.ts'
import { type LogOptions, makeLog } from '../../src/lib/log.ts'
import { afternoonZone } from '../../src/lib/welcome.ts'
import type { InboxMessage } from '../../src/sandbox/mailbox.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { partnerKeyOf } from '../../src/wiring/settings.ts'
import { unique } from './builders.ts'
import type { Outside } from './outside.ts'
import { freshDatabase } from './postgres.ts'
import { redisPrefix, redisUrl } from './redis.ts'

export const BACKENDS = ['postgres', 'redis'] as const

// biome-ignore lint/suspicious/noExplicitAny: an answer is what the test asks of it.
type Json = Record<string, any>
type Reply = { status: number; headers: Headers; text: string; body: Json }

/** A dispatch that was accepted, and the person it is for. */
export interface Sent {
  id: string
  referenceId: string
  contact: Contact
}

interface HouseOptions {
  queues?: (typeof BACKENDS)[number]
  /** Variables of the environment beside those that every house has. */
  env?: Record<string, string>
  log?: LogOptions
  /** A database, a queue prefix and a world that outlive the house; else it gets its own. */
  databaseUrl?: string
  queuePrefix?: string
  outside?: Outside
}

export interface House {
  app: App
  url: string
  databaseUrl: string
  queuePrefix: string
  world: Sandbox['world']
  /** What the partner signs its webhooks with. */
  webhookSecret: string
  /** One request of the CRM, as JSON, with the API key. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  /** `POST /v1/dispatches` with `wish` over a person of its own, reachable by SMS and email. */
  post(wish?: Json, headers?: Record<string, string>): Promise<Reply>
  /** The same, accepted. */
  accept(wish?: Json): Promise<Sent>
  /** The same, and everything that is due was done. */
  send(wish?: Json): Promise<Sent>
  get(id: string): Promise<Json>
  /** Types of the events of a dispatch, in order. */
  timeline(id: string): Promise<string[]>
  /** Winds the clock, and waits until everything that fell due was done. */
  advance(duration: string): Promise<void>
  /** Resolves when everything that is due now was sent, and its events are numbered. */
  settled(): Promise<void>
  /** What reached the person of a dispatch, oldest first. */
  inbox(person: { contact: Contact }): InboxMessage[]
  /** Somebody with the partner's key made a link, and not through us. */
  linkFromElsewhere(referenceId: string, minutes?: number): Promise<{ linkId: string; url: string; expiresAt: string }>
  /** The person, or a machine by its user agent, opens the newest link; resolves when the partner's webhook was answered. */
  openLink(referenceId: string, userAgent?: string): Promise<string>
  now(): Date
  close(): Promise<void>
}

/** The real application over HTTP, on a database of its own, against the sandbox, with a clock to wind. */
export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const closers = makeClosers()
  afterAll(closers.closeAll)
  const databaseUrl = options.databaseUrl ?? (await ownDatabase(closers))
  const dataDir = mkdtempSync(join(tmpdir(), 'link-dispatcher-house-'))
  closers.add('data', () => rmSync(dataDir, { recursive: true, force: true }))
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    PORT: '0',
    SANDBOX_PORT: '0',
    ...(options.queues === 'redis' && { REDIS_URL: await redisUrl() }),
    ...options.outside?.env,
    ...options.env,
  })
  const { queuePrefix = redisPrefix() } = options
  const app = await startApp(config, makeLog(options.log ?? { level: 'silent' }), { queuePrefix })
  closers.add('app', app.stop)
  const outside = options.outside ?? (app.sandbox && { ...app.sandbox, ...secretsIn(dataDir, config) })
  if (!app.url || !outside) throw new Error('a house has an API, and a world to talk to')
  return {
    ...rooms(app, app.url, outside.world),
    linkFromElsewhere: partnerClient(outside.url, outside.partnerKey),
    webhookSecret: outside.webhookSecret,
    databaseUrl,
    queuePrefix,
    close: closers.closeAll,
  }
}

function secretsIn(dataDir: string, config: Config) {
  const kept = JSON.parse(readFileSync(join(dataDir, 'sandbox-secrets.json'), 'utf8'))
  return { partnerKey: partnerKeyOf(config, kept), webhookSecret: String(kept.webhookSecret) }
}

/** For what nothing announces: a hold that is placed, a probe that lifts it. */
export const eventually = <T>(check: () => Promise<T> | T): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 })

async function ownDatabase(closers: ReturnType<typeof makeClosers>): Promise<string> {
  const { url, drop } = await freshDatabase()
  closers.add('database', drop)
  return url
}

type Rooms = Omit<House, 'linkFromElsewhere' | 'webhookSecret' | 'databaseUrl' | 'queuePrefix' | 'close'>

function rooms(app: App, url: string, world: Sandbox['world']): Rooms {
  const call: House['call'] = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${app.apiKey}`, 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json')
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : {} }
  }
  const post: House['post'] = (wish, headers) => call('POST', '/v1/dispatches', order(world.now(), wish), headers)
  const accept = async (wish?: Json) => {
    const wanted = order(world.now(), wish)
    const { status, text, body } = await call('POST', '/v1/dispatches', wanted)
    expect(status, text).toBe(202)
    return { id: body['id'], referenceId: body['referenceId'], contact: wanted['contact'] }
  }
  const get = async (id: string) => {
    const { status, text, body } = await call('GET', `/v1/dispatches/${id}`)
    expect(status, text).toBe(200)
    return body
  }
  return {
    app,
    url,
    world,
    call,
    post,
    accept,
    get,
    async send(wish) {
      const accepted = await accept(wish)
      await app.settled()
      return accepted
    },
    timeline: async (id) => (await get(id))['timeline'].map(({ type }: Json) => type),
    async advance(duration) {
      await world.advance(parseDuration(duration) ?? Number.NaN)
      await app.settled()
    },
    settled: app.settled,
    inbox: ({ contact: { phone, email, pushTokens = [] } }) =>
      world.mailbox
        .all()
        .filter(({ to, direction }) => direction === 'outbound' && [phone, email, ...pushTokens].includes(to)),
    openLink: (referenceId, userAgent) => world.openLink({ referenceId }, { userAgent }),
    now: world.now,
  }
}

const partnerClient = (url: string, key: string) => async (referenceId: string, minutes?: number) => {
  const answer = await fetch(`${url}/partner/links`, {
    method: 'POST',
    headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
    body: JSON.stringify({ referenceId, ...(minutes && { expiresInMinutes: minutes }) }),
  })
  expect(answer.status).toBe(201)
  const { data } = (await answer.json()) as Json
  return { linkId: data.linkId, url: data.url, expiresAt: data.expiresAt }
}

let people = 0
/** Somebody nobody else is, where it is afternoon: reminders keep to send windows. */
function order(now: Date, wish: Json = {}): Json {
  people += 1
  const referenceId = unique('user')
  const phone = `+1512555${String(people).padStart(4, '0')}`
  return {
    referenceId,
    contact: { phone, email: `${referenceId}@example.com`, name: { firstName: 'Ana' } },
    timeZone: afternoonZone(now),
    ...wish,
  }
}

/** What somebody's browser calls itself. */
export const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'

/** The first address in a message: what the person taps. */
export const linkIn = ({ text, url }: InboxMessage): string => url ?? /https?:\/\/\S+/.exec(text ?? '')?.[0] ?? ''
