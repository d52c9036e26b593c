import type { Outcome } from '../domain/outcome.ts'
import { deadAfter, SOFT_DAYS } from '../domain/soft-failure.ts'
import type { SuppressionReason } from '../domain/suppression.ts'
import type { SuppressionStore } from './ports-consent.ts'

/** Why an address must not be written to any more after this outcome; null: it may be. A failure that would pass counts once it keeps coming. */
export async function barredBy(
  suppressions: Pick<SuppressionStore, 'failedFor'>,
  outcome: Outcome,
  { dispatchId, hashes }: { dispatchId: string; hashes: Buffer[] },
): Promise<SuppressionReason | null> {
  if (outcome.kind === 'suppress') return outcome.suppression
  const reason = 'reason' in outcome ? outcome.reason : ''
  const most = deadAfter(reason)
  if (most === undefined) return null
  const others = await suppressions.failedFor({ hashes, reason, exceptFor: dispatchId, days: SOFT_DAYS })
  return others + 1 >= most ? 'soft_repeat' : null
}
