import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Receipt } from '../../src/flow/ports-receipts.ts'
import { judgeCode } from '../../src/receipts/twilio-codes.ts'
import { makeTwilioStatus, readTwilioStatus } from '../../src/receipts/twilio-status.ts'
import { ATTEMPT, FORM, NOW, PUBLIC_URL, posted, postedJson, STEP, TOKEN } from './twilio-kit.ts'

const reader = makeTwilioStatus({ publicUrl: PUBLIC_URL, authTokens: [TOKEN] })

async function told(part: Record<string, string>, path?: string): Promise<Receipt[]> {
  const reading = await reader.read(posted({ ...FORM, ...part }, path ? { path } : {}), NOW)
  return reading.ok ? reading.receipts : []
}

describe('a status callback', () => {
  test('becomes a receipt of the attempt in its URL', async () => {
    const reading = await reader.read(posted(FORM), NOW)

    expect(reading).toEqual({
      ok: true,
      receipts: [
        {
          provider: 'twilio',
          channel: 'sms',
          attemptId: ATTEMPT,
          stepId: STEP,
          providerId: 'SM1',
          address: '+15125550123',
          status: 'delivered',
          rank: 5,
          final: true,
          outcome: null,
          mostResends: null,
          occurredAt: null,
          key: 'twilio:SM1:delivered',
        },
      ],
    })
  })

  test('counts once, however often it comes', async () => {
    const [first] = await told({})
    const [again] = await told({ NewParameter: 'x' })

    expect(again?.key).toBe(first?.key)
  })

  test.each([
    ['/webhooks/twilio/status'],
    ['/webhooks/twilio/status?attempt='],
    ['/webhooks/twilio/status?attempt=1.2.3'],
    [`/webhooks/twilio/status?attempt=${ATTEMPT}'--`],
  ])('without an attempt of ours (%s) is known by its message only', async (path) => {
    const [receipt] = await told({}, path)

    expect(receipt).toMatchObject({ attemptId: null, stepId: null, providerId: 'SM1' })
  })

  test('as JSON says the same', async () => {
    const reading = await reader.read(
      postedJson(JSON.stringify({ ...FORM, ErrorCode: 30005, MessageStatus: 'failed' })),
      NOW,
    )

    expect(reading).toMatchObject({ ok: true, receipts: [{ attemptId: ATTEMPT, outcome: { suppression: 'invalid' } }] })
  })

  test('by its older names says the same', async () => {
    const reading = await reader.read(posted({ SmsSid: 'SM1', SmsStatus: 'sent' }), NOW)

    expect(reading).toMatchObject({ receipts: [{ providerId: 'SM1', status: 'sent' }] })
  })

  test.each([
    ['SmsSid=SM1', { SmsSid: 'SM1' }],
    ['SmsStatus=sent', { SmsStatus: 'sent' }],
  ])('with no more than %s is no callback', async (_, form) => {
    expect(await reader.read(posted(form), NOW)).toEqual({ ok: false, reason: 'bad_body' })
  })

  test('with a status nobody has heard of says nothing', async () => {
    expect(await told({ MessageStatus: 'teleported' })).toEqual([])
  })

  test('that is forged is refused', async () => {
    expect(await reader.read(posted(FORM, { token: 'x' }), NOW)).toEqual({ ok: false, reason: 'bad_signature' })
  })
})

test.each([
  ['scheduled', 0, false],
  ['accepted', 1, false],
  ['queued', 2, false],
  ['sending', 3, false],
  ['sent', 4, false],
  ['partially_delivered', 4, false],
  ['delivered', 5, true],
  ['undelivered', 5, true],
  ['failed', 5, true],
  ['canceled', 5, true],
  ['read', 6, true],
])('%s has rank %i', async (status, rank, final) => {
  expect(await told({ MessageStatus: status })).toMatchObject([{ status, rank, final }])
})

describe('what a failure amounts to', () => {
  const MINUTE = 60_000
  const suppress = (reason: string, suppression: string) => ({ kind: 'suppress', reason, suppression })
  const flagged = (reason: string) => ({ kind: 'permanent', reason, alert: true })

  test.each<[number, object, number | null]>([
    [21610, suppress('opted_out', 'opt_out'), null],
    [30001, { kind: 'throttle', reason: 'queue_overflow' }, null],
    [30002, { kind: 'alert', reason: 'account_suspended' }, null],
    [30003, { kind: 'retry', reason: 'handset_unreachable', afterMs: 30 * MINUTE }, 2],
    [30004, { kind: 'permanent', reason: 'message_blocked' }, null],
    [30005, suppress('handset_unknown', 'invalid'), null],
    [30006, suppress('landline_or_unreachable_carrier', 'not_sms_capable'), null],
    [30007, flagged('filtered'), null],
    [30008, { kind: 'retry', reason: 'unknown_error' }, 1],
    [30010, { kind: 'alert', reason: 'price_above_maximum' }, null],
    [30017, { kind: 'retry', reason: 'carrier_congested' }, null],
    [30018, { kind: 'alert', reason: 'sender_not_registered' }, null],
    [30019, flagged('content_too_large'), null],
    [30022, { kind: 'throttle', reason: 'campaign_rate_exceeded' }, null],
    [30023, { kind: 'throttle', reason: 'daily_cap_reached', afterMs: 14 * 60 * MINUTE }, null],
    [30024, { kind: 'alert', reason: 'sender_not_provisioned' }, null],
    [30027, { kind: 'throttle', reason: 'carrier_daily_limit_reached', afterMs: 14 * 60 * MINUTE }, null],
    [30032, { kind: 'alert', reason: 'toll_free_not_verified' }, null],
    [30033, { kind: 'alert', reason: 'campaign_suspended' }, null],
    [30034, { kind: 'alert', reason: 'sender_not_registered' }, null],
    [30035, { kind: 'alert', reason: 'sender_being_configured' }, null],
    [30036, { kind: 'retry', reason: 'validity_expired' }, null],
    [30410, { kind: 'ambiguous', reason: 'carrier_timeout' }, null],
    [30450, { kind: 'retry', reason: 'fraud_guard', afterMs: 30 * MINUTE }, 1],
    [63001, { kind: 'alert', reason: 'channel_not_authenticated' }, null],
    [63002, { kind: 'alert', reason: 'channel_sender_missing' }, null],
    [63003, suppress('channel_recipient_missing', 'invalid'), null],
    [63005, flagged('content_refused'), null],
    [63007, { kind: 'alert', reason: 'channel_sender_missing' }, null],
    [63008, { kind: 'alert', reason: 'channel_misconfigured' }, null],
    [63009, { kind: 'ambiguous', reason: 'channel_error' }, null],
    [63010, { kind: 'ambiguous', reason: 'channel_internal_error' }, null],
    [63012, { kind: 'ambiguous', reason: 'channel_unavailable' }, null],
    [63013, flagged('channel_policy_violated'), null],
    [63014, suppress('blocked_by_user', 'blocked_by_user'), null],
    [63016, { kind: 'permanent', reason: 'outside_reply_window' }, null],
    [63017, { kind: 'throttle', reason: 'channel_rate_limit' }, null],
    [63018, { kind: 'throttle', reason: 'channel_rate_limit' }, null],
    [63021, flagged('content_invalid'), null],
    [63023, { kind: 'ambiguous', reason: 'channel_error' }, null],
    [63024, suppress('channel_recipient_invalid', 'invalid'), null],
    [63032, { kind: 'permanent', reason: 'channel_limits_recipient' }, null],
    [63033, suppress('blocked_by_user', 'blocked_by_user'), null],
    [63036, { kind: 'retry', reason: 'recipient_unreachable' }, null],
    [63038, { kind: 'throttle', reason: 'account_daily_limit_reached', afterMs: 14 * 60 * MINUTE }, null],
    [30999, { kind: 'permanent', reason: 'unclassified_code_30999' }, null],
    [12345, { kind: 'permanent', reason: 'unclassified_code_12345' }, null],
  ])('%i', async (code, outcome, mostResends) => {
    const [receipt] = await told({ MessageStatus: 'undelivered', ErrorCode: String(code) })

    expect(receipt).toMatchObject({ status: 'undelivered', mostResends })
    expect(receipt?.outcome).toEqual(outcome)
  })

  test.each<[string, Record<string, string>, Outcome]>([
    ['no code', { MessageStatus: 'failed' }, { kind: 'permanent', reason: 'unclassified_code_none' }],
    [
      'a code that is none',
      { MessageStatus: 'failed', ErrorCode: 'constructor' },
      { kind: 'permanent', reason: 'unclassified_code_none' },
    ],
    [
      '30006 from a short code',
      { MessageStatus: 'failed', ErrorCode: '30006', From: '72345' },
      { kind: 'permanent', reason: 'carrier_unreachable_for_short_code' },
    ],
    ['a message taken back', { MessageStatus: 'canceled' }, { kind: 'permanent', reason: 'canceled_at_provider' }],
  ])('%s', async (_, form, outcome) => {
    const [receipt] = await told(form)

    expect(receipt?.outcome).toEqual(outcome)
  })

  test.each(['queued', 'sent', 'delivered', 'read'])('a code beside %s is no failure', async (status) => {
    expect(await told({ MessageStatus: status, ErrorCode: '30005' })).toMatchObject([{ outcome: null }])
  })

  test('a daily cap ends at midnight in California, in winter and in summer', () => {
    const hoursLeft = (now: string) => {
      const { outcome } = judgeCode('30023', { from: '', now: new Date(now) })
      return outcome.kind === 'throttle' ? (outcome.afterMs ?? 0) / 3_600_000 : undefined
    }

    expect(hoursLeft('2026-01-15T07:30:00Z')).toBe(0.5)
    expect(hoursLeft('2026-07-15T06:30:00Z')).toBe(0.5)
    expect(hoursLeft('2026-01-15T08:00:00Z')).toBe(24)
  })

  test('no unknown code ever costs an address', () => {
    const known = new Set([21610, 30005, 30006, 63003, 63014, 63024, 63033])
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (code) => {
        fc.pre(!known.has(Number(code)))

        expect(judgeCode(code, { from: '+1', now: NOW }).outcome.kind).not.toBe('suppress')
      }),
    )
  })
})

test('the answer to our own question reads like a callback', () => {
  const asked = readTwilioStatus({
    providerId: 'SM1',
    status: 'undelivered',
    errorCode: '30003',
    attemptId: ATTEMPT,
    now: NOW,
  })

  expect(asked).toMatchObject({
    attemptId: ATTEMPT,
    stepId: STEP,
    rank: 5,
    outcome: { kind: 'retry' },
    key: 'twilio:SM1:undelivered',
  })
})
