import { describe, expect, it } from 'vitest'
import { afternoonZone } from '../../src/lib/welcome.ts'
import { BACKENDS, type House, openHouse } from '../support/house.ts'
import { withClient } from '../support/queues.ts'
import { partnerWebhook, postWebhook } from '../support/webhooks.ts'

/** `RACES=5000 npx vitest run test/journey/races.test.ts` for ten thousand over both backends. */
const DISPATCHES = Number(process.env['RACES'] ?? 1_000)
const PEOPLE_AT_ONCE = 32
const HOUR = 3_600_000

describe.each(BACKENDS)(
  'thousands of reminders that fall due while their links are opened, queues in %s',
  async (queues) => {
    const house = await openHouse({ queues, env: { M2M_CREATES_PER_MINUTE: 'off' } })
    house.world.configure({ createsPerMinute: 1_000_000, callsPerMinute: 1_000_000 })

    it('never start after the open was answered', { timeout: 300_000 }, async () => {
      await acceptAll(house)
      await house.settled()
      const reminded = new Map<string, Date>()
      const stop = house.world.mailbox.onAdd(({ to }) => reminded.set(to, new Date()))

      const falling = house.world.advance(HOUR)
      const answered = await openAll(house)
      await falling
      await house.settled()
      stop()

      const starts = await lastStarts(house)
      const late = [...reminded].filter(
        ([to, at]) => at > answeredTo(answered, to) && startOf(starts, to) > answeredTo(answered, to),
      )
      expect(late).toEqual([])
      // Both sides won often enough for this to say something.
      expect(reminded.size).toBeGreaterThan(DISPATCHES / 50)
      expect(reminded.size).toBeLessThan(DISPATCHES * 0.98)
    })
  },
)

const addressOf = (i: number) => `person${i}@example.com`

async function acceptAll(house: House): Promise<void> {
  const order = (i: number) => ({
    referenceId: `user_${i}`,
    contact: { email: addressOf(i) },
    channels: ['email'],
    timeZone: afternoonZone(house.now()),
    reminders: { after: ['PT1H'] },
  })
  for (let from = 0; from < DISPATCHES; from += 500) {
    const items = Array.from({ length: 500 }, (_, i) => order(from + i))
    const { status } = await house.call('POST', '/v1/dispatches/batch', { items })
    expect(status).toBeLessThan(300)
  }
}

/** When the open of each address was answered. Neighbours in time are not neighbours in the plan. */
async function openAll(house: House): Promise<Map<string, Date>> {
  const answered = new Map<string, Date>()
  const waiting = house.world.links().toSorted((a, b) => a.linkId.localeCompare(b.linkId))
  const next = async (): Promise<void> => {
    for (let link = waiting.pop(); link; link = waiting.pop()) {
      const { linkId, referenceId } = link
      const data = { linkId, referenceId, openedAt: house.now().toISOString() }
      const status = await postWebhook(house.url, partnerWebhook(house.webhookSecret, 'link.opened', data, house.now()))
      expect(status).toBe(204)
      answered.set(addressOf(Number(referenceId.slice(5))), new Date())
    }
  }
  await Promise.all(Array.from({ length: PEOPLE_AT_ONCE }, next))
  return answered
}

const answeredTo = (answered: Map<string, Date>, to: string) => answered.get(to) ?? new Date(0)
const startOf = (starts: Map<string, Date>, to: string) => starts.get(to) ?? new Date(8.64e15)

/**
 * When, at the latest, the request of each reminder may have started: a message that arrives after the answer must have
 * begun its way before it, since what has been handed over cannot be called back.
 */
async function lastStarts(house: House): Promise<Map<string, Date>> {
  return withClient(house.databaseUrl, async (client) => {
    const { rows } = await client.query<{ reference_id: string; start_by: Date }>(
      `select d.reference_id, max(a.start_by) as start_by from app.attempt a join app.dispatch d on d.id = a.dispatch_id
       where a.step_n = 2 and a.outcome = 'accepted' group by d.reference_id`,
    )
    return new Map(rows.map((row) => [addressOf(Number(row.reference_id.slice(5))), row.start_by]))
  })
}
