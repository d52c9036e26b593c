import { check } from './checks/check.ts'
import { makeChance } from './engine/chance.ts'
import { type Fact, makeHistory } from './engine/history.ts'
import { makeTimeline } from './engine/timeline.ts'
import { makeWorld, type Plant } from './engine/world.ts'
import { stepsOf, type Tables } from './store/tables.ts'

const DAY = 24 * 3_600_000

export interface SeedResult {
  seed: number
  hash: string
  violations: Violation[]
  /** How often each rare path was met. */
  sometimes: Record<string, number>
  facts: Fact[]
}
export interface Violation {
  promise: string
  message: string
  t: number
}

/** One seed: some days of a small world with everything that can go wrong, then it heals and runs until nothing moves. */
export async function simulate(seed: number, plant: Plant = {}): Promise<SeedResult> {
  const chance = makeChance(seed)
  const start = Date.UTC(2026, 0, 1) + chance.int(0, 600 * 24 * 60) * 60_000
  const timeline = makeTimeline(start, chance.fork('ties').next)
  const listeners: ((fact: Fact) => void)[] = []
  const history = makeHistory(timeline.now, (fact) => {
    for (const listen of listeners) listen(fact)
  })
  const world = makeWorld({ chance, timeline, history, plant, listeners })
  const healAt = start + chance.int(2, 8) * DAY
  world.begin(healAt)
  let isOver = false
  const look = () => {
    isOver = isQuiet(world.tables) || timeline.now() > healAt + 40 * DAY
    if (!isOver) timeline.after(DAY / 2, look)
  }
  timeline.after(healAt - start + DAY / 2, look)
  await timeline.run(() => isOver)
  return { seed, ...check(history.facts, world), hash: history.hash(timeline.print()), facts: history.facts }
}

const RUNNING: readonly string[] = ['accepted', 'sent']

function isQuiet(tables: Tables): boolean {
  for (const { status } of tables.dispatches.values()) if (RUNNING.includes(status)) return false
  for (const { status, kind } of stepsOf(tables))
    if (kind !== 'close' && ['pending', 'queued', 'claimed', 'ambiguous'].includes(status)) return false
  return true
}
