import { expect, it } from 'vitest'
import { draftFor } from '../support/audience.ts'
import { eventually, openHouse } from '../support/house.ts'

const house = await openHouse()
const { call } = house

it('a cancelled campaign ends everything of it, and leaves no hold behind', async () => {
  const { id } = await draftFor(house, 3, { reminders: { after: ['PT24H'] } })
  await call('POST', `/v1/campaigns/${id}/start`, {})
  await eventually(async () => {
    const { body } = await call('GET', `/v1/dispatches?campaignId=${id}`)
    expect(body['items'].map((one: { status: string }) => one.status)).toEqual(['sent', 'sent', 'sent'])
  })

  const { body: cancelled } = await call('POST', `/v1/campaigns/${id}/cancel`, { reason: 'wrong words' })
  await house.settled()
  const ended = await eventually(async () => {
    const { body } = await call('GET', `/v1/campaigns/${id}`)
    expect(body['status']).toBe('cancelled')
    expect(body['endedAt']).not.toBeNull()
    return body
  })

  expect(cancelled).toMatchObject({ status: 'cancelling', holds: [{ scope: 'campaign', reason: 'cancelled' }] })
  expect(ended).toMatchObject({ reason: 'wrong words', dispatches: { open: 0 }, holds: [] })
  expect((await call('GET', '/v1/holds')).body['items']).toEqual([])
})
