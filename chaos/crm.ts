import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { readId } from '../src/lib/id.ts'
import { afternoonZone } from '../src/lib/welcome.ts'
import type { Post } from './history.ts'
import type { Chance } from './random.ts'

export interface Answer {
  status: number
  body: { id?: string; code?: string }
}

/** One request to the API; undefined when nobody knows what became of it. */
export type Call = (path: string, body: object, headers?: Record<string, string>) => Promise<Answer | undefined>

/** Requests with a deadline and without a second try. */
export function makeCaller(apiUrl: string, apiKey: string): { call: Call; close(): Promise<void> } {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 1_000 })
  const ask: Call = async (path, body, headers = {}) => {
    const answer = await request(`${apiUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      dispatcher: agent,
      headersTimeout: 8_000,
      bodyTimeout: 8_000,
    })
    return { status: answer.statusCode, body: (await answer.body.json()) as Answer['body'] }
  }
  return { call: (...asked) => ask(...asked).catch(() => undefined), close: () => agent.destroy() }
}

export interface CrmOptions {
  call: Call
  chance: Chance
  now: () => Date
  dispatches: number
  /** Requests are spread over this time. */
  overMs: number
  /** A request that has no answer by then is given up: it may or may not exist. */
  giveUpAt: number
  /** Ends the requests earlier. */
  isOver?: () => boolean
}

export interface Crm {
  posts: Post[]
  /** Orders that were answered with a refusal: a fault of this run, or of the service. */
  refused: string[]
  /** Whose address this is. */
  owners: Map<string, string>
  /** Resolves when every request was answered or given up. */
  done: Promise<unknown>
}

/** Of a hundred requests: for somebody who has one already, sent again although it was answered, and for a person who sleeps. */
const ASKED_TWICE = 5
const REPEATED = 4
const AT_NIGHT = 10
/** A CRM with more than so many unanswered requests waits. */
const AT_ONCE = 200

/** A CRM that repeats, under the same key, whatever was not answered. */
export function startCrm({ call, chance, now, dispatches, overMs, giveUpAt, isOver = () => false }: CrmOptions): Crm {
  const posts: Post[] = []
  const refused: string[] = []
  const owners = new Map<string, string>()
  const zones = zonesAt(now())
  const plan = Array.from({ length: dispatches }, (_, n) => plannedOrder(n, chance, zones))

  async function post(order: object, one: Post, answersWanted: number): Promise<void> {
    while (Date.now() < giveUpAt && one.ids.length < answersWanted) {
      one.tries += 1
      const answer = await call('/v1/dispatches', order, { 'idempotency-key': one.key })
      if (answer?.status === 202) one.ids.push(uuidOf(answer.body.id))
      else if (isRefusal(answer)) {
        refused.push(`an order was refused with ${answer.status} ${answer.body.code}`)
        return
      } else await pause(chance.between(100, 1_000))
    }
  }

  async function postAll(): Promise<void> {
    const begun = Date.now()
    const running = new Set<Promise<void>>()
    for (const [n, planned] of plan.entries()) {
      await pause(Math.max(0, begun + (n * overMs) / dispatches - Date.now()))
      while (running.size >= AT_ONCE) await pause(10)
      if (isOver()) break
      const answered = postPlanned(planned, n).finally(() => running.delete(answered))
      running.add(answered)
    }
    await Promise.all(running)
  }

  function postPlanned({ order, again }: PlannedOrder, n: number): Promise<void> {
    const one: Post = { key: `key-${n}`, reference: order.referenceId, tries: 0, ids: [] }
    for (const address of addressesIn(order)) owners.set(address, order.referenceId)
    posts.push(one)
    return post(order, one, again ? 2 : 1)
  }

  return { posts, refused, owners, done: postAll() }
}

/** A twin in flight (409) and a service in trouble (5xx) are asked again. */
const isRefusal = (answer: Answer | undefined): answer is Answer =>
  answer !== undefined && answer.status < 500 && answer.status !== 409

const uuidOf = (shown = '') => readId('dsp', shown) ?? shown

const CHANNELS = [['sms', 'email'], ['sms', 'email'], ['sms'], ['push', 'sms'], ['push'], ['email']] as const
const FIRST_PHONE = 15_122_000_000

type PlannedOrder = ReturnType<typeof plannedOrder>
function plannedOrder(n: number, chance: Chance, zones: Zones) {
  const isTwin = n > 0 && chance.between(1, 100) <= ASKED_TWICE
  const order = orderOf(n, `person-${isTwin ? n - 1 : n}`, chance, zones)
  return {
    order: isTwin ? { ...order, ifActive: 'join', reminders: null } : order,
    again: chance.between(1, 100) <= REPEATED,
  }
}

/** Where reminders may come now, and where nothing commercial may come before the morning. */
type Zones = { afternoon: string; night: string }
const HALF_A_DAY_MS = 12 * 3_600_000
const zonesAt = (now: Date): Zones => ({
  afternoon: afternoonZone(now),
  night: afternoonZone(new Date(now.getTime() + HALF_A_DAY_MS)),
})

/** Addresses that nobody else has: a message says whose it is. */
const orderOf = (n: number, reference: string, chance: Chance, zones: Zones) => ({
  referenceId: reference,
  contact: {
    phone: `+${FIRST_PHONE + n}`,
    email: `person-${n}@example.com`,
    pushTokens: Array.from({ length: chance.between(1, 2) }, (_, i) => `device-${n}-${i}`),
    name: { firstName: 'Ana' },
  },
  channels: chance.pick(CHANNELS),
  ...(chance.between(1, 100) <= AT_NIGHT
    ? { timeZone: zones.night, category: 'commercial' }
    : { timeZone: zones.afternoon }),
  reminders: { after: [`PT${chance.between(3, 8)}S`] },
  link: { expiresInMinutes: 60 },
})

const addressesIn = ({ contact: { phone, email, pushTokens } }: Pick<ReturnType<typeof orderOf>, 'contact'>) => [
  phone,
  email,
  ...pushTokens,
]
