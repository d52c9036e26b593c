import { expect, it } from 'vitest'
import { BACKENDS, eventually, openHouse } from '../support/house.ts'
import { queuesOf, withClient } from '../support/queues.ts'

it.each(BACKENDS)('loses no message when %s loses every job', async (backend) => {
  const house = await openHouse({ queues: backend })
  const queues = await queuesOf(house, backend)
  await queues.pause('sms')
  const accepted = await Promise.all(
    Array.from({ length: 30 }, () => house.accept({ channels: ['sms'], reminders: null })),
  )
  await eventually(async () => expect(await stepsThat('are queued', house.databaseUrl)).toBe(30))

  await queues.lose()
  await queues.resume('sms')
  await leasesEnd(house.databaseUrl)
  await house.settled()

  expect(accepted.map((dispatch) => house.inbox(dispatch).length)).toEqual(accepted.map(() => 1))
  expect(await stepsThat('were lost', house.databaseUrl)).toBe(30)
})

const CONDITIONS = { 'are queued': "status = 'queued'", 'were lost': 'turn > 1' }

const stepsThat = (condition: keyof typeof CONDITIONS, databaseUrl: string) =>
  withClient(databaseUrl, async (client) => {
    const { rowCount } = await client.query(`select from app.step where kind = 'first' and ${CONDITIONS[condition]}`)
    return rowCount
  })

/** Half a minute passes for every step that waits for its worker. */
const leasesEnd = (databaseUrl: string) =>
  withClient(databaseUrl, (client) => client.query("update app.step set lease_until = now() where status = 'queued'"))
