import type { Outcome } from '../domain/outcome.ts'
import type { Address, DeliverPorts, Delivery } from './delivery.ts'
import { barredBy } from './soft-failure.ts'

/** A refused account or sender is tried again after this long, one message at a time. */
const REFUSED_FOR_MS = 30_000
const FAILING_FOR_MS = 5_000
/** A provider that asks for patience without saying how much, and the shortest wish that is worth a hold. */
const THROTTLED_FOR_MS = 5_000
const WORTH_A_HOLD_MS = 1_000

/** What outcomes say about an address or the provider, beyond this step. */
export async function react(
  ports: DeliverPorts,
  delivery: Delivery,
  provider: string,
  sent: { address: Address; outcome: Outcome }[],
): Promise<void> {
  for (const { address, outcome } of sent) await unwilling(ports, delivery.work.dispatchId, address, outcome)
  for (const { outcome } of sent) await troubled(ports, provider, outcome)
  if (delivery.probing && sent.some(({ outcome }) => WORKS.includes(outcome.kind))) await ports.lift(delivery.probing)
}

/** The provider looked at the message: whatever it said of it, the provider itself works. */
const WORKS: Outcome['kind'][] = ['accepted', 'permanent', 'suppress']

async function unwilling(
  { suppressions }: DeliverPorts,
  dispatchId: string,
  { hash, hashes, channel }: Address,
  outcome: Outcome,
): Promise<void> {
  const reason = await barredBy(suppressions, outcome, { dispatchId, hashes })
  if (reason) await suppressions.add({ hash, channel, reason, note: null, placedBy: 'provider' })
}

async function troubled(ports: DeliverPorts, provider: string, outcome: Outcome): Promise<void> {
  const hold = (reason: string, probeAfterMs: number) =>
    ports.hold({ scope: 'provider', value: provider, reason, probeAfterMs })
  if (ports.circuits.hear(provider, outcome.kind)) await hold('failing', FAILING_FOR_MS)
  if (outcome.kind === 'throttle' && (outcome.afterMs ?? THROTTLED_FOR_MS) >= WORTH_A_HOLD_MS)
    await hold('throttled', outcome.afterMs ?? THROTTLED_FOR_MS)
  if (outcome.kind === 'alert') await hold(outcome.reason, REFUSED_FOR_MS)
  if (outcome.kind === 'alert' || (outcome.kind === 'permanent' && outcome.alert))
    await ports.alert({ what: 'provider_refused', reason: outcome.reason, provider })
}
