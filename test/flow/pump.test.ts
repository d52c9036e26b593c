import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChannelName } from '../../src/domain/channel.ts'
import type { Hold } from '../../src/domain/hold.ts'
import type { StepTurn } from '../../src/flow/ports-store.ts'
import { pump } from '../../src/flow/pump.ts'
import { aDueStep, aHold, type DueStep, fakeHolds, fakeSteps, inMs, NOON } from '../support/fakes.ts'

interface Wish {
  steps: DueStep[]
  holds?: Hold[]
  quotas?: Record<number, number>
  queued?: Record<string, number>
  singles?: Record<string, number>
  closes?: number[]
  carriers?: [ChannelName, string[]][]
  queuedAtMost?: number
}

async function pumped({ holds = [], queuedAtMost = 1_000, carriers, ...wish }: Wish) {
  const steps = fakeSteps(wish)
  const jobs: [channel: ChannelName, StepTurn[]][] = []
  const priorities: number[] = []
  const more = await pump({
    steps: steps.store,
    holds: fakeHolds({ holds }).store,
    queue: {
      async add(channel, added, priority) {
        for (const job of added) jobs.push([channel, job])
        priorities.push(priority)
      },
    },
    carriers: new Map(
      carriers ?? [
        ['sms', ['twilio', 'vonage']],
        ['email', ['smtp']],
        ['in_app', []],
      ],
    ),
    queuedAtMost: () => queuedAtMost,
    now: () => NOON,
  })
  return { ...steps, more, jobs, priorities, sizes: jobs.map(([, steps]) => steps.length) }
}
const some = (count: number, wish: Partial<DueStep> = {}) => Array.from({ length: count }, () => aDueStep(wish))
const idsOf = (steps: Pick<StepTurn, 'dispatchId'>[]) => steps.map(({ dispatchId }) => dispatchId)

describe('one tick', () => {
  it('puts what is due onto the queue of its channel, with ids and turn only', async () => {
    const sms = aDueStep({ turn: 3 })
    const email = aDueStep({ channel: 'email', n: 2 })

    const { jobs } = await pumped({ steps: [sms, email] })

    expect(jobs).toEqual([
      ['sms', [{ dispatchId: sms.dispatchId, n: 1, turn: 3 }]],
      ['email', [{ dispatchId: email.dispatchId, n: 2, turn: 1 }]],
    ])
  })

  it('looks for lost jobs when nothing is due, and does nothing more', async () => {
    const { calls, more } = await pumped({ steps: [] })

    expect(calls).toEqual(['due', 'expire leases'])
    expect(more).toBe(false)
  })

  it('asks for both the steps that need a link and those that do not', async () => {
    const { orders } = await pumped({ steps: [aDueStep({ needsLink: true }), aDueStep()] })

    expect(orders.map(({ needsLink }) => needsLink)).toEqual([true, false])
  })
})

describe('admission', () => {
  it('takes singles first when there is not room for all', async () => {
    const campaign = some(10, { lane: 7 })
    const singles = some(3, { lane: 1 })

    const { jobs } = await pumped({ steps: [...campaign, ...singles], queuedAtMost: 5 })

    const taken = jobs.flatMap(([, steps]) => idsOf(steps))
    expect(taken).toEqual([...idsOf(singles), ...idsOf(campaign).slice(0, 2)])
  })

  it('takes no more of a lane than its quota, and says that there is more', async () => {
    const { orders, more, waiting } = await pumped({ steps: some(10, { lane: 7 }), quotas: { 7: 4 } })

    expect(orders[0]?.limit).toBe(4)
    expect(waiting()).toHaveLength(6)
    expect(more).toBe(true)
  })

  it.each([
    ['takes what there is room for beside what is queued', 8, 2],
    ['takes nothing when the channel has its two seconds of work', 10, 0],
    ['takes nothing when more is queued than may be', 12, 0],
  ])('%s', async (_, alreadyQueued, taken) => {
    const { waiting, more } = await pumped({
      steps: some(5),
      queued: { sms: alreadyQueued },
      queuedAtMost: 10,
    })

    expect(waiting()).toHaveLength(5 - taken)
    expect(more).toBe(false)
  })

  it('has room for singles though a campaign has filled the channel, and lets them overtake it', async () => {
    const singles = some(3, { lane: 1 })

    const { jobs, priorities } = await pumped({
      steps: [...some(10_000, { lane: 7 }), ...singles],
      queued: { sms: 1_000 },
      singles: { sms: 0 },
    })

    expect(jobs.flatMap(([, steps]) => idsOf(steps))).toEqual(idsOf(singles))
    expect(priorities).toEqual([1])
  })

  it('gives each channel room of its own', async () => {
    const { sizes } = await pumped({ steps: [...some(2), ...some(2, { channel: 'email' })], queuedAtMost: 2 })

    expect(sizes).toEqual([1, 1, 1, 1])
  })

  it('says that it is done when all of a lane was taken', async () => {
    const { more } = await pumped({ steps: some(3) })

    expect(more).toBe(false)
  })
})

describe('holds', () => {
  it.each([
    ['everything', aHold('all')],
    ['the partner', aHold('partner')],
  ])('on %s take nothing', async (_, hold) => {
    const { jobs, orders } = await pumped({ steps: some(3), holds: [hold] })

    expect([jobs, orders]).toEqual([[], []])
  })

  it('on a channel take nothing of it, and leave the others alone', async () => {
    const { jobs } = await pumped({
      steps: [aDueStep(), aDueStep({ channel: 'email' })],
      holds: [aHold('channel', 'sms')],
    })

    expect(jobs.map(([channel]) => channel)).toEqual(['email'])
  })

  it('on one of two providers do not stop their channel; on both they do', async () => {
    const one = await pumped({ steps: some(1), holds: [aHold('provider', 'twilio')] })
    const both = await pumped({ steps: some(1), holds: [aHold('provider', 'twilio'), aHold('provider', 'vonage')] })

    expect([one.jobs.length, both.jobs.length]).toEqual([1, 0])
  })

  it('on every provider let one message through when a probe is due, and no more', async () => {
    const holds = [aHold('provider', 'twilio', { probeAt: NOON }), aHold('provider', 'vonage')]

    const due = await pumped({ steps: some(5), holds })
    const later = await pumped({ steps: some(5), holds: holds.map((hold) => ({ ...hold, probeAt: inMs(NOON, 1) })) })

    expect([due.sizes, due.more]).toEqual([[1], false])
    expect(later.sizes).toEqual([])
  })

  it('on a channel are probed by nobody', async () => {
    const holds = [aHold('channel', 'email'), aHold('provider', 'smtp', { probeAt: NOON })]

    const { jobs } = await pumped({ steps: [aDueStep({ channel: 'email' })], holds })

    expect(jobs).toEqual([])
  })

  it('on a template leave its steps where they are', async () => {
    const held = aDueStep({ template: 'promo' })
    const free = aDueStep()

    const { jobs, waiting } = await pumped({ steps: [held, free], holds: [aHold('template', 'promo')] })

    expect(jobs.map(([, steps]) => idsOf(steps))).toEqual([idsOf([free])])
    expect(waiting()).toEqual([held])
  })

  it('never stop the surface for a provider it does not have', async () => {
    const { jobs } = await pumped({ steps: [aDueStep({ channel: 'in_app' })], holds: [aHold('provider', 'twilio')] })

    expect(jobs).toHaveLength(1)
  })
})

describe('what waits too long', () => {
  it.each([
    ['for a held channel', aDueStep(), [aHold('channel', 'sms')], [['sms']]],
    ['for providers that are all held', aDueStep({ channel: 'email' }), [aHold('provider', 'smtp')], [['email']]],
    ['for a channel that nobody carries here', aDueStep({ channel: 'push' }), [], [['push']]],
    ['for nothing', aDueStep(), [], []],
    ['for nothing of its own', aDueStep(), [aHold('channel', 'email')], []],
  ] as [string, DueStep, Hold[], string[][]][])('%s goes on to the next one', async (_, step, holds, channels) => {
    const { fellBack } = await pumped({ steps: [step], holds })

    expect(fellBack).toEqual(channels)
  })
})

describe('closing', () => {
  it('ends what is due for its end, though everything is held', async () => {
    const { calls, fellBack } = await pumped({
      steps: [aDueStep({ channel: 'none' })],
      holds: [aHold('all')],
      closes: [1],
    })

    expect(calls).toEqual(['due', 'close', 'expire leases'])
    expect(fellBack).toEqual([])
  })

  it.each([
    [500, true],
    [499, false],
  ])('of %i says that there is more: %s', async (closed, expected) => {
    const { more } = await pumped({ steps: [aDueStep({ channel: 'none' })], closes: [closed] })

    expect(more).toBe(expected)
  })

  it('is not asked for when no close is due', async () => {
    const { calls } = await pumped({ steps: [aDueStep()] })

    expect(calls).not.toContain('close')
  })
})

describe('jobs', () => {
  it.each([
    [1, 0, [1]],
    [25, 0, Array(25).fill(1)],
    [26, 0, Array(13).fill(2)],
    [60, 0, Array(20).fill(3)],
    [3, 600, [3]],
    [700, 0, Array(28).fill(25)],
  ])('of %i steps beside %i queued ones hold so many each', async (count, queued, expected) => {
    const { sizes } = await pumped({ steps: some(count), queued: { sms: queued } })

    expect(sizes).toEqual(expected)
  })

  it('carry a step alone that ended two turns without an outcome', async () => {
    const poison = some(2, { emptyTurns: 2 })
    const once = some(30, { emptyTurns: 1 })

    const { jobs } = await pumped({ steps: [...once, ...poison] })

    expect(jobs.slice(0, 2).map(([, steps]) => idsOf(steps))).toEqual(poison.map(({ dispatchId }) => [dispatchId]))
    expect(jobs.slice(2).every(([, steps]) => steps.length === 2)).toBe(true)
  })

  it('carry every step exactly once, 1 to 25 each', async () => {
    const wishes = fc.array(fc.record({ emptyTurns: fc.nat(3), lane: fc.integer({ min: 1, max: 3 }) }), {
      maxLength: 900,
    })

    await fc.assert(
      fc.asyncProperty(wishes, fc.nat(900), async (list, queued) => {
        const steps = list.map((wish) => aDueStep(wish))
        const { jobs, sizes } = await pumped({ steps, queued: { sms: queued }, queuedAtMost: 2_000 })
        expect(jobs.flatMap(([, job]) => idsOf(job)).sort()).toEqual(idsOf(steps).sort())
        expect(sizes.every((size) => size >= 1 && size <= 25)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})
