import type { TallyStore } from '../flow/ports-tally.ts'
import type { Loop } from '../lib/loop.ts'

interface Surroundings {
  tallies: TallyStore
  loop(name: string, everyMs: number, work: () => Promise<boolean>): Loop
  /** Wraps work that is due once an hour. */
  hourly(work: () => Promise<void>): () => Promise<void>
  alert(what: { what: string; reason: string }): Promise<void>
}

/** Adds up what campaigns' rows told of themselves, and compares with the rows every hour; any number of processes may. */
export function keepCounters({ tallies, loop, hourly, alert }: Surroundings): void {
  loop('counters', 1_000, () => tallies.fold())
  const compare = hourly(async () => {
    for (const id of await tallies.changing()) {
      const differences = await tallies.reconcile(id)
      if (differences.length > 0)
        await alert({ what: 'counters_mended', reason: `${differences.length} counters of campaign ${id} were wrong` })
    }
  })
  loop('counters compared', 60_000, async () => {
    await compare()
    return false
  })
}
