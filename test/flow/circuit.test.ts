import { describe, expect, it } from 'vitest'
import type { OutcomeKind } from '../../src/domain/outcome.ts'
import { makeCircuits } from '../../src/flow/circuit.ts'

/** Hears outcomes one after the other, so many ms apart, and answers at which of them the circuit tripped. */
function tripsAt(outcomes: OutcomeKind[], apartMs = 100): number[] {
  let now = 0
  const circuits = makeCircuits(() => now)
  return outcomes.flatMap((outcome, i) => {
    now += apartMs
    return circuits.hear('twilio', outcome) ? [i + 1] : []
  })
}
const times = (n: number, ...outcomes: OutcomeKind[]) => Array.from({ length: n }, () => outcomes).flat()

describe('a provider that fails', () => {
  it.each([
    ['twenty times in a row', times(20, 'retry'), [20]],
    ['with silence, which is worse', times(20, 'ambiguous'), [20]],
    ['nineteen times, and works once in between', [...times(19, 'retry'), 'accepted', ...times(19, 'retry')], []],
    ['every other time', times(25, 'accepted', 'retry'), [40]],
    ['every third time', times(100, 'accepted', 'accepted', 'retry'), []],
    ['again, after it was held', times(40, 'retry'), [20, 40]],
  ] as [string, OutcomeKind[], number[]][])('%s', (_, outcomes, trips) => {
    expect(tripsAt(outcomes)).toEqual(trips)
  })

  it('every other time, but over an hour, is left alone', () => {
    expect(tripsAt(times(50, 'accepted', 'retry'), 36_000)).toEqual([])
  })

  it.each(['throttle', 'late'] as const)('is not what %s means', (outcome) => {
    expect(tripsAt(times(50, outcome))).toEqual([])
  })

  it.each(['permanent', 'suppress'] as const)('is not what %s means: it judged the message', (outcome) => {
    expect(tripsAt([...times(19, 'retry'), outcome, 'retry'])).toEqual([])
  })
})

it('counts each provider for itself', () => {
  const circuits = makeCircuits(() => 0)
  for (const _ of times(19, 'retry')) circuits.hear('twilio', 'retry')

  const trips = ['vonage', 'twilio'].map((provider) => circuits.hear(provider, 'retry'))

  expect(trips).toEqual([false, true])
})
