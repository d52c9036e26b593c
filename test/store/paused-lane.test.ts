import { beforeAll, describe, expect, it } from 'vitest'
import { setSlots } from '../../src/store/links.ts'
import type { Store } from '../../src/store/store.ts'
import { blocksOn } from '../support/blocks.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { pool, rows } = house
const onlyConnection = house.openPool(1)
const blocksOf = blocksOn(onlyConnection)
const store = house.storeOn(onlyConnection)
const limited = house.storeOn(onlyConnection, { slots: true })
const MILLION = 1_000_000

/** A paused campaign of a million due first messages and its closes; and single dispatches whose reminders are not due yet. */
beforeAll(async () => {
  const [lane] = await rows('insert into lane (campaign_id, open) values (gen_random_uuid(), false) returning id')
  await pool.query(
    `insert into step (dispatch_id, n, kind, lane, channel, chain, needs_link, template, due_at, fall_back_at, status)
     select uuidv7(), 1, 'first', $1, 'sms', 'email', true, 'magic-link', now() - interval '1 day', now() - interval '1 hour', 'pending'
     from generate_series(1, $2::int)`,
    [lane?.['id'], MILLION],
  )
  await pool.query(
    `insert into step (dispatch_id, n, kind, lane, channel, chain, needs_link, template, due_at, status)
     select dispatch_id, 2, 'close', lane, 'none', '', false, template, due_at, 'pending' from step where n = 1 limit $1::int / 10`,
    [MILLION],
  )
  await pool.query(
    `insert into step (dispatch_id, n, kind, lane, channel, chain, needs_link, template, due_at, status)
     select uuidv7(), 2, 'reminder', 1, 'sms', 'email', false, 'magic-link', case when i % 2 = 0 then now() + interval '1 day' end, 'pending'
     from generate_series(1, $1::int / 5) i`,
    [MILLION],
  )
  await setSlots(pool, 95, 10)
  await pool.query('vacuum analyze')
}, 180_000)

const take = (process: Store) =>
  process.steps.take({ lane: 1, channel: 'sms', needsLink: true, limit: 100, heldTemplates: [] })

const COSTS: [blocks: number, what: string, ask: () => Promise<unknown>][] = [
  [200, 'seeing what is due and taking it', () => store.steps.due().then(() => take(store))],
  [300, 'taking with a slot', () => take(limited)],
  [300, 'looking for what must fall back', () => store.steps.fallBack(['sms'])],
  [300, 'looking for plans to close', () => store.steps.close(500)],
  [50, 'looking for leases that ran out', () => store.steps.expireLeases()],
  [500, 'asking how things stand', () => store.status.status()],
  [50, 'asking whether all is quiet', () => store.status.quiet()],
]

describe('a paused campaign of a million due steps', () => {
  it('is there', async () => {
    const [counted] = await rows(
      "select count(*)::int as steps from step where channel = 'sms' and status = 'pending' and due_at < now()",
    )

    expect(counted).toEqual({ steps: MILLION })
  })

  it.each(COSTS)('lets a single dispatch touch fewer than %i blocks for %s', async (most, _, ask) => {
    await house.accept()
    await ask()
    await house.accept()
    // On a slow machine the leases that other takes have given would run out meanwhile, and be paid for here.
    await pool.query("update step set lease_until = clock_timestamp() + interval '1 hour' where status = 'queued'")

    const touched = await blocksOf(ask)

    expect(touched).toBeLessThan(most)
  })
})
