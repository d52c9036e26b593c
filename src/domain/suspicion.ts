/** Why an open looks like a machine's: a known scanner's user agent, or faster than a person can be. */
export const SUSPICIONS = ['scanner', 'too_fast'] as const
export type Suspicion = (typeof SUSPICIONS)[number]

/** What a dispatch does about one: end its plan as for any open, or wait for a second sign of life. */
export const SUSPECT_POLICIES = ['stop', 'hold'] as const
export type SuspectPolicy = (typeof SUSPECT_POLICIES)[number]

/** To hear the phone, read the text, tap it and load a page takes a person longer than this; gateways look at once. */
export const TOO_FAST_MS = 3_000
/** The partner's clock, which dates the open, may lag behind ours, which dates the hand-over, by this much. */
export const CLOCKS_APART_MS = 2_000
/** A hand-over whose answer takes longer, or never came, counts as this long: gateways look while they still hold the line. */
export const LONGEST_HAND_OVER_MS = 60_000
/** Longer than the hour for which an opened link counts as in use: only then may it be replaced by a fresh one. */
export const SUSPECT_GRACE_MS = 65 * 60_000
