import { beforeAll, describe, expect, it } from 'vitest'
import { makeLaunchStore } from '../../src/store/launches.ts'
import { blocksOn } from '../support/blocks.ts'
import { HOUR, testVault } from '../support/builders.ts'
import { aCampaign } from '../support/campaigns.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { pool, rows } = house
const onlyConnection = house.openPool(1)
const store = house.storeOn(onlyConnection)
const blocksOf = blocksOn(onlyConnection)
/** What a million rows say was not sealed one by one. */
const launches = makeLaunchStore(onlyConnection, { ...testVault, open: () => '{}' })
const MILLION = 1_000_000

const variants = [
  { name: 'morning', weight: 1, sendHour: 9 },
  { name: 'evening', weight: 1, sendHour: 18 },
  { name: 'as planned', weight: 2 },
]
const ZONES = ['America/Mexico_City', 'America/Lima', 'America/Bogota', 'America/Guatemala', 'Asia/Manila']
const passed = aCampaign({ localStart: '2020-01-01T10:00' })
const ahead = aCampaign({
  localStart: new Date(Date.now() + 48 * HOUR).toISOString().slice(0, 16),
  plan: { variants, holdout: 0.1 },
})

/** Two audiences, of half a million each: one whose local time has passed, one whose times are to come. */
beforeAll(async () => {
  for (const campaign of [passed, ahead]) {
    await store.campaigns.create(campaign)
    await pool.query(
      `insert into audience_row (campaign_id, reference_id, upload_id, line, locale, time_zone, zone_given, channels, bucket, hashes, sealed, status)
       select $1, 'user_' || i, $1, i, 'en', ($2::text[])[1 + i % cardinality($2::text[])], true, 'sms', i % 10000, '{}', decode(repeat('ab', 300), 'hex'), 'waiting'
       from generate_series(1, $3::int) i`,
      [campaign.id, ZONES, MILLION / 2],
    )
  }
  await pool.query('vacuum analyze')
}, 300_000)

const waiting = async (id: string) => (await store.campaigns.one(id))?.waiting

describe('a million waiting rows', () => {
  it('cost a start by people’s clocks no more than a few', async () => {
    const touched = await blocksOf(() => store.campaigns.start(passed.id, 'test'))
    const again = await blocksOf(() => store.campaigns.start(ahead.id, 'test'))

    expect(Math.max(touched, again)).toBeLessThan(1_000)
    const waves = await rows('select campaign_id, count(*)::int as n from campaign_wave group by 1 order by 2')
    expect(waves.map(({ n }) => n)).toEqual([ZONES.length, 4 * ZONES.length])
  })

  it.each([
    ['counting who waits and what is open', 100, () => waiting(ahead.id)],
    ['a list of campaigns', 100, () => store.campaigns.list({ before: null, limit: 50 })],
    ['saying why nothing is sent', 400, () => store.campaigns.outlook(ahead.id)],
    ['looking for missed starts', 200, () => launches.missed()],
    ['taking and giving back a turn', 200, () => launches.takeTurn().then(() => launches.giveTurn([passed.id]))],
    ['reading 500 due rows', 2_500, () => launches.due(passed.id, { limit: 500, from: 0.99 })],
    ['finding none that is due', 200, () => launches.due(ahead.id, { limit: 500, from: 0.5 })],
  ] as [string, number, () => Promise<unknown>][])('cost little: %s (fewer than %i blocks)', async (_, most, ask) => {
    await ask()

    expect(await blocksOf(ask)).toBeLessThan(most)
  })

  it('are counted exactly', async () => {
    await pool.query("update audience_row set status = 'refused' where campaign_id = $1 and reference_id = 'user_7'", [
      passed.id,
    ])

    expect([await waiting(passed.id), await waiting(ahead.id)]).toEqual([MILLION / 2 - 1, MILLION / 2])
  })
})

describe('when a zone of a hundred thousand has gone', () => {
  it('the next is found as fast', async () => {
    await pool.query(
      "update audience_row set status = 'accepted' where campaign_id = $1 and time_zone = 'America/Bogota'",
      [passed.id],
    )
    const read = () => launches.due(passed.id, { limit: 500, from: 0.5 })
    await read()

    expect(await blocksOf(read)).toBeLessThan(5_000)
  }, 120_000)
})
