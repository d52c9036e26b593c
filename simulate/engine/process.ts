import type { Chance } from './chance.ts'
import type { Timeline } from './timeline.ts'

/** A process of the service: it dies, freezes and starts again, and what it waited for goes on with it, later, or never. */
export interface Process {
  readonly name: string
  isAlive(): boolean
  isFrozen(): boolean
  /** One statement: it reaches the database, is done there at once, and its answer comes back. */
  statement<T>(run: () => T): Promise<T>
  wait(ms: number): Promise<void>
  /** Something of the world answers this process: it hears it when it can, and not at all when it died. */
  hears(run: () => void): void
  /** Work that nobody waits for. */
  go(work: () => Promise<unknown>): void
  /** ms that never go backwards. */
  monotonic(): number
  /** Its own clock, which may be wrong. */
  now(): Date
  setSkew(ms: number): void
  die(): void
  start(): void
  freeze(ms: number): void
}

export interface ProcessOptions {
  name: string
  timeline: Timeline
  chance: Chance
  database: Database
  /** A mistake of the code, told apart from a fault of the world. */
  onBug(error: unknown): void
}
/** The one server they all share. */
export interface Database {
  isDown(): boolean
  /** Whether one connection breaks, now, under one statement. */
  breaks(): boolean
  /** ms on the way there, and back. */
  latency(): number
}

/** What a broken connection throws: nothing of the code under test may treat it as an answer. */
export class ConnectionLost extends Error {
  readonly code = '08006'
}

export function makeProcess({ name, timeline, chance, database, onBug }: ProcessOptions): Process {
  let life = 1
  let alive = true
  let frozenUntil = 0
  let skew = 0

  const hear = (mine: number, run: () => void): void => {
    if (mine !== life || !alive) return
    const frozenFor = frozenUntil - timeline.now()
    if (frozenFor > 0) timeline.after(frozenFor, () => hear(mine, run))
    else run()
  }
  /** Dead already when it should have left: it was on the wire, or it was not. */
  const neverLeft = (mine: number) => (mine !== life || !alive) && chance.happens(0.5)

  return {
    name,
    isAlive: () => alive,
    isFrozen: () => frozenUntil > timeline.now(),
    statement: (run) =>
      new Promise((resolve, reject) => {
        const mine = life
        const fail = () => hear(mine, () => reject(new ConnectionLost('connection lost')))
        timeline.after(database.latency(), () => {
          if (neverLeft(mine)) return
          const broken = database.breaks()
          if ((broken && chance.happens(0.5)) || (database.isDown() && chance.happens(0.9)))
            return timeline.after(database.latency(), fail)
          const answer = run()
          // Done, but the connection breaks before the answer is back.
          const lost = broken || database.isDown()
          timeline.after(database.latency(), () => (lost ? fail() : hear(mine, () => resolve(answer))))
        })
      }),
    wait: (ms) =>
      new Promise((resolve) => {
        const mine = life
        timeline.after(ms, () => hear(mine, resolve))
      }),
    hears(run) {
      hear(life, run)
    },
    go(work) {
      work().catch((error: unknown) => {
        if (!(error instanceof ConnectionLost)) onBug(error)
      })
    },
    monotonic: () => timeline.now(),
    now: () => new Date(timeline.now() + skew),
    setSkew(ms) {
      skew = ms
    },
    die() {
      alive = false
      life++
    },
    start() {
      alive = true
      frozenUntil = 0
    },
    freeze(ms) {
      frozenUntil = timeline.now() + ms
    },
  }
}
