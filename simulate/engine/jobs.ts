import type { StepTurn } from '../../src/flow/ports-store.ts'
import type { Member } from '../world/gate.ts'
import type { Weather } from '../world/weather.ts'
import type { Chance } from './chance.ts'
import type { Timeline } from './timeline.ts'

export interface Jobs {
  add(jobs: StepTurn[][]): void
  /** Every job that waits is gone. */
  flush(): void
}

export interface JobsOptions {
  timeline: Timeline
  chance: Chance
  weather: Weather
  workers: () => Member[]
  wake(): void
}

interface Job {
  steps: StepTurn[]
  born: number
  isOver: boolean
}

/** The queue: jobs come late, or never, and are run again by somebody else while their worker is silent. */
export function makeJobs({ timeline, chance, weather, workers, wake }: JobsOptions): Jobs {
  let generation = 1

  function bring(job: Job): void {
    if (job.born !== generation || job.isOver) return
    const able = workers().filter(({ proc }) => proc.isAlive() && !proc.isFrozen())
    if (able.length === 0) {
      timeline.after(chance.int(1_000, 5_000), () => bring(job))
      return
    }
    run(job, chance.pick(able))
  }

  function run(job: Job, { proc, service }: Member): void {
    const one = async (turn: StepTurn) => {
      if ((await service.deliver(turn)) === 'pending') wake()
    }
    proc.go(async () => {
      const ends = await Promise.allSettled(job.steps.map(one))
      // The word that it is over may be lost like any other.
      job.isOver = !chance.happens(weather.storm() * 0.5)
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    })
  }

  return {
    add(jobs) {
      for (const steps of jobs) {
        if (chance.happens(weather.storm() * 0.03)) continue
        const job: Job = { steps, born: generation, isOver: false }
        const late = chance.happens(weather.storm() * 0.04) ? chance.int(1_000, 60_000) : chance.int(2, 30)
        timeline.after(late, () => bring(job))
        if (chance.happens(weather.storm() * 0.2)) timeline.after(late + chance.int(2, 50_000), () => bring(job))
      }
    },
    flush() {
      generation++
    },
  }
}
