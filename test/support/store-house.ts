import type { Pool } from 'pg'
import { afterAll } from 'vitest'
import type { FreshLink, Work } from '../../src/flow/ports-deliver.ts'
import type { NewDispatch, StepTurn } from '../../src/flow/ports-store.ts'
import { makeClosers } from '../../src/lib/closers.ts'
import { makePool } from '../../src/store/pool.ts'
import { makeStore, type Store } from '../../src/store/store.ts'
import { aClaim, aLink, anOrder, aSettlement, type OrderWish, testVault } from './builders.ts'
import { freshDatabase } from './postgres.ts'

// biome-ignore lint/suspicious/noExplicitAny: rows are what the test asks for.
type Row = Record<string, any>

export interface StoreHouse {
  store: Store
  pool: Pool
  url: string
  openPool(max?: number): Pool
  storeOn(pool: Pool, options?: { slots?: boolean }): Store
  /** A second process: its own pool and its own batchers, over the same database. */
  another(options?: { slots?: boolean }): Store
  rows(sql: string, values?: unknown[]): Promise<Row[]>
  accept(wish?: OrderWish): Promise<NewDispatch>
  /** An accepted dispatch whose first step was taken by the pump and read by a worker. */
  working(wish?: OrderWish): Promise<Work>
  /** The same, and claimed with a fresh link. */
  claimed(wish?: OrderWish & { freshLink?: Partial<FreshLink> }): Promise<{ work: Work; link: FreshLink }>
  /** The same, and handed over. */
  handed(wish?: OrderWish & { freshLink?: Partial<FreshLink> }): Promise<{ work: Work; link: FreshLink }>
  take(dispatchId: string, n?: number): Promise<StepTurn>
  step(dispatchId: string, n?: number): Promise<Row>
  dispatch(dispatchId: string): Promise<Row>
  events(dispatchId: string): Promise<string[]>
}

/** A store over a database of the test file's own; closed and dropped with the file. */
export async function openStoreHouse(): Promise<StoreHouse> {
  const closers = makeClosers()
  afterAll(() => closers.closeAll())
  const { url, drop } = await freshDatabase()
  closers.add('database', drop)
  const openPool = (max = 10) => {
    const pool = makePool({ url, max, onError: (error) => errors.push(error) })
    closers.add('pool', () => pool.end())
    return pool
  }
  const errors: Error[] = []
  const storeOn = (pool: Pool, { slots = false } = {}) =>
    makeStore({ pool, vault: testVault, slots, monotonic: () => performance.now() })
  const pool = openPool()
  const store = storeOn(pool)
  const rows = async (sql: string, values: unknown[] = []) => (await pool.query<Row>(sql, values)).rows
  const row = async (sql: string, values: unknown[]) => {
    const [found] = await rows(sql, values)
    if (!found) throw new Error('the row a test looks for is not there')
    return found
  }

  const house: StoreHouse = {
    store,
    pool,
    url,
    rows,
    openPool,
    storeOn,
    another: (options) => storeOn(openPool(), options),
    async accept(wish) {
      const order = anOrder(wish)
      const answer = await store.intake.accept(order)
      if (answer.kind !== 'accepted') throw new Error(`the order was ${answer.kind}`)
      return order.dispatch
    },
    async take(dispatchId, n = 1) {
      const taken = await row(
        `update step set status = 'queued', turn = turn + 1, lease_until = clock_timestamp() + interval '30 s'
         where dispatch_id = $1 and n = $2 and status = 'pending' returning turn`,
        [dispatchId, n],
      )
      return { dispatchId, n, turn: taken['turn'] }
    },
    async working(wish) {
      const { id } = await house.accept(wish)
      const work = await store.deliveries.work(await house.take(id))
      if (!work) throw new Error('there is no work')
      return work
    },
    async claimed({ freshLink, ...wish } = {}) {
      const work = await house.working(wish)
      const link = aLink(freshLink)
      if (!(await store.deliveries.claim(aClaim(work, { fresh: link })))) throw new Error('the claim was lost')
      return { work, link }
    },
    async handed(wish) {
      const { work, link } = await house.claimed(wish)
      await store.deliveries.settle(aSettlement(work, { linkExpiresAt: link.expiresAt }))
      return { work, link }
    },
    step: (dispatchId, n = 1) => row('select * from step where dispatch_id = $1 and n = $2', [dispatchId, n]),
    dispatch: (dispatchId) => row('select * from dispatch where id = $1', [dispatchId]),
    async events(dispatchId) {
      const found = await rows('select type from event where dispatch_id = $1 order by id', [dispatchId])
      return found.map(({ type }) => type)
    },
  }
  return house
}
