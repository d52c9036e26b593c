import { backoffMs } from '../domain/backoff.ts'
import type { ChannelName } from '../domain/channel.ts'
import type { DeliverStore, Settlement } from './ports-deliver.ts'
import type { MessageFinding, MessageLookup, Receipt, UnclearStep, UnclearStore } from './ports-receipts.ts'
import { type ReceiptPorts, recordReceipt } from './record-receipt.ts'
import { settlement, told } from './settlement.ts'

export interface ReconcilePorts extends ReceiptPorts {
  unclear: UnclearStore
  deliveries: Pick<DeliverStore, 'settle'>
  /** Who can be asked what became of a message, by provider. */
  lookups: ReadonlyMap<string, ProviderLookup>
  /** Channels on which a message that nobody can clear up is sent once more. */
  resendUnclear: readonly ChannelName[]
}
export interface ProviderLookup extends MessageLookup {
  /** What a status amounts to, in the words of that provider's callbacks. */
  receiptOf(finding: Extract<MessageFinding, { kind: 'found' }>, attemptId: string): Receipt | undefined
}

const ABSENT_AFTER_MS = 5 * 60_000

/**
 * No ambiguous attempt stays open for ever. The provider is asked where it has a list: what it has is handed over, what
 * it certainly has not is tried again; what nobody can clear up within ten minutes ends as `handed`, unconfirmed.
 */
export async function reconcile(ports: ReconcilePorts): Promise<number> {
  const steps = await ports.unclear.due()
  const cleared = await Promise.all(steps.map((step) => clear(ports, step)))
  return cleared.filter(Boolean).length
}

async function clear(ports: ReconcilePorts, step: UnclearStep): Promise<boolean> {
  const finding = await ask(ports, step)
  if (finding.kind === 'found' && step.question && (await apply(ports, step, finding))) return true
  if (finding.kind === 'absent' && step.now.getTime() - step.claimedAt.getTime() >= ABSENT_AFTER_MS)
    return ports.deliveries.settle(notThere(step, ports.random()))
  if (!step.overdue) return false
  if (ports.resendUnclear.includes(step.channel) && step.unclearBefore === 1) await ports.unclear.resend(step)
  else await ports.unclear.writeOff(step)
  return true
}

async function ask(ports: ReconcilePorts, step: UnclearStep): Promise<MessageFinding> {
  const lookup = ports.lookups.get(step.provider)
  if (!lookup || !step.question) return { kind: 'unknown', reason: 'nobody_to_ask' }
  const { to, bodyHash, notThese } = step.question
  return lookup.findMessage({ to, bodyHash, notThese, sentAfter: step.claimedAt })
}

async function apply(
  ports: ReconcilePorts,
  { provider, question }: UnclearStep,
  finding: Extract<MessageFinding, { kind: 'found' }>,
): Promise<boolean> {
  const receipt = question && ports.lookups.get(provider)?.receiptOf(finding, question.attemptId)
  return receipt ? (await recordReceipt(ports, receipt)) === 'applied' : false
}

/** The provider looked at everything and has no such message: the same as a refusal that may pass. */
function notThere(step: UnclearStep, random: number): Settlement {
  const waitMs = step.channel === 'in_app' ? undefined : backoffMs(step.channel, step.tries + 1, random)
  const [channel, ...chain] = step.chain
  const reason = 'not_at_provider'
  const after = (ms: number) => new Date(step.now.getTime() + ms)
  const same = { channel: step.channel, chain: step.chain, tries: step.tries + 1, dueAt: after(waitMs ?? 0) }
  const next = channel && { channel, chain, tries: 0, dueAt: step.now, fallBackAt: after(step.fallBackMs) }
  const onward = waitMs === undefined ? next : same
  const event = onward
    ? told(step, 'message.waits', { reason, channel: onward.channel, until: onward.dueAt })
    : told(step, 'message.failed', { reason, channel: step.channel })
  return settlement(
    { ...step, fallBackAt: after(step.fallBackMs) },
    {
      from: 'ambiguous',
      to: onward ? 'pending' : 'failed',
      reason,
      ends: onward || step.kind !== 'first' ? null : { status: 'failed', reason: 'no_channel_worked' },
      ...onward,
      events: [event],
    },
  )
}

/** Receipts that never came are asked for. */
export async function pollReceipts(ports: ReconcilePorts): Promise<number> {
  const attempts = await ports.unclear.unfinished()
  const heard = await Promise.all(
    attempts.map(async ({ attemptId, providerId }) => {
      const lookup = ports.lookups.get('twilio')
      const finding = await lookup?.messageStatus(providerId)
      const receipt = finding?.kind === 'found' ? lookup?.receiptOf(finding, attemptId) : undefined
      return receipt ? (await recordReceipt(ports, receipt)) === 'applied' : false
    }),
  )
  return heard.filter(Boolean).length
}
