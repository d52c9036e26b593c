import type { Chance } from './chance.ts'
import type { Timeline } from './timeline.ts'

export interface Duty {
  /** Something was written: there may be something to do. */
  stir(): void
  wake(): void
}
export interface DutyOptions {
  timeline: Timeline
  chance: Chance
  everyMs: number
  /** When there is something to do; now or earlier: at once. */
  dueAt(): number
  /** The first moment after `since` at which a look could end differently, if nothing is written meanwhile. */
  nextChange(since: number): number
  version(): number
  /** Somebody looks, where somebody can; false: nobody can. */
  run(done: (more: boolean) => void): boolean
}

/**
 * A loop that every process runs, looking every so often. Here one process, or two, look when there is something to see;
 * the looks that would see nothing are left out, and that is why weeks take milliseconds.
 */
export function makeDuty(options: DutyOptions): Duty {
  const { timeline, chance, everyMs } = options
  let plannedAt = Number.POSITIVE_INFINITY
  let inVain = 0

  function lookIn(ms: number): void {
    const at = timeline.now() + Math.max(0, Math.min(ms, 10 * 24 * 3_600_000))
    if (plannedAt <= at) return
    plannedAt = at
    timeline.after(at - timeline.now(), () => {
      if (plannedAt !== at) return
      plannedAt = Number.POSITIVE_INFINITY
      look()
    })
  }
  function look(): void {
    const dueIn = options.dueAt() - timeline.now()
    if (dueIn > 0) {
      if (Number.isFinite(dueIn)) lookIn(dueIn + chance.int(0, everyMs))
      return
    }
    const before = options.version()
    const since = timeline.now()
    let isDone = false
    const done = (more: boolean) => {
      isDone = true
      inVain = more || options.version() !== before ? 0 : inVain + 1
      // A process may know the holds of a second ago: only the second look in vain says that there is nothing to see.
      const sleepMs = inVain > 1 ? options.nextChange(since) - timeline.now() : everyMs / 2
      lookIn(sleepMs + chance.int(0, everyMs))
    }
    if (!options.run(done)) lookIn(everyMs)
    // Whoever looks may freeze or die meanwhile: the others look as well.
    else timeline.after(everyMs, () => !isDone && look())
  }

  return {
    stir: () => lookIn(chance.int(1, everyMs)),
    wake: () => lookIn(chance.int(0, 20)),
  }
}
