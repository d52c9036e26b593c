import { beforeEach, describe, expect, it } from 'vitest'
import type { NewCampaign } from '../../src/flow/ports-campaign.ts'
import type { Store } from '../../src/store/store.ts'
import { anOrder, HOUR } from '../support/builders.ts'
import { aCampaign, addRows, type RowWish } from '../support/campaigns.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows } = house
const other = house.another()

type CampaignWish = Parameters<typeof aCampaign>[0]

async function draft(wish: CampaignWish = {}, people: RowWish[] = [{}]): Promise<NewCampaign & { people: string[] }> {
  const campaign = aCampaign(wish)
  await store.campaigns.create(campaign)
  return { ...campaign, people: await addRows(house, campaign.id, people) }
}
async function running(wish: CampaignWish = {}, people: RowWish[] = [{}]) {
  const campaign = await draft(wish, people)
  await store.campaigns.start(campaign.id, 'test')
  const { lane } = await stored(campaign.id)
  return { ...campaign, lane }
}
const stored = async (id: string) => {
  const campaign = await store.campaigns.one(id)
  if (!campaign) throw new Error('the campaign is not there')
  return campaign
}
const rowsOf = (id: string) =>
  rows(
    'select reference_id, status, reason, send_at, dispatch_id from audience_row where campaign_id = $1 order by bucket',
    [id],
  )
/** Of each row: when its wave goes. */
const timesOf = async (id: string): Promise<Date[]> =>
  (
    await rows(
      `select w.at from audience_row r
       join campaign_wave w on w.campaign_id = r.campaign_id and w.time_zone = r.time_zone and r.bucket between w.low and w.high
       where r.campaign_id = $1 and r.send_at is null order by r.bucket`,
      [id],
    )
  ).map(({ at }) => at)
const due = async (id: string, { limit = 10, from = 0 } = {}) =>
  (await store.launches.due(id, { limit, from })).map(({ referenceId }) => referenceId)
const laneOf = async (id: string) => (await rows('select open, per_hour from lane where campaign_id = $1', [id]))[0]
const eventsOf = async (name: string) =>
  (await rows("select type, data from event where type like 'campaign.%' order by id")).filter(
    ({ data }) => data.by === name,
  )

/** The order that launching makes of a row. */
const orderFor = (
  { id, lane }: { id: string; lane: number },
  referenceId: string,
  wish: Parameters<typeof anOrder>[0] = {},
) =>
  anOrder({ campaignId: id, lane, referenceId, ifActive: 'join', audience: { campaignId: id, referenceId }, ...wish })
const pause = (id: string) =>
  store.holds.place({ scope: 'campaign', value: id, reason: 'looked at', placedBy: 'test', probeAfterMs: null })

describe('a draft', () => {
  it('has a lane of its own, and says how many people wait', async () => {
    const campaign = await draft({ perHour: 500, ownWindow: { from: '09:00', to: '18:00', days: [1, 2] } }, [{}, {}])

    const found = await stored(campaign.id)

    const { people, ...asked } = campaign
    expect(found).toMatchObject({ ...asked, status: 'draft', waiting: people.length, open: 0, hold: null })
    expect(await laneOf(campaign.id)).toEqual({ open: true, per_hour: 500 })
  })

  it('is made once for a firing of a recurrence, and leaves no lane behind', async () => {
    const firing = { id: '01980000-0000-7000-8000-000000000001', firesAt: new Date('2026-12-01T09:00:00Z') }
    const first = aCampaign({ recurrence: firing })
    const twin = aCampaign({ recurrence: firing })

    const made = [await store.campaigns.create(first), await other.campaigns.create(twin)]

    expect(made).toEqual([true, false])
    expect(await laneOf(twin.id)).toBeUndefined()
  })

  it('changes, and its pace with it', async () => {
    const campaign = await draft()

    const changed = await store.campaigns.change({ ...campaign, name: 'renamed', perHour: 60 }, 'changer')

    expect(changed).toBe(true)
    expect(await stored(campaign.id)).toMatchObject({ name: 'renamed', perHour: 60 })
    expect((await eventsOf('changer')).map(({ type }) => type)).toEqual(['campaign.changed'])
  })

  it('does not change once it runs', async () => {
    const campaign = await running()

    const changed = await store.campaigns.change({ ...campaign, name: 'renamed' }, 'test')

    expect(changed).toBe(false)
    expect(await stored(campaign.id)).toMatchObject({ name: campaign.name })
  })
})

describe('the start', () => {
  it('happens once, and is told once', async () => {
    const { id } = await draft()

    const starts = await Promise.all([store.campaigns.start(id, 'starter'), other.campaigns.start(id, 'starter')])

    expect(starts.toSorted()).toEqual([false, true])
    expect((await eventsOf('starter')).map(({ type }) => type)).toEqual(['campaign.started'])
    expect(await stored(id)).toMatchObject({ status: 'running' })
  })

  it('gives each person the instant of their own clock, and those whose time has passed are next', async () => {
    const tomorrow = new Date(Date.now() + 24 * HOUR).toISOString().slice(0, 10)
    const zones = ['America/Chicago', 'Asia/Tokyo', 'Europe/Madrid']
    const { id } = await running(
      { localStart: `${tomorrow}T10:00` },
      zones.map((timeZone) => ({ timeZone })),
    )
    const late = await running({ localStart: '2020-01-01T10:00' })

    const times = (await timesOf(id)).map((at, i) =>
      new Intl.DateTimeFormat('sv-SE', { timeZone: zones[i], dateStyle: 'short', timeStyle: 'short' }).format(at),
    )

    expect(times).toEqual(zones.map(() => `${tomorrow} 10:00`))
    expect([await due(id), await due(late.id)]).toEqual([[], late.people])
  })

  it('gives the people of a variant its own hour', async () => {
    const variants = [
      { name: 'morning', weight: 1, sendHour: 9 },
      { name: 'as planned', weight: 1 },
    ]
    const tomorrow = new Date(Date.now() + 24 * HOUR).toISOString().slice(0, 10)
    const people = [{ bucket: 0 }, { bucket: 4_999 }, { bucket: 5_000 }].map((row) => ({ ...row, timeZone: 'UTC' }))

    const { id } = await running({ localStart: `${tomorrow}T12:00`, plan: { variants } }, people)

    const hours = (await timesOf(id)).map((at) => at.getUTCHours())
    const { nextRowAt } = await store.campaigns.outlook(id)
    expect(hours).toEqual([9, 9, 12])
    expect(nextRowAt).toEqual(new Date(`${tomorrow}T09:00Z`))
  })

  it('writes to no variant later than to the others, and to everybody', async () => {
    const people = [0, 2_500, 5_000, 7_500].map((bucket) => ({ bucket }))
    const { id, people: names } = await running({ localStart: '2020-01-01T10:00' }, people)

    const first = await Promise.all([0, 0.3, 0.6, 0.9].map((from) => due(id, { limit: 1, from })))
    const all = await due(id, { from: 0.6 })

    expect(first.flat()).toEqual([names[0], names[2], names[3], names[0]])
    expect(all).toEqual([names[3], names[0], names[1], names[2]])
  })

  it('gives each zone its turn when its time has come', async () => {
    const zones = ['Asia/Tokyo', 'America/Chicago'].map((timeZone) => ({ timeZone }))
    const tomorrow = new Date(Date.now() + 24 * HOUR).toISOString().slice(0, 10)
    const campaign = await running({ localStart: `${tomorrow}T10:00` }, zones)
    const { id, people } = campaign
    const hasTurn = async () => (await store.launches.takeTurn()).some((one) => one.id === id)
    const early = await hasTurn()

    await rows("update campaign_wave set at = app_now() where campaign_id = $1 and time_zone = 'Asia/Tokyo'", [id])
    const then = [await hasTurn(), await due(id)]
    await store.intake.accept(orderFor(campaign, people[0] ?? ''))
    await store.launches.giveTurn([id])

    expect([early, ...then, await hasTurn()]).toEqual([false, true, [people[0]], false])
  })

  it('waits for its instant', async () => {
    const startAt = new Date(Date.now() + HOUR)
    const { id } = await running({ startAt })
    const early = (await store.launches.takeTurn()).map((campaign) => campaign.id)
    const { nextRowAt } = await store.campaigns.outlook(id)

    await house.pool.query('update campaign set start_at = app_now() where id = $1', [id])
    const then = (await store.launches.takeTurn()).map((campaign) => campaign.id)

    expect(nextRowAt).toEqual(startAt)
    expect([early.includes(id), then.includes(id)]).toEqual([false, true])
  })
})

describe('a row of an audience', () => {
  it('becomes one dispatch, counted with its cohort', async () => {
    const campaign = await running()
    const [referenceId = ''] = campaign.people
    const cohort = await store.intake.cohort({ campaignId: campaign.id, variant: 'all', locale: 'en' })
    const order = orderFor(campaign, referenceId, { cohort })

    const answer = await store.intake.accept(order)

    expect(answer).toEqual({ kind: 'accepted', superseded: [] })
    expect(await rowsOf(campaign.id)).toMatchObject([{ status: 'accepted', dispatch_id: order.dispatch.id }])
    expect(await house.dispatch(order.dispatch.id)).toMatchObject({ cohort, campaign_id: campaign.id })
    expect(await house.step(order.dispatch.id)).toMatchObject({ cohort, lane: campaign.lane })
    expect(await stored(campaign.id)).toMatchObject({ open: 1, waiting: 0 })
  })

  it('is taken by one of many who want it at once, in whatever process', async () => {
    const campaign = await running({}, [{}, {}, {}])
    const orders = [store, other, store, other].flatMap((process: Store) =>
      campaign.people.map((referenceId) => ({ process, order: orderFor(campaign, referenceId) })),
    )

    const answers = await Promise.all(orders.map(({ process, order }) => process.intake.accept(order)))

    const kinds = answers.map(({ kind }) => kind).toSorted()
    expect(kinds).toEqual([...Array(3).fill('accepted'), ...Array(9).fill('taken')])
    const dispatches = await rows('select id from dispatch where campaign_id = $1', [campaign.id])
    expect(dispatches).toHaveLength(3)
  })

  it('waits as before when its dispatch cannot be stored', async () => {
    const campaign = await running()
    const [referenceId = ''] = campaign.people

    const [answer] = await Promise.allSettled([
      store.intake.accept(orderFor(campaign, referenceId, { template: 'nul\0inside' })),
    ])

    expect(answer?.status).toBe('rejected')
    expect(await rowsOf(campaign.id)).toMatchObject([{ status: 'waiting', dispatch_id: null }])
  })

  it('waits as before when its person may have no second dispatch', async () => {
    const campaign = await running()
    const [referenceId = ''] = campaign.people
    await house.accept({ referenceId })

    const answer = await store.intake.accept(orderFor(campaign, referenceId, { ifActive: 'reject' }))

    expect(answer.kind).toBe('active')
    expect(await rowsOf(campaign.id)).toMatchObject([{ status: 'waiting', dispatch_id: null }])
  })

  it('is worked on within the hours of its campaign', async () => {
    const ownWindow = { from: '10:00', to: '17:00', days: [1, 5] }
    const campaign = await running({ ownWindow })
    const order = orderFor(campaign, campaign.people[0] ?? '')
    await store.intake.accept(order)

    const work = await store.deliveries.work(await house.take(order.dispatch.id))
    const single = await house.working()

    expect(work?.dispatch.ownWindow).toEqual(ownWindow)
    expect(single.dispatch.ownWindow).toBeNull()
  })

  it('has one cohort however often and by whomever it is asked for', async () => {
    const { id } = await draft()
    const cohort = { campaignId: id, variant: 'b', locale: 'es' }

    const numbers = await Promise.all([store, other, store, other].map((one) => one.intake.cohort(cohort)))

    expect(new Set(numbers).size).toBe(1)
  })
})

describe('the turn to launch', () => {
  it('is given to one process at a time', async () => {
    const { id } = await running()

    const first = await turnOf(store, id)
    const second = await turnOf(other, id)
    await store.launches.giveTurn([id])
    const third = await turnOf(other, id)

    expect([first, second, third]).toEqual([true, false, true])
  })

  it.each([
    ['paused', async (id: string) => void (await pause(id))],
    [
      'cancelled',
      async (id: string) => void (await store.campaigns.cancel(id, { reason: null, revokeLinks: false, by: 'test' })),
    ],
  ])('is nobody’s while the campaign is %s', async (_, stop) => {
    const { id } = await running()

    await stop(id)

    expect(await turnOf(store, id)).toBe(false)
  })

  it('is nobody’s before its time, nor after it', async () => {
    const early = await running({ startAt: new Date(Date.now() + HOUR) })
    const late = await running({ validUntil: new Date(Date.now() - 1) })

    expect([await turnOf(store, early.id), await turnOf(store, late.id)]).toEqual([false, false])
  })

  const turnOf = async (process: Store, id: string) => (await process.launches.takeTurn()).some((one) => one.id === id)
})

describe('a time that nobody met for half a day', () => {
  const missed = async (id: string) => (await store.launches.missed()).includes(id)
  const ago = (column: string, hours: number) =>
    `update campaign set ${column} = app_now() - interval '${hours} hours' where id = $1`
  const tomorrow = new Date(Date.now() + 24 * HOUR).toISOString().slice(0, 10)

  it.each([
    ['its start', {}, ago('started_at', 13), true],
    ['its start, and not so long ago', {}, ago('started_at', 11), false],
    [
      'one of its waves',
      { localStart: `${tomorrow}T10:00` },
      `update campaign_wave set at = app_now() - interval '13 hours' where campaign_id = $1 and time_zone = 'Asia/Tokyo'`,
      true,
    ],
    [
      'a row’s own',
      {},
      "update audience_row set send_at = app_now() - interval '13 hours' where campaign_id = $1",
      true,
    ],
  ] as [string, CampaignWish, string, boolean][])('is found: %s', async (_, wish, past, is) => {
    const { id } = await running(wish, [{}, { timeZone: 'Asia/Tokyo' }])

    await rows(past, [id])

    expect(await missed(id)).toBe(is)
  })

  it('is none where turns were taken since, however long its rows wait', async () => {
    const { id } = await running()
    await rows(ago('started_at', 40), [id])

    await rows(ago('turned_at', 39), [id])

    expect(await missed(id)).toBe(false)
  })

  it('is one while it was out of turns when its next wave came', async () => {
    const { id } = await running({ localStart: `${tomorrow}T10:00` }, [{}, { timeZone: 'Asia/Tokyo' }])
    await rows(ago('turned_at', 20), [id])

    await rows("update campaign_wave set at = app_now() - interval '19 hours' where campaign_id = $1", [id])

    expect(await missed(id)).toBe(true)
  })

  it('is met by the turn', async () => {
    const { id } = await running()

    await store.launches.takeTurn()
    await store.launches.giveTurn([id])
    await rows(ago('started_at', 13), [id])

    expect(await missed(id)).toBe(false)
  })

  it('is held once: who lifts the hold has decided', async () => {
    const { id } = await running()
    await rows(ago('started_at', 13), [id])
    const before = await missed(id)

    const { hold } = await pause(id)
    const held = await missed(id)
    await store.holds.lift(hold.id, 'test')

    expect([before, held, await missed(id)]).toEqual([true, false, false])
  })
})

describe('a pause', () => {
  it('closes the lane with the hold, and opens it when it is lifted', async () => {
    const { id } = await running()

    const { hold } = await pause(id)
    const paused = await laneOf(id)
    const shown = await stored(id)
    await store.holds.lift(hold.id, 'test')

    expect(paused).toMatchObject({ open: false })
    expect(shown.hold).toMatchObject({ id: hold.id, reason: 'looked at', placedBy: 'test' })
    expect(await laneOf(id)).toMatchObject({ open: true })
  })

  it('of another campaign leaves the lane alone', async () => {
    const { id } = await running()

    await pause((await running()).id)

    expect(await laneOf(id)).toMatchObject({ open: true })
  })
})

describe('the end', () => {
  /** What other tests have left open would be ended first. */
  beforeEach(async () => {
    await house.pool.query("update dispatch set status = 'cancelled' where status in ('accepted', 'sent')")
  })

  it('comes when nobody waits and nothing is open', async () => {
    const campaign = await running()
    const [referenceId = ''] = campaign.people
    const before = await store.launches.finish()
    const order = orderFor(campaign, referenceId)
    await store.intake.accept(order)
    const during = await store.launches.finish()
    await store.stops.stop([order.dispatch.id], 'cancelled', null)

    const after = await store.launches.finish()

    expect([before.includes(campaign.id), during.includes(campaign.id), after.includes(campaign.id)]).toEqual([
      false,
      false,
      true,
    ])
    expect(await stored(campaign.id)).toMatchObject({ status: 'finished' })
    expect(await laneOf(campaign.id)).toMatchObject({ open: false })
  })

  it('by cancelling closes the lane for good, and leaves out who still waits', async () => {
    const campaign = await running({}, [{}, {}])
    await store.intake.accept(orderFor(campaign, campaign.people[0] ?? ''))
    const { hold } = await pause(campaign.id)

    const cancelled = [await cancel(campaign.id), await cancel(campaign.id)]
    await store.launches.leaveOut(100)
    await store.holds.lift(hold.id, 'test')

    expect(cancelled).toEqual([true, false])
    expect((await rowsOf(campaign.id)).map(({ status, reason }) => [status, reason])).toEqual([
      ['accepted', null],
      ['left_out', 'cancelled'],
    ])
    expect(await laneOf(campaign.id)).toMatchObject({ open: false })
  })

  it('by cancelling has come when the last dispatch has ended', async () => {
    const campaign = await running()
    const cohort = await store.intake.cohort({ campaignId: campaign.id, variant: 'all', locale: 'en' })
    const order = orderFor(campaign, campaign.people[0] ?? '', { cohort })
    await store.intake.accept(order)
    await cancel(campaign.id, { reason: 'wrong words', revokeLinks: true })

    await store.launches.finish()
    const cancelling = await stored(campaign.id)
    const left = (await store.launches.toCancel(10)).filter(({ campaignId }) => campaignId === campaign.id)
    await store.stops.stop([order.dispatch.id], 'cancelled', null)
    await store.launches.finish()

    expect(cancelling).toMatchObject({ status: 'cancelled', open: 1, endedAt: null, hold: { reason: 'cancelled' } })
    expect(left).toEqual([{ id: order.dispatch.id, campaignId: campaign.id, revokeLinks: true, reason: 'wrong words' }])
    expect(await stored(campaign.id)).toMatchObject({ endedAt: expect.any(Date), hold: null })
  })

  it('leaves out who would come after the last moment', async () => {
    const campaign = await running({ validUntil: new Date(Date.now() - 1) }, [{}, {}])

    await store.launches.leaveOut(100)

    expect((await rowsOf(campaign.id)).map(({ status, reason }) => [status, reason])).toEqual([
      ['left_out', 'valid_until_passed'],
      ['left_out', 'valid_until_passed'],
    ])
  })

  const cancel = (id: string, wish: { reason?: string; revokeLinks?: boolean } = {}) =>
    store.campaigns.cancel(id, { reason: null, revokeLinks: false, by: 'test', ...wish })
})

describe('the backlog', () => {
  it('counts what is due in the lane, and no further than asked', async () => {
    const campaign = await running(
      {},
      Array.from({ length: 5 }, () => ({})),
    )
    await Promise.all(campaign.people.map((referenceId) => store.intake.accept(orderFor(campaign, referenceId))))

    expect(await store.launches.backlog(campaign.lane, 100)).toBe(5)
    expect(await store.launches.backlog(campaign.lane, 3)).toBe(3)
  })
})
