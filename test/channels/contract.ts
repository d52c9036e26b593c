import { expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Attempt, Provider } from '../../src/flow/ports.ts'

/** How a provider's stand-in behaves for the next message. */
export type Mood = 'sends' | 'busy' | 'unknown_recipient' | 'silent_after_write' | 'garbage'

export interface Bench {
  provider: Provider
  message: Message
  /** What reached the stand-in, one line a message it was asked to carry. */
  written: string[]
  /** By what a copy of a step is recognised, a mark a message: Message-ID, tag. */
  marks?: () => string[]
}

interface Maker {
  (mood: Mood): Promise<Bench>
  /** A provider whose stand-in is gone. */
  refused(): Promise<Bench>
  /** Which outcome the wrong recipient gets, in this provider's table. */
  unknownRecipient: Outcome['kind']
  /** Why a copy of the same step carries no mark of the step. */
  noStepMark?: string
}

export const anAttempt = (part: Partial<Attempt> = {}): Attempt => ({
  id: 'att_1',
  stepId: 'stp_1',
  startBy: performance.now() + 60_000,
  validForMs: 3_600_000,
  locale: 'es-MX',
  ...part,
})

/** What every provider does, whatever it speaks. */
export function describeProvider(make: Maker): void {
  test('sends and names what the provider calls it', async () => {
    const { provider, message, written } = await make('sends')

    const outcome = await provider.send(message, anAttempt())

    expect(outcome).toEqual({ kind: 'accepted', providerId: expect.stringMatching(/./) })
    expect(written).toHaveLength(1)
  })

  test('comes back later when the provider is busy', async () => {
    const { provider, message } = await make('busy')

    const outcome = await provider.send(message, anAttempt())

    expect(outcome).toMatchObject({ kind: 'throttle', afterMs: expect.any(Number) })
  })

  test('does not retry an unknown recipient', async () => {
    const { provider, message } = await make('unknown_recipient')

    const outcome = await provider.send(message, anAttempt())

    expect(outcome.kind).toBe(make.unknownRecipient)
  })

  test('silence after the message was written is ambiguous', async () => {
    const { provider, message, written } = await make('silent_after_write')

    const outcome = await provider.send(message, anAttempt())

    expect(outcome.kind).toBe('ambiguous')
    expect(written).toHaveLength(1)
  })

  test('a refused connection is retried', async () => {
    const { provider, message } = await make.refused()

    const outcome = await provider.send(message, anAttempt())

    expect(outcome.kind).toBe('retry')
  })

  test('an answer that makes no sense is not taken for yes, and silences nobody', async () => {
    const { provider, message } = await make('garbage')

    const outcome = await provider.send(message, anAttempt())

    expect(['ambiguous', 'retry', 'alert']).toContain(outcome.kind)
  })

  test('past startBy the step is given back and nothing is written', async () => {
    const { provider, message, written } = await make('sends')

    const outcome = await provider.send(message, anAttempt({ startBy: performance.now() - 1 }))

    expect(outcome).toEqual({ kind: 'late' })
    expect(written).toEqual([])
  })

  test.skipIf(make.noStepMark)('a second attempt of a step carries the same mark', async () => {
    const { provider, message, marks } = await make('sends')

    await provider.send(message, anAttempt({ id: 'att_1' }))
    await provider.send(message, anAttempt({ id: 'att_2' }))

    const [first, second] = marks?.() ?? []
    expect(first).toMatch(/stp_1/)
    expect(second).toBe(first)
  })

  test('a message of another channel is our bug, not the provider’s', async () => {
    const { provider, message, written } = await make('sends')
    const other: Message =
      message.channel === 'sms'
        ? { channel: 'push', token: 't', title: '', body: '', url: '' }
        : { channel: 'sms', to: '+15125550123', text: 'hello' }

    const outcome = await provider.send(other, anAttempt())

    expect(outcome).toMatchObject({ kind: 'permanent', alert: true })
    expect(written).toEqual([])
  })

  test('many at once are all sent', async () => {
    const { provider, message, written } = await make('sends')

    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => provider.send(message, anAttempt({ id: `att_${i}`, stepId: `stp_${i}` }))),
    )

    expect(outcomes.map((outcome) => outcome.kind)).toEqual(Array(8).fill('accepted'))
    expect(written).toHaveLength(8)
  })
}
