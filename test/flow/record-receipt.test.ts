import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Receipt, ReceiptTarget } from '../../src/flow/ports-receipts.ts'
import { recordReceipt } from '../../src/flow/record-receipt.ts'
import { inMs, MINUTE, NOON } from '../support/fakes.ts'
import { aReceipt, aTarget, receiptStage } from './receipt-stage.ts'

const UNREACHABLE: Outcome = { kind: 'retry', reason: 'handset_unreachable', afterMs: 30 * MINUTE }

const failure = (outcome: Outcome, wish: Partial<Receipt> = {}) =>
  aReceipt({ status: 'undelivered', rank: 5, outcome, ...wish })

async function recorded(target: Partial<ReceiptTarget>, receipt: Receipt) {
  const stage = receiptStage(aTarget(target))
  return { ...stage, answer: await recordReceipt(stage.ports, receipt) }
}

describe('a message that arrived', () => {
  it('is delivered', async () => {
    const { answer, moves } = await recorded({}, aReceipt())

    expect(answer).toBe('applied')
    expect(moves).toMatchObject([
      { from: 'handed', to: 'delivered', confirmed: true, events: [{ type: 'message.delivered', dispatchId: 'a' }] },
    ])
  })

  it('is handed over and delivered when nobody knew whether it was taken', async () => {
    const { moves } = await recorded({ status: 'ambiguous', confirmed: null }, aReceipt())

    expect(moves.map(({ from, to }) => `${from} → ${to}`)).toEqual(['ambiguous → handed', 'handed → delivered'])
    expect(moves[0]).toMatchObject({ confirmed: true, attempts: [{ n: 1, outcome: 'accepted', providerId: 'SM1' }] })
  })

  it.each([
    ['its answer was lost', { rank: null }],
    ['it was reported as failed first', { rank: 5 }],
    ['it was tried in an earlier turn', { current: false }],
  ])('is delivered, and not sent once more, though %s', async (_, target) => {
    const { answer, moves } = await recorded(
      { status: 'pending', confirmed: null, channel: 'email', ...target },
      aReceipt(),
    )

    expect(answer).toBe('applied')
    expect(moves.map(({ from, to, channel }) => `${from} → ${to} by ${channel}`)).toEqual([
      'pending → handed by sms',
      'handed → delivered by sms',
    ])
  })

  it.each([
    ['was only sent', aReceipt({ status: 'sent', rank: 4 }), { rank: null }],
    ['was given back after it arrived', aReceipt(), { rank: 6 }],
  ])('is sent once more when it %s', async (_, receipt, target) => {
    expect((await recorded({ status: 'pending', ...target }, receipt)).moves).toEqual([])
  })

  it.each(['queued', 'sent'] as const)('is handed over by %s, and not delivered yet', async (status) => {
    const unclear = await recorded({ status: 'ambiguous' }, aReceipt({ status, rank: 4 }))
    const known = await recorded({}, aReceipt({ status, rank: 4 }))

    expect(unclear.moves).toMatchObject([{ to: 'handed', confirmed: true }])
    expect(known.moves).toEqual([])
  })
})

describe('a receipt that changes nothing', () => {
  it.each([
    ['said twice', { rank: 5 }, aReceipt()],
    ['late', { rank: 5 }, aReceipt({ status: 'sent', rank: 4 })],
    ['against what was said first', { rank: 5 }, failure({ kind: 'permanent', reason: 'message_blocked' })],
  ])('%s', async (_, target, receipt) => {
    const { answer, moves, log } = await recorded(target, receipt)

    expect(answer).toBe('unchanged')
    expect([moves, log]).toEqual([[], []])
  })

  it('of an attempt that is not ours', async () => {
    const { ports, moves } = receiptStage(null)

    expect(await recordReceipt(ports, aReceipt())).toBe('unknown')
    expect(moves).toEqual([])
  })

  it.each(['delivered', 'skipped', 'queued', 'failed'] as const)('of a step that is %s', async (status) => {
    expect((await recorded({ status }, aReceipt())).moves).toEqual([])
  })

  it('of an earlier turn of the step, but for what the attempt remembers', async () => {
    const { answer, moves } = await recorded({ current: false }, failure({ kind: 'permanent', reason: 'x' }))

    expect([answer, moves]).toEqual(['applied', []])
  })
})

describe('a message that did not arrive', () => {
  it('goes to the next channel', async () => {
    const { moves, log } = await recorded({}, failure({ kind: 'permanent', reason: 'message_blocked' }))

    expect(moves).toMatchObject([
      { from: 'handed', to: 'pending', channel: 'email', chain: [], tries: 0, dueAt: NOON, ends: null },
    ])
    expect(moves[0]?.events).toMatchObject([
      { type: 'message.failed', data: { step: 1, channel: 'sms', reason: 'message_blocked', next: 'email' } },
    ])
    expect(log).toEqual(['wake'])
  })

  it('is tried again on its channel where that may help', async () => {
    const { moves } = await recorded({}, failure(UNREACHABLE, { mostResends: 2 }))

    expect(moves).toMatchObject([{ to: 'pending', channel: 'sms', tries: 1, dueAt: inMs(NOON, 30 * MINUTE) }])
  })

  it.each([
    ['the retries are spent', { sameReason: 2 }],
    ['its own budget is spent', { tries: 4 }],
  ])('goes to the next channel when %s', async (_, target) => {
    const { moves } = await recorded(target, failure(UNREACHABLE, { mostResends: 2 }))

    expect(moves).toMatchObject([{ to: 'pending', channel: 'email' }])
  })

  it.each([
    ['validUntil passes first', { validUntil: inMs(NOON, MINUTE), chain: [] }],
    ['the link is the CRM’s own and dies first', { ownLink: true, linkExpiresAt: inMs(NOON, MINUTE), chain: [] }],
  ])('is not tried again when %s', async (_, target) => {
    const { moves } = await recorded(target, failure(UNREACHABLE, { mostResends: 2 }))

    expect(moves).toMatchObject([{ to: 'failed', ends: { status: 'failed', reason: 'no_channel_worked' } }])
  })

  it('fails the dispatch when nothing of it lives any more', async () => {
    const last = await recorded({ chain: [] }, failure({ kind: 'permanent', reason: 'x' }))
    const beside = await recorded({ chain: [], othersLive: true }, failure({ kind: 'permanent', reason: 'x' }))

    expect(last.moves).toMatchObject([{ to: 'failed', ends: { status: 'failed', reason: 'no_channel_worked' } }])
    expect(beside.moves).toMatchObject([{ to: 'failed', ends: null }])
  })

  it.each(['opened', 'cancelled', 'exhausted'] as const)(
    'is not sent again once the dispatch is %s',
    async (status) => {
      const { moves } = await recorded({ dispatchStatus: status }, failure(UNREACHABLE, { mostResends: 2 }))

      expect(moves).toMatchObject([{ to: 'failed' }])
    },
  )

  it('is not sent again when the carrier cannot say', async () => {
    expect((await recorded({}, failure({ kind: 'ambiguous', reason: 'carrier_timeout' }))).moves).toEqual([])
  })
})

describe('beyond the message', () => {
  it('a dead address is suppressed, and the next channel tried', async () => {
    const dead: Outcome = { kind: 'suppress', reason: 'handset_unknown', suppression: 'invalid' }
    const { moves, suppressed } = await recorded({}, failure(dead))

    expect(moves).toMatchObject([{ to: 'pending', channel: 'email' }])
    expect(suppressed).toMatchObject([{ channel: 'sms', reason: 'invalid', placedBy: 'provider' }])
  })

  it('a person who said stop gets nothing on any channel', async () => {
    const stop: Outcome = { kind: 'suppress', reason: 'opted_out', suppression: 'opt_out' }
    const stage = receiptStage(aTarget(), [{ id: 'a', referenceId: 'user_1', status: 'sent', ends: 'opt_out' }])

    await recordReceipt(stage.ports, failure(stop))

    expect(stage.moves).toMatchObject([{ to: 'failed', ends: null }])
    expect(stage.log).toEqual(['suppress', 'suppressed a opt_out', 'recipient.opted_out a', 'fence a', 'wake'])
  })

  it('a word that bars is kept only once it bars: whoever dies in between hears it again', async () => {
    const stop: Outcome = { kind: 'suppress', reason: 'opted_out', suppression: 'opt_out' }
    const stage = receiptStage(aTarget())
    const addAll = () => Promise.reject(new Error('connection lost'))
    const broken = { ...stage.ports, suppressions: { ...stage.ports.suppressions, addAll } }

    await expect(recordReceipt(broken, failure(stop))).rejects.toThrow('connection lost')

    expect(stage.moves).toEqual([])
  })

  it('a complaint suppresses, and the mail stays delivered', async () => {
    const complaint: Outcome = { kind: 'suppress', reason: 'complaint', suppression: 'complaint' }
    const { moves, suppressed } = await recorded(
      { channel: 'email', chain: [], status: 'delivered', rank: 5 },
      failure(complaint, { channel: 'email', status: 'complained', rank: 7 }),
    )

    expect(moves).toEqual([])
    expect(suppressed).toMatchObject([{ channel: 'email', reason: 'complaint' }])
  })

  it('a suppression counts whatever the rank', async () => {
    const dead: Outcome = { kind: 'suppress', reason: 'bounced', suppression: 'hard_bounce' }

    expect((await recorded({ rank: 7 }, failure(dead))).suppressed).toHaveLength(1)
  })

  it('our own fault holds the provider, and the message waits', async () => {
    const { moves, log } = await recorded({}, failure({ kind: 'alert', reason: 'account_suspended' }))

    expect(moves).toMatchObject([{ to: 'pending', channel: 'sms', tries: 0 }])
    expect(log).toEqual(['wake', 'hold provider twilio account_suspended', 'alert account_suspended'])
  })
})

describe('a receipt that overtakes the answer', () => {
  it('waits for the outcome of its attempt', async () => {
    const { answer, moves, log } = await recorded({ status: 'claimed' }, aReceipt())

    expect(answer).toBe('applied')
    expect(moves).toMatchObject([{ from: 'handed', to: 'delivered' }])
    expect(log).toEqual(['pause', 'wake'])
  })

  it('is put aside when that takes too long', async () => {
    const stage = receiptStage(aTarget({ status: 'claimed' }))

    const answer = await recordReceipt({ ...stage.ports, pause: async () => undefined }, aReceipt())

    expect(answer).toBe('early')
    expect(stage.moves).toEqual([])
  })
})
