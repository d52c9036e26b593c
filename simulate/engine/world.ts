import { makeStore, type Store } from '../store/ports.ts'
import { makeTables, type Tables } from '../store/tables.ts'
import { makeAftermath } from '../world/aftermath.ts'
import { makeCarriers } from '../world/carriers.ts'
import { makeCrm } from '../world/crm.ts'
import { type Member, makeGate } from '../world/gate.ts'
import { makeHttp } from '../world/network.ts'
import { makePartnerWorld, type PartnerWorld } from '../world/partner.ts'
import { makePeople } from '../world/people.ts'
import { makePerson, type Person } from '../world/persons.ts'
import { makeTroubles } from '../world/troubles.ts'
import { makeWeather } from '../world/weather.ts'
import type { Chance } from './chance.ts'
import type { Fact, History } from './history.ts'
import { makeJobs } from './jobs.ts'
import { makeLoops } from './loops.ts'
import { makeProcess, type Process } from './process.ts'
import { makeService } from './service.ts'
import type { Timeline } from './timeline.ts'
import { makeVault } from './vault.ts'

const MINUTE = 60_000

/** A bug put in on purpose, to see that it is found. */
export interface Plant {
  store?: (store: Store) => Store
}
export interface World {
  tables: Tables
  persons: Map<string, Person>
  creationsPerMinute: number
  begin(healAt: number): void
}
export interface WorldOptions {
  chance: Chance
  timeline: Timeline
  history: History
  plant: Plant
  listeners: ((fact: Fact) => void)[]
}

export function makeWorld({ chance, timeline, history, plant, listeners }: WorldOptions): World {
  const { now } = timeline
  let ids = 0
  const newId = () => `00000000-0000-7000-8000-${(++ids).toString(16).padStart(12, '0')}`
  const weather = makeWeather(chance.fork('weather'))
  const creationsPerMinute = chance.int(1, 4)
  const members = new Map<Process, Member>()
  let downUntil = 0
  const latencies = chance.fork('latency')
  const database = {
    isDown: () => downUntil > now(),
    breaks: () => latencies.happens(weather.storm() * 0.01),
    latency: () => (latencies.happens(weather.storm() * 0.01) ? latencies.int(100, 3_000) : latencies.int(0, 4)),
  }
  const tables = makeTables({
    ...{ now, chance, history, newId, slots: creationsPerMinute, reserved: Math.floor(creationsPerMinute / 2) },
    changed: () => loops.stir(),
  })
  const vault = makeVault()
  const processes = (count: number, role: string): Process[] =>
    Array.from({ length: count }, (_, i) => {
      const name = `${role}-${i + 1}`
      const onBug = (error: unknown) =>
        history.note({ what: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
      return makeProcess({ name, timeline, chance: chance.fork(name), database, onBug })
    })
  const workers = processes(chance.int(1, 3), 'worker')
  const apis = processes(chance.int(1, 2), 'api')
  const of = (procs: Process[]) => () => procs.flatMap((proc) => members.get(proc) ?? [])
  const gate = makeGate({ timeline, chance: chance.fork('gate'), weather, apis: of(apis) })
  const wake = () => loops.wake()
  const jobs = makeJobs({ timeline, chance: chance.fork('jobs'), weather, workers: of(workers), wake })
  const loops = makeLoops({ timeline, chance: chance.fork('loops'), tables, workers: of(workers) })
  const people = makePeople({
    ...{ timeline, chance: chance.fork('people'), weather, history, vault, gate, newId },
    partner: () => partner,
  })
  const partner: PartnerWorld = makePartnerWorld({
    ...{ now, chance: chance.fork('partner'), weather, history, newId },
    perMinute: creationsPerMinute,
    tell: people.hook,
  })
  const aftermath = makeAftermath({
    ...{ timeline, chance: chance.fork('aftermath'), weather, history, arrives: people.arrives },
    post: (receipt) =>
      gate(
        (service) => service.hear(receipt),
        (heard) => {
          const address = history.facts.findLast((f) => f.what === 'request' && f.id === receipt.providerId)
          const { outcome } = receipt
          if (heard === 'early') history.note({ what: 'sometimes', path: 'receipt before its outcome' })
          if (
            outcome?.kind === 'suppress' &&
            address?.what === 'request' &&
            (heard === 'applied' || heard === 'unchanged')
          )
            history.note({ what: 'barred', addresses: [address.address], scope: 'all', why: outcome.suppression })
        },
      ),
  })
  const crm = makeCrm({ timeline, chance: chance.fork('crm'), history, gate, partner: () => partner, newId })
  const persons = Array.from({ length: chance.int(1, 3) }, (_, i) => makePerson(chance, i + 1))

  function open(proc: Process): void {
    const own = chance.fork(`${proc.name}/${now()}`)
    const near = { chance: own, weather }
    const store = makeStore(tables, proc)
    const carried = { ...near, tables, partner, history, newId, taken: aftermath.taken }
    const service = makeService({
      ...{ proc, store: plant.store ? plant.store(store) : store, chance: own, vault, newId, wake },
      providers: makeCarriers(carried, proc),
      partnerHttp: makeHttp(proc, { ...near, place: 'partner' }, (request) => partner.serve(request, proc.name)),
      twilioHttp: makeHttp(proc, { ...near, place: 'twilio' }, aftermath.serveTwilio),
      enqueue: async (_, steps) => {
        await proc.wait(own.int(0, 5))
        jobs.add(steps)
      },
      barred: (address, why) =>
        timeline.after(2_500, () => history.note({ what: 'barred', addresses: [address], scope: 'all', why })),
    })
    members.set(proc, { proc, service })
  }
  let heardAt = now()
  function restart(proc: Process): void {
    proc.start()
    loops.forget(proc.name)
    open(proc)
    const others = workers.some((one) => one !== proc && one.isAlive())
    if (workers.includes(proc))
      proc.go(() => members.get(proc)?.service.lookBack(others ? 0 : now() - heardAt) ?? Promise.resolve())
    loops.wake()
  }

  const mischiefs = chance.fork('mischief')
  function mischief(id: string): void {
    const row = tables.dispatches.get(id)
    const person = persons.find(({ referenceId }) => referenceId === row?.referenceId)
    if (!row || !person) return
    const opens = () => {
      const own = [...partner.links.values()].filter(
        (l) => l.referenceId === person.referenceId && l.status === 'active',
      )
      if (own.length > 0) people.opens(mischiefs.pick(own).linkId)
    }
    const { phone } = row.persons.at(-1)?.contact ?? {}
    const stops = () => people.says('STOP', { address: `phone:${phone}`, recipient: person.referenceId })
    const siblings = [...tables.dispatches.values()].filter((d) => d !== row && d.referenceId === person.referenceId)
    const withdraws = () => crm.cancels(siblings.length > 0 ? mischiefs.pick(siblings).id : id, true)
    const cancels = () => crm.cancels(id, false)
    const presses = () => people.presses(id)
    const others = [stops, cancels, withdraws, presses, () => crm.bars(person), () => crm.orders(person)]
    mischiefs.pick([opens, opens, opens, ...others])()
  }
  const troubles = makeTroubles({
    ...{ timeline, chance: chance.fork('troubles'), weather, history, gate, workers, apis, restart, mischief },
    databaseDown(ms) {
      history.note({ what: 'fault', kind: 'down', of: 'database' })
      downUntil = now() + ms
    },
    flushJobs: jobs.flush,
  })
  listeners.push(troubles.watch, (fact) => {
    if (fact.what === 'workers' && fact.able > 0) heardAt = fact.t
  })

  function begin(healAt: number): void {
    const days = healAt - now()
    for (const proc of [...workers, ...apis]) open(proc)
    troubles.able()
    for (const person of persons)
      for (let i = chance.int(1, 4); i > 0; i--) timeline.after(chance.int(0, days * 0.7), () => crm.orders(person))
    for (let i = Math.round(weather.storm() * 10); i > 0; i--)
      timeline.after(chance.int(0, days * 0.95), troubles.anyTime)
    for (let i = chance.int(0, 4); i > 0; i--)
      timeline.after(chance.int(MINUTE, days), () => {
        const row = mischiefs.pick([...tables.dispatches.values()])
        const person = persons.find(({ referenceId }) => referenceId === row?.referenceId)
        if (row && person) crm.meddles(person, row.id)
      })
    timeline.after(days, heal)
  }
  function heal(): void {
    weather.heal()
    downUntil = 0
    for (const proc of [...workers, ...apis]) {
      proc.setSkew(0)
      if (!proc.isAlive()) restart(proc)
    }
    troubles.able()
    history.note({ what: 'fault', kind: 'healed', of: 'everything' })
  }
  return { tables, creationsPerMinute, begin, persons: new Map(persons.map((one) => [one.referenceId, one])) }
}
