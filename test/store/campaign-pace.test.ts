import { beforeEach, describe, expect, it } from 'vitest'
import type { TakeOrder } from '../../src/flow/ports-pump.ts'
import { newUuid } from '../../src/lib/id.ts'
import { setSlots } from '../../src/store/links.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, pool, rows } = house
const processes = [store, house.another()]
const SECOND = 1_000

beforeEach(async () => {
  await pool.query("update step set status = 'skipped' where status in ('pending', 'queued')")
})

/** A lane with a pace and a backlog of its own. */
async function laneOf(perHour: number, backlog: number): Promise<number> {
  const [made] = await rows('insert into lane (campaign_id, per_hour) values ($1, $2) returning id', [
    newUuid(),
    perHour,
  ])
  await pool.query(
    `insert into step (dispatch_id, n, kind, lane, channel, chain, needs_link, template, due_at, status)
     select uuidv7(), 1, 'first', $1, 'sms', '', false, 'magic-link', now() - interval '1 minute', 'pending' from generate_series(1, $2)`,
    [made?.['id'], backlog],
  )
  return made?.['id']
}
const order = (lane: number, wish: Partial<TakeOrder> = {}): TakeOrder => ({
  lane,
  channel: 'sms',
  needsLink: false,
  limit: 250,
  heldTemplates: [],
  ...wish,
})
const wind = (ms: number) =>
  pool.query('update clock set ahead = ahead + make_interval(secs => $1::float8 / 1000)', [ms])

/** The pump of each process in turn, every `everyMs`; when each step was taken, ms since the first look. */
async function runFor(lane: number, forMs: number, everyMs: number): Promise<number[]> {
  const taken: number[] = []
  const start = await appNow()
  for (let passed = 0; passed < forMs; passed += everyMs) {
    const both = await Promise.all(processes.map((process) => process.steps.take(order(lane))))
    const at = (await appNow()) - start
    taken.push(...both.flat().map(() => at))
    await wind(everyMs)
  }
  return taken
}
const appNow = async () => (await rows('select app_now() as now'))[0]?.['now'].getTime()

/** The most that any stretch of this length holds. */
function fullest(times: number[], ms: number): number {
  let most = 0
  for (let from = 0, to = 0; to < times.length; to++) {
    while ((times[to] ?? 0) - (times[from] ?? 0) >= ms) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}

describe('the pace of a lane', () => {
  it.each([
    [36_000, 90, 1_000],
    [3_600, 120, 1_000],
    [7_200, 60, 700],
    [600, 600, 1_000],
  ])(
    'of %i an hour is kept in every rolling minute by all processes together, and used up in a backlog',
    async (perHour, seconds, everyMs) => {
      const lane = await laneOf(perHour, Math.ceil((perHour / 3_600) * seconds) + 100)

      const taken = await runFor(lane, seconds * SECOND, everyMs)

      const burst = 1 + Math.ceil((2 * perHour) / 3_600)
      const lasted = Math.max(...taken) / SECOND
      expect(fullest(taken, 60 * SECOND)).toBeLessThanOrEqual(perHour / 60 + burst)
      expect(taken.length).toBeGreaterThanOrEqual(0.95 * (perHour / 3_600) * lasted)
    },
    60_000,
  )

  it('is kept in every rolling hour', async () => {
    const lane = await laneOf(600, 2_000)

    const taken = await runFor(lane, 2.5 * 3_600 * SECOND, 5_000)

    expect(fullest(taken, 3_600 * SECOND)).toBeLessThanOrEqual(602)
  }, 120_000)

  it('is not saved up: after an idle hour two seconds’ worth go at once, and one', async () => {
    const lane = await laneOf(36_000, 100)
    await store.steps.take(order(lane, { limit: 1 }))
    await wind(3_600 * SECOND)

    const taken = await store.steps.take(order(lane))

    expect(taken).toHaveLength(21)
  })

  it('is shared by everything of a lane, whatever the channel and whether links are needed', async () => {
    const lane = await laneOf(3_600, 10)
    await pool.query(
      "update step set channel = 'email', needs_link = true where (dispatch_id, n) in (select dispatch_id, n from step where lane = $1 limit 5)",
      [lane],
    )
    await setSlots(pool, 95, 0)

    const texts = await store.steps.take(order(lane))
    const mails = await house.another({ slots: true }).steps.take(order(lane, { channel: 'email', needsLink: true }))

    expect([texts.length, mails.length]).toEqual([3, 0])
  })

  it('is not spent on what cannot leave for want of a slot', async () => {
    const lane = await laneOf(3_600, 10)
    await pool.query('update step set needs_link = true where lane = $1', [lane])
    await setSlots(pool, 95, 95)
    const limited = house.another({ slots: true })

    const without = await limited.steps.take(order(lane, { needsLink: true }))
    await pool.query('update link_slot set reserved = false')
    const withSlots = await limited.steps.take(order(lane, { needsLink: true }))

    expect([without.length, withSlots.length]).toEqual([0, 3])
  })

  it('is not kept where there is none', async () => {
    const { id } = await house.accept({ startAt: new Date(Date.now() - SECOND) })

    const taken = await store.steps.take(order(1, { needsLink: true }))

    expect(taken.map(({ dispatchId }) => dispatchId)).toEqual([id])
  })
})
