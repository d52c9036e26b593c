import type { Chance } from '../engine/chance.ts'
import type { Fact, History } from '../engine/history.ts'
import type { Process } from '../engine/process.ts'
import type { Timeline } from '../engine/timeline.ts'
import type { Gate } from './gate.ts'
import { PLACES, type Weather } from './weather.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

export interface TroubleOptions {
  timeline: Timeline
  chance: Chance
  weather: Weather
  history: History
  gate: Gate
  workers: Process[]
  apis: Process[]
  /** A dead process comes back, with nothing in its memory. */
  restart(proc: Process): void
  databaseDown(ms: number): void
  flushJobs(): void
  /** What people and the CRM may do at the worst moment. */
  mischief(dispatch: string): void
}

/** Faults: some at any time, most of them while a message is under way. */
export function makeTroubles(options: TroubleOptions) {
  const { timeline, chance, weather, history, gate, workers, apis } = options
  const told = (kind: string, of: string) => history.note({ what: 'fault', kind, of })
  const able = () => {
    const count = workers.filter((proc) => proc.isAlive() && !proc.isFrozen()).length
    history.note({ what: 'workers', able: count })
  }

  function kill(proc: Process, forMs: number): void {
    if (!proc.isAlive()) return
    told('killed', proc.name)
    proc.die()
    able()
    timeline.after(forMs, () => {
      if (proc.isAlive()) return
      options.restart(proc)
      able()
    })
  }
  function freeze(proc: Process, forMs: number): void {
    if (!proc.isAlive() || proc.isFrozen()) return
    told('frozen', proc.name)
    proc.freeze(forMs)
    able()
    timeline.after(forMs + 1, able)
  }
  function hold(): void {
    const [scope, value] = chance.pick([
      ['all', '*'],
      ['channel', 'sms'],
      ['channel', 'email'],
      ['provider', 'twilio'],
      ['provider', 'fcm'],
      ['template', 'magic-link'],
    ] as const)
    const order = { scope, value, reason: 'a person looks', placedBy: 'person', probeAfterMs: null }
    gate(
      (service) => service.placeHold(order),
      ({ id }) => {
        history.note({ what: 'hold answered', scope, value })
        const ms = chance.happens(0.1) ? chance.int(720, 1_200) * MINUTE : chance.int(SECOND, 90 * MINUTE)
        timeline.after(ms, () => gate((service) => service.liftHold(id)))
      },
    )
  }
  function outage(): void {
    const place = chance.pick(PLACES)
    const trouble = chance.pick(['refuses', 'silent', 'errors', 'shut'] as const)
    told(trouble, place)
    weather.befall(place, trouble)
    timeline.after(chance.int(5 * SECOND, 15 * MINUTE), () => weather.clear(place))
  }
  const short = () => chance.int(200, 20 * SECOND)
  const someWorker = () => chance.pick(workers)

  const anyTime = [
    outage,
    outage,
    hold,
    () => options.databaseDown(chance.int(SECOND, 40 * SECOND)),
    () => {
      for (const proc of workers) kill(proc, chance.int(MINUTE, 40 * MINUTE))
    },
    () => someWorker().setSkew(chance.int(-10, 10) * MINUTE),
    () => chance.pick(apis).setSkew(chance.int(-10, 10) * MINUTE),
    () => {
      told('flushed', 'jobs')
      options.flushJobs()
    },
  ]
  const underWay = (dispatch: string) => [
    () => options.mischief(dispatch),
    () => options.mischief(dispatch),
    () => options.mischief(dispatch),
    () => kill(someWorker(), short()),
    () =>
      freeze(someWorker(), chance.happens(0.5) ? chance.int(500, 5 * SECOND) : chance.int(5 * SECOND, 150 * SECOND)),
    () => kill(chance.pick(apis), short()),
    () => options.databaseDown(chance.int(100, 5 * SECOND)),
    hold,
    outage,
  ]

  return {
    able,
    anyTime: () => chance.pick(anyTime)(),
    watch(fact: Fact): void {
      if (fact.what !== 'step' || (fact.to !== 'queued' && fact.to !== 'claimed')) return
      const inMs = chance.happens(0.5) ? chance.int(0, 60) : chance.int(0, 2_500)
      if (chance.happens(weather.storm() * 0.25)) timeline.after(inMs, chance.pick(underWay(fact.dispatch)))
      // On calm days people still act at the worst moment.
      else if (chance.happens(0.06)) timeline.after(inMs, () => options.mischief(fact.dispatch))
    },
  }
}
