import { expect, it, vi } from 'vitest'
import { segments } from '../../src/render/segments.ts'
import { campaignUuid } from '../support/audience.ts'
import { campaignsOf } from '../support/campaign-house.ts'
import { openHouse } from '../support/house.ts'

/** Of 35 creations a minute, five are kept for singles. */
const house = await openHouse({ env: { M2M_CREATES_PER_MINUTE: '35', CAP_PER_DAY: 'off', CAP_PER_WEEK: 'off' } })
const { rows: query } = campaignsOf(house)

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Zones that never change their clocks: nine in the morning in one is seven in the other. */
const [EAST, WEST] = ['America/Lima', 'America/Phoenix']
const NINE_IN_THE_EAST = 14 * HOUR
const EIGHT_IN_THE_WEST = 15 * HOUR

// biome-ignore lint/suspicious/noExplicitAny: an answer is what the test asks of it.
type Json = Record<string, any>
type Person = Record<'timeZone' | 'locale' | 'channels' | 'firstName', string>

const NAMES = ['Ana', 'José', 'Łukasz', 'Zoë', 'María Fernanda', 'Wolfeschlegelsteinhausenberger']
let people = 0

const some = (count: number, wish: Partial<Person> = {}): Person[] =>
  Array.from({ length: count }, (_, i) => ({
    timeZone: EAST,
    locale: ['en', 'es', 'pt-BR'][i % 3] ?? 'en',
    channels: 'sms',
    firstName: NAMES[i % NAMES.length] ?? 'Ana',
    ...wish,
  }))

/** A slot comes round in a minute; `closedMs`: how long nobody who waits may be written to, from a time of the UTC day. */
const CASES: { what: string; wish: Json; audience: Person[]; closedMs?: (time: number) => number; stepMs?: number }[] =
  [
    { what: "the partner's limit alone", wish: {}, audience: some(300) },
    {
      what: 'two channels, two variants, and people who get nothing',
      wish: {
        variants: [
          { name: 'text', weight: 2, channels: ['sms', 'email'] },
          { name: 'mail', weight: 1, channels: ['email'] },
        ],
        holdout: 0.2,
      },
      audience: some(300, { channels: '' }),
    },
    { what: 'a pace of its own', wish: { perHour: 120 }, audience: some(60), stepMs: 30_000 },
    {
      what: 'zones that open one after the other',
      wish: {},
      audience: [...some(150), ...some(250, { timeZone: WEST })],
      closedMs: (time) => Math.max(0, EIGHT_IN_THE_WEST - time),
    },
    {
      what: 'hours of its own that close too early',
      wish: { window: { from: '09:00', to: '09:20' } },
      audience: some(620),
      closedMs: (time) => (time < NINE_IN_THE_EAST + 20 * MINUTE ? 0 : DAY + NINE_IN_THE_EAST - time),
    },
  ]

it.each(CASES)('an estimate comes true: $what', { timeout: 300_000 }, async ({ wish, audience, ...steps }) => {
  const startAt = nextMorning()
  const id = await draftOf({ startAt: startAt.toISOString(), ...wish }, audience)
  const estimate = await answerOf('POST', `/v1/campaigns/${id}/estimate`, {})
  const texts = collectTexts()
  await answerOf('POST', `/v1/campaigns/${id}/start`, {})

  await runOut(id, startAt, steps)

  const { firsts, endedAt } = await outcomeOf(id)
  const predicted = Date.parse(estimate['forecast'].firstMessagesEndAt) - startAt.getTime()
  const took = endedAt.getTime() - startAt.getTime()
  expect(firsts).toBe(estimate['audience'].recipients)
  expect(took / predicted, `${took / MINUTE} minutes, ${predicted / MINUTE} said`).toBeGreaterThan(0.9)
  expect(took / predicted, `${took / MINUTE} minutes, ${predicted / MINUTE} said`).toBeLessThan(1.1)
  expect(texts()).toEqual({ messages: estimate['sms'].messages, segments: estimate['sms'].segments })
})

const nextMorning = () => new Date(Math.ceil((house.now().getTime() + HOUR) / DAY) * DAY + NINE_IN_THE_EAST)

async function answerOf(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Json> {
  const { status, text, body: answer } = await house.call(method, path, body, headers)
  expect(status, text).toBeLessThan(300)
  return answer
}

async function draftOf(wish: Json, audience: Person[]): Promise<string> {
  const { id } = await answerOf('POST', '/v1/campaigns', {
    name: 'Estimated',
    category: 'commercial',
    reminders: null,
    ...wish,
  })
  const lines = audience.map((person) => {
    people += 1
    return [`est_${people}`, `+1646${7_000_000 + people}`, `est${people}@example.com`, ...Object.values(person)].join()
  })
  const csv = ['referenceId,phone,email,timeZone,locale,channels,firstName', ...lines].join('\n')
  const { taken, refused } = await answerOf('POST', `/v1/campaigns/${id}/audience`, csv, { 'Content-Type': 'text/csv' })
  expect([taken, refused]).toEqual([audience.length, 0])
  return id
}

/** Texts that arrive from now on; the mailbox forgets the oldest. */
function collectTexts() {
  const seen = { messages: 0, segments: 0 }
  const stop = house.world.mailbox.onAdd(({ channel, direction, text = '' }) => {
    if (channel !== 'sms' || direction !== 'outbound') return
    seen.messages += 1
    seen.segments += segments(text).segments
  })
  return () => {
    stop()
    return seen
  }
}

/** Winds the clock on until every first message has left. */
async function runOut(
  id: string,
  startAt: Date,
  { stepMs = 61_000, closedMs = () => 0 }: Pick<(typeof CASES)[number], 'stepMs' | 'closedMs'>,
): Promise<void> {
  await house.world.advance(startAt.getTime() - house.now().getTime())
  for (let before = await quiet(id, -1); before > 0; ) {
    await house.world.advance(stepMs)
    const waiting = await quiet(id, before)
    if (waiting === before) await house.world.advance(closedMs(house.now().getTime() % DAY))
    before = waiting
  }
}

/** A moment, and one in which the loops surely had their turn: where nothing left, it may be yet to come. */
const LOOKS = { moment: 8, turn: 75 }

/** Resolves when nothing more leaves before the clock is wound on; answers how many first messages wait. */
async function quiet(id: string, waited: number): Promise<number> {
  let before = ''
  let unchanged = 0
  const look = async () => {
    const [seen] = await query(
      `select (select count(*) from audience_row where campaign_id = $1 and status = 'waiting')::int as rows,
         count(*) filter (where s.status = 'pending')::int as pending,
         count(*) filter (where s.status in ('queued', 'claimed'))::int as moving
       from step s join dispatch d on d.id = s.dispatch_id where d.campaign_id = $1 and s.kind = 'first'`,
      [campaignUuid(id)],
    )
    const now = JSON.stringify(seen)
    const waiting = Number(seen?.['rows']) + Number(seen?.['pending'])
    unchanged = now === before && seen?.['moving'] === 0 ? unchanged + 1 : 0
    before = now
    expect(unchanged).toBeGreaterThan(waiting === waited ? LOOKS.turn : LOOKS.moment)
    return waiting
  }
  return vi.waitFor(look, { timeout: 60_000, interval: 20 })
}

async function outcomeOf(id: string): Promise<{ firsts: number; endedAt: Date }> {
  const [seen] = await query(
    `select count(*)::int as firsts, max(s.handed_at) as ended_at from step s join dispatch d on d.id = s.dispatch_id
     where d.campaign_id = $1 and s.kind = 'first' and s.status in ('handed', 'delivered')`,
    [campaignUuid(id)],
  )
  return { firsts: Number(seen?.['firsts']), endedAt: seen?.['ended_at'] as Date }
}
