import { RUNNING } from '../../src/domain/dispatch.ts'
import type { ReplyStore, SuppressionStore } from '../../src/flow/ports-consent.ts'
import type { DeliverStore } from '../../src/flow/ports-deliver.ts'
import type { EvergreenStore } from '../../src/flow/ports-evergreen.ts'
import type { FactStore } from '../../src/flow/ports-facts.ts'
import type { PaceStore } from '../../src/flow/ports-pace.ts'
import type { PumpStore } from '../../src/flow/ports-pump.ts'
import type { ChangeStore, DispatchReader } from '../../src/flow/ports-read.ts'
import type { ReceiptStore, UnclearStore } from '../../src/flow/ports-receipts.ts'
import type { EventStore, HoldStore, IntakeStore, LinkStore, StopStore } from '../../src/flow/ports-store.ts'
import type { Process } from '../engine/process.ts'
import { addResend, change, placeInApp, viewOf } from './changes.ts'
import { claim, isUnheard, readStopFact } from './claim.ts'
import { askFor, findCode, keepCode } from './codes.ts'
import * as consent from './consent.ts'
import * as holds from './holds.ts'
import { accept, runningOf } from './intake.ts'
import * as links from './links.ts'
import { applied, applyAbout, noticeOf, storeNotice, unapplied } from './notices.ts'
import * as pump from './pump.ts'
import { earlyReceipts, hear } from './receipts.ts'
import { settle } from './settle.ts'
import { endDispatches, mayStartFor, PLANNED_OR_ASKED, someClaimed } from './stops.ts'
import { type Tables, textOf } from './tables.ts'
import * as unclear from './unclear.ts'
import { readWork } from './work.ts'

/** The store as one process sees it: where src/store needs several statements, so does this. */
export interface Store {
  intake: IntakeStore
  steps: PumpStore
  deliveries: DeliverStore
  links: LinkStore
  paces: PaceStore
  evergreen: EvergreenStore
  facts: FactStore
  stops: StopStore
  unclear: UnclearStore
  holds: HoldStore
  receipts: ReceiptStore
  replies: ReplyStore
  suppressions: SuppressionStore
  events: Pick<EventStore, 'append'>
  dispatches: Pick<DispatchReader, 'one'>
  changes: ChangeStore
}

const LOOK_AGAIN_MS = 20
type Contact = Parameters<ChangeStore['change']>[0]['contact']

export function makeStore(tables: Tables, proc: Process): Store {
  const ask = proc.statement
  return {
    intake: {
      accept: (order) => ask(() => accept(tables, order, addressesOf(order.dispatch))),
      cohort: () => Promise.resolve(1),
      replay: () => Promise.resolve(null),
      recipient: (id) => ask(() => tables.recipients.get(id) ?? null),
    },
    steps: {
      due: () => ask(() => pump.due(tables)),
      take: (order) => ask(() => pump.take(tables, order, true)),
      expireLeases: () => ask(() => pump.expireLeases(tables)),
      poisoned: () => ask(() => pump.poisoned(tables)),
      fallBack: (channels) => ask(() => pump.fallBack(tables, channels)),
      close: (limit) => ask(() => pump.close(tables, limit)),
    },
    deliveries: {
      work: (turn) => ask(() => readWork(tables, turn)),
      begin: (turn) => ask(() => pump.begin(tables, turn)),
      claim: (order) => ask(() => claim(tables, order)),
      async stopFact(question) {
        const look = () => ({ fact: readStopFact(tables, question), unheard: isUnheard(tables, question) })
        const first = await ask(look)
        if (first.unheard) await ask(() => applyAbout(tables, question.linkId))
        const { fact } = first.unheard ? await ask(look) : first
        if (fact?.kind === 'opened') await ask(() => applyAbout(tables, question.linkId))
        return fact
      },
      settle: (settlement) => ask(() => settle(tables, settlement)),
    },
    links: {
      lease: (referenceId, holder) => ask(() => links.takeLease(tables, referenceId, holder)),
      release: (referenceId, holder) => ask(() => links.dropLease(tables, referenceId, holder)),
      spendSlot: (turn) => ask(() => links.spendSlot(tables, turn)),
      slotAnswered: (slot) => ask(() => links.freeSlot(tables, slot, 60_000)),
      slotUnused: (slot) => ask(() => links.freeSlot(tables, slot, 0)),
      find: (linkId) => ask(() => links.findLink(tables, linkId)),
      markRevoked: (id) => ask(() => links.markRevoked(tables, id)),
      carriedBy: (id) => ask(() => links.carriedBy(tables, id)),
    },
    paces: { take: (order) => ask(() => links.takePace(tables, order)) },
    evergreen: {
      keep: (code) => ask(() => keepCode(tables, code)),
      find: (hashes) => ask(() => findCode(tables, hashes)),
      ask: (hash) => ask(() => askFor(tables, hash)),
    },
    facts: makeFacts(tables, proc),
    stops: makeStops(tables, proc),
    unclear: {
      due: () => ask(() => unclear.dueUnclear(tables)),
      writeOff: (step) => ask(() => unclear.writeOff(tables, step)),
      resend: (step) => ask(() => unclear.sendAgain(tables, step)),
      unfinished: () => ask(() => unclear.unfinished(tables)),
    },
    holds: makeHolds(tables, proc),
    receipts: {
      hear: (receipt, judge) => ask(() => hear(tables, receipt, judge)),
      early: () => ask(() => earlyReceipts(tables)),
    },
    replies: {
      lastOf: (hashes) => ask(() => consent.lastOf(tables, hashes)),
      keep: ({ keyHash }) => ask(() => tables.texts.size < tables.texts.add(textOf(keyHash)).size),
    },
    suppressions: makeSuppressions(tables, proc),
    events: { append: () => ask(() => undefined) },
    dispatches: { one: (id) => ask(() => viewOf(tables, id)) },
    changes: {
      change: (order, allowEnded) => ask(() => change(tables, order, allowEnded, hashesOf(order.contact))),
      addResend: (id, channels) => ask(() => addResend(tables, id, channels)),
      inApp: (referenceId) => ask(() => placeInApp(tables, referenceId)),
    },
  }
}

const addressesOf = ({ referenceId, person }: { referenceId: string; person: { contact: NonNullable<Contact> } }) => [
  `recipient:${referenceId}`,
  ...hashesOf(person.contact),
]
const hashesOf = (contact: Contact): string[] => [
  ...(contact?.phone ? [`phone:${contact.phone}`] : []),
  ...(contact?.email ? [`email:${contact.email}`] : []),
  ...(contact?.pushTokens ?? []).map((token) => `token:${token}`),
]

function makeFacts(tables: Tables, { statement: ask }: Process): FactStore {
  return {
    async record(fact) {
      const fresh = await ask(() => storeNotice(tables, fact))
      return { fresh, ...(await ask(() => applied(tables, noticeOf(tables, fact)))) }
    },
    fenced: () => ask(() => undefined),
    applyLate: () => ask(() => unapplied(tables).flatMap((notice) => applied(tables, notice).touched)),
  }
}

function makeStops(tables: Tables, { statement: ask, wait }: Process): StopStore {
  const isRunning = (status: string) => (RUNNING as readonly string[]).includes(status)
  return {
    stop: (ids, status, reason) =>
      ask(() => endDispatches(tables, ids, status, reason, { from: isRunning, kinds: PLANNED_OR_ASKED })),
    runningOf: (referenceId) => ask(() => runningOf(tables, referenceId)),
    referenceOf: (id) => ask(() => tables.dispatches.get(id)?.referenceId ?? ''),
    async fence(ids) {
      for (;;) {
        const ms = await ask(() => mayStartFor(tables, ids))
        if (ms === null) return
        tables.history.note({ what: 'sometimes', path: 'fence waited' })
        await wait(Math.min(ms + 1, LOOK_AGAIN_MS))
      }
    },
    async fenceAll() {
      const until = await ask(() => tables.now() + 2_000)
      while (await ask(() => someClaimed(tables, until))) await wait(LOOK_AGAIN_MS)
    },
  }
}

/** `current` is a copy at most a second old. */
function makeHolds(tables: Tables, { statement: ask, monotonic }: Process): HoldStore {
  let copy: { holds: ReturnType<HoldStore['list']>; at: number } | undefined
  const list = () => ask(() => holds.holdsInForce(tables))
  const forgetting = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer
    copy = undefined
    return value
  }
  return {
    list,
    current() {
      if (!copy || monotonic() - copy.at > 1_000) copy = { holds: list(), at: monotonic() }
      copy.holds.catch(() => {
        copy = undefined
      })
      return copy.holds
    },
    place: (order) => forgetting(ask(() => holds.placeHold(tables, order))),
    lift: (id, by) => forgetting(ask(() => holds.liftHold(tables, id, by))),
    dueProbes: () => ask(() => holds.dueProbes(tables)),
    takeProbe: (id, nextMs) => forgetting(ask(() => holds.takeProbe(tables, id, nextMs))),
    postpone: (id, ms) => ask(() => holds.postpone(tables, id, ms)),
  }
}

function makeSuppressions(tables: Tables, { statement: ask }: Process): SuppressionStore {
  const addAll: SuppressionStore['addAll'] = async (entries) => {
    const rows = await ask(() => consent.addSuppressions(tables, entries))
    const affected = await ask(() => consent.affectedBy(tables, entries))
    return { fresh: rows.map(({ fresh }) => fresh), ids: rows.map(({ id }) => id), affected }
  }
  return {
    addAll,
    async add(entry) {
      const { fresh, affected } = await addAll([entry])
      return { fresh: fresh[0] ?? false, touched: affected.map(({ id }) => id) }
    },
    failedFor: (question) => ask(() => consent.failedFor(tables, question)),
    one: () => Promise.resolve(null),
    list: () => Promise.resolve([]),
    find: (hashes) => ask(() => consent.findSuppressions(tables, hashes)),
    mailedBy: (id) => ask(() => consent.mailedBy(tables, id)),
    lift: (ids) => ask(() => consent.lift(tables, ids)),
  }
}
