import { unapplied } from '../store/notices.ts'
import { earlyReceipts } from '../store/receipts.ts'
import { stepsOf, type Tables } from '../store/tables.ts'
import { nextLook } from '../store/unclear.ts'
import type { Member } from '../world/gate.ts'
import type { Chance } from './chance.ts'
import { makeDuty } from './duties.ts'
import type { Service } from './service.ts'
import type { Timeline } from './timeline.ts'

const NEVER = Number.POSITIVE_INFINITY

export interface LoopsOptions {
  timeline: Timeline
  chance: Chance
  tables: Tables
  workers: () => Member[]
}

/** Pump, upkeep and reconcile, as src/wiring/road.ts runs them in every worker. */
export function makeLoops({ timeline, chance, tables, workers }: LoopsOptions) {
  const busy = new Set<string>()

  const runs = (name: keyof Service & ('pump' | 'upkeep' | 'reconcile')) => (done: (more: boolean) => void) => {
    const free = workers().filter(({ proc }) => proc.isAlive() && !proc.isFrozen() && !busy.has(`${proc.name}/${name}`))
    if (free.length === 0) return false
    for (const { proc, service } of chance.happens(0.15) ? free : [chance.pick(free)]) {
      const key = `${proc.name}/${name}`
      busy.add(key)
      const end = (more: boolean) => {
        busy.delete(key)
        done(more)
      }
      proc.go(async () => {
        try {
          end(await service[name]())
        } catch (error) {
          end(true)
          throw error
        }
      })
    }
    return true
  }
  const duty = (name: (typeof LOOPS)[number], everyMs: number, dueAt: () => number) =>
    makeDuty({
      ...{ timeline, chance, everyMs, dueAt },
      nextChange: (since) => nextMoment(tables, since),
      version: () => tables.version,
      run: runs(name),
    })

  const duties = [
    duty('pump', 1_000, () => pumpDueAt(tables)),
    duty('upkeep', 5_000, () => (unapplied(tables).length > 0 ? 0 : probeAt(tables))),
    duty('reconcile', 5_000, () => (earlyReceipts(tables).length > 0 ? 0 : nextLook(tables))),
  ]
  return {
    /** What a process had begun before it died does not keep it from beginning again. */
    forget(process: string) {
      for (const name of LOOPS) busy.delete(`${process}/${name}`)
    },
    stir() {
      for (const one of duties) one.stir()
    },
    wake() {
      for (const one of duties) one.wake()
    },
  }
}

const OPEN: readonly string[] = ['pending', 'queued', 'claimed', 'ambiguous']
const LOOPS = ['pump', 'upkeep', 'reconcile'] as const

function pumpDueAt(tables: Tables): number {
  let at = NEVER
  for (const { status, dueAt, leaseUntil } of stepsOf(tables)) {
    if (status === 'pending' && dueAt !== null && dueAt < at) at = dueAt
    if ((status === 'queued' || status === 'claimed') && leaseUntil !== null && leaseUntil < at) at = leaseUntil
  }
  return at
}

/** Holds on providers are probed by messages; a step that died too often is the upkeep's too. */
function probeAt(tables: Tables): number {
  let at = NEVER
  for (const { scope, probe, liftedAt } of tables.holds)
    if (scope !== 'provider' && liftedAt === null && probe !== null && probe < at) at = probe
  for (const { status, deaths, leaseUntil } of stepsOf(tables))
    if (status === 'queued' && deaths >= 5 && leaseUntil !== null && leaseUntil < at) at = leaseUntil
  return at
}

/** Every time that stands in a row and lies ahead of `since` may change what a look would find. */
function nextMoment(tables: Tables, since: number): number {
  let next = NEVER
  const meet = (at: number | null) => {
    if (at !== null && at > since && at < next) next = at
  }
  for (const step of stepsOf(tables)) {
    if (!OPEN.includes(step.status)) continue
    meet(step.dueAt)
    meet(step.leaseUntil)
    meet(step.fallBackAt)
  }
  for (const { freeAt } of tables.slots) meet(freeAt)
  for (const { probe, liftedAt } of tables.holds) if (liftedAt === null) meet(probe)
  meet(nextLook(tables, since))
  return next
}
