import { describe, expect, it } from 'vitest'
import {
  apart,
  audienceOf,
  endsByReason,
  type MessageTally,
  messageReasons,
  messagesOf,
  OPENED_WITHIN_S,
  type PersonTally,
  peopleOf,
  ratesOf,
  share,
  type Tally,
  timeToOpen,
} from '../../src/domain/funnel.ts'

const person = (n: number, wish: Partial<PersonTally> = {}): PersonTally => ({
  ...{ subject: 'person', variant: 'all', locale: 'en', status: 'accepted', reason: null, n },
  ...{ linked: false, handed: false, delivered: false, suspect: false, operation: false, opened: null },
  ...wish,
})
const handed = { status: 'sent', linked: true, handed: true } as const
const message = (n: number, wish: Partial<MessageTally> = {}): MessageTally => ({
  ...{ subject: 'message', variant: 'all', locale: 'en', kind: 'first', step: 1, channel: 'sms', reason: null, n },
  status: 'waiting',
  ...wish,
})

describe('people', () => {
  it('are counted at every station they came to', () => {
    const people = peopleOf([
      person(5),
      person(4, { ...handed }),
      person(3, { ...handed, status: 'opened', delivered: true, opened: 2 }),
      person(2, { ...handed, status: 'opened', delivered: true, opened: 4, operation: true }),
    ])

    expect(people).toMatchObject({ accepted: 14, linked: 9, handed: 9, delivered: 5, opened: 5, operation: 2 })
    expect(people.states).toMatchObject({ accepted: 5, sent: 4, opened: 5, failed: 0 })
  })

  it('who only a machine opened for are counted apart', () => {
    const people = peopleOf([person(3, { ...handed, opened: 0, suspect: true }), person(1, { ...handed, opened: 1 })])

    expect(people).toMatchObject({ opened: 1, openedSuspect: 3 })
  })

  it('who ended otherwise are told by why, the most frequent first', () => {
    const ends = endsByReason([
      person(1, { status: 'expired', reason: 'valid_until_passed' }),
      person(2, { status: 'failed', reason: 'no_channel_worked', locale: 'es' }),
      person(3, { status: 'failed', reason: 'no_channel_worked' }),
      person(9),
    ])

    expect(Object.entries(ends)).toEqual([
      ['no_channel_worked', 5],
      ['valid_until_passed', 1],
    ])
  })

  it('come apart by variant, in its order', () => {
    const groups = apart(
      [person(1, { variant: 'b10' }), person(2, { variant: 'b9' }), person(3, { variant: 'b10' })],
      (one) => one.variant,
    )

    expect(groups.map(([name, all]) => [name, peopleOf(all).accepted])).toEqual([
      ['b9', 2],
      ['b10', 4],
    ])
  })
})

describe('rates', () => {
  it('are of those who came to the station before', () => {
    const people = peopleOf([
      person(50),
      person(25, { ...handed }),
      person(25, { ...handed, opened: 1, operation: true }),
    ])

    expect(ratesOf(people)).toEqual({ handed: 0.5, delivered: 0, opened: 0.5, operation: 1 })
  })

  it.each([
    [0, 0, null],
    [1, 3, 0.3333],
    [0, 7, 0],
  ])('%i of %i is %s', (part, whole, rate) => {
    expect(share(part, whole)).toBe(rate)
  })
})

it('an audience says what became of its rows', () => {
  const row = (
    n: number,
    status: 'waiting' | 'accepted' | 'refused' | 'held_out' | 'left_out',
    reason: string | null = null,
  ) => ({ subject: 'row', status, reason, n }) as Tally

  const audience = audienceOf([
    row(10, 'waiting'),
    row(20, 'accepted'),
    row(3, 'held_out', 'holdout'),
    row(2, 'refused', 'dispatch_active'),
    row(1, 'left_out', 'valid_until_passed'),
    person(20),
  ])

  expect(audience).toEqual({
    ...{ planned: 36, waiting: 10, accepted: 20, heldOut: 3 },
    ...{ refused: { dispatch_active: 2 }, leftOut: { valid_until_passed: 1 } },
  })
})

it('messages that were delivered had been handed over', () => {
  const tallies = [
    message(4, { status: 'handed' }),
    message(3, { status: 'delivered' }),
    message(2, { status: 'skipped', reason: 'opened', kind: 'reminder', step: 2 }),
    message(1, { status: 'failed', reason: 'unknown_number' }),
    message(5),
  ]

  expect(messagesOf(tallies)).toEqual({ handed: 7, delivered: 3, failed: 1, skipped: 2, waiting: 5, ambiguous: 0 })
  expect(messageReasons(tallies, 'skipped')).toEqual({ opened: 2 })
  expect(messageReasons(tallies, 'failed')).toEqual({ unknown_number: 1 })
})

describe('the time to the open', () => {
  it('has a median: the bound within which half of them had opened', () => {
    const time = timeToOpen([person(4, { opened: 0 }), person(3, { opened: 3 }), person(3, { opened: 11 })])

    expect(time.medianWithinS).toBe(3_600)
    expect(time.buckets.filter(({ people }) => people > 0)).toEqual([
      { withinS: 60, people: 4 },
      { withinS: 3_600, people: 3 },
      { withinS: null, people: 3 },
    ])
  })

  it('is nobody’s where nobody opened, and leaves machines and unknown hand-overs out', () => {
    const time = timeToOpen([person(9), person(5, { opened: 0, suspect: true }), person(2, { opened: 'unknown' })])

    expect(time).toMatchObject({ medianWithinS: null, unknown: 2 })
    expect(time.buckets).toHaveLength(OPENED_WITHIN_S.length + 1)
  })
})
