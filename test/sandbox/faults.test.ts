import { expect, test } from 'vitest'
import { makeFaults } from '../../src/sandbox/faults.ts'

test('a fault strikes as often as armed, at its own target only', () => {
  const faults = makeFaults()
  faults.arm('twilio', { kind: 'busy', count: 2 })

  const kinds = [faults.take('fcm'), faults.take('twilio'), faults.take('twilio'), faults.take('twilio')].map(
    (f) => f?.kind,
  )

  expect(kinds).toEqual([undefined, 'busy', 'busy', undefined])
})

test('faults of one target strike in the order they were armed', () => {
  const faults = makeFaults()
  faults.arm('smtp', { kind: 'first', count: 1 })
  faults.arm('smtp', { kind: 'second', count: 1 })

  const kinds = [faults.take('smtp')?.kind, faults.take('smtp')?.kind]

  expect(kinds).toEqual(['first', 'second'])
})

test('a taker may choose among the armed faults', () => {
  const faults = makeFaults()
  faults.arm('webhook', { kind: 'duplicate', count: 1 })
  faults.arm('webhook', { kind: 'bad_signature', count: 1 })

  const taken = faults.take('webhook', ({ kind }) => kind === 'bad_signature')

  expect(taken?.kind).toBe('bad_signature')
  expect(faults.list()).toEqual([{ target: 'webhook', kind: 'duplicate', count: 1 }])
})

test('a reset disarms all', () => {
  const faults = makeFaults()
  faults.arm('vonage', { kind: 'busy', count: 9 })

  faults.reset()

  expect(faults.take('vonage')).toBeUndefined()
})
