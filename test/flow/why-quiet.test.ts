import { describe, expect, it } from 'vitest'
import type { Hold } from '../../src/domain/hold.ts'
import type { Campaign, CampaignOutlook } from '../../src/flow/ports-campaign.ts'
import { whyQuiet } from '../../src/flow/why-quiet.ts'
import { HOUR } from '../support/builders.ts'
import { aCampaign } from '../support/campaigns.ts'
import { aHold, inMs, NOON } from '../support/fakes.ts'

const LATER = inMs(NOON, 2 * HOUR)
const step = (wish: Partial<NonNullable<CampaignOutlook['nextStep']>> = {}) => ({
  dueAt: NOON,
  reason: null,
  needsLink: true,
  channel: 'sms',
  template: 'magic-link',
  ...wish,
})

const campaign = (wish: Partial<Campaign>): Campaign => ({
  ...aCampaign(),
  status: 'running',
  reason: null,
  lane: 2,
  revokeLinks: false,
  createdAt: NOON,
  startedAt: NOON,
  endedAt: null,
  hold: null,
  open: 1,
  waiting: 1,
  ...wish,
})

const outlook = (wish: Partial<CampaignOutlook>): CampaignOutlook => ({
  nextRowAt: null,
  inHand: false,
  nextStep: null,
  paceAt: null,
  slotAt: null,
  now: NOON,
  ...wish,
})

const paused = { id: 'hold', reason: 'brake', placedBy: 'service', placedAt: NOON }
const allHeld = [aHold('all', '*', { probeAt: LATER })]
const smsHeld = [aHold('channel', 'sms')]

describe('a campaign that sends nothing', () => {
  it.each([
    ['it is paused', { hold: paused }, { nextStep: step() }, [], 'paused', null],
    ['everything is held', {}, { nextRowAt: NOON }, allHeld, 'held', LATER],
    ['the channel of its next message is held', {}, { nextStep: step() }, smsHeld, 'held', null],
    ['its pace is used up', {}, { nextStep: step(), paceAt: LATER }, [], 'pace', LATER],
    ['the partner makes no link now', {}, { nextStep: step(), slotAt: LATER }, [], 'limit', LATER],
    [
      'a link is not needed, and it sends',
      {},
      { nextStep: step({ needsLink: false }), slotAt: LATER },
      [],
      'sending',
      null,
    ],
    ['something is in hand', {}, { inHand: true, nextStep: step(), paceAt: LATER }, [], 'sending', null],
    ['rows are about to become dispatches', {}, { nextRowAt: NOON }, [], 'sending', null],
    ['it begins later', { startAt: LATER }, { nextRowAt: LATER }, [], 'scheduled', LATER],
    ['it began, and people’s windows are closed', { startAt: NOON }, { nextRowAt: LATER }, [], 'window', LATER],
    ['other zones come later', { localStart: '2026-11-18T12:00' }, { nextRowAt: LATER }, [], 'scheduled', LATER],
    [
      'its messages wait for the morning',
      {},
      { nextStep: step({ dueAt: LATER, reason: 'outside_window' }) },
      [],
      'window',
      LATER,
    ],
    ['the next are reminders', {}, { nextStep: step({ dueAt: LATER }) }, [], 'scheduled', LATER],
    ['everything was sent', {}, {}, [], 'done', null],
    ['it is over', { status: 'finished' }, {}, [], 'done', null],
  ] as [string, Partial<Campaign>, Partial<CampaignOutlook>, Hold[], string, Date | null][])(
    'says so: %s',
    (_, about, sees, holds, why, until) => {
      expect(whyQuiet(campaign(about), outlook(sees), holds)).toMatchObject({ why, until })
    },
  )

  it('says in whose words it is held', () => {
    const seen = [whyQuiet(campaign({ hold: paused }), outlook({}), []), whyQuiet(campaign({}), outlook({}), allHeld)]

    expect(seen.map(({ reason }) => reason)).toEqual([paused.reason, allHeld[0]?.reason])
  })
})
