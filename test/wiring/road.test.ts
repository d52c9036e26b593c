import { expect, it } from 'vitest'
import { reservedSlots } from '../../src/wiring/road.ts'

it.each([
  [1, 0],
  [6, 3],
  [95, 5],
  [250, 5],
  [251, 6],
  [10_000, 200],
])('of %d creations a minute %d are kept for single dispatches', (perMinute, kept) => {
  expect(reservedSlots(perMinute)).toBe(kept)
})
