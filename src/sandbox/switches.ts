import { z } from 'zod'

/** What the partner's pages leave open or contradict, as switches (`/__sim/config`). The defaults are the likeliest reading. */
export const switchesSchema = z.strictObject({
  createsPerMinute: z.number().int().min(1).max(1_000_000),
  callsPerMinute: z.number().int().min(1).max(1_000_000),
  /** 429 answers name their `Retry-After`. */
  retryAfter: z.boolean(),
  authErrors: z.enum(['flat', 'wrapped']),
  otherErrors: z.enum(['flat', 'wrapped']),
  /** Status of PARTNER_SUSPENDED; the pages name none. */
  suspendedStatus: z.number().int().min(400).max(499),
  /** The 409 body also names the active link. */
  conflictLinkId: z.boolean(),
  /** Shape of the URL inside `link.created`. */
  createdUrl: z.enum(['send', 'widget']),
  /** Lists show an opened link with the status `created` and an `openedAt`. */
  openedShownAsCreated: z.boolean(),
  deviceInfo: z.boolean(),
  metadataInPayloads: z.boolean(),
  /** When `user.data_request` goes out for a user whose data are incomplete. */
  dataRequests: z.enum(['at_open', 'at_create', 'off']),
  /** Timestamp and signature of a retry: of the moment of sending, or those of the first attempt. */
  retryTimestamp: z.enum(['fresh', 'old']),
  webhooks: z.boolean(),
  webhookTimeoutMs: z.number().int().min(100).max(30_000),
  defaultExpiryMinutes: z.number().min(5).max(10_080),
})
export type Switches = z.infer<typeof switchesSchema>

const DEFAULTS: Switches = {
  createsPerMinute: 100,
  callsPerMinute: 1_000,
  retryAfter: true,
  authErrors: 'flat',
  otherErrors: 'wrapped',
  suspendedStatus: 403,
  conflictLinkId: false,
  createdUrl: 'send',
  openedShownAsCreated: false,
  deviceInfo: true,
  metadataInPayloads: false,
  dataRequests: 'at_open',
  retryTimestamp: 'fresh',
  webhooks: true,
  webhookTimeoutMs: 30_000,
  defaultExpiryMinutes: 60,
}

/** The live switches: one object that everyone reads, changed in place. */
export function makeSwitches() {
  const switches: Switches = { ...DEFAULTS }
  return {
    switches,
    change: (some: { [Name in keyof Switches]?: Switches[Name] | undefined }) => {
      Object.assign(switches, Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)))
    },
    reset: () => {
      Object.assign(switches, DEFAULTS)
    },
  }
}
