import { setImmediate as breathe } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { EXPECTED_PATHS } from '../../simulate/checks/rare-paths.ts'
import type { Plant } from '../../simulate/engine/world.ts'
import { simulate } from '../../simulate/simulate.ts'
import type { Store } from '../../simulate/store/ports.ts'
import type { FoundCode } from '../../src/flow/ports-evergreen.ts'

const SEEDS = Array.from({ length: 50 }, (_, i) => i + 1)

describe('fifty small worlds', () => {
  it('keep every promise, and meet most of what is rare', { timeout: 60_000 }, async () => {
    const broken: string[] = []
    const met = new Set<string>()

    for (const seed of SEEDS) {
      const { violations, sometimes } = await simulate(seed)
      for (const { promise, message } of violations) broken.push(`seed ${seed}: ${promise}: ${message}`)
      for (const path of Object.keys(sometimes)) met.add(path)
      await breathe()
    }

    expect(broken).toEqual([])
    expect(EXPECTED_PATHS.filter((path) => met.has(path)).length).toBeGreaterThan(EXPECTED_PATHS.length * 0.7)
  })

  it('come out the same for the same seed, and different for another', async () => {
    const [once, again, other] = [await simulate(7), await simulate(7), await simulate(8)]

    expect(again.hash).toBe(once.hash)
    expect(again.facts).toEqual(once.facts)
    expect(other.hash).not.toBe(once.hash)
  })
})

describe('a bug put in on purpose is found', { timeout: 120_000 }, () => {
  const plants: [bug: string, promise: string, plant: Plant][] = [
    ['the claim asks for no stop facts', 'P4', on('deliveries', { stopFact: () => Promise.resolve(null) })],
    ['an open is answered without the fence', 'P2', on('stops', { fence: () => Promise.resolve() })],
    ['an unclear message is simply sent again', 'P3', { store: resendsUnclear }],
    ['a slot is free as soon as its create was answered', 'P7', { store: freesSlotsAtOnce }],
    ['a lost job is never looked for', 'P1', on('steps', { expireLeases })],
    ['a machine’s open counts as a person’s', 'suspects', { store: trustsMachines }],
    ['a machine’s open keeps nothing back', 'P2', { store: ignoresMachines }],
    ['a code that is sent is not stored', 'codes', on('evergreen', { keep: () => Promise.resolve() })],
    ['a code outlives its dispatch', 'codes', { store: keepsCodesAlive }],
    ['a code that asked for a fresh link leads to it', 'codes', { store: forgetsWhoAsked }],
  ]

  it.each(plants)('%s (%s)', async (_, promise, plant) => {
    let found = false

    for (let seed = 1; seed <= 300 && !found; seed++) {
      const { violations } = await simulate(seed, plant)
      found = violations.some((violation) => violation.promise === promise)
      await breathe()
    }

    expect(found).toBe(true)
  })
})

function on<Name extends 'deliveries' | 'stops' | 'steps' | 'evergreen'>(
  name: Name,
  instead: Partial<Store[Name]>,
): Plant {
  return { store: (store) => ({ ...store, [name]: { ...store[name], ...instead } }) }
}

const expireLeases = () => Promise.resolve({ lost: 0, ambiguous: 0 })

function resendsUnclear(store: Store): Store {
  const { settle } = store.deliveries
  const again: typeof settle = (settlement) =>
    settle(settlement.to === 'ambiguous' ? { ...settlement, to: 'pending', dueAt: null } : settlement)
  return { ...store, deliveries: { ...store.deliveries, settle: again } }
}

function freesSlotsAtOnce(store: Store): Store {
  return { ...store, links: { ...store.links, slotAnswered: store.links.slotUnused } }
}

function trustsMachines(store: Store): Store {
  return { ...store, facts: { ...store.facts, record: (fact) => store.facts.record({ ...fact, suspect: null }) } }
}

function ignoresMachines(store: Store): Store {
  const unheard = { fresh: true, touched: [], suspect: null }
  const record: Store['facts']['record'] = async (fact) => (fact.suspect ? unheard : store.facts.record(fact))
  return { ...store, facts: { ...store.facts, record } }
}

function keepsCodesAlive(store: Store): Store {
  return finding(store, (found) => ({ ...found, status: 'sent' }))
}

function forgetsWhoAsked(store: Store): Store {
  return finding(store, (found) => (found.asked ? { ...found, url: 'https://links.example.com/l/fresh' } : found))
}

function finding(store: Store, change: (found: FoundCode) => FoundCode): Store {
  const find: Store['evergreen']['find'] = async (hashes) => {
    const found = await store.evergreen.find(hashes)
    return found && change(found)
  }
  return { ...store, evergreen: { ...store.evergreen, find } }
}
