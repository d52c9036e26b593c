import { expect, it } from 'vitest'
import type { ChannelName } from '../../src/domain/channel.ts'
import type { Settlement } from '../../src/flow/ports-deliver.ts'
import type { MessageFinding, Receipt, UnclearStep } from '../../src/flow/ports-receipts.ts'
import { pollReceipts, reconcile } from '../../src/flow/reconcile.ts'
import { inMs, MINUTE, NOON } from '../support/fakes.ts'
import { aReceipt, aTarget, receiptStage } from './receipt-stage.ts'

const NOBODY: MessageFinding = { kind: 'unknown', reason: 'list_unreadable' }

function stage(
  steps: UnclearStep[],
  finding: MessageFinding = NOBODY,
  settles = true,
  resendUnclear: ChannelName[] = ['push'],
) {
  const log: string[] = []
  const settled: Settlement[] = []
  const questions: unknown[] = []
  const hearing = receiptStage(aTarget({ status: 'ambiguous' }))
  const ports = {
    ...hearing.ports,
    unclear: {
      due: async () => steps,
      writeOff: async ({ n }: { n: number }) => void log.push(`write off ${n}`),
      resend: async ({ n }: { n: number }) => void log.push(`resend ${n}`),
      unfinished: async () => [{ attemptId: 'a.1.1', providerId: 'SM1' }],
    },
    deliveries: {
      async settle(settlement: Settlement) {
        settled.push(settlement)
        return settles
      },
    },
    resendUnclear,
    lookups: new Map([
      [
        'twilio',
        {
          async findMessage(question: unknown) {
            questions.push(question)
            return finding
          },
          messageStatus: async () => finding,
          receiptOf: (): Receipt => aReceipt({ status: 'sent', rank: 4, providerId: 'SM1' }),
        },
      ],
    ]),
  }
  return { ports, log, settled, questions, hearing }
}

const aStep = (wish: Partial<UnclearStep> = {}): UnclearStep => ({
  dispatchId: 'a',
  n: 1,
  turn: 1,
  channel: 'sms',
  chain: ['email'],
  kind: 'first',
  tries: 0,
  fallBackMs: 10 * MINUTE,
  unclearBefore: 1,
  overdue: true,
  provider: 'twilio',
  claimedAt: inMs(NOON, -6 * MINUTE),
  now: NOON,
  question: { attemptId: 'a.1.1', to: '+15125550123', bodyHash: Buffer.from('h'), notThese: ['SM9'] },
  ...wish,
})

it.each([
  ['sms', 1, 'write off 1'],
  ['email', 1, 'write off 1'],
  ['in_app', 1, 'write off 1'],
  ['push', 1, 'resend 1'],
  ['push', 2, 'write off 1'],
] as [ChannelName, number, string][])('%s that was unclear %i times: %s', async (channel, unclearBefore, end) => {
  const { ports, log } = stage([aStep({ channel, unclearBefore, question: null })])

  expect(await reconcile(ports)).toBe(1)
  expect(log).toEqual([end])
})

it('sends once more on the channels where somebody switched it on', async () => {
  const { ports, log } = stage([aStep({ channel: 'email', question: null })], NOBODY, true, ['email'])

  await reconcile(ports)

  expect(log).toEqual(['resend 1'])
})

it('hands over what the provider has', async () => {
  const found = { kind: 'found' as const, providerId: 'SM1', status: 'sent', errorCode: null }
  const { ports, log, hearing, questions } = stage([aStep({ overdue: false })], found)

  expect(await reconcile(ports)).toBe(1)

  expect(questions).toMatchObject([{ to: '+15125550123', sentAfter: inMs(NOON, -6 * MINUTE), notThese: ['SM9'] }])
  expect(hearing.moves).toMatchObject([{ from: 'ambiguous', to: 'handed', confirmed: true }])
  expect(log).toEqual([])
})

it('tries again what the provider certainly has not, five minutes after the claim', async () => {
  const { ports, settled, log } = stage([aStep({ overdue: false })], { kind: 'absent' })

  expect(await reconcile(ports)).toBe(1)

  expect(settled).toMatchObject([
    { from: 'ambiguous', to: 'pending', channel: 'sms', tries: 1, reason: 'not_at_provider', dueAt: inMs(NOON, 1_000) },
  ])
  expect(log).toEqual([])
})

it('waits while the list may not show it yet', async () => {
  const { ports, settled } = stage([aStep({ overdue: false, claimedAt: inMs(NOON, -MINUTE) })], { kind: 'absent' })

  expect(await reconcile(ports)).toBe(0)
  expect(settled).toEqual([])
})

it('waits while the provider cannot tell, and writes off when the time is over', async () => {
  const early = stage([aStep({ overdue: false })])
  const late = stage([aStep()])

  await reconcile(early.ports)
  await reconcile(late.ports)

  expect([early.log, late.log]).toEqual([[], ['write off 1']])
})

it('goes on to the next channel when the tries are spent, and fails where there is none', async () => {
  const next = stage([aStep({ tries: 4 })], { kind: 'absent' })
  const none = stage([aStep({ tries: 4, chain: [] })], { kind: 'absent' })

  await reconcile(next.ports)
  await reconcile(none.ports)

  expect(next.settled).toMatchObject([{ to: 'pending', channel: 'email', chain: [], tries: 0, ends: null }])
  expect(none.settled).toMatchObject([{ to: 'failed', ends: { status: 'failed', reason: 'no_channel_worked' } }])
})

it('asks for receipts that never came', async () => {
  const found = { kind: 'found' as const, providerId: 'SM1', status: 'sent', errorCode: null }
  const { ports, hearing } = stage([], found)

  expect(await pollReceipts(ports)).toBe(1)
  expect(hearing.heard).toMatchObject([{ providerId: 'SM1', status: 'sent' }])
})
