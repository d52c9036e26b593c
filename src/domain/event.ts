/** What happened, named as the outside world reads it (design section 6). */
export const EVENT_TYPES = [
  'dispatch.accepted',
  'dispatch.sent',
  'dispatch.opened',
  'dispatch.exhausted',
  'dispatch.failed',
  'dispatch.cancelled',
  'dispatch.superseded',
  'dispatch.suppressed',
  'dispatch.expired',
  'dispatch.changed',
  'message.handed',
  'message.delivered',
  'message.failed',
  'message.waits',
  'message.unclear',
  'reminder.skipped',
  'channel.skipped',
  'link.created',
  'link.replaced',
  'link.revoked',
  'link.requested',
  'open.suspect',
  'operation.created',
  'operation.cancelled',
  'user.data_request',
  'recipient.opted_out',
  'recipient.opted_in',
  'recipient.replied',
  'partner.event',
  'campaign.created',
  'campaign.changed',
  'campaign.audience',
  'campaign.started',
  'campaign.paused',
  'campaign.resumed',
  'campaign.cancelled',
  'campaign.braked',
  'campaign.finished',
  'recurrence.created',
  'recurrence.stopped',
  'system.hold_placed',
  'system.hold_lifted',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** Data holds ids, words and times only: never an address, a link or anything a person typed. */
export interface NewEvent {
  type: EventType
  dispatchId: string | null
  data: Record<string, unknown>
}

export interface FeedEvent extends NewEvent {
  id: string
  sequence: number
  occurredAt: Date
}
