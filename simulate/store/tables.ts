import type { ChannelName } from '../../src/domain/channel.ts'
import type { DispatchStatus } from '../../src/domain/dispatch.ts'
import type { Hold } from '../../src/domain/hold.ts'
import type { StepKind, StepStatus } from '../../src/domain/step.ts'
import type { Suspicion } from '../../src/domain/suspicion.ts'
import type { Suppression } from '../../src/flow/ports-consent.ts'
import type { Receipt } from '../../src/flow/ports-receipts.ts'
import type { NewDispatch, Person, StoredAnswer } from '../../src/flow/ports-store.ts'
import type { Chance } from '../engine/chance.ts'
import type { History } from '../engine/history.ts'

/** The rows of src/store/migrations in memory; times are ms. Whatever a function of this folder does to them, it does at once: as one statement. */
export interface Tables {
  now(): number
  chance: Chance
  history: History
  /** Counts writes, so that loops know whether there is something new to look at. */
  version: number
  changed(): void
  dispatches: Map<string, DispatchRow>
  links: Map<string, LinkRow>
  codes: Map<string, { dispatchId: string; askedAt: number | null }>
  slots: { n: number; reserved: boolean; freeAt: number }[]
  notices: Map<string, NoticeRow>
  suppressions: SuppressionRow[]
  holds: (Hold & { liftedAt: number | null; probe: number | null })[]
  leases: Map<string, { holder: string; until: number }>
  recipients: Map<string, RecipientRow>
  answers: Map<string, { bodyHash: string; answer: StoredAnswer; at: number }>
  paces: Map<string, number>
  texts: Set<string>
  newId(): string
}

export interface RecipientRow {
  locale: string | null
  timeZone: string | null
  contact: NewDispatch['person']['contact'] | null
}

export interface DispatchRow extends Omit<NewDispatch, 'person' | 'steps' | 'events' | 'ownLink' | 'sendAt'> {
  status: DispatchStatus
  reason: string | null
  ownLink: string | null
  persons: Person[]
  firstHandedAt: number | null
  inAppAt: number | null
  openedAt: number | null
  suspectUntil: number | null
  /** Keyed hashes under which it is found, as text. */
  addresses: Set<string>
  carried: Set<string>
  steps: StepRow[]
  attempts: AttemptRow[]
}

export interface StepRow {
  dispatchId: string
  n: number
  kind: StepKind
  lane: number
  channel: ChannelName | 'none'
  chain: ChannelName[]
  needsLink: boolean
  template: string
  afterMs: number | null
  dueAt: number | null
  fallBackAt: number | null
  status: StepStatus
  reason: string | null
  turn: number
  emptyTurns: number
  deaths: number
  leaseUntil: number | null
  startBy: number | null
  slot: number | null
  tries: number
  attempts: number
  provider: string | null
  handedAt: number | null
  confirmed: boolean | null
}

export interface AttemptRow {
  stepN: number
  n: number
  turn: number
  channel: ChannelName | 'none'
  provider: string
  addressHash: string | null
  bodyHash: Buffer | null
  linkId: string
  claimedAt: number
  outcome: string | null
  reason: string | null
  providerId: string | null
  settledAt: number | null
  receiptRank: number | null
  receiptFinal: boolean
  receiptReason: string | null
  receiptDue: Receipt | null
  askedAt: number | null
}

export interface LinkRow {
  id: string
  referenceId: string
  linkId: string
  lookup: string
  url: string
  origin: 'created' | 'adopted' | 'brought'
  status: 'active' | 'opened' | 'revoked'
  requestedMs: number
  expiresAt: number
  openedAt: number | null
  operationId: string | null
  suspect: Suspicion | null
}

export interface NoticeRow {
  key: string
  type: string
  linkLookup: string | null
  referenceId: string | null
  occurredAt: number
  openedAt: number | null
  operationId: string | null
  suspect: Suspicion | null
  receivedAt: number
  appliedAt: number | null
}

export interface SuppressionRow extends Omit<Suppression, 'placedAt' | 'liftedAt'> {
  hash: string
  source: string | null
  placedAt: number
  liftedAt: number | null
}

/** Keyed hashes are text in these tables. */
export const textOf = (hash: Buffer): string => hash.toString('latin1')
export const hashOf = (text: string): Buffer => Buffer.from(text, 'latin1')
export const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
export const msOf = (date: Date | null): number | null => (date === null ? null : date.getTime())

export interface TablesOptions {
  now: () => number
  chance: Chance
  history: History
  newId: () => string
  changed: () => void
  slots: number
  reserved: number
}

export function makeTables({ slots, reserved, ...ground }: TablesOptions): Tables {
  const tables: Tables = {
    ...ground,
    version: 0,
    changed() {
      tables.version++
      ground.changed()
    },
    dispatches: new Map(),
    links: new Map(),
    codes: new Map(),
    slots: Array.from({ length: slots }, (_, i) => ({ n: i + 1, reserved: i < reserved, freeAt: 0 })),
    notices: new Map(),
    suppressions: [],
    holds: [],
    leases: new Map(),
    recipients: new Map(),
    answers: new Map(),
    paces: new Map(),
    texts: new Set(),
  }
  return tables
}

export const stepOf = (tables: Tables, { dispatchId, n }: { dispatchId: string; n: number }): StepRow | undefined =>
  tables.dispatches.get(dispatchId)?.steps.find((step) => step.n === n)

export const stepsOf = function* (tables: Tables): Generator<StepRow> {
  for (const dispatch of tables.dispatches.values()) yield* dispatch.steps
}

/** By id, as the database sorts them. */
export const byId = <T extends { id: string }>(rows: T[]): T[] => rows.sort((a, b) => (a.id < b.id ? -1 : 1))

/** Every change of a step's state goes through here. */
export function moveStep(tables: Tables, step: StepRow, to: StepStatus, reason: string | null = step.reason): void {
  const { dispatchId: dispatch, n, kind, turn, status: from } = step
  step.status = to
  step.reason = reason
  tables.history.note({ what: 'step', dispatch, n, kind, from, to, turn, reason })
  tables.changed()
}

/** Every change of a dispatch's state goes through here. */
export function moveDispatch(tables: Tables, row: DispatchRow, to: DispatchStatus, reason: string | null): void {
  tables.history.note({ what: 'dispatch', dispatch: row.id, from: row.status, to, reason })
  row.status = to
  row.reason = reason
  tables.changed()
}
