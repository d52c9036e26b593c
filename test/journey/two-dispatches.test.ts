import { expect, it } from 'vitest'
import { unique } from '../support/builders.ts'
import { linkIn, openHouse } from '../support/house.ts'

const house = await openHouse()
const statusOf = async (id: string) => (await house.get(id))['status']

it('supersedes the older dispatch of the same recipient: only the newer one reminds', async () => {
  const older = await house.send({ reminders: { after: ['PT24H'] } })
  const { referenceId, contact } = older
  const newer = await house.send({ referenceId, contact, reminders: { after: ['PT48H'] } })

  await house.advance('PT24H')
  const afterADay = house.inbox({ contact }).length
  await house.advance('PT24H')

  expect(afterADay).toBe(2)
  expect(house.inbox({ contact })).toHaveLength(3)
  expect(await statusOf(older.id)).toBe('superseded')
  expect(await statusOf(newer.id)).toBe('sent')
})

it('lets both run when the newer one joins, and one open opens both', async () => {
  const older = await house.send()
  const { referenceId, contact } = older
  const newer = await house.send({ referenceId, contact, ifActive: 'join' })
  const links = new Set(house.inbox({ contact }).map(linkIn))

  await house.openLink(referenceId)

  expect(links.size).toBe(1)
  expect(await statusOf(older.id)).toBe('opened')
  expect(await statusOf(newer.id)).toBe('opened')
})

it('refuses the newer one where the CRM asked for that, and names the one that runs', async () => {
  const older = await house.send()

  const { status, body } = await house.post({ referenceId: older.referenceId, ifActive: 'reject' })

  expect(status).toBe(409)
  expect(body).toMatchObject({ code: 'dispatch_active', activeDispatchId: older.id })
  expect(await statusOf(older.id)).toBe('sent')
})

it('accepts a new one after the first has ended, whatever ifActive says', async () => {
  const referenceId = unique('user')
  const older = await house.send({ referenceId })
  await house.openLink(referenceId)

  const { status } = await house.post({ referenceId, ifActive: 'reject' })

  expect(status).toBe(202)
  expect(await statusOf(older.id)).toBe('opened')
  await house.settled()
})
