import { expect, it } from 'vitest'
import { seeded } from '../support/builders.ts'
import { BACKENDS, type House, openHouse } from '../support/house.ts'
import { withClient } from '../support/queues.ts'
import { getReady, isViolation, NEAR_MS, newRacer, type Racer, race, stop, WAYS, watch } from '../support/racers.ts'

/** `RACES=10000 npx vitest run test/journey/races.test.ts`: so many opens and as many opt-outs on each backend, with figures. */
const ASKED = Number(process.env['RACES'] ?? 0)
const OF_EACH = ASKED || 200
/** Few enough to be claimed in a moment, so that each stop falls close to the claim it races. */
const HEAT = 40
const AT_ONCE = 8
const SEED = 36

const OPT_OUTS = WAYS.filter((way) => way !== 'open')
const runners = (count: number) =>
  Array.from({ length: count }, (_, i) => newRacer(i % 2 ? 'open' : (OPT_OUTS[(i / 2) % OPT_OUTS.length] ?? 'open')))

const settings = { env: { M2M_CREATES_PER_MINUTE: 'off' } }
const open = async (queues: (typeof BACKENDS)[number]) => {
  const house = await openHouse({ queues, ...settings })
  house.world.configure({ createsPerMinute: 1_000_000, callsPerMinute: 1_000_000 })
  return house
}

it.each(BACKENDS)(
  'no reminder starts after an open or an opt-out was answered, queues in %s',
  { timeout: 120_000 + OF_EACH * 400 },
  async (queues) => {
    const house = await open(queues)
    const random = seeded(SEED)
    const racers: Racer[] = []
    let expectedMs = 100

    while (racers.length < 2 * OF_EACH) {
      const heat = runners(HEAT)
      const ignore = watch(house, heat)
      await getReady(house, heat)
      expectedMs = await race(house, heat, expectedMs, random)
      ignore()
      racers.push(...heat)
    }

    tell(queues, racers)
    expect(racers.filter(isViolation)).toEqual([])
    expect(await endsOf(house)).toEqual([
      { status: 'opened', dispatches: racers.length / 2 },
      { status: 'suppressed', dispatches: racers.length / 2 },
    ])
    // Both sides won often enough, in every way, for this to say something.
    for (const way of WAYS) {
      const reminded = racers.filter((racer) => racer.way === way && racer.arrivals.length > 1).length
      const all = racers.filter((racer) => racer.way === way).length
      expect(reminded, way).toBeGreaterThan(all / 50)
      expect(reminded, way).toBeLessThan(all * 0.98)
    }
  },
)

it.runIf(ASKED).each(BACKENDS)(
  'how long the answer takes when nothing is claimed, queues in %s',
  { timeout: 120_000 + OF_EACH * 400 },
  async (queues) => {
    const house = await open(queues)
    const racers = runners(Math.min(2 * OF_EACH, 4_000))
    const ignore = watch(house, racers)
    for (let from = 0; from < racers.length; from += HEAT) await getReady(house, racers.slice(from, from + HEAT))

    const waiting = [...racers]
    const next = async () => {
      for (let racer = waiting.pop(); racer; racer = waiting.pop()) await stop(house, racer)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, next))
    ignore()

    tell(`${queues}, nothing claimed, ${AT_ONCE} at once`, racers)
    expect(racers.filter(({ arrivals }) => arrivals.length > 1)).toEqual([])
  },
)

const endsOf = (house: House) =>
  withClient(house.databaseUrl, async (client) => {
    const { rows } = await client.query<{ status: string; dispatches: number }>(
      'select status, count(*)::int as dispatches from app.dispatch group by status order by status',
    )
    return rows
  })

/** How the races went, and how long the answers took: shown, and judged by whoever reads them. */
function tell(what: string, racers: Racer[]): void {
  const line = (...cells: (string | number)[]) => `  ${cells.map((cell) => String(cell).padStart(12)).join('')}\n`
  process.stdout.write(
    `\n  ${what}\n${line('', 'stops', 'reminded', 'claimed', 'near claim', 'violations', 'p50 ms', 'p99 ms', 'max ms')}`,
  )
  for (const way of ['all', ...WAYS]) {
    const some = racers.filter((racer) => way === 'all' || racer.way === way)
    const took = some.map(({ askedAt = 0, answeredAt = 0 }) => answeredAt - askedAt).sort((a, b) => a - b)
    const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0
    const reminded = some.filter(({ arrivals }) => arrivals.length > 1).length
    const claimed = some.filter((racer) => racer.claimedAt !== undefined)
    const near = claimed.filter(({ claimedAt = 0, askedAt = 0 }) => Math.abs(claimedAt - askedAt) <= NEAR_MS).length
    const violations = some.filter(isViolation).length
    process.stdout.write(line(way, some.length, reminded, claimed.length, near, violations, at(0.5), at(0.99), at(1)))
  }
}
