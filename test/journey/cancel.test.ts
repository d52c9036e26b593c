import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'

const house = await openHouse()
const cancel = (id: string, body: object = {}) => house.call('POST', `/v1/dispatches/${id}/cancel`, body)

it('stops the reminders and leaves the link alone unless asked', async () => {
  const sent = await house.send()

  const { status, body } = await cancel(sent.id, { reason: 'moved away' })
  await house.advance('P7D')

  expect(status).toBe(200)
  expect(body).toMatchObject({ status: 'cancelled', links: { revoked: 0 } })
  expect(house.inbox(sent)).toHaveLength(1)
  expect(house.world.links(sent.referenceId)).toMatchObject([{ revokedAt: null }])
  expect(await house.get(sent.id)).toMatchObject({ status: 'cancelled', reason: 'moved away' })
})

it('takes the links back at the partner when asked', async () => {
  const sent = await house.send()

  const { body } = await cancel(sent.id, { revokeLinks: true })

  expect(body).toMatchObject({ links: { revoked: 1, keptForOperation: 0, unanswered: 0 } })
  expect(house.world.links(sent.referenceId)).toMatchObject([{ status: 'revoked' }])
  expect(await house.get(sent.id)).toMatchObject({ links: [{ status: 'revoked' }] })
})

it('never takes back the link of a user who has money under way', async () => {
  const sent = await house.send()
  house.world.configure({ webhooks: false })
  house.world.completeOperation({ referenceId: sent.referenceId })
  house.world.configure({ webhooks: true })

  const { body } = await cancel(sent.id, { revokeLinks: true })

  expect(body).toMatchObject({ links: { revoked: 0, keptForOperation: 1 } })
  expect(house.world.links(sent.referenceId)).toMatchObject([{ revokedAt: null }])
})

it('stops everything that runs for one recipient', async () => {
  const one = await house.send()
  const { referenceId, contact } = one
  const two = await house.send({ referenceId, contact, ifActive: 'join' })

  const { status, body } = await house.call('POST', `/v1/recipients/${referenceId}/cancel`, {})
  await house.advance('P7D')

  expect(status).toBe(200)
  expect(body['cancelled'].toSorted()).toEqual([one.id, two.id].toSorted())
  expect(house.inbox({ contact })).toHaveLength(2)
})

it('records the open of a cancelled dispatch as a fact, and sends nothing', async () => {
  const sent = await house.send()
  await cancel(sent.id)

  await house.openLink(sent.referenceId)

  expect(await house.get(sent.id)).toMatchObject({ status: 'cancelled', openedAt: expect.any(String) })
})
