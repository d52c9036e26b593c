/** Why an address must not be written to (reference/provider-errors.md, section 1). */
export const SUPPRESSION_REASONS = [
  'opt_out', 'complaint', 'blocked_by_user', 'invalid', 'not_sms_capable', 'hard_bounce', 'soft_repeat', 'token_dead', 'manual',
] as const
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number]

/** Reasons about will survive an address update and are lifted only by a recorded new consent. */
export const isAboutWill = (reason: SuppressionReason) =>
  reason === 'opt_out' || reason === 'complaint' || reason === 'blocked_by_user'
