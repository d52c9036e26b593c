import { describe, expect, it } from 'vitest'
import { DISPATCH_STATES } from '../../src/domain/dispatch.ts'
import { type SummaryFacts, type SummaryStep, summaryOf } from '../../src/domain/summary.ts'

const at = (text: string) => new Date(`2026-11-${text}:00Z`)
const NOW = at('26T12:00')

const step = (change: Partial<SummaryStep> = {}): SummaryStep => ({
  kind: 'first',
  channel: 'email',
  status: 'handed',
  reason: null,
  dueAt: at('22T14:30'),
  handedAt: at('22T14:30'),
  confirmed: true,
  ...change,
})
const waits = (change: Partial<SummaryStep> = {}) =>
  step({ status: 'pending', handedAt: null, confirmed: null, ...change })
const reminder = (change: Partial<SummaryStep> = {}) => waits({ kind: 'reminder', dueAt: null, ...change })
const skipped = reminder({ status: 'skipped', reason: 'opened' })
const close = waits({ kind: 'close', channel: 'none', dueAt: null })
const reminded = reminder({ status: 'handed', channel: 'sms', handedAt: at('23T14:30') })
const link = (operationStatus: string | null) => ({ operationId: 'op', operationStatus })

/** What is known, and what is said. */
const CASES: [Partial<SummaryFacts>, string][] = [
  [{ status: 'accepted', steps: [waits({ dueAt: at('22T14:30') }), close] }, 'Waiting to be sent by email.'],
  [
    { status: 'accepted', steps: [waits({ dueAt: at('27T09:00') }), reminder(), reminder()] },
    'Will be sent by email on 27 Nov at 09:00; 2 reminders planned.',
  ],
  [
    { status: 'accepted', steps: [waits({ dueAt: at('27T08:00'), reason: 'outside_window', channel: 'sms' })] },
    'Will be sent by SMS on 27 Nov at 08:00: it waits for a friendly hour.',
  ],
  [
    { status: 'accepted', steps: [waits({ reason: 'partner_held' })] },
    'Waiting to be sent by email: the partner is held.',
  ],
  [
    { status: 'accepted', steps: [waits({ reason: 'some_new_reason' })] },
    'Waiting to be sent by email: some new reason.',
  ],
  [{ status: 'accepted', steps: [] }, 'Waiting to be sent.'],
  [{ status: 'sent', steps: [step(), close] }, 'Sent by email on 22 Nov at 14:30; not opened yet; no reminder left.'],
  [
    { status: 'sent', steps: [step(), reminder({ dueAt: at('27T14:30') }), reminder({ dueAt: at('29T14:30') })] },
    'Sent by email on 22 Nov at 14:30; not opened yet; next reminder on 27 Nov at 14:30.',
  ],
  [
    { status: 'sent', steps: [step(), reminder({ dueAt: at('26T11:59'), status: 'queued' })] },
    'Sent by email on 22 Nov at 14:30; not opened yet; next reminder under way.',
  ],
  [
    { status: 'sent', steps: [step({ channel: 'push' }), reminded] },
    'Sent by push notification on 22 Nov at 14:30; reminded once, by SMS on 23 Nov at 14:30; not opened yet; no reminder left.',
  ],
  [
    { status: 'sent', steps: [step({ confirmed: false })] },
    'Sent by email on 22 Nov at 14:30, though its arrival is not certain; not opened yet; no reminder left.',
  ],
  [
    { status: 'sent', inAppAt: at('22T15:00'), steps: [waits({ channel: 'in_app' })] },
    'Placed in the app on 22 Nov at 15:00; not opened yet; no reminder left.',
  ],
  [
    { status: 'sent', inAppAt: at('22T15:00'), steps: [step({ channel: 'in_app' })] },
    'Placed in the app on 22 Nov at 15:00; not opened yet; no reminder left.',
  ],
  [
    { status: 'sent', inAppAt: at('22T15:00'), steps: [step()] },
    'Sent by email on 22 Nov at 14:30; placed in the app on 22 Nov at 15:00; not opened yet; no reminder left.',
  ],
  [
    { status: 'opened', openedAt: at('22T14:33'), steps: [step(), skipped, skipped] },
    'Sent by email on 22 Nov at 14:30; opened 3 minutes later; 2 reminders stopped.',
  ],
  [
    { status: 'opened', openedAt: new Date('2026-11-22T14:30:20Z'), steps: [step(), skipped] },
    'Sent by email on 22 Nov at 14:30; opened less than a minute later; 1 reminder stopped.',
  ],
  [
    { status: 'opened', openedAt: at('23T16:30'), steps: [step(), reminded] },
    'Sent by email on 22 Nov at 14:30; reminded once, by SMS on 23 Nov at 14:30; opened 2 hours after that.',
  ],
  [
    {
      status: 'opened',
      openedAt: at('25T14:30'),
      steps: [step(), reminded, { ...reminded, handedAt: at('24T14:30') }],
    },
    'Sent by email on 22 Nov at 14:30; reminded twice, last by SMS on 24 Nov at 14:30; opened 24 hours after that.',
  ],
  [
    { status: 'opened', openedAt: at('25T14:30'), steps: [step()], links: [link('created')] },
    'Sent by email on 22 Nov at 14:30; opened 3 days later; a transfer was started.',
  ],
  [
    { status: 'opened', openedAt: at('22T14:33'), steps: [step()], links: [link('created'), link('cancelled')] },
    'Sent by email on 22 Nov at 14:30; opened 3 minutes later; the transfer was cancelled.',
  ],
  [{ status: 'opened', openedAt: at('22T14:33'), steps: [skipped] }, 'Opened on 22 Nov at 14:33; 1 reminder stopped.'],
  [
    {
      status: 'opened',
      openedAt: at('22T14:31'),
      steps: [step(), waits({ kind: 'resend', status: 'handed', handedAt: at('24T10:00') })],
    },
    'Sent by email on 22 Nov at 14:30; sent again once, by email on 24 Nov at 10:00; opened 1 minute later.',
  ],
  [
    { status: 'opened', suspect: 'scanner', openedAt: at('22T14:33'), steps: [step(), skipped] },
    'Sent by email on 22 Nov at 14:30; opened 3 minutes later, perhaps by a scanner; 1 reminder stopped.',
  ],
  [
    { status: 'sent', suspect: 'too_fast', steps: [step(), reminder({ dueAt: at('27T14:30') })] },
    'Sent by email on 22 Nov at 14:30; opened, perhaps by a scanner; next reminder on 27 Nov at 14:30.',
  ],
  [
    { status: 'exhausted', suspect: 'scanner', steps: [step()] },
    'Sent by email on 22 Nov at 14:30; opened, perhaps by a scanner, and no link of it works any more.',
  ],
  [
    { status: 'exhausted', steps: [step(), reminded] },
    'Sent by email on 22 Nov at 14:30; reminded once, by SMS on 23 Nov at 14:30; never opened, and no link of it works any more.',
  ],
  [
    { status: 'failed', reason: 'no_channel_worked', steps: [step({ handedAt: null })] },
    'Could not be sent: no channel worked.',
  ],
  [{ status: 'failed', reason: 'link_in_use' }, 'Could not be sent: the person is inside an earlier link.'],
  [{ status: 'failed' }, 'Could not be sent.'],
  [{ status: 'expired', endedAt: at('23T00:00') }, 'Not sent: its time ran out on 23 Nov at 00:00.'],
  [
    { status: 'cancelled', reason: 'account closed', endedAt: at('22T15:00'), steps: [step(), skipped] },
    'Sent by email on 22 Nov at 14:30; cancelled on 22 Nov at 15:00 (account closed); 1 reminder stopped.',
  ],
  [
    { status: 'cancelled', endedAt: at('22T15:00'), openedAt: at('22T16:00') },
    'Cancelled on 22 Nov at 15:00; opened all the same on 22 Nov at 16:00.',
  ],
  [{ status: 'superseded', endedAt: at('22T15:00') }, 'Replaced by a newer dispatch on 22 Nov at 15:00.'],
  [
    { status: 'suppressed', endedAt: at('22T15:00'), steps: [step()] },
    'Sent by email on 22 Nov at 14:30; stopped on 22 Nov at 15:00 because the person asked not to be written to.',
  ],
]

const facts = (change: Partial<SummaryFacts>): SummaryFacts => ({
  status: 'accepted',
  reason: null,
  timeZone: 'UTC',
  inAppAt: null,
  openedAt: null,
  suspect: null,
  endedAt: null,
  steps: [],
  links: [],
  ...change,
})

describe('the summary of a dispatch', () => {
  it.each(CASES)('%j', (change, sentence) => {
    expect(summaryOf(facts(change), NOW)).toBe(sentence)
  })

  it('was tried in every state', () => {
    const tried = new Set(CASES.map(([{ status }]) => status))

    expect(DISPATCH_STATES.filter((state) => !tried.has(state))).toEqual([])
  })

  it('speaks of the recipient’s own time', () => {
    const summary = summaryOf(facts({ status: 'sent', timeZone: 'America/Chicago', steps: [step()] }), NOW)

    expect(summary).toContain('22 Nov at 08:30')
  })

  it('names the year when it is another', () => {
    const summary = summaryOf(facts({ status: 'sent', steps: [step()] }), new Date('2027-01-02T00:00:00Z'))

    expect(summary).toContain('22 Nov 2026 at 14:30')
  })

  it('counts midnight as 00', () => {
    const summary = summaryOf(facts({ status: 'expired', endedAt: at('22T00:05') }), NOW)

    expect(summary).toContain('at 00:05')
  })
})
