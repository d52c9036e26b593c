import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChannelName } from '../../src/domain/channel.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Settlement, Work } from '../../src/flow/ports-deliver.ts'
import {
  attemptResult,
  fails,
  later,
  nextChannel,
  settle,
  strongest,
  UNCLEAR_FOR_MS,
} from '../../src/flow/settlement.ts'
import { accepted, aStoredLink, aWork, inMs, MINUTE, NOON, type WorkWish } from '../support/fakes.ts'

const link = aStoredLink()
const settled = (work: Work, outcome: Outcome, random = 0.5) =>
  settle(work, { outcome, provider: 'twilio', attempts: [attemptResult(1, outcome)], link, random })

const SITUATIONS = {
  'chain left': {},
  'no chain': { chain: [] },
  'waited long enough': { fallBackAt: NOON },
  'waited long enough, no chain': { fallBackAt: NOON, chain: [] },
  'budget spent': { tries: 4 },
  'budget spent, no chain': { tries: 4, chain: [] },
} as const satisfies Record<string, WorkWish>
type Situation = keyof typeof SITUATIONS

const OUTCOMES = {
  accepted: accepted(),
  retry: { kind: 'retry', reason: 'busy' },
  'retry after 3 min': { kind: 'retry', reason: 'busy', afterMs: 3 * MINUTE },
  throttle: { kind: 'throttle', reason: 'too_fast' },
  'throttle for 2 min': { kind: 'throttle', reason: 'too_fast', afterMs: 2 * MINUTE },
  permanent: { kind: 'permanent', reason: 'unknown_number' },
  'unusable address': { kind: 'suppress', reason: 'no_such_number', suppression: 'invalid' },
  'said stop': { kind: 'suppress', reason: 'stopped', suppression: 'opt_out' },
  alert: { kind: 'alert', reason: 'bad_credentials' },
  ambiguous: { kind: 'ambiguous', reason: 'timeout' },
  late: { kind: 'late' },
} as const satisfies Record<string, Outcome>
type OutcomeName = keyof typeof OUTCOMES

/** What becomes of the step: where it goes, in how many ms, on which channel, how many tries are spent, what is told. */
type Row = [to: Settlement['to'], inMs: number | null, channel: ChannelName, tries: number, told: string[]]

const HANDED: Row = ['handed', null, 'sms', 0, ['message.handed']]
const UNCLEAR: Row = ['ambiguous', UNCLEAR_FOR_MS, 'sms', 0, ['message.unclear']]
const GIVEN_BACK: Row = ['pending', 0, 'sms', 0, []]
const ON_TO_EMAIL: Row = ['pending', 0, 'email', 0, ['message.failed']]
const FAILED: Row = ['failed', null, 'sms', 0, ['message.failed']]
const waits = (ms: number, tries = 0): Row => ['pending', ms, 'sms', tries, ['message.waits']]
const always = (row: Row, spent: Row = [row[0], row[1], row[2], 4, row[4]]): Record<Situation, Row> => ({
  'chain left': row,
  'no chain': row,
  'waited long enough': row,
  'waited long enough, no chain': row,
  'budget spent': spent,
  'budget spent, no chain': spent,
})
const unusable: Record<Situation, Row> = {
  'chain left': ON_TO_EMAIL,
  'no chain': FAILED,
  'waited long enough': ON_TO_EMAIL,
  'waited long enough, no chain': FAILED,
  'budget spent': ON_TO_EMAIL,
  'budget spent, no chain': ['failed', null, 'sms', 4, ['message.failed']],
}
const spendsNothing = (ms: number): Record<Situation, Row> => ({
  ...always(waits(ms), waits(ms, 4)),
  'waited long enough': ON_TO_EMAIL,
})
const spendsATry = (ms: number): Record<Situation, Row> => ({
  ...always(waits(ms, 1)),
  'waited long enough': ON_TO_EMAIL,
  'budget spent': ON_TO_EMAIL,
  'budget spent, no chain': ['failed', null, 'sms', 4, ['message.failed']],
})

const TABLE: Record<OutcomeName, Record<Situation, Row>> = {
  accepted: always(HANDED),
  retry: spendsATry(1_000),
  'retry after 3 min': spendsATry(3 * MINUTE),
  throttle: spendsNothing(MINUTE),
  'throttle for 2 min': spendsNothing(2 * MINUTE),
  permanent: unusable,
  'unusable address': unusable,
  'said stop': always(['failed', null, 'sms', 0, ['message.failed', 'recipient.opted_out']]),
  alert: spendsNothing(5_000),
  ambiguous: always(UNCLEAR),
  late: always(GIVEN_BACK),
}

describe('what follows from an outcome', () => {
  const cases = (Object.keys(OUTCOMES) as OutcomeName[]).flatMap((outcome) =>
    (Object.keys(SITUATIONS) as Situation[]).map((situation) => ({ outcome, situation })),
  )

  const failsOf = ({ outcome, situation }: (typeof cases)[number]) => TABLE[outcome][situation][0] === 'failed'

  it.each(cases)('$outcome, $situation', ({ outcome, situation }) => {
    const end = settled(aWork(SITUATIONS[situation]), OUTCOMES[outcome])

    const waitMs = end.dueAt && end.dueAt.getTime() - NOON.getTime()
    expect([end.to, waitMs, end.channel, end.tries, end.events.map(({ type }) => type)]).toEqual(
      TABLE[outcome][situation],
    )
    expect(end.from).toBe('claimed')
    expect(end.provider).toBe('twilio')
  })

  it.each(cases.filter((one) => failsOf(one) && one.outcome !== 'said stop'))(
    'ends the dispatch when its first message failed: $outcome, $situation',
    ({ outcome, situation }) => {
      const first = settled(aWork(SITUATIONS[situation]), OUTCOMES[outcome])
      const reminder = settled(aWork({ ...SITUATIONS[situation], kind: 'reminder' }), OUTCOMES[outcome])

      expect(first.ends).toEqual({ status: 'failed', reason: 'no_channel_worked' })
      expect(reminder.ends).toBeNull()
    },
  )

  it.each(cases.filter((one) => !failsOf(one)))(
    'lets the dispatch run on otherwise: $outcome, $situation',
    ({ outcome, situation }) => {
      expect(settled(aWork(SITUATIONS[situation]), OUTCOMES[outcome]).ends).toBeNull()
    },
  )

  it('says when the carried link dies once a message may have it', () => {
    expect(settled(aWork(), OUTCOMES.accepted)).toMatchObject({ linkExpiresAt: link.expiresAt, confirmed: true })
    expect(settled(aWork(), OUTCOMES.ambiguous)).toMatchObject({ linkExpiresAt: link.expiresAt, confirmed: null })
    expect(settled(aWork(), OUTCOMES.retry).linkExpiresAt).toBeNull()
  })

  it('starts a new wait for the channel that takes over', () => {
    const end = settled(aWork({ dispatch: { fallBackMs: 7 * MINUTE } }), OUTCOMES.permanent)

    expect(end).toMatchObject({ chain: [], fallBackAt: inMs(NOON, 7 * MINUTE), tries: 0, needsLink: false })
    expect(end.events[0]?.data).toEqual({
      step: 1,
      kind: 'first',
      channel: 'sms',
      reason: 'unknown_number',
      next: 'email',
    })
  })

  it('keeps the wait for its channel while it is retried', () => {
    const work = aWork()

    expect(settled(work, OUTCOMES.retry)).toMatchObject({ chain: ['email'], fallBackAt: work.fallBackAt })
  })

  it('waits for its channel for as long as it takes where no end of the wait is set', () => {
    expect(settled(aWork({ fallBackAt: null }), OUTCOMES.throttle)).toMatchObject({ to: 'pending', channel: 'sms' })
  })

  it('never retries the surface, which cannot fail', () => {
    expect(settled(aWork({ channel: 'in_app', chain: [] }), OUTCOMES.retry).to).toBe('failed')
  })

  it('names the reason of a suppression by what was suppressed', () => {
    expect(settled(aWork(), OUTCOMES['unusable address']).reason).toBe('invalid')
  })

  it.each([
    ['opt_out', 'suppressed'],
    ['complaint', 'suppressed'],
    ['blocked_by_user', 'suppressed'],
    ['token_dead', undefined],
    ['hard_bounce', undefined],
  ] as const)('tries no other channel and ends the plan when the person said stop: %s', (suppression, status) => {
    const end = settled(aWork({ kind: 'reminder' }), { kind: 'suppress', reason: 'refused', suppression })

    expect(end.ends?.status).toBe(status)
    expect(end.to).toBe(status ? 'failed' : 'pending')
  })
})

describe('a channel that will not work', () => {
  it.each([
    ['no_address', {}, 'no_channel_worked'],
    ['no_provider', {}, 'no_provider'],
    ['no_provider', { attempts: 1 }, 'no_channel_worked'],
  ] as const)(
    'ends a first message before its claim with its own word, unless something was tried: %s, %j',
    (reason, wish, word) => {
      const end = nextChannel(aWork({ chain: [], ...wish }), 'queued', reason)

      expect(end).toMatchObject({ from: 'queued', to: 'failed', reason, ends: { status: 'failed', reason: word } })
    },
  )

  it('keeps what else is said about the step', () => {
    const told = { type: 'message.waits', dispatchId: null, data: {} } as const
    const end = nextChannel(aWork(), 'queued', 'no_provider', { freeSlot: 7, events: [told] })

    expect(end.freeSlot).toBe(7)
    expect(end.events.map(({ type }) => type)).toEqual(['message.failed', 'message.waits'])
  })

  it('keeps the word of what made a message impossible, whatever was tried before', () => {
    expect(fails(aWork({ attempts: 3 }), 'queued', 'link_in_use').ends?.reason).toBe('link_in_use')
  })
})

describe('the strongest of several outcomes', () => {
  const { retry, throttle, permanent, alert, ambiguous, late } = OUTCOMES
  const suppress = OUTCOMES['said stop']

  it.each([
    [[permanent, OUTCOMES.accepted], 'accepted'],
    [[ambiguous, OUTCOMES.accepted], 'accepted'],
    [[retry, ambiguous], 'ambiguous'],
    [[retry, throttle], 'throttle'],
    [[permanent, suppress, retry], 'retry'],
    [[alert, late], 'late'],
    [[permanent, alert], 'alert'],
    [[permanent, suppress], 'suppress'],
    [[], 'permanent'],
  ] as [Outcome[], string][])('of %j is %s', (outcomes, kind) => {
    expect(strongest(outcomes).kind).toBe(kind)
  })

  it('does not depend on the order', () => {
    const some = fc.array(fc.constantFrom<Outcome>(...Object.values(OUTCOMES)), { minLength: 1, maxLength: 6 })

    fc.assert(fc.property(some, (outcomes) => strongest(outcomes).kind === strongest(outcomes.toReversed()).kind))
  })
})

describe('a step that is tried again and again', () => {
  const anyOutcome = fc.oneof(
    fc.constantFrom<Outcome>(...Object.values(OUTCOMES)),
    fc.record({ kind: fc.constant('retry' as const), reason: fc.constant('busy'), afterMs: fc.nat(3_600_000) }),
    fc.record({ kind: fc.constant('throttle' as const), reason: fc.constant('busy'), afterMs: fc.nat(3_600_000) }),
  )
  const chains = fc.shuffledSubarray<ChannelName>(['sms', 'email', 'push'], { minLength: 1 })
  const turns = fc.array(fc.tuple(anyOutcome, fc.double({ min: 0, max: 0.999, noNaN: true })), { maxLength: 60 })

  it('is never due in the past, only ever shortens its chain, and spends a bounded number of tries', () => {
    fc.assert(
      fc.property(chains, turns, ([channel = 'sms', ...chain], outcomes) => {
        let work = aWork({ channel, chain })
        for (const [outcome, random] of outcomes) {
          const end = settled(work, outcome, random)
          expect(end.dueAt?.getTime() ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(work.now.getTime())
          expect(work.chain.join().endsWith(end.chain.join())).toBe(true)
          expect(end.chain.length === work.chain.length).toBe(end.channel === work.channel)
          expect(end.tries).toBeLessThanOrEqual(5)
          if (end.to !== 'pending') return
          work = {
            ...work,
            ...keptOf(end),
            now: end.dueAt ?? work.now,
            turn: work.turn + 1,
            attempts: work.attempts + 1,
          }
        }
      }),
    )
  })

  it('comes to an end when every answer is a retry', () => {
    let work: Work = aWork({
      chain: ['email', 'push'],
      fallBackAt: null,
      dispatch: { fallBackMs: 365 * 24 * 60 * MINUTE },
    })
    let attempts = 0
    let end = settled(work, OUTCOMES.retry)
    while (end.to === 'pending' && attempts++ < 100) {
      work = { ...work, ...keptOf(end), now: end.dueAt ?? work.now }
      end = settled(work, OUTCOMES.retry)
    }

    expect(end.to).toBe('failed')
    expect(attempts).toBe(5 + 6 + 5 - 1)
  })
})

it('looks again later with everything of the step as it was', () => {
  const work = aWork({ tries: 2, fallBackAt: inMs(NOON, MINUTE) })

  expect(later(work, 'queued', inMs(NOON, 5_000), 'all_held')).toMatchObject({
    from: 'queued',
    to: 'pending',
    reason: 'all_held',
    dueAt: inMs(NOON, 5_000),
    channel: 'sms',
    chain: ['email'],
    tries: 2,
    fallBackAt: inMs(NOON, MINUTE),
    turn: 1,
  })
})

/** What the row of a step keeps of a settlement until its next turn. */
const keptOf = ({ channel, chain, tries, fallBackAt }: Settlement) => ({ channel, chain, tries, fallBackAt })
