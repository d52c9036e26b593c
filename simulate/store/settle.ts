import type { Settlement } from '../../src/flow/ports-deliver.ts'
import { type DispatchRow, moveDispatch, moveStep, msOf, type StepRow, type Tables } from './tables.ts'

/** src/store/settle.ts, one statement. False when somebody was faster. */
export function settle(tables: Tables, s: Settlement): boolean {
  const row = tables.dispatches.get(s.dispatchId)
  const step = row?.steps.find((one) => one.n === s.n)
  if (!row || step?.turn !== s.turn || step.status !== s.from) return false
  const now = tables.now()
  const slot = tables.slots.find(({ n }) => n === s.freeSlot && n === step.slot)
  if (slot) slot.freeAt = now
  write(tables, step, s, now)
  learnOutcomes(row, s, now)
  if (s.to === 'handed') handedOver(tables, row, msOf(s.linkExpiresAt) ?? now)
  if (s.ends && mayEnd(row, s)) end(tables, row, s.ends, step)
  return true
}

function write(tables: Tables, step: StepRow, s: Settlement, now: number): void {
  Object.assign(step, {
    channel: s.channel,
    chain: s.chain,
    tries: s.tries,
    fallBackAt: msOf(s.fallBackAt),
    needsLink: s.needsLink,
    dueAt: msOf(s.dueAt) ?? step.dueAt,
    slot: null,
    startBy: null,
    leaseUntil: null,
    provider: s.provider ?? step.provider,
    confirmed: s.confirmed,
    emptyTurns: 0,
    deaths: 0,
    handedAt: s.to === 'handed' ? now : step.handedAt,
  })
  moveStep(tables, step, s.to, s.reason)
}

function learnOutcomes(row: DispatchRow, s: Settlement, now: number): void {
  for (const { n, outcome, reason, providerId } of s.attempts) {
    const attempt = row.attempts.find((one) => one.stepN === s.n && one.n === n)
    if (attempt) Object.assign(attempt, { outcome, reason, providerId, settledAt: now })
  }
}

/** The first hand-over starts what counts from it; every one puts the close behind the life of the link. */
export function handedOver(tables: Tables, row: DispatchRow, linkExpiresAt: number): void {
  const now = tables.now()
  if (row.status === 'accepted' && row.firstHandedAt === null) {
    row.firstHandedAt = now
    moveDispatch(tables, row, 'sent', row.reason)
    for (const step of row.steps.filter((s) => s.kind === 'reminder' && s.status === 'pending' && s.dueAt === null)) {
      step.dueAt = now + (step.afterMs ?? 0)
      step.fallBackAt = step.dueAt + row.fallBackMs
    }
  }
  for (const close of row.steps.filter((s) => s.kind === 'close' && s.status === 'pending'))
    close.dueAt = Math.max(linkExpiresAt, now)
}

const mayEnd = ({ status }: DispatchRow, { ends, from }: Settlement): boolean =>
  status === 'accepted' ||
  (status === 'sent' &&
    (ends?.status === 'suppressed' || (ends?.status === 'failed' && (from === 'handed' || from === 'ambiguous'))))

function end(tables: Tables, row: DispatchRow, ends: NonNullable<Settlement['ends']>, but: StepRow): void {
  moveDispatch(tables, row, ends.status, ends.reason)
  for (const step of row.steps)
    if (step !== but && step.status === 'pending') moveStep(tables, step, 'skipped', ends.status)
}
