import { describe, expect, it } from 'vitest'
import { check, mostInAMinute } from '../../chaos/checker.ts'
import type { Arrival, FoundAttempt, FoundDispatch, History, RestoredSeen } from '../../chaos/history.ts'

/** Afternoon in London, in winter. */
const T = Date.parse('2026-01-15T15:00:00Z')
const MINUTE = 60_000

const dispatch: FoundDispatch = {
  id: 'd1',
  reference: 'person-1',
  status: 'opened',
  category: 'transactional',
  timeZone: 'Europe/London',
  ends: ['opened'],
  carried: ['link-1'],
}
const attempt = (change: Partial<FoundAttempt> = {}): FoundAttempt => ({
  dispatchId: 'd1',
  step: 1,
  n: 1,
  channel: 'sms',
  to: '+1',
  outcome: 'accepted',
  reason: null,
  startBy: T + 2_000,
  claimedAt: T,
  receipt: 'delivered',
  ...change,
})
const arrival = (change: Partial<Arrival> = {}): Arrival => ({
  at: T + 100,
  worldAt: T + 100,
  channel: 'sms',
  to: '+1',
  dispatchId: 'd1',
  step: 1,
  attempt: 1,
  kind: 'first',
  linkId: 'link-1',
  ...change,
})
const reminder = { step: 2, attempt: 1, kind: 'reminder' } as const

/** One dispatch: sent, opened ten seconds later, its reminder stopped. */
const fine = (change: Partial<History> = {}): History => ({
  posts: [{ key: 'key-1', reference: 'person-1', tries: 1, ids: ['d1'] }],
  arrivals: [arrival()],
  opened: [{ linkId: 'link-1', answeredAt: T + 10_000, tries: 1 }],
  stopped: [],
  faults: [],
  links: [{ linkId: 'link-1', createdAt: T, expiresAt: T + 60 * MINUTE }],
  creates: { at: [T], limit: 1 },
  found: {
    dispatches: [dispatch],
    steps: [
      { dispatchId: 'd1', n: 1, kind: 'first', status: 'delivered', reason: null },
      { dispatchId: 'd1', n: 2, kind: 'reminder', status: 'skipped', reason: 'opened' },
    ],
    attempts: [attempt()],
    feed: { unnumbered: 0, outOfLine: 0 },
  },
  sometimes: { 'reminders stopped by an open': 1 },
  atRest: true,
  unfinished: [],
  ...change,
})
const found = (change: Partial<History['found']>): Partial<History> => ({ found: { ...fine().found, ...change } })
const broken = (history: History) =>
  check(history).findings.flatMap(({ promise, violations }) => violations.map(() => promise))

describe('the checker', () => {
  it('finds nothing in a history where every promise was kept', () => {
    expect(check(fine())).toMatchObject({ verdict: 'green', unknown: [] })
  })

  const second = attempt({ n: 2, claimedAt: T + 5_000, startBy: T + 7_000 })
  const twice = [arrival(), arrival({ at: T + 5_000, attempt: 2 })]
  const ofReminder = attempt({ step: 2, claimedAt: T + 11_000, startBy: T + 13_000 })
  const lateReminder = arrival({ ...reminder, at: T + 11_000, worldAt: T + 11_000 })
  const stopAt = (of: 'address' | 'recipient', value: string) => [{ of, value, answeredAt: T + 50 }]

  it.each<[string, string, Partial<History>]>([
    ['a dispatch that was acknowledged and is gone', 'P1', found({ dispatches: [], steps: [], attempts: [] })],
    ['a dispatch nobody asked for', 'P1', { posts: [] }],
    [
      'one key answered with two dispatches',
      'P1',
      {
        posts: [{ key: 'key-1', reference: 'person-1', tries: 2, ids: ['d1', 'd2'] }],
        ...found({ dispatches: [dispatch, { ...dispatch, id: 'd2' }] }),
      },
    ],
    [
      'two dispatches of one request',
      'P1',
      found({ dispatches: [dispatch, { ...dispatch, id: 'd2', ends: ['opened'] }] }),
    ],
    ['a dispatch that never ended', 'P1', found({ dispatches: [{ ...dispatch, status: 'sent', ends: [] }] })],
    ['a dispatch that ended twice', 'P1', found({ dispatches: [{ ...dispatch, ends: ['failed', 'exhausted'] }] })],
    ['an outcome that was never told', 'P1', found({ dispatches: [{ ...dispatch, ends: ['failed'] }] })],
    [
      'a reminder that began after the open was answered',
      'P2',
      { arrivals: [arrival(), lateReminder], ...found({ attempts: [attempt(), ofReminder] }) },
    ],
    ['a second copy that nothing explains', 'P3', { arrivals: twice, ...found({ attempts: [attempt(), second] }) }],
    ['a message without an attempt behind it', 'P3', found({ attempts: [] })],
    [
      'a message whose attempt was given back as late',
      'P3',
      { arrivals: [arrival()], ...found({ attempts: [attempt({ outcome: 'late' })] }) },
    ],
    ['one attempt that arrived twice', 'P3', { arrivals: [arrival(), arrival()] }],
    ['a message to an address that was barred', 'P4', { stopped: stopAt('address', '+1') }],
    ['a message to a recipient who was barred', 'P4', { stopped: stopAt('recipient', 'person-1') }],
    [
      'a reminder at night',
      'P5',
      {
        arrivals: [arrival({ ...reminder, worldAt: T + 7 * 60 * MINUTE })],
        links: [{ linkId: 'link-1', createdAt: T, expiresAt: T + 24 * 60 * MINUTE }],
        ...found({ attempts: [attempt({ step: 2 })] }),
      },
    ],
    [
      'a commercial first message at night',
      'P5',
      {
        arrivals: [arrival({ worldAt: T + 7 * 60 * MINUTE })],
        links: [{ linkId: 'link-1', createdAt: T, expiresAt: T + 24 * 60 * MINUTE }],
        ...found({ dispatches: [{ ...dispatch, category: 'commercial' }] }),
      },
    ],
    ['a dead link', 'P6', { links: [{ linkId: 'link-1', createdAt: T - 60 * MINUTE, expiresAt: T }] }],
    ['a dying link', 'P6', { links: [{ linkId: 'link-1', createdAt: T - 40 * MINUTE, expiresAt: T + 20 * MINUTE }] }],
    ['a link that the partner never made', 'P6', { links: [] }],
    ['more creations than the limit', 'P7', { creates: { at: [T, T + 59_999], limit: 1 } }],
    ['an event without a number', 'P8', found({ feed: { unnumbered: 1, outOfLine: 0 } })],
    ['a gap in the feed', 'P8', found({ feed: { unnumbered: 0, outOfLine: 1 } })],
  ])('sees %s', (_, promise, change) => {
    const history = fine(change)

    expect(broken(history)).toContain(promise)
    expect(check(history).verdict).toBe('violated')
  })

  it('does not blame the first message of a transactional dispatch for the night', () => {
    const late = { arrivals: [arrival({ worldAt: T + 7 * 60 * MINUTE })], opened: [] }
    const links = [{ linkId: 'link-1', createdAt: T, expiresAt: T + 24 * 60 * MINUTE }]

    expect(broken(fine({ ...late, links }))).toEqual([])
  })

  it('does not blame a message that had begun its way before the open was answered', () => {
    const slow = arrival({ ...reminder, at: T + 12_000, worldAt: T + 12_000 })
    const began = attempt({ step: 2, claimedAt: T + 7_000, startBy: T + 9_000 })

    expect(broken(fine({ arrivals: [arrival(), slow], ...found({ attempts: [attempt(), began] }) }))).toEqual([])
  })

  it.each<[string, Partial<FoundAttempt>]>([
    ['the first was ambiguous', { outcome: 'ambiguous' }],
    ['its provider said that the first never arrived', { receipt: 'undelivered' }],
  ])('takes a second copy for explained when %s', (_, change) => {
    expect(broken(fine({ arrivals: twice, ...found({ attempts: [attempt(change), second] }) }))).toEqual([])
  })

  it('takes an open after the end for a fact', () => {
    expect(broken(fine(found({ dispatches: [{ ...dispatch, ends: ['exhausted', 'opened'] }] })))).toEqual([])
  })

  it.each<[string, Partial<History>]>([
    ['a rare path never happened', { sometimes: { 'reminders stopped by an open': 0 } }],
    ['something of the run itself failed', { unfinished: ['worker-1 did not come back'] }],
    [
      'the time was over before a dispatch had ended',
      { atRest: false, ...found({ dispatches: [{ ...dispatch, status: 'sent', ends: [] }] }) },
    ],
  ])('says unknown, not green, when %s', (_, change) => {
    expect(check(fine(change))).toMatchObject({ verdict: 'unknown', unknown: [expect.any(String)] })
  })
})

describe('a restored copy', () => {
  const seen = (change: Partial<RestoredSeen> = {}): Partial<History> => ({
    restored: {
      reason: 'restored',
      whileHeld: [],
      afterwards: [],
      newcomers: 5,
      doubtful: 3,
      opensLearned: 1,
      atRest: true,
      ...change,
    },
  })
  const unopened = found({ dispatches: [{ ...dispatch, status: 'exhausted', ends: ['exhausted'] }] })
  const again = arrival({ ...reminder, at: T + 60 * MINUTE })

  it('may send what the lost database never did, to somebody who did not open', () => {
    expect(broken(fine({ ...unopened, ...seen({ afterwards: [again] }) }))).toEqual([])
  })

  it('may make the retry that the lost database had not come to', () => {
    const undelivered = found({ ...unopened.found, attempts: [attempt({ receipt: 'undelivered' })] })

    expect(broken(fine({ ...undelivered, ...seen({ afterwards: [arrival({ attempt: 2 })] }) }))).toEqual([])
  })

  it.each<[string, Partial<History>]>([
    ['did not start held', seen({ reason: null })],
    ['sent while it was held', { ...unopened, ...seen({ whileHeld: [again] }) }],
    ['sent what had arrived before', { ...unopened, ...seen({ afterwards: [arrival({ attempt: 2 })] }) }],
    ['wrote to somebody who had opened', seen({ afterwards: [again] })],
  ])('breaks P11 when it %s', (_, change) => {
    expect(broken(fine(change))).toEqual(['P11'])
  })

  it('says nothing when nobody new got anything either', () => {
    expect(check(fine(seen({ newcomers: 0 })))).toMatchObject({ verdict: 'unknown', unknown: [expect.any(String)] })
  })
})

describe('a rolling minute', () => {
  it('counts the most that fell into any sixty seconds', () => {
    expect(mostInAMinute([0, 30_000, 59_999, 60_000, 200_000])).toBe(3)
  })
})
