import { describe, expect, it } from 'vitest'
import { eventWords } from '../../src/console/timeline.ts'
import { EVENT_TYPES, type EventType } from '../../src/domain/event.ts'

/** What happened → how it reads: the lead, and what follows it. */
const TABLE: Record<EventType, [data: Record<string, unknown>, lead: string, detail: string][]> = {
  'dispatch.accepted': [[{ channels: ['push', 'sms'] }, 'Accepted', 'push, then SMS']],
  'dispatch.sent': [[{}, 'Sent', 'the first message is on its way']],
  'dispatch.opened': [
    [{ remindersStopped: 2 }, 'Opened — 2 reminders stopped', ''],
    [{ remindersStopped: 1 }, 'Opened — 1 reminder stopped', ''],
    [{ remindersStopped: 0 }, 'Opened', ''],
    [{ remindersStopped: 0, suspect: 'scanner' }, 'Opened', 'perhaps by a scanner; a known scanner looked at the link'],
  ],
  'dispatch.exhausted': [[{}, 'Exhausted', 'every message ran, and no link lives any more']],
  'dispatch.failed': [[{ reason: 'no_channel_worked' }, 'Failed', 'no channel worked']],
  'dispatch.cancelled': [
    [{ reason: 'Wrong person', remindersStopped: 2 }, 'Cancelled — 2 reminders stopped', 'Wrong person'],
    [{}, 'Cancelled', ''],
  ],
  'dispatch.superseded': [[{ remindersStopped: 1 }, 'Superseded — 1 reminder stopped', 'a newer dispatch took over']],
  'dispatch.suppressed': [[{ reason: 'opt_out' }, 'Suppressed', 'the person said stop']],
  'dispatch.expired': [[{}, 'Expired', 'it was valid no longer before anything was sent']],
  'dispatch.changed': [[{ fields: ['contact', 'timeZone'] }, 'Changed', 'where the person is reached, the time zone']],
  'message.handed': [
    [{ step: 1, kind: 'first', channel: 'sms', provider: 'twilio' }, 'First message handed to Twilio', 'by SMS'],
    [
      { step: 3, kind: 'reminder', channel: 'email', provider: 'smtp' },
      'Reminder 2 handed to the mail relay',
      'by email',
    ],
    [{ channel: 'in_app', provider: 'app' }, 'Message handed to the app', 'in the app'],
    [
      { step: 2, kind: 'reminder', channel: 'push', provider: 'fcm', confirmed: false },
      'Reminder 1 probably handed to Firebase',
      'by push; it may have arrived, nobody can say',
    ],
  ],
  'message.delivered': [[{ step: 1, kind: 'first', channel: 'email' }, 'First message delivered', 'by email']],
  'message.failed': [
    [
      { step: 1, kind: 'first', channel: 'push', reason: 'token_unregistered', next: 'sms' },
      'First message failed by push',
      'token unregistered; SMS takes over',
    ],
    [
      { step: 1, kind: 'first', reason: 'variable_missing', missing: ['amount'] },
      'First message failed',
      'the template needs a variable that is not there; amount',
    ],
  ],
  'message.waits': [
    [{ step: 2, kind: 'reminder', reason: 'outside_window' }, 'Reminder 1 waits', 'it waits for a friendly hour'],
    [
      { step: 1, reason: 'channel_held', next: 'email' },
      'First message waits',
      'this channel is held; Email takes over',
    ],
  ],
  'message.unclear': [
    [
      { step: 1, kind: 'first', channel: 'sms', reason: 'timeout' },
      'First message: unclear whether it left',
      'by SMS; timeout',
    ],
  ],
  'reminder.skipped': [[{ step: 2, reason: 'opened' }, 'Reminder 1 skipped', 'the link was opened']],
  'channel.skipped': [[{ channel: 'email', reason: 'no_address' }, 'Email left out', 'there is no address for it']],
  'link.created': [
    [{ origin: 'created', expiresAt: '2026-11-23T15:00:00Z' }, 'Link made', 'it dies'],
    [{ origin: 'adopted' }, 'Living link taken over', ''],
  ],
  'link.replaced': [[{}, 'Next link made', 'the one before had come to its end']],
  'link.requested': [[{}, 'Fresh link asked for', 'with the button behind a message whose link had run out']],
  'link.revoked': [[{ reason: 'cancelled' }, 'Link taken back', 'the dispatch was cancelled']],
  'open.suspect': [
    [
      { suspect: 'too_fast', until: '2026-11-23T15:00:00Z' },
      'Link opened',
      'perhaps by a scanner; sooner after the message than a person could be; reminders wait for a sign of a person',
    ],
  ],
  'operation.created': [[{ operationId: 'op_1' }, 'Operation created', 'the user began a transfer']],
  'operation.cancelled': [[{}, 'Operation cancelled', 'the transfer will not happen']],
  'user.data_request': [
    [
      { requiredFields: ['dob', 'name.secondLastName'] },
      'The partner needs more data of the user',
      'date of birth, second last name',
    ],
  ],
  'recipient.opted_out': [[{ channel: 'sms' }, 'The person said stop', 'by SMS']],
  'recipient.opted_in': [[{ channel: 'sms' }, 'The person asked for messages again', 'by SMS']],
  'recipient.replied': [[{ channel: 'sms' }, 'The person wrote back', 'by SMS']],
  'partner.event': [[{ event: 'link.expired' }, 'The partner told us something', 'link.expired']],
  'campaign.created': [[{}, 'Campaign made', '']],
  'campaign.changed': [[{}, 'Campaign changed', '']],
  'campaign.audience': [[{}, 'Audience taken', '']],
  'campaign.started': [[{}, 'Campaign started', '']],
  'campaign.paused': [[{ reason: 'wrong words' }, 'Campaign paused', 'wrong words']],
  'campaign.resumed': [[{}, 'Campaign goes on', '']],
  'campaign.cancelled': [[{ reason: 'Wrong people' }, 'Campaign cancelled', 'Wrong people']],
  'campaign.braked': [[{ reason: 'brake: 7 of 120 opted out' }, 'Campaign paused itself', 'brake: 7 of 120 opted out']],
  'campaign.finished': [[{}, 'Campaign finished', '']],
  'recurrence.created': [[{}, 'Recurrence made', '']],
  'recurrence.stopped': [[{}, 'Recurrence stopped', '']],
  'system.hold_placed': [[{ reason: 'partner_suspended' }, 'Hold placed', 'partner suspended']],
  'system.hold_lifted': [[{ reason: 'partner_suspended' }, 'Hold lifted', 'partner suspended']],
}

describe('the words of an event', () => {
  const cases = EVENT_TYPES.flatMap((type) => TABLE[type].map(([data, lead, detail]) => ({ type, data, lead, detail })))

  it.each(cases)('$type: $lead', ({ type, data, lead, detail }) => {
    const words = eventWords({ type, data })

    expect(words).toMatchObject({ lead, detail })
    expect(words.icon).not.toBe('')
  })

  it.each(EVENT_TYPES)('%s is told even when its data is not what was expected', (type) => {
    const strange = {
      channels: 7,
      channel: {},
      step: 'x',
      fields: null,
      reason: ['a'],
      until: 'soon',
      remindersStopped: '2',
    }

    expect(eventWords({ type, data: strange }).lead).not.toMatch(/undefined|null|NaN|\[object/)
  })

  it.each([
    ['message.waits', { until: '2026-11-22T15:10:00Z' }],
    ['message.waits', { until: new Date('2026-11-22T15:10:00Z') }],
    ['link.created', { expiresAt: '2026-11-22T15:10:00Z' }],
  ] as const)('%s knows until when', (type, data) => {
    expect(eventWords({ type, data }).until).toEqual(new Date('2026-11-22T15:10:00Z'))
  })
})
