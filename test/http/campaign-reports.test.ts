import { beforeAll, describe, expect, it } from 'vitest'
import { newUuid, showId } from '../../src/lib/id.ts'
import { blocksOn } from '../support/blocks.ts'
import { aClaim, aFact, aLink, anOrder, aSettlement, HOUR } from '../support/builders.ts'
import { aCampaign, addRows } from '../support/campaigns.ts'
import { openStoreHouse } from '../support/store-house.ts'
import { makeHouse } from './kit.ts'

const house = await openStoreHouse()
const { store, rows } = house
const { tallies, campaigns, holds } = store
const door = makeHouse((ports) => ({
  ...ports,
  tallies,
  campaigns,
  holds,
  now: () => new Date(),
  createsPerMinute: 95,
}))

const variants = [
  { name: 'short', weight: 1 },
  { name: 'long', weight: 3 },
]

async function running(wish: Parameters<typeof aCampaign>[0] = {}) {
  const campaign = aCampaign({ ...wish, plan: { variants, holdout: 0.1 } })
  await store.campaigns.create(campaign)
  const waiting = await addRows(
    house,
    campaign.id,
    Array.from({ length: 6 }, () => ({})),
  )
  await store.campaigns.start(campaign.id, 'test')
  const accept = async (variant: string) => {
    const cohort = await store.intake.cohort({ campaignId: campaign.id, variant, locale: 'es-MX' })
    const { id: campaignId } = campaign
    const referenceId = waiting.pop() ?? ''
    const order = anOrder({ campaignId, cohort, referenceId })
    await store.intake.accept({ ...order, audience: { campaignId, referenceId } })
    return order.dispatch.id
  }
  const send = async (id: string) => {
    const work = await store.deliveries.work(await house.take(id))
    if (!work) throw new Error('there is no work')
    const link = aLink()
    await store.deliveries.claim(aClaim(work, { fresh: link }))
    await store.deliveries.settle(aSettlement(work, { linkExpiresAt: link.expiresAt }))
    return link
  }
  return { id: showId('cmp', campaign.id), campaignId: campaign.id, accept, send }
}

const get = async (path: string) => {
  const { status, body } = await door.knock('key-read').get(path)
  return { status, body }
}

describe('GET /v1/campaigns/{id}/progress', () => {
  it('says how far everybody came, at once after it happened', async () => {
    const { id, accept, send } = await running()
    const link = await send(await accept('short'))
    await accept('long')

    await store.facts.record(aFact({ linkId: link.linkId }))

    const { body } = await get(`/v1/campaigns/${id}/progress`)
    expect(body).toMatchObject({
      id,
      status: 'running',
      audience: { planned: 6, waiting: 4, accepted: 2 },
      people: { accepted: 2, linked: 1, handed: 1, opened: 1, states: { accepted: 1, opened: 1 } },
      messages: { handed: 1, skipped: 2 },
      skipped: { opened: 2 },
      left: { firsts: 5, reminders: 2 },
    })
  })

  it('tells pace, limits, and when it will be through', async () => {
    const { id, accept, send } = await running({ perHour: 6_000, validUntil: new Date(Date.now() + 1_000) })
    await send(await accept('short'))

    const { body } = await get(`/v1/campaigns/${id}/progress`)

    expect(body.pace).toMatchObject({ perMinute: 1, perHour: 6_000, linksPerMinute: 95, minutes: [{ sent: 1 }] })
    expect(new Date(body.endsAt).getTime() - Date.now()).toBeGreaterThan(4 * 60_000)
    expect(body.isLate).toBe(true)
  })

  it('says what it waits for, and until when', async () => {
    const startAt = new Date(Date.now() + HOUR)
    const [soon, now] = [await running({ startAt }), await running()]

    const [waits, goes] = [
      await get(`/v1/campaigns/${soon.id}/progress`),
      await get(`/v1/campaigns/${now.id}/progress`),
    ]

    expect(waits.body.waitsFor).toEqual({ what: 'scheduled', until: startAt.toISOString(), reason: null })
    expect(goes.body.waitsFor).toEqual({ what: 'sending', until: null, reason: null })
  })

  it('foretells no end of what is held', async () => {
    const { id, campaignId, accept, send } = await running()
    await send(await accept('short'))
    const hold = {
      scope: 'campaign',
      value: campaignId,
      reason: 'a test',
      placedBy: 'test',
      probeAfterMs: null,
    } as const

    await store.holds.place(hold)

    const { body } = await get(`/v1/campaigns/${id}/progress`)
    expect(body).toMatchObject({ status: 'paused', endsAt: null })
    expect(body.waitsFor).toEqual({ what: 'paused', until: null, reason: 'a test' })
  })

  it('knows no campaign that is not there', async () => {
    const { status } = await get(`/v1/campaigns/${showId('cmp', newUuid())}/progress`)

    expect(status).toBe(404)
  })
})

describe('GET /v1/campaigns/{id}/funnel', () => {
  it('comes apart by variant, with people and messages', async () => {
    const { id, accept, send } = await running()
    await send(await accept('short'))
    await accept('long')

    const { body } = await get(`/v1/campaigns/${id}/funnel?by=variant`)

    expect(body.total).toMatchObject({ people: { accepted: 2, handed: 1 }, rates: { handed: 0.5 } })
    expect(body.groups).toMatchObject([
      { name: 'long', people: { accepted: 1, handed: 0 }, messages: { waiting: 3 } },
      { name: 'short', people: { accepted: 1, handed: 1 }, messages: { handed: 1, waiting: 2 } },
    ])
  })

  it('comes apart by step, where nobody knows who opened because of which', async () => {
    const { id, accept, send } = await running()
    await send(await accept('short'))

    const { body } = await get(`/v1/campaigns/${id}/funnel?by=step`)

    expect(body.groups).toMatchObject([
      { name: '1 first', people: null, rates: null, messages: { handed: 1 } },
      { name: '2 reminder', people: null, messages: { waiting: 1 } },
      { name: '3 reminder', people: null, messages: { waiting: 1 } },
    ])
  })

  it('refuses to come apart by what it does not know', async () => {
    const { id } = await running()

    expect((await get(`/v1/campaigns/${id}/funnel?by=weather`)).status).toBe(422)
  })
})

it('GET /v1/campaigns/{id}/results lays variants side by side, in the order of the plan, and picks no winner', async () => {
  const { id, accept, send } = await running()
  await send(await accept('short'))

  const { body } = await get(`/v1/campaigns/${id}/results`)

  expect(body.variants).toMatchObject([
    { name: 'short', weight: 1, people: { accepted: 1, handed: 1 }, rates: { handed: 1 } },
    { name: 'long', weight: 3, people: { accepted: 0 }, rates: { handed: null } },
  ])
  expect(body.holdout).toEqual({ share: 0.1, people: 0 })
  expect(Object.keys(body)).toEqual(['id', 'variants', 'holdout'])
})

describe('reports of a million dispatches', () => {
  const MILLION = 1_000_000
  const campaign = aCampaign()
  const connection = house.openPool(1)
  const blocksOf = blocksOn(connection)
  const own = house.storeOn(connection)
  const large = makeHouse((ports) => ({ ...ports, tallies: own.tallies, campaigns: own.campaigns, holds: own.holds }))
  const path = `/v1/campaigns/${showId('cmp', campaign.id)}`

  beforeAll(async () => {
    await store.campaigns.create(campaign)
    const cohort = await store.intake.cohort({ campaignId: campaign.id, variant: 'all', locale: 'en' })
    await rows(
      `insert into dispatch (id, reference_id, lane, campaign_id, status, category, template, locale, time_zone, zone_given, channels,
         fall_back_ms, life_minutes, link_options, created_at, first_handed_at, cohort)
       select uuidv7(), 'user-' || i, 1, $1, case i % 3 when 0 then 'accepted' when 1 then 'sent' else 'opened' end, 'transactional', 'magic-link', 'en',
         'UTC', false, 'sms', 0, 60, '{}', now(), case when i % 3 > 0 then now() end, $2 from generate_series(1, $3::int) i`,
      [campaign.id, cohort, MILLION],
    )
    while (await store.tallies.fold());
    await rows('vacuum analyze tally, tally_delta')
  }, 300_000)

  it.each(['progress', 'funnel?by=locale', 'results'])('touch fewer than 200 blocks for %s', async (report) => {
    const ask = () => large.knock().get(`${path}/${report}`)
    await ask()

    let body: Awaited<ReturnType<typeof ask>>['body']
    const touched = await blocksOf(async () => {
      body = (await ask()).body
    })

    const counted = body.people ?? body.total?.people ?? body.variants[0].people
    expect(counted).toMatchObject({ accepted: MILLION, handed: 666_667 })
    expect(touched).toBeLessThan(200)
  })
})
