import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { patient } from '../../src/lib/patient.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => vi.useRealTimers())

const failing = (times: number) => {
  const errors: unknown[] = []
  let calls = 0
  const call = async (a: number, b: number) => {
    if (calls++ < times) throw new Error(`failure ${calls}`)
    return a + b
  }
  return { call, errors, calls: () => calls, onError: (error: unknown) => errors.push(error) }
}

it('answers what the call answers, with all that was given', async () => {
  const { call, calls, errors, onError } = failing(0)

  const sum = await patient(call, { forMs: 1_000, onError })(2, 3)

  expect([sum, calls(), errors]).toEqual([5, 1, []])
})

it('repeats a call that fails until it does not, and tells of each failure', async () => {
  const { call, calls, errors, onError } = failing(2)

  const sum = await patient(call, { forMs: 10_000, onError })(2, 3)

  expect([sum, calls()]).toEqual([5, 3])
  expect(errors).toMatchObject([{ message: 'failure 1' }, { message: 'failure 2' }])
})

it('gives up with the last failure when its time is over', async () => {
  const { call, calls, errors, onError } = failing(Number.POSITIVE_INFINITY)
  const answer = patient(call, {
    forMs: 1_000,
    onError(error) {
      onError(error)
      vi.advanceTimersByTime(500)
    },
  })(2, 3)

  await expect(answer).rejects.toThrow('failure 3')
  expect([calls(), errors.length]).toEqual([3, 2])
})

it('does not begin to wait for longer than it may', async () => {
  const { call, calls, onError } = failing(1)

  await expect(patient(call, { forMs: 49, onError })(2, 3)).rejects.toThrow('failure 1')

  expect(calls()).toBe(1)
})
