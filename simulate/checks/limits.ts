import type { Evidence } from './check.ts'

const MINUTE = 60_000

/** P7: creations in any rolling minute, and slots that come back. */
export function limits({ facts, world, broken }: Evidence): void {
  const lately: number[] = []
  for (const fact of facts) {
    if (fact.what !== 'create') continue
    lately.push(fact.t)
    while ((lately[0] ?? fact.t) <= fact.t - MINUTE) lately.shift()
    if (lately.length > world.creationsPerMinute)
      broken(
        'P7',
        fact.t,
        `${lately.length} creations in a minute, of ${world.creationsPerMinute} allowed, the last by ${fact.by}`,
      )
  }
  // The last creation may have been a moment ago: its slot is held for its lease, the partner's deadline and a minute.
  const t = world.tables.now() + 105_000
  for (const { n, freeAt } of world.tables.slots) if (freeAt > t) broken('P7', t, `slot ${n} never came back`)
}
