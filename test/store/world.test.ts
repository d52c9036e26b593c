import { describe, expect, it } from 'vitest'
import { beat, makeWorldClock, readHeart, stampWorld } from '../../src/store/world.ts'
import { HOUR } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const elsewhere = await openStoreHouse()
const { pool } = house

describe('the stamp of the world', () => {
  it('is put once, and gives the database its identity', async () => {
    const stamps = await Promise.all([stampWorld(pool, 'sandbox'), stampWorld(pool, 'sandbox')])
    const again = await stampWorld(pool, 'sandbox')

    expect(stamps).toEqual([again, again])
    expect(again.databaseId).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('refuses a process of another world', async () => {
    await stampWorld(pool, 'sandbox')

    await expect(stampWorld(pool, 'live')).rejects.toThrow('belongs to the sandbox world and this process to live')
  })
})

it('a database that was moved away starts nothing, and says where to go', async () => {
  const { pool: left } = await openStoreHouse()
  await stampWorld(left, 'test')
  await left.query('update world set moved_at = now()')

  await expect(stampWorld(left, 'test')).rejects.toThrow(/was moved to another server at .*Set DATABASE_URL/)
})

describe('the clock', () => {
  it('of a sandbox can be moved, and everything that decides by it moves along', async () => {
    await stampWorld(pool, 'sandbox')
    const { id } = await house.accept({ sendAt: new Date(Date.now() + HOUR) })
    const before = await house.store.steps.due()
    const ahead = (await makeWorldClock(pool).reading()).aheadMs

    await makeWorldClock(pool).advance(2 * HOUR)

    const taken = await house.store.steps.take({
      lane: 1,
      channel: 'sms',
      needsLink: true,
      limit: 10,
      heldTemplates: [],
    })
    const reading = await makeWorldClock(pool).reading()
    expect(before.lanes).toEqual([])
    expect(taken.map(({ dispatchId }) => dispatchId)).toEqual([id])
    expect(reading.aheadMs - ahead).toBe(2 * HOUR)
    expect(Math.abs(reading.serverNow.getTime() - Date.now())).toBeLessThan(5_000)
  })

  it('of any other world cannot', async () => {
    await stampWorld(elsewhere.pool, 'test')

    await expect(makeWorldClock(elsewhere.pool).advance(1_000)).rejects.toThrow('Only a sandbox database')
    expect(await makeWorldClock(elsewhere.pool).reading()).toMatchObject({ aheadMs: 0 })
  })
})

describe('the heartbeat', () => {
  it('tells how long nobody was alive, and whether the server is another one', async () => {
    const first = await readHeart(elsewhere.pool)
    await beat(elsewhere.pool)
    await elsewhere.pool.query("update heartbeat set beaten_at = beaten_at - interval '20 minutes'")
    const second = await readHeart(elsewhere.pool)
    await elsewhere.pool.query("update heartbeat set database_system = 'restored from elsewhere'")
    const third = await readHeart(elsewhere.pool)
    await beat(elsewhere.pool)
    const fourth = await readHeart(elsewhere.pool)

    expect(first).toEqual({ gapMs: null, moved: false })
    expect(second.gapMs).toBeGreaterThanOrEqual(20 * 60_000)
    expect(second.moved).toBe(false)
    expect(third.moved).toBe(true)
    expect(fourth.gapMs).toBeLessThan(20 * 60_000)
    expect(fourth.moved).toBe(false)
  })
})
