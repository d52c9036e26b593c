import type { Receipt, ReceiptTarget, ReceiptVerdict } from '../../src/flow/ports-receipts.ts'
import { settle } from './settle.ts'
import { type AttemptRow, type DispatchRow, dateOf, hashOf, type StepRow, type Tables } from './tables.ts'

interface Found {
  row: DispatchRow
  attempt: AttemptRow
  step: StepRow
}

/** src/store/receipts.ts, `hear`: one transaction under the lock of the dispatch. */
export function hear(
  tables: Tables,
  receipt: Receipt,
  judge: (target: ReceiptTarget) => ReceiptVerdict | null,
): { target: ReceiptTarget; verdict: ReceiptVerdict | null } | null {
  const found = find(tables, receipt)
  if (!found) return null
  const target = targetOf(tables, found, receipt)
  const verdict = judge(target)
  if (verdict) write(tables, found, receipt, verdict)
  return { target, verdict }
}

/** Our own id before the provider's; a step alone means the last that was tried of it. */
function find(tables: Tables, receipt: Receipt): Found | undefined {
  const [dispatchId = '', stepN] = (receipt.attemptId ?? receipt.stepId ?? '').split('.')
  const n = receipt.attemptId?.split('.')[2]
  const own = tables.dispatches.get(dispatchId)
  const ofStep = (own?.attempts ?? []).filter((a) => a.stepN === Number(stepN) && a.channel === receipt.channel)
  const exact = ofStep.find((a) => a.n === Number(n))
  const known = own && exact ? { row: own, attempt: exact } : byProvider(tables, receipt)
  const last = n === undefined ? ofStep.filter(({ outcome }) => outcome !== 'late').at(-1) : undefined
  const place = known ?? (own && last && { row: own, attempt: last })
  const step = place?.row.steps.find((one) => one.n === place.attempt.stepN)
  return place && step && { ...place, step }
}

function byProvider(tables: Tables, { providerId, channel }: Receipt) {
  if (providerId === null) return undefined
  for (const row of tables.dispatches.values()) {
    const attempt = row.attempts.find((a) => a.providerId === providerId && a.channel === channel)
    if (attempt) return { row, attempt }
  }
  return undefined
}

function targetOf(tables: Tables, { row, attempt, step }: Found, receipt: Receipt): ReceiptTarget {
  const reason = receipt.outcome && 'reason' in receipt.outcome ? receipt.outcome.reason : null
  const link = tables.links.get(attempt.linkId)
  const same = (a: AttemptRow) =>
    a.stepN === attempt.stepN && a.channel === attempt.channel && a.n !== attempt.n && a.receiptReason === reason
  return {
    dispatchId: row.id,
    ...{ n: step.n, turn: step.turn, status: step.status, confirmed: step.confirmed, kind: step.kind },
    ...{ chain: step.chain, tries: step.tries, fallBackAt: dateOf(step.fallBackAt), fallBackMs: row.fallBackMs },
    channel: step.channel === 'none' ? 'in_app' : step.channel,
    attempt: attempt.n,
    provider: attempt.provider,
    addressHash: attempt.addressHash === null ? null : hashOf(attempt.addressHash),
    rank: attempt.receiptRank,
    current: step.turn === attempt.turn && step.channel === attempt.channel,
    dispatchStatus: row.status,
    validUntil: row.validUntil,
    linkExpiresAt: dateOf(link?.expiresAt ?? null),
    ownLink: row.ownLink !== null,
    sameReason: reason === null ? 0 : row.attempts.filter(same).length,
    othersLive: row.inAppAt !== null || row.steps.some((other) => other.n !== attempt.stepN && mayLive(other)),
    now: new Date(tables.now()),
  }
}

const mayLive = ({ kind, status }: StepRow): boolean =>
  kind !== 'close' &&
  (['handed', 'delivered', 'claimed', 'ambiguous', 'queued'].includes(status) ||
    (status === 'pending' && (kind === 'first' || kind === 'resend')))

function write(tables: Tables, { row, attempt, step }: Found, receipt: Receipt, verdict: ReceiptVerdict): void {
  tables.changed()
  if (verdict.early) {
    const attemptId = `${row.id}.${step.n}.${attempt.n}`
    if ((attempt.receiptDue?.rank ?? -1) < receipt.rank)
      attempt.receiptDue = { ...receipt, address: null, attemptId, stepId: `${row.id}.${step.n}` }
    return
  }
  const { turn } = step
  Object.assign(attempt, {
    receiptRank: receipt.rank,
    receiptFinal: receipt.final,
    receiptReason: receipt.outcome && 'reason' in receipt.outcome ? receipt.outcome.reason : null,
    receiptDue: null,
    providerId: attempt.providerId ?? receipt.providerId,
  })
  for (const move of verdict.moves) settle(tables, move)
  if (receipt.outcome === null && step.turn === turn && step.status === 'handed' && step.confirmed === false)
    step.confirmed = true
}

/** Receipts that came too early and can be judged now. */
export function earlyReceipts(tables: Tables): Receipt[] {
  return [...tables.dispatches.values()].flatMap((row) =>
    row.attempts.flatMap(({ receiptDue, stepN, turn }) => {
      const step = row.steps.find(({ n }) => n === stepN)
      return receiptDue && step && (step.status !== 'claimed' || step.turn !== turn) ? [receiptDue] : []
    }),
  )
}
