import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/outcome.ts'
import { deliver } from '../../src/flow/deliver.ts'
import { recordReceipt } from '../../src/flow/record-receipt.ts'
import { barredBy } from '../../src/flow/soft-failure.ts'
import { makeStage } from '../support/fakes.ts'
import { aReceipt, aTarget, receiptStage } from './receipt-stage.ts'

const FULL: Outcome = { kind: 'retry', reason: 'mailbox_full', afterMs: 1_800_000 }
const barred = (outcome: Outcome, others: number) =>
  barredBy({ failedFor: async () => others }, outcome, { dispatchId: 'a', hashes: [] })

describe('an address is barred', () => {
  it.each([
    ['retry', 'handset_unreachable', 3],
    ['retry', 'mailbox_full', 3],
    ['permanent', 'mailbox_full', 3],
    ['permanent', 'message_blocked', 2],
    ['permanent', 'recipient_refused', 2],
  ] as const)('by %s, %s, in the %ith dispatch, and not before', async (kind, reason, most) => {
    const answers = await Promise.all([most - 2, most - 1, most].map((others) => barred({ kind, reason }, others)))

    expect(answers).toEqual([null, 'soft_repeat', 'soft_repeat'])
  })

  it('at once by what says so itself', async () => {
    expect(await barred({ kind: 'suppress', reason: 'bounced', suppression: 'hard_bounce' }, 0)).toBe('hard_bounce')
  })

  it.each([
    { kind: 'retry', reason: 'relay_busy' },
    { kind: 'permanent', reason: 'refused_by_policy' },
    { kind: 'accepted', providerId: 'SM1' },
    { kind: 'late' },
  ] as Outcome[])('never by $kind, $reason', async (outcome) => {
    expect(await barred(outcome, 99)).toBeNull()
  })
})

it('bars the address of a message that the provider refuses once too often', async () => {
  const stage = makeStage({ outcome: () => FULL, failedBefore: 2 })

  await deliver(stage.ports, stage.turn)

  expect(stage.suppressions).toMatchObject([{ channel: 'sms', reason: 'soft_repeat', placedBy: 'provider' }])
})

it('bars the address of a message that is reported as failed once too often, by the channel it was sent on', async () => {
  const stage = receiptStage(aTarget({ channel: 'email' }), [], 2)
  const unreachable: Outcome = { kind: 'retry', reason: 'handset_unreachable' }

  await recordReceipt(stage.ports, aReceipt({ status: 'undelivered', outcome: unreachable }))

  expect(stage.suppressed).toMatchObject([{ channel: 'sms', reason: 'soft_repeat', placedBy: 'provider' }])
})

it('does not bar the address for a report that came too late to count', async () => {
  const stage = receiptStage(aTarget({ status: 'delivered', rank: 5 }), [], 2)

  await recordReceipt(stage.ports, aReceipt({ status: 'undelivered', outcome: FULL }))

  expect(stage.suppressed).toEqual([])
})
