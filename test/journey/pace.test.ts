import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'

const PER_MINUTE = 5
const MINUTE = 60_000

it("keeps to the partner's limit in any rolling minute, lets reminders pass, and sends everything in the end", async () => {
  const house = await openHouse({ env: { M2M_CREATES_PER_MINUTE: String(PER_MINUTE) } })
  const { world } = house
  const arrived = (count: number) => world.mailbox.waitFor(() => world.mailbox.all().length >= count)
  const createdAt = () => world.calls().flatMap(({ method, at }) => (method === 'POST' ? [at.getTime()] : []))

  await house.send({ reminders: { after: ['PT30S'] } })
  await Promise.all(Array.from({ length: 11 }, () => house.accept({ reminders: null })))
  await arrived(5)
  await world.advance(30_000)
  await arrived(6) // The reminder: its link lives already.
  await world.advance(31_000)
  await arrived(11)
  await house.advance('PT61S')

  expect(world.mailbox.all()).toHaveLength(13)
  expect(createdAt()).toHaveLength(12)
  expect(busiestMinute(createdAt())).toBe(PER_MINUTE)
})

const busiestMinute = (times: number[]) =>
  Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + MINUTE).length))
