import { describe, expect, it } from 'vitest'
import { campaignUuid, draftFor } from '../support/audience.ts'
import { eventually, openHouse, PHONE } from '../support/house.ts'

const house = await openHouse()
const { call } = house
const HOURLY = '0 * * * *'

const aCampaignWith = async (people: number) => {
  const made = await draftFor(house, people)
  await call('POST', `/v1/campaigns/${made.id}/start`, {})
  await house.settled()
  return made
}
const recurrence = (campaignId: string, wish: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: 'Those who did not look',
  cron: HOURLY,
  timeZone: 'America/Mexico_City',
  audience: { campaignId, list: 'not_opened' },
  campaign: { name: 'Again', category: 'transactional', reminders: null, ifActive: 'join' },
  ...wish,
})
const campaignsOf = async (id: string) =>
  (await call('GET', '/v1/campaigns?limit=200')).body['items'].filter(
    (one: { recurrenceId: string | null }) => one.recurrenceId === id,
  )

describe('/v1/recurrences', () => {
  it('writes to those again who did not open, hour after hour, until it is stopped', async () => {
    const { id: first, rows } = await aCampaignWith(3)
    const [opened, ...others] = rows
    await house.advance('PT2M')
    await house.openLink(opened?.referenceId ?? '', PHONE)
    const { status, body: made } = await call('POST', '/v1/recurrences', recurrence(first))

    await house.advance('PT61M')
    const [fired] = await eventually(async () => {
      const found = await campaignsOf(made['id'])
      expect(found).toMatchObject([{ status: 'running' }])
      return found
    })
    const { body: stopped } = await call('DELETE', `/v1/recurrences/${made['id']}`)
    await house.advance('PT3H')

    expect(status).toBe(201)
    const audience = await house.app.store.audiences.page(campaignUuid(fired.id), null, 10)
    expect(audience.map(({ referenceId }) => referenceId).sort()).toEqual(others.map((one) => one.referenceId).sort())
    expect(stopped).toMatchObject({ nextAt: null, latest: { campaignId: fired.id, firesAt: made['nextAt'] } })
    expect(await campaignsOf(made['id'])).toHaveLength(1)
  })

  it('fires once for hours that were missed', async () => {
    const { id } = await aCampaignWith(1)
    const { body: made } = await call('POST', '/v1/recurrences', recurrence(id))

    await house.advance('PT5H')

    await eventually(async () =>
      expect(await campaignsOf(made['id'])).toMatchObject([{ startedAt: expect.any(String) }]),
    )
    const { body: later } = await call('GET', `/v1/recurrences/${made['id']}`)
    expect(Date.parse(later['nextAt'])).toBeGreaterThan(house.now().getTime())
    await call('DELETE', `/v1/recurrences/${made['id']}`)
  })

  it('is made once under one Idempotency-Key, and read and listed as it was made', async () => {
    const { id } = await draftFor(house, 0)
    const wish = recurrence(id, { until: '2032-01-01T00:00:00.000Z' })
    const headers = { 'Idempotency-Key': 'hourly-1' }

    const made = await call('POST', '/v1/recurrences', wish, headers)
    const again = await call('POST', '/v1/recurrences', wish, headers)
    const read = await call('GET', `/v1/recurrences/${made.body['id']}`)
    const list = await call('GET', '/v1/recurrences?limit=1')

    expect([made.status, again.text]).toEqual([201, made.text])
    expect(made.headers.get('location')).toBe(`/v1/recurrences/${made.body['id']}`)
    expect(read.body).toMatchObject({
      audience: wish['audience'],
      until: wish['until'],
      madeBy: 'bootstrap',
      latest: null,
    })
    expect(list.body['items']).toEqual([read.body])
    await call('DELETE', `/v1/recurrences/${made.body['id']}`)
  })

  it('tells of its making and its stop, once', async () => {
    const { id } = await draftFor(house, 0)
    const { body } = await call('POST', '/v1/recurrences', recurrence(id))
    await call('DELETE', `/v1/recurrences/${body['id']}`)
    const again = await call('DELETE', `/v1/recurrences/${body['id']}`)
    await house.settled()

    const { body: feed } = await call('GET', '/v1/events?limit=1000')

    const own = feed['items'].filter(
      ({ data }: { data: { recurrenceId?: string } }) => data.recurrenceId === body['id'],
    )
    expect(own.map(({ type }: { type: string }) => type)).toEqual(['recurrence.created', 'recurrence.stopped'])
    expect(again.status).toBe(200)
  })

  it.each([
    [{ cron: '*/5 * * * *' }, 'cron'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ audience: { campaignId: 'previous', list: 'failed' } }, 'audience.first'],
    [{ audience: { campaignId: 'cmp_x', list: 'failed' } }, 'audience.campaignId'],
    [{ audience: { campaignId: 'cmp_00000000000000000000000000', list: 'failed' } }, 'audience.campaignId'],
    [{ campaign: { name: 'Again', category: 'commercial', startAt: '2032-01-01T00:00:00Z' } }, 'campaign.startAt'],
    [{ campaign: { name: 'Again' } }, 'campaign.category'],
    [{ until: '2020-01-01T00:00:00Z' }, 'cron'],
  ])('refuses %j', async (wish, path) => {
    const { id } = await draftFor(house, 0)

    const { status, body } = await call('POST', '/v1/recurrences', recurrence(id, wish))

    expect(status).toBe(422)
    expect(body['errors'].map((error: { path: string }) => error.path)).toContain(path)
  })
})
