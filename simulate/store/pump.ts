import { CHANNELS } from '../../src/domain/channel.ts'
import { DEADLY_AFTER } from '../../src/domain/poison.ts'
import type { PoisonedStep, PumpStore, TakenStep, TakeOrder } from '../../src/flow/ports-pump.ts'
import type { StepTurn } from '../../src/flow/ports-store.ts'
import { type DispatchRow, moveDispatch, moveStep, type StepRow, stepOf, stepsOf, type Tables } from './tables.ts'

const LEASE = 30_000
const SLOT_HELD = 105_000
const MINUTE = 60_000
/** `lane`: singles, and one campaign. */
const LANES = [
  { lane: 1, priority: 0, quota: 1_000 },
  { lane: 2, priority: 10, quota: 250 },
]

const isDue = (tables: Tables, step: StepRow) =>
  step.status === 'pending' && step.dueAt !== null && step.dueAt <= tables.now()

/** src/store/pump.ts, `due-lanes` and `queued-by-channel`. */
export function due(tables: Tables): Awaited<ReturnType<PumpStore['due']>> {
  const waiting = new Set<string>()
  const queued: Record<string, number> = {}
  const singles: Record<string, number> = {}
  for (const step of stepsOf(tables)) {
    if (isDue(tables, step)) waiting.add(`${step.lane}/${step.channel}/${step.needsLink}`)
    if (step.status === 'queued') queued[step.channel] = (queued[step.channel] ?? 0) + 1
    if (step.status === 'queued' && step.lane === 1) singles[step.channel] = (singles[step.channel] ?? 0) + 1
  }
  const lanes = LANES.flatMap((lane) =>
    [...CHANNELS, 'none' as const].flatMap((channel) =>
      [true, false].flatMap((needsLink) =>
        waiting.has(`${lane.lane}/${channel}/${needsLink}`) ? [{ ...lane, channel, needsLink }] : [],
      ),
    ),
  )
  return { lanes, queued, singles }
}

/** `take` and `take-with-slot`: a step whose recipient has a living link needs no slot, another waits for one. */
export function take(tables: Tables, order: TakeOrder, slots: boolean): TakenStep[] {
  const dueNow = [...stepsOf(tables)].filter(
    (s) =>
      s.lane === order.lane &&
      s.channel === order.channel &&
      s.needsLink === order.needsLink &&
      isDue(tables, s) &&
      !order.heldTemplates.includes(s.template),
  )
  const first = dueNow.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0)).slice(0, order.limit)
  const withSlot = order.needsLink && slots
  return first.flatMap((step) => {
    const slot = withSlot && !isCovered(tables, step) ? freeSlot(tables, order.lane) : null
    if (slot === undefined) return []
    if (withSlot) step.slot = slot?.n ?? null
    step.turn++
    step.leaseUntil = tables.now() + LEASE
    moveStep(tables, step, 'queued')
    const { dispatchId, n, turn, emptyTurns } = step
    if (slot !== null) grant(tables, step, slot)
    return [{ dispatchId, n, turn, emptyTurns, dueAt: new Date(step.dueAt ?? 0) }]
  })
}

function grant(tables: Tables, { dispatchId: dispatch, n, turn }: StepRow, slot: Tables['slots'][number]): void {
  slot.freeAt = tables.now() + SLOT_HELD
  const recipient = tables.dispatches.get(dispatch)?.referenceId ?? ''
  tables.history.note({ what: 'granted', dispatch, n, turn, recipient })
}

function isCovered(tables: Tables, { dispatchId }: StepRow): boolean {
  const referenceId = tables.dispatches.get(dispatchId)?.referenceId
  const living = (expiresAt: number) => expiresAt > tables.now() + 30 * MINUTE
  return [...tables.links.values()].some(
    (l) => l.referenceId === referenceId && l.status === 'active' && living(l.expiresAt),
  )
}

const freeSlot = (tables: Tables, lane: number) =>
  [...tables.slots]
    .sort((a, b) => Number(a.reserved) - Number(b.reserved) || a.n - b.n)
    .find((slot) => slot.freeAt <= tables.now() && (!slot.reserved || lane === 1))

/** `expire-leases`: a queued step lost its job, a claimed one its worker. */
export function expireLeases(tables: Tables): { lost: number; ambiguous: number } {
  const now = tables.now()
  const isOver = (s: StepRow) => s.leaseUntil !== null && s.leaseUntil < now
  const overdue = [...stepsOf(tables)].filter((step) => isOver(step) && step.deaths < DEADLY_AFTER)
  const queued = overdue.filter(({ status }) => status === 'queued')
  const claimed = overdue.filter(({ status }) => status === 'claimed')
  for (const step of queued) {
    Object.assign(step, { dueAt: now, emptyTurns: step.emptyTurns + 1, slot: null })
    moveStep(tables, step, 'pending')
    tables.history.note({ what: 'sometimes', path: 'job lost' })
  }
  for (const step of claimed) {
    const openMs = now - (step.startBy ?? now)
    Object.assign(step, {
      dueAt: now + Math.max(0, 10 * MINUTE - openMs),
      emptyTurns: step.emptyTurns + 1,
      slot: null,
    })
    moveStep(tables, step, 'ambiguous', 'worker_lost')
    for (const attempt of tables.dispatches.get(step.dispatchId)?.attempts ?? [])
      if (attempt.stepN === step.n && attempt.outcome === null)
        Object.assign(attempt, { outcome: 'ambiguous', reason: 'worker_lost', settledAt: now })
  }
  return { lost: queued.length, ambiguous: claimed.length }
}

/** src/store/poison.ts */
export function begin(tables: Tables, turn: StepTurn): void {
  const step = stepOf(tables, turn)
  if (step?.turn === turn.turn && step.status === 'queued') step.deaths++
}

export function poisoned(tables: Tables): PoisonedStep[] {
  const isOver = (s: StepRow) => s.status === 'queued' && s.leaseUntil !== null && s.leaseUntil < tables.now()
  return [...stepsOf(tables)].flatMap((step) => {
    const { dispatchId, n, turn, kind, channel, chain, tries } = step
    if (!isOver(step) || step.deaths < DEADLY_AFTER || channel === 'none') return []
    return [{ dispatchId, n, turn, kind, channel, chain, tries }]
  })
}

/** `fall-back` */
export function fallBack(tables: Tables, channels: readonly string[]): number {
  const now = tables.now()
  const waiting = [...stepsOf(tables)].filter(
    (s) =>
      channels.includes(s.channel) &&
      isDue(tables, s) &&
      s.fallBackAt !== null &&
      s.fallBackAt <= now &&
      s.chain.length > 0,
  )
  for (const step of waiting) {
    const [channel = 'none', ...chain] = step.chain
    const fallBackMs = tables.dispatches.get(step.dispatchId)?.fallBackMs ?? 0
    Object.assign(step, { channel, chain, tries: 0, fallBackAt: now + fallBackMs })
    tables.history.note({ what: 'sometimes', path: 'fallback of a waiting step' })
    tables.changed()
  }
  return waiting.length
}

/** `close-due` */
export function close(tables: Tables, limit: number): number {
  const closing = [...stepsOf(tables)].filter((s) => s.channel === 'none' && !s.needsLink && isDue(tables, s))
  for (const step of closing.slice(0, limit)) closeOne(tables, step)
  return Math.min(closing.length, limit)
}

function closeOne(tables: Tables, step: StepRow): void {
  const row = tables.dispatches.get(step.dispatchId)
  if (!row) return
  const verdict = verdictOn(tables, row)
  if ('again' in verdict) {
    step.dueAt = verdict.again + MINUTE
    tables.changed()
    return
  }
  if (verdict.becomes !== row.status) {
    moveDispatch(tables, row, verdict.becomes, verdict.becomes === 'expired' ? 'valid_until_passed' : null)
    for (const other of row.steps)
      if (other.kind !== 'close' && (other.status === 'pending' || other.status === 'queued'))
        moveStep(tables, other, 'skipped', row.status)
  }
  moveStep(tables, step, 'handed')
}

/** While a message step is open it waits for that, while a carried link lives for its end. */
function verdictOn(tables: Tables, row: DispatchRow): { again: number } | { becomes: DispatchRow['status'] } {
  const now = tables.now()
  const { status, validUntil } = row
  if (status !== 'accepted' && status !== 'sent') return { becomes: status }
  const open = row.steps.filter((s) => s.kind !== 'close' && OPEN.includes(s.status))
  const inHand = open.some((s) => s.status === 'claimed' || s.status === 'ambiguous')
  if (status === 'accepted' && validUntil !== null && validUntil.getTime() <= now && !inHand)
    return { becomes: 'expired' }
  const lives = [...row.carried].flatMap((id) => tables.links.get(id) ?? []).filter((l) => l.status === 'active')
  const livesUntil = Math.max(0, ...lives.map(({ expiresAt }) => expiresAt))
  if (status === 'sent' && open.length === 0 && livesUntil <= now) return { becomes: 'exhausted' }
  return { again: Math.max(now, livesUntil, ...open.map(({ dueAt }) => dueAt ?? now)) }
}

const OPEN: readonly string[] = ['pending', 'queued', 'claimed', 'ambiguous']
