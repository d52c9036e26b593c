import type { AffectedDispatch, NewSuppression } from '../../src/flow/ports-consent.ts'
import type { Settlement } from '../../src/flow/ports-deliver.ts'
import type { Receipt, ReceiptTarget } from '../../src/flow/ports-receipts.ts'
import type { ReceiptPorts } from '../../src/flow/record-receipt.ts'
import { testVault } from '../support/builders.ts'
import { inMs, MINUTE, NOON } from '../support/fakes.ts'

/** A first message by SMS that was handed over an hour ago; email would be next. */
export const aTarget = (wish: Partial<ReceiptTarget> = {}): ReceiptTarget => ({
  dispatchId: 'a',
  n: 1,
  turn: 1,
  attempt: 1,
  provider: 'twilio',
  addressHash: testVault.lookup('phone', '+15125550123'),
  rank: null,
  current: true,
  status: 'handed',
  confirmed: true,
  kind: 'first',
  channel: 'sms',
  chain: ['email'],
  tries: 0,
  fallBackAt: null,
  fallBackMs: 10 * MINUTE,
  dispatchStatus: 'sent',
  validUntil: null,
  linkExpiresAt: inMs(NOON, 24 * 60 * MINUTE),
  ownLink: false,
  sameReason: 0,
  othersLive: false,
  now: NOON,
  ...wish,
})

export const aReceipt = (wish: Partial<Receipt> = {}): Receipt => ({
  provider: 'twilio',
  channel: 'sms',
  attemptId: 'a.1.1',
  stepId: 'a.1',
  providerId: 'SM1',
  address: null,
  status: 'delivered',
  rank: 5,
  final: true,
  outcome: null,
  mostResends: null,
  occurredAt: null,
  key: 'twilio:SM1:delivered',
  ...wish,
})

/** One attempt, judged as often as asked; each judgement changes the target as the store would. */
export function receiptStage(target: ReceiptTarget | null, affected: AffectedDispatch[] = [], failedBefore = 0) {
  const [heard, moves]: [Receipt[], Settlement[]] = [[], []]
  const suppressed: NewSuppression[] = []
  const log: string[] = []
  const ports: ReceiptPorts = {
    receipts: {
      async hear(receipt, judge) {
        heard.push(receipt)
        if (!target) return null
        const verdict = judge(target)
        moves.push(...(verdict?.moves ?? []))
        return { target, verdict }
      },
      early: async () => [],
    },
    suppressions: {
      async addAll(entries) {
        log.push('suppress')
        suppressed.push(...entries)
        return { fresh: entries.map(() => true), ids: entries.map((_, i) => `${i}`), affected }
      },
      failedFor: async () => failedBefore,
    },
    stops: {
      async stop(ids, status, reason) {
        log.push(`${status} ${ids} ${reason}`)
        return ids.map((id) => ({ id, stopped: 1 }))
      },
      async fence(ids) {
        log.push(`fence ${ids}`)
      },
    },
    events: {
      async append(events) {
        log.push(...events.map(({ type, dispatchId }) => `${type} ${dispatchId}`))
      },
    },
    hold: async ({ scope, value, reason }) => void log.push(`hold ${scope} ${value} ${reason}`),
    alert: async ({ reason }) => void log.push(`alert ${reason}`),
    wake: () => void log.push('wake'),
    random: () => 0.5,
    async pause() {
      log.push('pause')
      if (target) Object.assign(target, { status: 'handed' })
    },
  }
  return { ports, heard, moves, suppressed, log }
}
