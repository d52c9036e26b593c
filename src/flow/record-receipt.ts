import { backoffMs } from '../domain/backoff.ts'
import { isRunning } from '../domain/dispatch.ts'
import type { Outcome } from '../domain/outcome.ts'
import { isAboutWill } from '../domain/suppression.ts'
import type { SuppressionStore } from './ports-consent.ts'
import type { Settlement } from './ports-deliver.ts'
import type { Receipt, ReceiptStore, ReceiptTarget, ReceiptVerdict } from './ports-receipts.ts'
import { settlement, told } from './settlement.ts'
import { barredBy } from './soft-failure.ts'
import { type SuppressPorts, suppress } from './suppress.ts'

export interface ReceiptPorts extends SuppressPorts {
  suppressions: Pick<SuppressionStore, 'addAll' | 'failedFor'>
  receipts: ReceiptStore
  hold(order: { scope: 'provider'; value: string; reason: string; probeAfterMs: number | null }): Promise<void>
  alert(what: { what: string; reason: string; provider?: string }): Promise<void>
  wake(): void
  random(): number
  /** Waits a moment: an answer and its first receipt may race each other. */
  pause(ms: number): Promise<void>
}

export type Heard = 'applied' | 'unchanged' | 'early' | 'unknown'

/** How often, and how long, a receipt waits for the outcome of its attempt before it is put aside. */
const PATIENCE = { times: 20, ms: 50 }
const PROBE_AFTER_MS = 30_000

/**
 * A provider's later word. Late, repeated and out of order it changes nothing. A failure leads to the next channel, or to
 * another try; a refusal that is about the address, or about us, is acted upon whatever became of the message.
 */
export async function recordReceipt(ports: ReceiptPorts, receipt: Receipt): Promise<Heard> {
  const random = ports.random()
  await barFirst(ports, receipt)
  for (let round = 1; ; round++) {
    const isLast = round === PATIENCE.times
    const heard = await ports.receipts.hear(receipt, (target) =>
      waits(target) && !isLast ? null : judge(target, receipt, random),
    )
    if (!heard) return 'unknown'
    if (heard.verdict?.early) return 'early'
    if (heard.verdict || !waits(heard.target)) {
      await react(ports, receipt, heard.target, heard.verdict !== null)
      return heard.verdict ? 'applied' : 'unchanged'
    }
    await ports.pause(PATIENCE.ms)
  }
}

/**
 * A suppression counts whatever the rank: repeated, it changes nothing. It stands before its word is kept, for what is kept
 * is not heard again (P4).
 */
async function barFirst(ports: ReceiptPorts, receipt: Receipt): Promise<void> {
  if (receipt.outcome?.kind !== 'suppress') return
  const known = await ports.receipts.hear(receipt, () => null)
  if (known) await bar(ports, receipt.channel, receipt.outcome, known.target)
}

/** What came before the outcome of its attempt was written. */
export async function recordEarly(ports: ReceiptPorts): Promise<number> {
  const receipts = await ports.receipts.early()
  for (const receipt of receipts) await recordReceipt(ports, receipt)
  return receipts.length
}

const waits = ({ current, status }: ReceiptTarget) => current && status === 'claimed'

/** Null: nothing changes. Pure, and called under the lock of the dispatch. */
export function judge(target: ReceiptTarget, receipt: Receipt, random: number): ReceiptVerdict | null {
  const late = arrivedAfterAll(target, receipt)
  if (target.rank !== null && receipt.rank < target.rank + (late ? 0 : 1)) return null
  if (late) return { early: false, moves: [confirmed(target, 'pending', receipt), delivered(target, receipt)] }
  if (waits(target)) return { early: true, moves: [] }
  return { early: false, moves: target.current ? movesOf(target, receipt, random) : [] }
}

/** The step was about to be sent once more, because this attempt of it, or a later one, was thought to have failed. */
const arrivedAfterAll = ({ status }: ReceiptTarget, receipt: Receipt) => status === 'pending' && arrived(receipt)

const arrived = ({ outcome, status }: Receipt) => outcome === null && (status === 'delivered' || status === 'read')

function movesOf(target: ReceiptTarget, receipt: Receipt, random: number): Settlement[] {
  const { outcome } = receipt
  if (target.status !== 'handed' && target.status !== 'ambiguous') return []
  // Every word but "certainly not sent" proves that the provider has it.
  const confirms = target.status === 'ambiguous' && (outcome === null || !certain(outcome))
  const first = confirms ? [confirmed(target, 'ambiguous', receipt)] : []
  if (outcome === null) return arrived(receipt) ? [...first, delivered(target, receipt)] : first
  return certain(outcome) ? [failed(target, outcome, receipt.mostResends, random)] : first
}

/** Whether the message certainly never arrived. A complaint is about one that did. */
const certain = (outcome: Outcome) =>
  outcome.kind !== 'ambiguous' &&
  !(outcome.kind === 'suppress' && ['complaint', 'unsubscribed'].includes(outcome.reason))

const confirmed = (target: ReceiptTarget, from: Settlement['from'], { channel, providerId }: Receipt): Settlement =>
  move(target, {
    from,
    to: 'handed',
    channel,
    provider: target.provider,
    confirmed: true,
    linkExpiresAt: target.linkExpiresAt,
    attempts: [{ n: target.attempt, outcome: 'accepted', reason: 'receipt', providerId }],
    events: [told(target, 'message.handed', { channel, provider: target.provider, confirmed: true })],
  })

const delivered = (target: ReceiptTarget, { channel }: Receipt): Settlement =>
  move(target, {
    from: 'handed',
    to: 'delivered',
    channel,
    confirmed: true,
    events: [told(target, 'message.delivered', { channel, provider: target.provider })],
  })

function failed(target: ReceiptTarget, outcome: Outcome, mostResends: number | null, random: number): Settlement {
  const reason = 'reason' in outcome ? outcome.reason : outcome.kind
  const from = target.status === 'ambiguous' ? ('ambiguous' as const) : ('handed' as const)
  const said = outcome.kind === 'suppress' && isAboutWill(outcome.suppression)
  const event = (more: Record<string, unknown>) => [
    told(target, 'message.failed', { channel: target.channel, reason, ...more }),
  ]
  const at = retryAt(target, outcome, mostResends, random)
  if (at) {
    const tries = outcome.kind === 'retry' ? target.tries + 1 : target.tries
    return move(target, { from, to: 'pending', reason, dueAt: at, tries, events: event({ until: at }) })
  }
  const [channel, ...chain] = target.chain
  if (channel && !said && stillAllowed(target, target.now)) {
    const fallBackAt = new Date(target.now.getTime() + target.fallBackMs)
    const next = { channel, chain, tries: 0, dueAt: target.now, fallBackAt }
    return move(target, { ...next, from, to: 'pending', reason, events: event({ next: channel }) })
  }
  const ends = target.othersLive || said ? null : { status: 'failed' as const, reason: 'no_channel_worked' }
  return move(target, { from, to: 'failed', reason, ends, events: event({}) })
}

const MINUTE_MS = 60_000
/** Where the table sets no limit of its own: a carrier that always throttles must not be asked for ever. */
const MOST_WITHOUT_LIMIT = 5

/** When the same channel may be tried once more; null: not at all. */
function retryAt(target: ReceiptTarget, outcome: Outcome, mostResends: number | null, random: number): Date | null {
  if (target.sameReason >= (mostResends ?? MOST_WITHOUT_LIMIT)) return null
  const waitMs = waitOf(target, outcome, random)
  if (waitMs === null) return null
  const at = new Date(target.now.getTime() + waitMs)
  return stillAllowed(target, at) ? at : null
}

function waitOf(target: ReceiptTarget, outcome: Outcome, random: number): number | null {
  switch (outcome.kind) {
    case 'retry': {
      const wait = target.channel === 'in_app' ? undefined : backoffMs(target.channel, target.tries + 1, random)
      return wait === undefined ? null : Math.max(wait, outcome.afterMs ?? 0)
    }
    case 'throttle':
      return outcome.afterMs ?? MINUTE_MS
    case 'alert':
      return 5_000
    default:
      return null
  }
}

/** A link of ours is made anew where it dies; the CRM's own is not. Windows, holds and caps are asked when it is due. */
function stillAllowed({ validUntil, ownLink, linkExpiresAt, dispatchStatus }: ReceiptTarget, at: Date): boolean {
  const linkLives = !ownLink || (linkExpiresAt !== null && linkExpiresAt > at)
  return isRunning(dispatchStatus) && linkLives && (validUntil === null || validUntil > at)
}

const move = (target: ReceiptTarget, change: Pick<Settlement, 'from' | 'to'> & Partial<Settlement>): Settlement =>
  settlement(target, { reason: null, ...change })

/** What else a word says about the address, or about us: that counts once, when it is first heard. */
async function react(
  ports: ReceiptPorts,
  { outcome, channel }: Receipt,
  target: ReceiptTarget,
  applied: boolean,
): Promise<void> {
  if (!applied) return
  ports.wake()
  if (!outcome) return
  if (outcome.kind !== 'suppress') await bar(ports, channel, outcome, target)
  if (outcome.kind === 'alert')
    await ports.hold({
      scope: 'provider',
      value: target.provider,
      reason: outcome.reason,
      probeAfterMs: PROBE_AFTER_MS,
    })
  if (outcome.kind === 'alert' || (outcome.kind === 'permanent' && outcome.alert))
    await ports.alert({ what: 'provider_refused', reason: outcome.reason, provider: target.provider })
}

async function bar(
  ports: ReceiptPorts,
  channel: Receipt['channel'],
  outcome: Outcome,
  { dispatchId, addressHash: hash }: ReceiptTarget,
): Promise<void> {
  const reason = hash && (await barredBy(ports.suppressions, outcome, { dispatchId, hashes: [hash] }))
  if (reason) await suppress(ports, [{ hash, channel, reason, note: null, placedBy: 'provider' }])
}
