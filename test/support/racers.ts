import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { afternoonZone } from '../../src/lib/welcome.ts'
import type { InboxMessage } from '../../src/sandbox/mailbox.ts'
import type { House } from './house.ts'
import { withClient } from './queues.ts'
import { partnerWebhook, postWebhook } from './webhooks.ts'

/** Every way in which somebody says that it is enough, over the door it really comes in by. */
export const WAYS = ['open', 'STOP reply', 'unsubscribe', 'suppression'] as const
type Way = (typeof WAYS)[number]

/** One person with a message in hand and a reminder to come, who stops it. */
export interface Racer {
  way: Way
  referenceId: string
  contact: { phone: string } | { email: string }
  /** Arrivals at the provider's stand-in, `Date.now()`, the first message among them. */
  arrivals: number[]
  /** Where the mail says that one can unsubscribe. */
  unsubscribe?: string | undefined
  askedAt?: number
  answeredAt?: number
  /** When the reminder was claimed, if it was; and by when its request must have begun, if it was taken. */
  claimedAt?: number
  startBy?: number
}

const START_WITHIN_MS = 2_000
let people = 0

export function newRacer(way: Way): Racer {
  people += 1
  const byText = way === 'STOP reply' || (way !== 'unsubscribe' && people % 2 === 0)
  const referenceId = `user_${people}`
  const contact = byText ? { phone: `+1512${2_000_000 + people}` } : { email: `${referenceId}@example.com` }
  return { way, referenceId, contact, arrivals: [] }
}

/** Everybody has the first message; the reminder is an hour away. */
export async function getReady(house: House, racers: Racer[]): Promise<void> {
  const order = ({ way, referenceId, contact }: Racer) => ({
    referenceId,
    contact,
    channels: 'phone' in contact ? ['sms'] : ['email'],
    timeZone: afternoonZone(house.now()),
    reminders: { after: ['PT1H'] },
    ...(way === 'unsubscribe' && { category: 'commercial' }),
  })
  const { status, text } = await house.call('POST', '/v1/dispatches/batch', { items: racers.map(order) })
  expect(status, text).toBeLessThan(300)
  await house.settled()
  expect(racers.filter(({ arrivals }) => arrivals.length !== 1)).toEqual([])
}

/** Notes what reaches whom until it is told to stop. Answers to replies carry no link and are none of it. */
export function watch(house: House, racers: Racer[]): () => void {
  const byAddress = new Map(racers.map((racer) => [Object.values(racer.contact)[0], racer]))
  return house.world.mailbox.onAdd((message) => {
    const racer = message.direction === 'outbound' && /https?:/.test(message.text ?? '') && byAddress.get(message.to)
    if (!racer) return
    racer.arrivals.push(Date.now())
    racer.unsubscribe ??= unsubscribeIn(message)
  })
}

const unsubscribeIn = ({ headers }: InboxMessage) => /<(https?:[^>]*\/u\/[\w-]+)>/.exec(JSON.stringify(headers))?.[1]

export const NEAR_MS = 500

/**
 * The hour passes, everybody's reminder falls due at once, and each stops it by chance within half a second of when claims
 * are expected. Answers when they came, in ms after the hour: what to expect of the next heat.
 */
export async function race(house: House, racers: Racer[], expectedMs: number, random: () => number): Promise<number> {
  const begun = Date.now()
  const falling = house.world.advance(3_600_000)
  await Promise.all(
    racers.map(async (racer) => {
      await pause(Math.max(0, expectedMs + (2 * random() - 1) * NEAR_MS))
      await stop(house, racer)
    }),
  )
  await falling
  await house.settled()
  await readClaims(house, racers)
  const claims = racers.flatMap(({ claimedAt }) => claimedAt ?? []).sort((a, b) => a - b)
  return (claims[claims.length >> 1] ?? begun + expectedMs) - begun
}

/** Says it is enough, and notes when that was answered. */
export async function stop(house: House, racer: Racer): Promise<void> {
  racer.askedAt = Date.now()
  await STOPS[racer.way](house, racer)
  racer.answeredAt = Date.now()
}

const STOPS: Record<Way, (house: House, racer: Racer) => Promise<void>> = {
  async open(house, { referenceId }) {
    const [link] = house.world.links(referenceId)
    const data = { linkId: link?.linkId, referenceId, openedAt: house.now().toISOString() }
    const webhook = partnerWebhook(house.webhookSecret, 'link.opened', data, house.now())
    expect(await postWebhook(house.url, webhook)).toBe(204)
  },
  // A word that the provider's stand-in does not know: it must not be the one who stops the message.
  'STOP reply': (house, { contact }) => house.world.twilio.reply(Object.values(contact).join(), 'Baja'),
  async unsubscribe(_house, { unsubscribe = '' }) {
    const { status } = await fetch(unsubscribe, { method: 'POST', body: 'List-Unsubscribe=One-Click' })
    expect(status).toBe(200)
  },
  async suppression(house, { contact }) {
    const { status } = await house.call('POST', '/v1/suppressions', { ...contact, reason: 'opt_out' })
    expect(status).toBe(201)
  },
}

async function readClaims(house: House, racers: Racer[]): Promise<void> {
  const byReference = new Map(racers.map((racer) => [racer.referenceId, racer]))
  const { rows } = await withClient(house.databaseUrl, (client) =>
    client.query<{ reference_id: string; start_by: Date; outcome: string }>(
      `select d.reference_id, a.start_by, a.outcome from app.attempt a join app.dispatch d on d.id = a.dispatch_id
       where a.step_n = 2 and d.reference_id = any($1)`,
      [[...byReference.keys()]],
    ),
  )
  for (const { reference_id, start_by, outcome } of rows) {
    const racer = byReference.get(reference_id)
    if (!racer) continue
    racer.claimedAt = start_by.getTime() - START_WITHIN_MS
    if (outcome === 'accepted') racer.startBy = start_by.getTime()
  }
}

/**
 * A reminder that arrived after the answer must have begun its way before it, since what has been handed over cannot be
 * called back: its last moment to begin had passed when the answer came.
 */
export const isViolation = ({ arrivals, answeredAt = 0, startBy = Number.POSITIVE_INFINITY }: Racer): boolean =>
  arrivals.length > 2 || arrivals.slice(1).some((at) => at > answeredAt && startBy > answeredAt)
