import type { UnclearStep } from '../../src/flow/ports-receipts.ts'
import type { StepTurn } from '../../src/flow/ports-store.ts'
import { handedOver } from './settle.ts'
import { type AttemptRow, type DispatchRow, moveStep, type StepRow, stepOf, type Tables } from './tables.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

interface Open {
  row: DispatchRow
  step: StepRow
  attempt: AttemptRow | undefined
  overdue: boolean
}

function openNow(tables: Tables): Open[] {
  const now = tables.now()
  return [...tables.dispatches.values()].flatMap((row) =>
    row.steps.flatMap((step) => {
      if (step.status !== 'ambiguous') return []
      const attempt = lastOf(row, step)
      const overdue = step.dueAt === null || step.dueAt <= now
      const asks = attempt?.bodyHash != null && (attempt.askedAt ?? 0) <= now - MINUTE
      return overdue || asks ? [{ row, step, attempt, overdue }] : []
    }),
  )
}

/** When, later than `after`, the next ambiguous step or the next attempt without a last word is worth a look. */
export function nextLook(tables: Tables, after = Number.NEGATIVE_INFINITY): number {
  let next = Number.POSITIVE_INFINITY
  const meet = (at: number) => {
    if (at > after && at < next) next = at
  }
  for (const row of tables.dispatches.values()) {
    for (const step of row.steps) if (step.status === 'ambiguous') meet(askAt(row, step))
    for (const attempt of row.attempts) meet(pollAt(attempt, tables.now()))
  }
  return next
}

const lastOf = (row: DispatchRow, step: StepRow): AttemptRow | undefined =>
  row.attempts.filter((a) => a.stepN === step.n && a.turn === step.turn).at(-1)

function askAt(row: DispatchRow, step: StepRow): number {
  const attempt = lastOf(row, step)
  const dueAt = step.dueAt ?? 0
  return attempt?.bodyHash ? Math.min(dueAt, (attempt.askedAt ?? 0) + MINUTE) : dueAt
}

/** src/store/unclear.ts, `unclear-due`: the asking is noted in the same statement. */
export function dueUnclear(tables: Tables): UnclearStep[] {
  const now = tables.now()
  return openNow(tables).map(({ row, step, attempt, overdue }): UnclearStep => {
    if (attempt?.bodyHash) attempt.askedAt = now
    const { dispatchId, n, turn, chain, kind, tries } = step
    const unclear = row.attempts.filter((a) => a.stepN === n && a.outcome === 'ambiguous')
    return {
      ...{ dispatchId, n, turn, chain, kind, tries, overdue },
      channel: step.channel === 'none' ? 'in_app' : step.channel,
      fallBackMs: row.fallBackMs,
      unclearBefore: new Set(unclear.map((a) => a.turn)).size,
      provider: attempt?.provider ?? '',
      claimedAt: new Date(attempt?.claimedAt ?? now),
      now: new Date(now),
      question: attempt ? questionOf(tables, row, step, attempt) : null,
    }
  })
}

function questionOf(tables: Tables, row: DispatchRow, step: StepRow, attempt: AttemptRow): UnclearStep['question'] {
  const { addressHash, bodyHash } = attempt
  if (!addressHash || !bodyHash) return null
  const phones = row.persons.map(({ contact }) => contact.phone)
  const to = phones.findLast((phone) => phone !== undefined && `phone:${phone}` === addressHash)
  if (to === undefined) return null
  const others = [...tables.dispatches.values()].flatMap((d) =>
    d.addresses.has(addressHash)
      ? d.attempts.flatMap((a) => (a.providerId && a.claimedAt > attempt.claimedAt - 24 * HOUR ? [a.providerId] : []))
      : [],
  )
  return { attemptId: `${row.id}.${step.n}.${attempt.n}`, to, bodyHash, notThese: others }
}

/** `unclear-write-off` */
export function writeOff(tables: Tables, turn: StepTurn): void {
  const row = tables.dispatches.get(turn.dispatchId)
  const step = stepOf(tables, turn)
  if (!row || step?.turn !== turn.turn || step.status !== 'ambiguous') return
  step.confirmed = false
  step.handedAt = tables.now()
  moveStep(tables, step, 'handed')
  const lives = [...row.carried].map((id) => tables.links.get(id)?.expiresAt ?? 0)
  handedOver(tables, row, Math.max(tables.now(), ...lives))
  tables.history.note({ what: 'sometimes', path: 'written off' })
}

/** `unclear-resend` */
export function sendAgain(tables: Tables, turn: StepTurn): void {
  const step = stepOf(tables, turn)
  if (step?.turn !== turn.turn || step.status !== 'ambiguous') return
  step.dueAt = tables.now()
  moveStep(tables, step, 'pending', 'unclear_resent')
  tables.history.note({ what: 'sometimes', path: 'unclear resent' })
}

/** Asked after 15 minutes, and again whenever as much time has passed as before; after three days no more. */
function pollAt(a: AttemptRow, now: number): number {
  const wanted = a.channel === 'sms' && a.outcome === 'accepted' && !a.receiptFinal && a.provider === 'twilio'
  if (!wanted || a.providerId === null || a.claimedAt <= now - 72 * HOUR) return Number.POSITIVE_INFINITY
  const wait = a.askedAt === null ? 0 : Math.max(2 * (a.askedAt - a.claimedAt), 15 * MINUTE)
  const at = a.claimedAt + Math.max(wait, 15 * MINUTE)
  return at < a.claimedAt + 72 * HOUR ? at : Number.POSITIVE_INFINITY
}

/** `receipts-unfinished` */
export function unfinished(tables: Tables): { attemptId: string; providerId: string }[] {
  const now = tables.now()
  return [...tables.dispatches.values()].flatMap((row) =>
    row.attempts.flatMap((attempt) => {
      if (pollAt(attempt, now) > now) return []
      attempt.askedAt = now
      return [{ attemptId: `${row.id}.${attempt.stepN}.${attempt.n}`, providerId: attempt.providerId ?? '' }]
    }),
  )
}
