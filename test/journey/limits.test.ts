import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'

const house = await openHouse({ env: { PROVIDER_LIMITS: 'smtp=20/PT1S' } })

it('starts no message at a provider before its place has come', async () => {
  const before = Date.now()

  const sent = await Promise.all(
    Array.from({ length: 21 }, () => house.accept({ channels: ['email'], reminders: null })),
  )
  await house.settled()

  const dispatches = await Promise.all(sent.map(({ id }) => house.get(id)))
  const starts = dispatches.map(({ attempts }) => Date.parse(attempts[0].claimedAt)).sort((a, b) => a - b)
  const places = starts.map((_, i) => before + i * 50)
  expect(sent.map((one) => house.inbox(one).length)).toEqual(sent.map(() => 1))
  expect(starts.filter((start, i) => start < (places[i] ?? 0) - 2)).toEqual([])
})
