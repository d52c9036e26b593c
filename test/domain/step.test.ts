import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isFinal,
  lifeMinutes,
  type PlanOrder,
  planSteps,
  STEP_ENTERED_FROM,
  STEP_STATES,
  type StepStatus,
} from '../../src/domain/step.ts'

const HOUR = 3_600_000
const START = new Date('2026-11-18T18:00:00Z')

describe('the states of a step', () => {
  /** Design section 4, drawn the other way round. */
  const LEAVES_TO: Record<StepStatus, StepStatus[]> = {
    pending: ['queued', 'skipped', 'handed', 'ambiguous'],
    queued: ['claimed', 'pending', 'failed', 'skipped', 'ambiguous'],
    claimed: ['handed', 'pending', 'ambiguous', 'failed', 'skipped'],
    ambiguous: ['handed', 'pending', 'failed'],
    handed: ['delivered', 'pending', 'failed'],
    delivered: [],
    failed: [],
    skipped: [],
  }
  const moves = STEP_STATES.flatMap((from) =>
    STEP_STATES.map((to) => ({ from, to, allowed: LEAVES_TO[from].includes(to) })),
  )

  it.each(moves)('from $from to $to: $allowed', ({ from, to, allowed }) => {
    expect(STEP_ENTERED_FROM[to].includes(from)).toBe(allowed)
  })

  it.each(STEP_STATES)('%s is final when nothing of ours follows', (status) => {
    expect(isFinal(status)).toBe(['handed', 'delivered', 'failed', 'skipped'].includes(status))
  })
})

const plan = (wish: Partial<PlanOrder> = {}) =>
  planSteps({
    channels: ['push', 'sms', 'email'],
    template: 'magic-link',
    reminderTemplate: 'magic-link-reminder',
    reminderChannels: ['push', 'sms', 'email'],
    remindersAfterMs: [24 * HOUR, 72 * HOUR],
    fallBackMs: 600_000,
    startAt: START,
    validUntil: null,
    bringsLink: false,
    ...wish,
  })

describe('a plan', () => {
  it('is the first message, its reminders, and the silent close, numbered from one', () => {
    const steps = plan()

    expect(steps.map(({ n, kind }) => [n, kind])).toEqual([
      [1, 'first'],
      [2, 'reminder'],
      [3, 'reminder'],
      [4, 'close'],
    ])
  })

  it('sends the first message at its start, on the first channel, with the others to fall back on', () => {
    const [first] = plan()

    expect(first).toEqual({
      n: 1,
      kind: 'first',
      channel: 'push',
      chain: ['sms', 'email'],
      needsLink: true,
      template: 'magic-link',
      afterMs: null,
      dueAt: START,
      fallBackAt: new Date(START.getTime() + 600_000),
    })
  })

  it('counts a reminder from the hand-over of the first message, so that it has no due time yet', () => {
    const [, reminder] = plan()

    expect(reminder).toMatchObject({ afterMs: 24 * HOUR, dueAt: null, fallBackAt: null, needsLink: false })
    expect(reminder).toMatchObject({ template: 'magic-link-reminder' })
  })

  it('turns the preference by one for each reminder, so that channels not yet used come first', () => {
    const steps = plan({ remindersAfterMs: [1, 2, 3, 4] })

    expect(steps.slice(1, 5).map(({ channel, chain }) => [channel, ...chain])).toEqual([
      ['sms', 'email', 'push'],
      ['email', 'push', 'sms'],
      ['push', 'sms', 'email'],
      ['sms', 'email', 'push'],
    ])
  })

  it('reminds on the channels that were wished for reminders', () => {
    const [first, reminder] = plan({ reminderChannels: ['email'], remindersAfterMs: [1] })

    expect([first?.channel, reminder?.channel, reminder?.chain]).toEqual(['push', 'email', []])
  })

  it('keeps the surface out of the chain, and uses it when it is all there is', () => {
    const beside = plan({ channels: ['in_app', 'sms'], reminderChannels: ['in_app', 'sms'], remindersAfterMs: [1] })
    const alone = plan({ channels: ['in_app'], reminderChannels: ['in_app'], remindersAfterMs: [1] })

    expect(beside.map(({ channel, chain }) => [channel, ...chain])).toEqual([['sms'], ['sms'], ['none']])
    expect(alone.map(({ channel, chain }) => [channel, ...chain])).toEqual([['in_app'], ['in_app'], ['none']])
  })

  it('needs no link of ours when the CRM brings one', () => {
    const [first] = plan({ bringsLink: true })

    expect(first?.needsLink).toBe(false)
  })

  it('closes when it is no longer valid, or when the hand-over says so', () => {
    const validUntil = new Date(START.getTime() + HOUR)

    expect(plan({ validUntil }).at(-1)).toMatchObject({ kind: 'close', channel: 'none', chain: [], dueAt: validUntil })
    expect(plan().at(-1)?.dueAt).toBeNull()
  })

  it('is a first message and a close where nobody wants reminders', () => {
    expect(plan({ remindersAfterMs: [] }).map(({ n, kind }) => [n, kind])).toEqual([
      [1, 'first'],
      [2, 'close'],
    ])
  })
})

describe('the life a link is made for', () => {
  const DAY = 24 * 60

  it.each([
    ['no reminders: a day', [], 10_080, DAY],
    ['the last reminder and a day', [24 * HOUR, 72 * HOUR], 10_080, 4 * DAY],
    ['reminders in any order', [72 * HOUR, 24 * HOUR], 10_080, 4 * DAY],
    ['a part of a minute counts as one', [90_001], 10_080, DAY + 2],
    ["the partner's week at most", [14 * DAY * 60_000], 20_000, 10_080],
    ['what the installation allows at most', [72 * HOUR], 600, 600],
  ])('%s', (_, remindersAfterMs, maxMinutes, minutes) => {
    expect(lifeMinutes(remindersAfterMs, maxMinutes)).toBe(minutes)
  })

  it('stays within a quarter of an hour and a week, whatever is planned', () => {
    const reminders = fc.array(fc.integer({ min: 1_000, max: 400 * DAY * 60_000 }), { maxLength: 10 })

    fc.assert(
      fc.property(reminders, fc.integer({ min: 15, max: 20_000 }), (remindersAfterMs, maxMinutes) => {
        const minutes = lifeMinutes(remindersAfterMs, maxMinutes)
        return Number.isInteger(minutes) && minutes >= 15 && minutes <= Math.min(10_080, maxMinutes)
      }),
    )
  })
})
