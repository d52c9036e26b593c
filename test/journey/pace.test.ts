import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'

const PER_MINUTE = 5
const MINUTE = 60_000

it("keeps to the partner's limit in any rolling minute, and sends everything in the end", async () => {
  const house = await openHouse({ env: { M2M_CREATES_PER_MINUTE: String(PER_MINUTE) } })
  const { world } = house
  const createdAt = () => world.calls().flatMap(({ method, at }) => (method === 'POST' ? [at.getTime()] : []))
  const arrived = (count: number) => world.mailbox.waitFor(() => world.mailbox.all().length >= count)

  await Promise.all(Array.from({ length: 12 }, () => house.accept({ reminders: null })))
  await arrived(5)
  await world.advance(30_000)
  await world.advance(31_000)
  await arrived(10)
  await house.advance('PT61S')

  expect(world.mailbox.all()).toHaveLength(12)
  expect(busiestMinute(createdAt())).toBe(PER_MINUTE)
})

it('lets reminders pass that need no new link', async () => {
  const house = await openHouse({ env: { M2M_CREATES_PER_MINUTE: '1' } })
  const first = await house.send({ reminders: { after: ['PT24H'] } })
  await house.advance('PT24H')
  const created = house.world.calls().filter(({ method }) => method === 'POST')

  expect(house.inbox(first)).toHaveLength(2)
  expect(created).toHaveLength(1)
})

const busiestMinute = (times: number[]) =>
  Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + MINUTE).length))
