import type { Chance } from '../engine/chance.ts'
import type { Process } from '../engine/process.ts'
import type { Service } from '../engine/service.ts'
import type { Timeline } from '../engine/timeline.ts'
import type { Weather } from './weather.ts'

export interface Member {
  proc: Process
  service: Service
}

/** The API as its callers see it: any process answers, and whoever gets no answer asks again. */
export type Gate = <T>(work: (service: Service) => Promise<T>, answered?: (value: T) => void, times?: number) => void

export interface GateOptions {
  timeline: Timeline
  chance: Chance
  weather: Weather
  apis: () => Member[]
}

export function makeGate({ timeline, chance, weather, apis }: GateOptions): Gate {
  return function call(work, answered = () => undefined, times = 40) {
    const again = () => {
      if (times > 1) timeline.after(chance.int(500, 60_000), () => call(work, answered, times - 1))
    }
    const alive = apis().filter(({ proc }) => proc.isAlive())
    if (alive.length === 0) return again()
    const { proc, service } = chance.pick(alive)
    /** The first end counts: an answer, a failure, or nobody listening any more. */
    let end = (next: () => void) => {
      end = () => undefined
      next()
    }
    const serve = async () => {
      const value = await work(service).catch((error: unknown) => {
        end(again)
        throw error
      })
      end(() => answered(value))
    }
    proc.hears(() => proc.go(serve))
    timeline.after(30_000, () => end(again))
    // The connection breaks, whatever was done by then.
    if (chance.happens(weather.storm() * 0.05)) timeline.after(chance.int(1, 40), () => end(again))
  }
}
