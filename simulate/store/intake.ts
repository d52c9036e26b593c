import { isRunning } from '../../src/domain/dispatch.ts'
import type { AcceptAnswer, AcceptOrder, NewDispatch } from '../../src/flow/ports-store.ts'
import { endDispatches, PLANNED_OR_ASKED } from './stops.ts'
import { byId, type DispatchRow, msOf, type StepRow, type Tables, textOf } from './tables.ts'

const DAY = 24 * 3_600_000

/** src/store/accept.ts: one transaction. */
export function accept(tables: Tables, order: AcceptOrder, addresses: string[]): AcceptAnswer {
  const { dispatch, idempotency, ifActive } = order
  const known = idempotency && knownAnswer(tables, idempotency)
  if (known) return known
  const running = runningOf(tables, dispatch.referenceId)
  const latest = running.at(-1)
  if (latest && ifActive === 'reject') return { kind: 'active', id: latest }
  const superseded = ifActive === 'supersede' ? running.toReversed() : []
  endDispatches(tables, superseded, 'superseded', null, { from: isRunning, kinds: PLANNED_OR_ASKED })
  learn(tables, order)
  insert(tables, dispatch, addresses)
  if (idempotency)
    tables.answers.set(textOf(idempotency.keyHash), {
      bodyHash: textOf(idempotency.bodyHash),
      answer: order.answer,
      at: tables.now(),
    })
  return { kind: 'accepted', superseded }
}

function knownAnswer(tables: Tables, key: NonNullable<AcceptOrder['idempotency']>): AcceptAnswer | undefined {
  const row = tables.answers.get(textOf(key.keyHash))
  if (!row || row.at < tables.now() - DAY) return undefined
  return row.bodyHash === textOf(key.bodyHash) ? { kind: 'replayed', answer: row.answer } : { kind: 'key_reused' }
}

export const runningOf = (tables: Tables, referenceId: string): string[] =>
  byId([...tables.dispatches.values()].filter((d) => d.referenceId === referenceId && isRunning(d.status))).map(
    ({ id }) => id,
  )

function learn(tables: Tables, { dispatch, recipient }: AcceptOrder): void {
  const before = tables.recipients.get(dispatch.referenceId)
  tables.recipients.set(dispatch.referenceId, {
    locale: recipient.locale ?? before?.locale ?? null,
    timeZone: recipient.timeZone ?? before?.timeZone ?? null,
    contact: recipient.contact ?? before?.contact ?? null,
  })
}

function insert(tables: Tables, dispatch: NewDispatch, addresses: string[]): void {
  const { id, ownLink, person, steps, events: _, sendAt: __, ...fields } = dispatch
  const row: DispatchRow = {
    ...fields,
    id,
    status: 'accepted',
    reason: null,
    ownLink: ownLink?.id ?? null,
    persons: [person],
    firstHandedAt: null,
    inAppAt: null,
    openedAt: null,
    suspectUntil: null,
    addresses: new Set(addresses),
    carried: new Set(),
    steps: steps.map((step) => ({ ...BLANK, ...step, dispatchId: id, lane: dispatch.lane, ...times(step) })),
    attempts: [],
  }
  tables.dispatches.set(id, row)
  if (ownLink) bring(tables, row, ownLink)
  const plan = steps.map(({ kind, channel, chain }) => `${kind}:${[channel, ...chain].join('>')}`).join(' ')
  const { referenceId: recipient, category } = dispatch
  const wishes = { holds: dispatch.suspectOpens === 'hold', evergreen: dispatch.linkOptions.mode === 'evergreen' }
  tables.history.note({ what: 'plan', dispatch: id, recipient, category, ...wishes, steps: plan })
  tables.changed()
}

const times = ({ dueAt, fallBackAt }: { dueAt: Date | null; fallBackAt: Date | null }) => ({
  dueAt: msOf(dueAt),
  fallBackAt: msOf(fallBackAt),
})

/** The columns of a step that nobody has touched yet. */
export const BLANK = {
  status: 'pending',
  reason: null,
  turn: 0,
  emptyTurns: 0,
  deaths: 0,
  leaseUntil: null,
  startBy: null,
  slot: null,
  tries: 0,
  attempts: 0,
  provider: null,
  handedAt: null,
  confirmed: null,
} as const satisfies Partial<StepRow>

function bring(tables: Tables, row: DispatchRow, own: NonNullable<NewDispatch['ownLink']>): void {
  const { id, linkId, url, expiresAt, requestedMs } = own
  tables.links.set(id, {
    id,
    linkId,
    url,
    referenceId: row.referenceId,
    lookup: `link:${linkId}`,
    origin: 'brought',
    status: 'active',
    requestedMs,
    expiresAt: expiresAt.getTime(),
    openedAt: null,
    operationId: null,
    suspect: null,
  })
  row.carried.add(id)
}
