/** Why an address must not be written to (reference/provider-errors.md, section 1). */
export const SUPPRESSION_REASONS = [
  'opt_out',
  'complaint',
  'blocked_by_user',
  'invalid',
  'not_sms_capable',
  'hard_bounce',
  'soft_repeat',
  'token_dead',
  'manual',
] as const
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number]

/** Reasons about will survive an address update and are lifted only by a recorded new consent. */
export const isAboutWill = (reason: SuppressionReason) =>
  reason === 'opt_out' || reason === 'complaint' || reason === 'blocked_by_user'

/** What a suppression bars: every message, or commercial ones only. */
export const SUPPRESSION_SCOPES = ['all', 'commercial'] as const
export type SuppressionScope = (typeof SUPPRESSION_SCOPES)[number]

/** Only a wish may be limited to a category: a complaint or a dead address bars transactional messages too. */
export const scopeFor = (reason: SuppressionReason, wished: SuppressionScope): SuppressionScope =>
  reason === 'opt_out' || reason === 'manual' ? wished : 'all'

export const SUPPRESSED_CHANNELS = ['sms', 'email', 'push', 'recipient'] as const
/** What is barred: an address of a channel, or a recipient with all addresses. */
export type SuppressedChannel = (typeof SUPPRESSED_CHANNELS)[number]
