/** Where a fault can strike. */
export const FAULT_TARGETS = [
  'partner.create',
  'partner.list',
  'partner.revoke',
  'webhook',
  'twilio',
  'fcm',
  'smtp',
  'vonage',
] as const
export type FaultTarget = (typeof FAULT_TARGETS)[number]

/** `count` calls go wrong in the manner of `kind`; anything else is an option of that kind. */
export interface Fault {
  kind: string
  count: number
  delayMs?: number
  status?: number
  code?: number | string
  /** Do the work although the answer says otherwise. */
  done?: boolean
  /** Webhooks: only deliveries of this event. */
  event?: string
  [option: string]: unknown
}

export interface Faults {
  arm(target: FaultTarget, fault: Fault): void
  /** The next armed fault of this target, used up by one; with `matches`, the first one that fits. */
  take(target: FaultTarget, matches?: (fault: Fault) => boolean): Fault | undefined
  /** What is still armed, with the counts that are left. */
  list(): (Fault & { target: FaultTarget })[]
  reset(): void
}

const ANSWER_KINDS = [
  'reply_lost',
  'slow',
  'slow_before',
  'error_500',
  'error_502',
  'error_503',
  'html',
  'throttle',
] as const

/** Kinds the partner understands. Targets that are not named here take any kind and judge it themselves. */
export const FAULT_KINDS: Partial<Record<FaultTarget, readonly string[]>> = {
  'partner.create': [
    ...ANSWER_KINDS,
    'opened_before_reply',
    'opened_before_created',
    'expired_link',
    'foreign_host',
    'other_reference',
    'same_link_twice',
    'expires_between',
  ],
  'partner.list': [...ANSWER_KINDS, 'empty'],
  'partner.revoke': [...ANSWER_KINDS],
  webhook: [
    'duplicate',
    'unknown_event',
    'unknown_link',
    'bad_signature',
    'missing_signature',
    'truncated_signature',
    'uppercase_signature',
    'stale_timestamp',
    'reserialised_body',
    'multibyte_body',
    'old_timestamp_on_retry',
    'data_request_at_open',
    'data_request_at_create',
    'hostile_reply_endpoint',
  ],
}

/** One store of armed faults for every stand-in; each takes its own at the moment it would strike. */
export function makeFaults(): Faults {
  const armed: (Fault & { target: FaultTarget })[] = []

  return {
    arm(target, fault) {
      if (fault.count > 0) armed.push({ ...fault, target })
    },
    take(target, matches = () => true) {
      const found = armed.find((fault) => fault.target === target && matches(fault))
      if (!found) return undefined
      found.count -= 1
      if (found.count <= 0) armed.splice(armed.indexOf(found), 1)
      return { ...found }
    },
    list: () => armed.map((fault) => ({ ...fault })),
    reset() {
      armed.length = 0
    },
  }
}
