import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { deliver } from '../../src/flow/deliver.ts'
import type { StopFact } from '../../src/flow/ports-deliver.ts'
import { HOUR, phoneHash, testVault } from '../support/builders.ts'
import { accepted, aHold, aStoredLink, aWork, inMs, MINUTE, makeStage, NOON, type StageWish } from '../support/fakes.ts'

const delivered = async (wish: StageWish = {}) => {
  const stage = makeStage(wish)
  const answer = await deliver(stage.ports, stage.turn)
  return { ...stage, answer, end: stage.settled[0] }
}
type Stage = ReturnType<typeof makeStage>
const bare = { living: null, slot: 9 } as const
const threeDevices = aWork({ channel: 'push', attempts: 4, contact: { pushTokens: ['one', 'two', 'three'] } })
const tokenOf = (message: Message) => (message.channel === 'push' ? message.token : '')

describe('the road of a step', () => {
  it('goes through its named steps in order', async () => {
    const { log, answer } = await delivered({ work: aWork(bare) })

    expect(log).toEqual([
      'work',
      'lease',
      'spend',
      'create',
      'render',
      'claim',
      'stop facts',
      'send',
      'settle',
      'release',
    ])
    expect(answer).toBe('handed')
  })

  it('hands the words and the link to the person, under the start deadline that was taken before the claim', async () => {
    const work = aWork()

    const { sent } = await delivered({ work })

    expect(sent()).toEqual([
      {
        message: { channel: 'sms', to: '+15125550123', text: `Your link: ${work.living?.url}` },
        attempt: {
          id: `${work.dispatchId}.1.1`,
          stepId: `${work.dispatchId}.1`,
          startBy: 3_000,
          validForMs: 96 * HOUR,
          locale: 'es-MX',
        },
      },
    ])
  })

  it('claims the turn with its link, slot and attempts, by keyed hash', async () => {
    const work = aWork({ attempts: 2 })

    const { claims } = await delivered({ work })

    expect(claims).toEqual([
      {
        dispatchId: work.dispatchId,
        n: 1,
        turn: 1,
        referenceId: work.dispatch.referenceId,
        link: { stored: work.living },
        slot: null,
        attempts: [
          {
            n: 3,
            provider: 'twilio',
            addressHash: phoneHash('+15125550123'),
            template: 'magic-link@7',
            bodyHash: testVault.lookup('text', `Your link: ${work.living?.url}`),
          },
        ],
        outcomeWithinMs: 30_000,
      },
    ])
  })

  it('writes the outcome with its attempt', async () => {
    const { end } = await delivered({ work: aWork({ attempts: 2 }) })

    expect(end).toMatchObject({ from: 'claimed', to: 'handed', provider: 'twilio', confirmed: true })
    expect(end?.attempts).toEqual([{ n: 3, outcome: 'accepted', reason: null, providerId: 'provider-1' }])
  })

  it('greets a mailbox by the whole name', async () => {
    const contact = { email: 'ana@example.com', name: { firstName: 'Ana', lastName: 'Ruiz' } }

    const { sent } = await delivered({ work: aWork({ channel: 'email', contact }) })

    expect(sent()[0]?.message).toMatchObject({ to: { name: 'Ana Ruiz', address: 'ana@example.com' } })
  })

  it('lets a provider hold a message until the link dies, but not past the window', async () => {
    const living = aStoredLink({ expiresAt: inMs(NOON, 40 * MINUTE) })

    const dying = await delivered({ work: aWork({ living }) })
    const reminder = await delivered({ work: aWork({ kind: 'reminder', dispatch: { status: 'sent' } }) })

    expect(dying.sent()[0]?.attempt.validForMs).toBe(40 * MINUTE)
    expect(reminder.sent()[0]?.attempt.validForMs).toBe(9 * HOUR)
  })
})

describe('nothing is sent', () => {
  it('when the turn is over: a late or doubled job finds no work', async () => {
    const { log, answer } = await delivered({ work: null })

    expect(answer).toBe('nothing')
    expect(log).toEqual(['work'])
  })

  it('when the claim is lost', async () => {
    const { log, answer, sent } = await delivered({ claimed: false })

    expect(answer).toBe('nothing')
    expect(sent()).toEqual([])
    expect(log).toEqual(['work', 'render', 'claim'])
  })

  it('when the guard says no, and no link is made for it either', async () => {
    const { log, end } = await delivered({ work: aWork({ ...bare, dispatch: { status: 'cancelled' } }) })

    expect(end).toMatchObject({ to: 'skipped', reason: 'cancelled' })
    expect(log).toEqual(['work', 'settle'])
  })

  it('when there is no link to be had', async () => {
    const { end, sent, claims } = await delivered({ work: aWork(bare), createLink: { kind: 'throttled', afterMs: 1 } })

    expect(end?.reason).toBe('partner_throttled')
    expect([sent(), claims]).toEqual([[], []])
  })

  it('when the words cannot be written', async () => {
    const rendering = { ok: false, code: 'variable_missing', detail: '', missing: ['amount'] } as const

    const { end, claims } = await delivered({ rendering: { ...rendering, missing: ['amount'] } })

    expect(end).toMatchObject({ from: 'queued', to: 'failed', ends: { status: 'failed', reason: 'variable_missing' } })
    expect(end?.events).toMatchObject([{ type: 'message.failed', data: { missing: ['amount'] } }])
    expect(claims).toEqual([])
  })

  const over = (status: Extract<StopFact, { kind: 'over' }>['status']): StopFact => ({ kind: 'over', status })
  const hashes = [phoneHash('+15125550123')]

  it.each([
    ['opened', over('opened'), { to: 'skipped', reason: 'opened' }],
    ['cancelled', over('cancelled'), { to: 'skipped', reason: 'cancelled' }],
    ['superseded', over('superseded'), { to: 'skipped', reason: 'superseded' }],
    ['the link opened', { kind: 'opened' }, { to: 'skipped', reason: 'opened' }],
    [
      'an open that looks like a machine’s',
      { kind: 'suspect', until: inMs(NOON, 65 * MINUTE) },
      { to: 'pending', reason: 'suspect_open', dueAt: inMs(NOON, 65 * MINUTE), needsLink: true },
    ],
    ['the link gone', { kind: 'link_gone' }, { to: 'pending', reason: 'link_gone', dueAt: NOON, needsLink: true }],
    [
      'held',
      { kind: 'held', scope: 'all', value: '*' },
      { to: 'pending', reason: 'all_held', dueAt: inMs(NOON, 5_000), channel: 'sms' },
    ],
    [
      'the person said stop',
      { kind: 'suppressed', hashes, aboutWill: true },
      { to: 'skipped', reason: 'suppressed', ends: { status: 'suppressed', reason: 'opt_out' } },
    ],
    [
      'another message to this person',
      { kind: 'capped' },
      { to: 'pending', reason: 'capped', dueAt: inMs(NOON, 22_500) },
    ],
    [
      'the address barred',
      { kind: 'suppressed', hashes, aboutWill: false },
      { to: 'pending', reason: 'suppressed', channel: 'email' },
    ],
  ] as [string, StopFact, object][])('after the claim: %s', async (_, fact, expected) => {
    const { end, sent } = await delivered({ fact })

    expect(sent()).toEqual([])
    expect(end).toMatchObject({ from: 'claimed', ...expected })
    expect(end?.attempts).toEqual([{ n: 1, outcome: 'late', reason: fact.kind, providerId: null }])
  })

  it('after the claim: the recipient barred, whatever the reason', async () => {
    const work = aWork()
    const fact = {
      kind: 'suppressed',
      hashes: testVault.lookups('recipient', work.dispatch.referenceId),
      aboutWill: false,
    } as const

    const { end, sent } = await delivered({ work, fact })

    expect(sent()).toEqual([])
    expect(end).toMatchObject({ to: 'skipped', ends: { status: 'suppressed', reason: 'manual' } })
  })

  it('after the claim: a link the CRM brought is gone, and there will be no other', async () => {
    const { end } = await delivered({ work: aWork({ ownLink: aStoredLink() }), fact: { kind: 'link_gone' } })

    expect(end).toMatchObject({ to: 'failed', reason: 'link_gone', ends: { status: 'failed', reason: 'link_gone' } })
  })

  it('and a reminder that was stopped is told of', async () => {
    const work = aWork({ kind: 'reminder', n: 2, dispatch: { status: 'sent' } })

    const { end } = await delivered({ work, fact: over('opened') })

    expect(end?.events).toMatchObject([{ type: 'reminder.skipped', data: { step: 2, reason: 'opened' } }])
  })
})

describe('the stop facts', () => {
  it("are asked about the very link, the template's version, every address, and the recipient", async () => {
    const work = aWork()

    const { questions } = await delivered({ work })

    expect(questions).toEqual([
      {
        dispatchId: work.dispatchId,
        n: 1,
        kind: 'first',
        channel: 'sms',
        provider: 'twilio',
        template: 'magic-link@7',
        linkId: work.living?.id,
        hashes: [
          ...testVault.lookups('phone', '+15125550123'),
          ...testVault.lookups('recipient', work.dispatch.referenceId),
          ...testVault.lookups('recipient_sms', work.dispatch.referenceId),
        ],
        probing: null,
        caps: null,
      },
    ])
  })

  it('ask about the cap where one applies, and let the one hold pass that the message probes', async () => {
    const hold = aHold('provider', 'twilio', { probeAt: NOON })

    const { questions } = await delivered({
      work: aWork({ kind: 'reminder', n: 2 }),
      holds: [hold],
      probes: true,
      caps: { perDay: 2, perWeek: null },
    })

    expect(questions).toMatchObject([{ probing: hold.id, caps: { perDay: 2, perWeek: null } }])
  })

  it('that cannot be read send nothing', async () => {
    const stage = makeStage()
    const unreadable = async () => {
      throw new Error('the database does not answer')
    }
    const ports = { ...stage.ports, deliveries: { ...stage.ports.deliveries, stopFact: unreadable } }

    await expect(deliver(ports, stage.turn)).rejects.toThrow('does not answer')

    expect(stage.sent()).toEqual([])
  })
})

describe('the pace of a sender', () => {
  const rates = new Map([['twilio', { units: 60, perMs: 60_000 }]])

  it('is kept before the claim, so that nothing waits with a start deadline', async () => {
    const { log, paced } = await delivered({ rates, paceMs: 700 })

    expect(log.filter((entry) => /pause|claim|send/.test(entry))).toEqual(['pause 700', 'claim', 'send'])
    expect(paced).toEqual([{ provider: 'twilio', sender: 'twilio-sender', units: 1, msAUnit: 1_000, withinMs: 10_000 }])
  })

  it('gives a step back that would wait too long', async () => {
    const { end, sent } = await delivered({ rates, paceMs: null })

    expect(end).toMatchObject({ from: 'queued', to: 'pending', reason: 'paced', dueAt: inMs(NOON, 3_000) })
    expect(sent()).toEqual([])
  })

  it('never gives back the slot of a link that was made meanwhile', async () => {
    const { end, slotsAnswered } = await delivered({ work: aWork(bare), slots: true, rates, paceMs: null })

    expect(slotsAnswered).toEqual([9])
    expect(end).toMatchObject({ reason: 'paced', needsLink: true, freeSlot: null })
  })

  it('is not asked for where there is no limit', async () => {
    const { paced } = await delivered()

    expect(paced).toEqual([])
  })
})

describe('a window that closes between the guard and the claim', () => {
  // One second before nine in the evening; the link took two.
  const lastSecond = new Date('2026-11-19T02:59:59Z')
  const wish = { kind: 'reminder', n: 2, now: lastSecond } as const

  it('stops what was claimed', async () => {
    const { end, sent } = await delivered({ work: aWork(wish), ticks: [1_000, 3_000] })

    expect(sent()).toEqual([])
    expect(end).toMatchObject({ from: 'claimed', to: 'pending', reason: 'outside_window' })
    expect(end?.attempts).toEqual([{ n: 1, outcome: 'late', reason: 'outside_window', providerId: null }])
  })

  it('lets through what was quick', async () => {
    const { sent } = await delivered({ work: aWork(wish), ticks: [1_000, 1_500] })

    expect(sent()).toHaveLength(1)
  })
})

describe('a step that travels alone', () => {
  it('is said to be taken up before anything else is done with it', async () => {
    const { log } = await delivered({ work: aWork({ emptyTurns: 2 }) })

    expect(log.slice(0, 2)).toEqual(['work', 'begin'])
  })

  it('is only one that was lost before', async () => {
    const { log } = await delivered({ work: aWork({ emptyTurns: 1 }) })

    expect(log).not.toContain('begin')
  })
})

describe('several devices', () => {
  it('are an attempt each, and one that has it is enough', async () => {
    const outcome = (message: Message): Outcome =>
      tokenOf(message) === 'two' ? accepted('fcm-2') : { kind: 'permanent', reason: 'gone' }

    const { end, sent, claims } = await delivered({ work: threeDevices, outcome })

    expect(sent().map(({ attempt, message }) => [attempt.id.split('.').at(-1), tokenOf(message)])).toEqual([
      ['5', 'one'],
      ['6', 'two'],
      ['7', 'three'],
    ])
    expect(claims[0]?.attempts.map(({ n }) => n)).toEqual([5, 6, 7])
    expect(end?.to).toBe('handed')
    expect(end?.attempts.map(({ n, outcome, providerId }) => [n, outcome, providerId])).toEqual([
      [5, 'permanent', null],
      [6, 'accepted', 'fcm-2'],
      [7, 'permanent', null],
    ])
  })

  it('that are barred drop out, and every other keeps the attempt that was claimed for it', async () => {
    const fact = { kind: 'suppressed', hashes: [testVault.lookup('token', 'one')], aboutWill: false } as const

    const { end, sent } = await delivered({ work: threeDevices, fact: { ...fact, hashes: [...fact.hashes] } })

    expect(sent().map(({ attempt, message }) => [attempt.id.split('.').at(-1), tokenOf(message)])).toEqual([
      ['6', 'two'],
      ['7', 'three'],
    ])
    expect(end?.attempts.map(({ n, outcome, reason }) => [n, outcome, reason])).toEqual([
      [5, 'late', 'suppressed'],
      [6, 'accepted', null],
      [7, 'accepted', null],
    ])
  })
})

describe('what an outcome says beyond the step', () => {
  const answering = (outcome: Outcome) => delivered({ outcome: () => outcome })

  it('puts an unusable or unwilling address on the list', async () => {
    const { suppressions, end } = await answering({ kind: 'suppress', reason: 'unreachable', suppression: 'invalid' })

    expect(suppressions).toEqual([
      {
        hash: phoneHash('+15125550123'),
        channel: 'sms',
        reason: 'invalid',
        note: null,
        placedBy: 'provider',
      },
    ])
    expect(end).toMatchObject({ to: 'pending', channel: 'email' })
  })

  it('holds the provider and calls a person when our account is wrong', async () => {
    const { placed, alerts, end } = await answering({ kind: 'alert', reason: 'bad_credentials' })

    expect(placed).toEqual([{ scope: 'provider', value: 'twilio', reason: 'bad_credentials', probeAfterMs: 30_000 }])
    expect(alerts).toEqual([{ what: 'provider_refused', reason: 'bad_credentials', provider: 'twilio' }])
    expect(end).toMatchObject({ to: 'pending', channel: 'sms' })
  })

  it.each([
    [{ afterMs: 20_000 }, 20_000],
    [{}, 5_000],
  ])('pauses a provider that asks for patience: %o', async (asked, probeAfterMs) => {
    const { placed, alerts, end } = await answering({ kind: 'throttle', reason: 'busy', ...asked })

    expect(placed).toEqual([{ scope: 'provider', value: 'twilio', reason: 'throttled', probeAfterMs }])
    expect(alerts).toEqual([])
    expect(end).toMatchObject({ to: 'pending', tries: 0 })
  })

  it('holds a provider that failed too often', async () => {
    const stage = makeStage({ outcome: () => ({ kind: 'retry', reason: 'busy' }) })

    for (let i = 0; i < 20; i += 1) await deliver(stage.ports, stage.turn)

    expect(stage.placed).toEqual([{ scope: 'provider', value: 'twilio', reason: 'failing', probeAfterMs: 5_000 }])
  })

  it.each([
    ['takes the message', accepted(), true],
    ['refuses the number', { kind: 'permanent', reason: 'unknown_number' }, true],
    ['is still busy', { kind: 'retry', reason: 'busy' }, false],
    ['says nothing', { kind: 'ambiguous', reason: 'timeout' }, false],
    ['still refuses us', { kind: 'alert', reason: 'bad_credentials' }, false],
  ] as [string, Outcome, boolean][])('a probed provider that %s', async (_, outcome, works) => {
    const hold = aHold('provider', 'twilio', { probeAt: NOON })

    const { lifted } = await delivered({ holds: [hold], probes: true, outcome: () => outcome })

    expect(lifted).toEqual(works ? [hold.id] : [])
  })

  it('calls a person, and holds nothing, when one message shows a fault of ours', async () => {
    const { placed, alerts } = await answering({ kind: 'permanent', reason: 'body_too_long', alert: true })

    expect(alerts).toEqual([{ what: 'provider_refused', reason: 'body_too_long', provider: 'twilio' }])
    expect(placed).toEqual([])
  })

  it.each([
    accepted(),
    { kind: 'retry', reason: 'busy' },
    { kind: 'throttle', reason: 'busy', afterMs: 999 },
    { kind: 'permanent', reason: 'unknown_number' },
    { kind: 'ambiguous', reason: 'timeout' },
    { kind: 'late' },
  ] as Outcome[])('is nothing for $kind', async (outcome) => {
    const { placed, alerts, suppressions } = await answering(outcome)

    expect([placed, alerts, suppressions]).toEqual([[], [], []])
  })

  it('gives a step back at once when its start came too late', async () => {
    const { end, answer } = await answering({ kind: 'late' })

    expect(end).toMatchObject({ from: 'claimed', to: 'pending', reason: 'late', dueAt: NOON, tries: 0 })
    expect(answer).toBe('pending')
  })
})

describe('the surface in the app', () => {
  const surface = aWork({ ...bare, channel: 'in_app', chain: [], contact: {} })

  it('gets its link placed: nothing is rendered, nothing is sent', async () => {
    const { log, end, sent } = await delivered({ work: surface })

    expect(log).toEqual(['work', 'lease', 'spend', 'create', 'claim', 'stop facts', 'settle', 'release'])
    expect(end).toMatchObject({ to: 'handed', provider: 'app', attempts: [{ n: 1, outcome: 'accepted' }] })
    expect(sent()).toEqual([])
  })

  it('closes the attempt it claimed when a stop fact comes between', async () => {
    const { end } = await delivered({ work: surface, fact: { kind: 'opened' } })

    expect(end?.attempts).toEqual([{ n: 1, outcome: 'late', reason: 'opened', providerId: null }])
  })
})

describe('what was taken is given back', () => {
  const shut = { kind: 'shut', code: 'UNAUTHORIZED' } as const

  it.each([
    ['after it was sent', {}],
    ['when the claim is lost', { claimed: false }],
    ['when a stop fact comes between', { fact: { kind: 'opened' } }],
    ['when there is no link to be had', { createLink: shut }],
    ['when the settlement came too late', { settles: false }],
  ] as [string, StageWish][])('the lease of the recipient, %s', async (_, wish) => {
    const { leases, log } = await delivered({ work: aWork(bare), ...wish })

    expect(leases.size).toBe(0)
    expect(log.at(-1)).toBe('release')
  })

  const bug = () => {
    throw new Error('a bug')
  }
  const badWords = (stage: Stage) => ({ ...stage.ports, render: { ...stage.ports.render, render: bug } })
  const badPartner = (stage: Stage) => ({ ...stage.ports, partner: { ...stage.ports.partner, createLink: bug } })

  it.each([
    ['writing the words', badWords],
    ['asking the partner', badPartner],
  ])('the lease of the recipient, when %s throws', async (_, broken) => {
    const stage = makeStage({ work: aWork(bare) })

    await expect(deliver(broken(stage), stage.turn)).rejects.toThrow('a bug')

    expect(stage.leases.size).toBe(0)
  })

  it.each([
    ['writing the words', badWords, 1],
    ['asking the partner', badPartner, 0],
  ])('the step, to wait for another slot, when %s threw and a twin of the job comes by', async (_, broken, created) => {
    const stage = makeStage({ work: aWork(bare), slots: true })
    await expect(deliver(broken(stage), stage.turn)).rejects.toThrow('a bug')

    await deliver(stage.ports, stage.turn)

    expect(stage.created).toHaveLength(created)
    expect(stage.settled).toMatchObject([{ to: 'pending', reason: 'needs_link', needsLink: true, freeSlot: null }])
  })

  it.each([
    ['once the message is handed over', {}],
    ['when the words cannot be written', { rendering: { ok: false, code: 'render_failed', detail: '', missing: [] } }],
    ['when a stop fact comes between', { fact: { kind: 'opened' } }],
    ['when the guard says no', { holds: [aHold('all')] }],
  ] as [string, StageWish][])('a slot that no creation used, %s', async (_, wish) => {
    const { end } = await delivered({ work: aWork({ slot: 9 }), ...wish })

    expect(end?.freeSlot).toBe(9)
  })

  it('but never a slot that a creation used', async () => {
    const { end, slotsAnswered } = await delivered({ work: aWork(bare) })

    expect(end?.freeSlot).toBeNull()
    expect(slotsAnswered).toEqual([9])
  })
})

it('says that nothing was done when somebody else had settled the step', async () => {
  const { answer } = await delivered({ settles: false })

  expect(answer).toBe('nothing')
})

it.each([
  ['commercial', 'https://dispatcher.example/u/token'],
  ['transactional', undefined],
] as const)('a %s mail carries the link to leave: %s', async (category, unsubscribeUrl) => {
  const stage = makeStage({ work: aWork({ channel: 'email', dispatch: { category } }) })

  await deliver({ ...stage.ports, unsubscribeUrl: () => 'https://dispatcher.example/u/token' }, stage.turn)

  expect(stage.sent().map(({ message }) => Reflect.get(message, 'unsubscribeUrl'))).toEqual([unsubscribeUrl])
})
