import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../src/store/pool.ts'
import { unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const { pool, rows } = await openStoreHouse()

describe('a statement that waited for a row somebody else changed', () => {
  it('still finds the rows of every partition', async () => {
    await pool.query('create table halves (id int primary key, v int) partition by range (id)')
    await pool.query('create table halves_low partition of halves for values from (0) to (100)')
    await pool.query('create table halves_high partition of halves for values from (100) to (200)')
    await pool.query('insert into halves select i, 0 from generate_series(0, 199) i')
    const [slow, waiting] = [await pool.connect(), await pool.connect()]
    await waiting.query(
      'set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off',
    )
    await slow.query('begin')
    await slow.query('update halves set v = 1 where id in (5, 105)')

    const moved = waiting.query(
      `with locked as (
         select h.id from halves h join unnest($1::int[]) as k (id) on h.id = k.id order by h.id for update of h
       )
       update halves h set v = h.v + 1 from locked where h.id = locked.id returning h.id`,
      [[5, 6, 105, 106]],
    )
    await somebodyWaits()
    await slow.query('commit')

    expect((await moved).rows.map(({ id }) => id)).toEqual([5, 6, 105, 106])
    await waiting.query('discard all')
    slow.release()
    waiting.release(true)
  })
})

describe('a transaction', () => {
  it('that met a deadlock is done once more, and nobody hears of it', async () => {
    const [one, two] = [unique('one'), unique('two')]
    await pool.query('insert into recipient (reference_id) values ($1), ($2)', [one, two])
    const [bothHoldOne, winner] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const rounds = { forth: 0, back: 0 }
    let holding = 0
    const update = async (name: keyof typeof rounds, [first, second]: [string, string]) => {
      await inTransaction(pool, async (client) => {
        if (++rounds[name] > 1) await winner.promise
        await client.query('update recipient set locale = $2 where reference_id = $1', [first, name])
        if (++holding === 2) bothHoldOne.resolve()
        await bothHoldOne.promise
        await client.query('update recipient set locale = $2 where reference_id = $1', [second, name])
      })
      winner.resolve()
    }

    await Promise.all([update('forth', [one, two]), update('back', [two, one])])

    expect(rounds.forth + rounds.back).toBe(3)
  })

  it('whose connection breaks fails, and the process goes on', async () => {
    const breaking = inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      const ended = new Promise((resolve) => client.once('end', resolve))
      await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      await ended
      await client.query('select 1')
    })

    await expect(breaking).rejects.toThrow('connection error')
    expect(await rows('select 1 as fine')).toEqual([{ fine: 1 }])
  })

  it('that fails leaves nothing behind and tells why', async () => {
    const id = unique('user')

    const failing = inTransaction(pool, async (client) => {
      await client.query('insert into recipient (reference_id) values ($1)', [id])
      throw new Error('changed my mind')
    })

    await expect(failing).rejects.toThrow('changed my mind')
    expect(await rows('select 1 from recipient where reference_id = $1', [id])).toEqual([])
  })
})

async function somebodyWaits(): Promise<void> {
  for (;;) {
    const waiting = await rows(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    if (waiting.length > 0) return
  }
}
