import { describe, expect, it } from 'vitest'
import { CHANNELS, chainOf } from '../../src/domain/channel.ts'
import { DISPATCH_STATES, type DispatchStatus, ENTERED_FROM, isRunning, reachable } from '../../src/domain/dispatch.ts'

describe('the states of a dispatch', () => {
  /** Design section 4, drawn the other way round. */
  const LEAVES_TO: Record<DispatchStatus, DispatchStatus[]> = {
    accepted: ['sent', 'opened', 'failed', 'expired', 'cancelled', 'superseded', 'suppressed'],
    sent: ['opened', 'exhausted', 'failed', 'cancelled', 'superseded', 'suppressed'],
    opened: [],
    exhausted: ['opened'],
    failed: ['opened'],
    expired: [],
    cancelled: [],
    superseded: [],
    suppressed: [],
  }
  const moves = DISPATCH_STATES.flatMap((from) =>
    DISPATCH_STATES.map((to) => ({ from, to, allowed: LEAVES_TO[from].includes(to) })),
  )

  it.each(moves)('from $from to $to: $allowed', ({ from, to, allowed }) => {
    expect(ENTERED_FROM[to].includes(from)).toBe(allowed)
  })

  it.each(DISPATCH_STATES)('%s runs only while its plan does', (status) => {
    expect(isRunning(status)).toBe(status === 'accepted' || status === 'sent')
  })
})

describe('the channels a person can be reached on', () => {
  const everything = { phone: '+15125550123', email: 'ana@example.com', pushTokens: ['token'] }

  it.each([
    ['every address', everything, [...CHANNELS], []],
    ['a phone alone', { phone: '+15125550123' }, ['sms', 'in_app'], ['email', 'push']],
    ['an email address alone', { email: 'ana@example.com' }, ['email', 'in_app'], ['sms', 'push']],
    ['a device alone', { pushTokens: ['token'] }, ['push', 'in_app'], ['sms', 'email']],
    ['an empty list of devices', { pushTokens: [] }, ['in_app'], ['sms', 'email', 'push']],
    ['a name alone', { name: { firstName: 'Ana' } }, ['in_app'], ['sms', 'email', 'push']],
  ] as const)('with %s', (_, contact, usable, without) => {
    expect(reachable(contact as typeof everything, CHANNELS)).toEqual({ usable, without })
  })

  it('keeps the order of the preference, and lists nothing that was not preferred', () => {
    expect(reachable(everything, ['email', 'sms'])).toEqual({ usable: ['email', 'sms'], without: [] })
  })
})

describe('the chain of a preference', () => {
  it.each([
    [
      ['push', 'sms', 'email'],
      ['push', 'sms', 'email'],
    ],
    [['in_app', 'sms'], ['sms']],
    [
      ['sms', 'in_app', 'email'],
      ['sms', 'email'],
    ],
    [['in_app'], ['in_app']],
    [[], []],
  ] as const)('of %j is %j', (preference, chain) => {
    expect(chainOf(preference)).toEqual(chain)
  })
})
