import { expect, it } from 'vitest'
import { draftFor } from '../support/audience.ts'
import { eventually, openHouse } from '../support/house.ts'

const house = await openHouse()
const { call } = house

it('a campaign that people opt out of pauses itself, says why, and goes on when a person says so', async () => {
  const brake = { optedOut: 0.2, after: 5 }
  const { id, rows } = await draftFor(house, 6, { brake })
  await call('POST', `/v1/campaigns/${id}/start`, {})
  await house.settled()
  await eventually(async () => expect((await dispatchesOf(id)).every(({ status }) => status === 'sent')).toBe(true))
  const read = async () => (await call('GET', `/v1/campaigns/${id}`)).body
  const optOut = (row: (typeof rows)[number] | undefined) =>
    call('POST', '/v1/suppressions', { email: row?.contact.email, reason: 'opt_out' })

  await optOut(rows[0])
  await house.advance('PT10S')
  const afterOne = await read()
  await optOut(rows[1])
  await house.advance('PT10S')
  const braked = await eventually(async () => {
    const now = await read()
    expect(now['status']).toBe('paused')
    return now
  })
  await call('POST', `/v1/campaigns/${id}/resume`, {})
  await house.advance('PT10S')
  const resumed = await read()

  expect(afterOne['status']).toBe('running')
  expect(braked).toMatchObject({
    reason: 'brake: 2 of 6 opted out (33.3 %, at most 20 %)',
    holds: [{ scope: 'campaign', placedBy: 'service', probeAt: null }],
  })
  expect(resumed['status']).toBe('running')
  await house.settled()
  const events = (await call('GET', '/v1/events?limit=1000')).body['items']
  expect(
    events.map(({ type }: { type: string }) => type).filter((type: string) => /braked|resumed/.test(type)),
  ).toEqual(['campaign.braked', 'campaign.resumed'])
})

const dispatchesOf = async (id: string): Promise<{ status: string }[]> => {
  const { body } = await call('GET', `/v1/dispatches?campaignId=${id}`)
  expect(body['items']).toHaveLength(6)
  return body['items']
}
