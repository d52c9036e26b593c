import { describe, expect, it } from 'vitest'
import { guard } from '../../src/flow/guard.ts'
import { aDelivery, aHold, aWork, inMs, MINUTE, makeStage, NIGHT, NOON, type StageWish } from '../support/fakes.ts'

const aReminder = { kind: 'reminder', n: 2 } as const
const guarded = async (wish: StageWish & { work: NonNullable<StageWish['work']> }) => {
  const delivery = aDelivery(wish.work)
  const end = await guard(makeStage(wish).ports, delivery)
  return { end, delivery }
}

describe('still wanted', () => {
  it('lets a running dispatch pass, with the first provider of its channel', async () => {
    const { end, delivery } = await guarded({ work: aWork() })

    expect(end).toBeUndefined()
    expect(delivery.provider?.name).toBe('twilio')
  })

  it.each(['opened', 'exhausted', 'failed', 'expired', 'cancelled', 'superseded', 'suppressed'] as const)(
    'skips a planned step of a dispatch that is %s',
    async (status) => {
      const { end } = await guarded({ work: aWork({ ...aReminder, slot: 3, dispatch: { status } }) })

      expect(end).toMatchObject({ from: 'queued', to: 'skipped', reason: status, freeSlot: 3, ends: null })
      expect(end?.events).toMatchObject([{ type: 'reminder.skipped', data: { step: 2, reason: status } }])
    },
  )

  it('tells of no reminder when a first message is skipped', async () => {
    const { end } = await guarded({ work: aWork({ dispatch: { status: 'cancelled' } }) })

    expect(end?.events).toEqual([])
  })

  it('lets a step pass that a person asked for, though the dispatch was opened', async () => {
    const { end } = await guarded({ work: aWork({ kind: 'resend', dispatch: { status: 'opened' } }) })

    expect(end).toBeUndefined()
  })

  it('ends a dispatch as expired when nothing was handed over before validUntil', async () => {
    const { end } = await guarded({ work: aWork({ dispatch: { validUntil: NOON } }) })

    expect(end).toMatchObject({ to: 'skipped', ends: { status: 'expired', reason: 'valid_until_passed' } })
  })

  it('only skips the reminder when something was handed over before validUntil', async () => {
    const dispatch = { status: 'sent', validUntil: inMs(NOON, -1), firstHandedAt: NIGHT } as const
    const { end } = await guarded({ work: aWork({ ...aReminder, dispatch }) })

    expect(end).toMatchObject({ to: 'skipped', reason: 'expired', ends: null })
    expect(end?.events.map(({ type }) => type)).toEqual(['reminder.skipped'])
  })

  it('passes until the last moment before validUntil', async () => {
    const { end } = await guarded({ work: aWork({ dispatch: { validUntil: inMs(NOON, 1) } }) })

    expect(end).toBeUndefined()
  })
})

describe('after an open that looks like a machine’s', () => {
  const dispatch = { status: 'sent', suspectUntil: inMs(NOON, 65 * MINUTE) } as const

  it('lets what was planned wait for the end of the grace, and tells it', async () => {
    const { end } = await guarded({ work: aWork({ ...aReminder, dispatch }) })

    expect(end).toMatchObject({ from: 'queued', to: 'pending', reason: 'suspect_open', dueAt: dispatch.suspectUntil })
    expect(end?.events).toMatchObject([{ type: 'message.waits', data: { until: dispatch.suspectUntil } }])
  })

  it('lets it pass when the grace is over', async () => {
    const { end } = await guarded({ work: aWork({ ...aReminder, dispatch: { ...dispatch, suspectUntil: NOON } }) })

    expect(end).toBeUndefined()
  })

  it('does not stop what a person asked for', async () => {
    const { end } = await guarded({ work: aWork({ kind: 'resend', dispatch }) })

    expect(end).toBeUndefined()
  })
})

describe('in its window', () => {
  it('lets a reminder rest until the morning, spread a little, and counts its wait from there', async () => {
    const { end } = await guarded({ work: aWork({ ...aReminder, now: NIGHT, slot: 4 }) })

    const opening = new Date('2026-11-18T15:07:30Z')
    expect(end).toMatchObject({ from: 'queued', to: 'pending', reason: 'outside_window', dueAt: opening, freeSlot: 4 })
    expect(end).toMatchObject({ fallBackAt: inMs(opening, 10 * MINUTE), needsLink: true })
    expect(end?.events).toMatchObject([{ type: 'message.waits', data: { reason: 'outside_window', until: opening } }])
  })

  it('lets the first message of a single transactional dispatch leave at any hour', async () => {
    const { end } = await guarded({ work: aWork({ now: NIGHT }) })

    expect(end).toBeUndefined()
  })
})

describe('not held', () => {
  it.each([
    ['everything', aHold('all'), 'all_held'],
    ['the partner', aHold('partner'), 'partner_held'],
    ['the channel', aHold('channel', 'sms'), 'channel_held'],
    ['the only provider', aHold('provider', 'twilio'), 'provider_held'],
    ['the template', aHold('template', 'magic-link'), 'template_held'],
    ['the campaign', aHold('campaign', 'campaign-1'), 'campaign_held'],
  ])('rests a few seconds while a hold is on %s, and gives its slot back', async (_, hold, reason) => {
    const work = aWork({ slot: 5, dispatch: { campaignId: 'campaign-1' } })

    const { end } = await guarded({ work, holds: [hold] })

    expect(end).toMatchObject({ from: 'queued', to: 'pending', reason, dueAt: inMs(NOON, 5_000), channel: 'sms' })
    expect(end).toMatchObject({ freeSlot: 5, needsLink: true })
  })

  it.each([
    ['another channel', aHold('channel', 'email')],
    ['another provider', aHold('provider', 'smtp')],
    ['another template', aHold('template', 'magic-link-reminder')],
    ['another campaign', aHold('campaign', 'campaign-2')],
  ])('does not mind a hold on %s', async (_, hold) => {
    const { end } = await guarded({ work: aWork(), holds: [hold] })

    expect(end).toBeUndefined()
  })

  it('takes the next provider of the channel while the first is held', async () => {
    const { end, delivery } = await guarded({
      work: aWork(),
      holds: [aHold('provider', 'twilio')],
      providers: [
        ['twilio', 'sms'],
        ['vonage', 'sms'],
      ],
    })

    expect(end).toBeUndefined()
    expect(delivery.provider?.name).toBe('vonage')
  })

  it.each([
    ['channel', aHold('channel', 'sms')],
    ['provider', aHold('provider', 'twilio')],
  ])('goes on to the next channel when it waited long enough for a held %s', async (_, hold) => {
    const { end } = await guarded({ work: aWork({ fallBackAt: NOON, slot: 6 }), holds: [hold] })

    expect(end).toMatchObject({ from: 'queued', to: 'pending', reason: 'channel_held', channel: 'email', freeSlot: 6 })
  })

  it('waits on when there is no next channel', async () => {
    const work = aWork({ fallBackAt: NOON, chain: [] })

    const { end } = await guarded({ work, holds: [aHold('channel', 'sms')] })

    expect(end).toMatchObject({ to: 'pending', channel: 'sms', reason: 'channel_held' })
  })

  it('does not go round a hold on everything by another channel', async () => {
    const { end } = await guarded({ work: aWork({ fallBackAt: NOON }), holds: [aHold('all')] })

    expect(end).toMatchObject({ channel: 'sms', reason: 'all_held' })
  })
})

describe('a held provider whose probe is due', () => {
  const work = aWork()
  const held = aHold('provider', 'twilio', { probeAt: NOON })

  it('gets the message that takes the probe', async () => {
    const { end, delivery } = await guarded({ work, holds: [held], probes: true })

    expect(end).toBeUndefined()
    expect([delivery.provider?.name, delivery.probing]).toEqual(['twilio', held.id])
  })

  it('gets none that comes too late for it', async () => {
    const { end, delivery } = await guarded({ work, holds: [held], probes: false })

    expect(end).toMatchObject({ to: 'pending', reason: 'provider_held' })
    expect(delivery.probing).toBeUndefined()
  })

  it('is probed though another provider works', async () => {
    const providers: StageWish['providers'] = [
      ['twilio', 'sms'],
      ['vonage', 'sms'],
    ]

    const first = await guarded({ work, holds: [held], providers, probes: true })
    const second = await guarded({ work, holds: [held], providers, probes: false })

    expect([first.delivery.provider?.name, second.delivery.provider?.name]).toEqual(['twilio', 'vonage'])
  })

  it('is left alone until then, and where a person placed the hold', async () => {
    const early = { ...held, probeAt: inMs(NOON, 1) }
    const placed = { ...held, probeAt: null }

    const ends = await Promise.all(
      [early, placed].map(async (hold) => (await guarded({ work, holds: [hold], probes: true })).end?.reason),
    )

    expect(ends).toEqual(['provider_held', 'provider_held'])
  })
})

describe('one message too many', () => {
  const sentBefore = [1, 2, 20].map((hours) => inMs(NOON, -hours * 60 * MINUTE))
  const until = inMs(NOON, 4 * 60 * MINUTE)

  it('waits until the person may get another, and says so', async () => {
    const { end } = await guarded({ work: aWork({ ...aReminder, slot: 3, sentBefore }) })

    expect(end).toMatchObject({ to: 'pending', reason: 'capped', dueAt: until, freeSlot: 3, needsLink: true })
    expect(end?.events).toMatchObject([{ type: 'message.waits', data: { reason: 'capped', until } }])
  })

  it.each([
    ['a first transactional message', {}],
    ['what a person asked for', { kind: 'resend' }],
    ['the surface in the app', { ...aReminder, channel: 'in_app' }],
  ] as const)('is not %s', async (_, wish) => {
    const { end } = await guarded({ work: aWork({ ...wish, sentBefore }) })

    expect(end).toBeUndefined()
  })

  it.each([
    ['a first commercial message', { category: 'commercial' }],
    ['a first message of a campaign', { campaignId: 'c' }],
  ] as const)('is %s', async (_, dispatch) => {
    const { end } = await guarded({ work: aWork({ sentBefore, dispatch }) })

    expect(end).toMatchObject({ reason: 'capped' })
  })
})

describe('somebody to write to, and a provider to do it', () => {
  it('goes on to the next channel without an address', async () => {
    const { end } = await guarded({ work: aWork({ contact: { email: 'ana@example.com' }, slot: 7 }) })

    expect(end).toMatchObject({ to: 'pending', reason: 'no_address', channel: 'email', freeSlot: 7 })
  })

  it('goes on to the next channel where nobody carries this one', async () => {
    const { end } = await guarded({ work: aWork(), providers: [['smtp', 'email']] })

    expect(end).toMatchObject({ to: 'pending', reason: 'no_provider', channel: 'email' })
  })

  it('keeps to the addresses a test key may write to', async () => {
    const contact = { pushTokens: ['mine', 'another'] }

    const { end, delivery } = await guarded({
      work: aWork({ channel: 'push', contact }),
      mayWriteTo: (address) => address === 'mine',
    })

    expect(end).toBeUndefined()
    expect(delivery.addresses.map(({ value }) => value)).toEqual(['mine'])
  })

  it('goes on to the next channel when a test key may write to none of the addresses', async () => {
    const { end } = await guarded({ work: aWork(), mayWriteTo: () => false })

    expect(end).toMatchObject({ to: 'pending', reason: 'not_in_deliver_only_to', channel: 'email' })
  })

  it('asks the surface for neither address nor provider', async () => {
    const { end } = await guarded({
      work: aWork({ channel: 'in_app', chain: [], contact: {} }),
      providers: [],
      mayWriteTo: () => false,
    })

    expect(end).toBeUndefined()
  })
})

describe('found late', () => {
  const HOUR = 60 * MINUTE
  const late = (hours: number, wish: NonNullable<StageWish['work']>) => ({
    ...wish,
    dueAt: inMs(NOON, -hours * HOUR - 1),
  })

  it('drops a reminder that is more than 12 hours late, and says so', async () => {
    const { end } = await guarded({ work: late(12, aWork({ ...aReminder, slot: 3 })) })

    expect(end).toMatchObject({ to: 'skipped', reason: 'stale', freeSlot: 3, ends: null })
    expect(end?.events).toMatchObject([{ type: 'reminder.skipped', data: { reason: 'stale' } }])
  })

  it('sends a reminder that is not quite as late', async () => {
    const { end } = await guarded({ work: late(11, aWork(aReminder)) })

    expect(end).toBeUndefined()
  })

  it('sends a first transactional message however late, since nobody said it is over', async () => {
    const { end } = await guarded({ work: late(30, aWork()) })

    expect(end).toBeUndefined()
  })

  it('ends a commercial dispatch whose first message comes that late', async () => {
    const { end } = await guarded({ work: late(30, aWork({ dispatch: { category: 'commercial' } })) })

    expect(end).toMatchObject({ to: 'failed', reason: 'stale', ends: { status: 'failed', reason: 'stale' } })
  })
})
