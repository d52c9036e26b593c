import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import type { Pool } from 'pg'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { isMigrated, migrate } from '../../src/store/migrate.ts'
import { makePool } from '../../src/store/pool.ts'
import { asAdmin, databaseName, urlOf } from '../support/postgres-server.ts'
import { previousDatabase } from '../support/previous-release.ts'

const pools: Pool[] = []
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()))
})

describe('migrate', () => {
  it('makes the schema, and finds nothing to do the second time', async () => {
    const pool = (await emptyDatabase())()
    const before = await isMigrated(pool)

    await migrate(pool)
    const first = await schemaOf(pool)
    await migrate(pool)

    expect(before).toBe(false)
    expect(await isMigrated(pool)).toBe(true)
    expect(await schemaOf(pool)).toEqual(first)
    expect(first.length).toBeGreaterThan(50)
  })

  it('may be called by several processes at once', async () => {
    const open = await emptyDatabase()
    const processes = [open(), open(), open(), open()]

    await Promise.all(processes.map(migrate))

    const { rows } = await open().query<{ name: string }>('select name from app.schema_step order by name')
    expect(rows.map(({ name }) => name)).toEqual(readdirSync('src/store/migrations').sort())
  })

  it('gives way to running processes: nobody waits behind it for long, and it is done when they let it', async () => {
    const url = await previousDatabase()
    const [running, pool] = [poolOn(url), poolOn(url)]
    const holder = await running.connect()
    await holder.query('begin; lock table link in access share mode')

    const migrating = migrate(pool)
    const begun = performance.now()
    while (performance.now() - begun < 1_500) await running.query('select from dispatch limit 1')
    const inTime = await isMigrated(running)
    await holder.query('commit')
    holder.release()
    await migrating

    expect([inTime, await isMigrated(running)]).toEqual([false, true])
  })

  it('refuses a server that is too old, and says what to do', async () => {
    const old = { query: async () => ({ rows: [{ n: 160_004 }] }) } as unknown as Pool

    await expect(migrate(old)).rejects.toThrow('PostgreSQL 16; link-dispatcher needs 18 or newer')
  })
})

describe('the partitions', () => {
  it('are there for this month and two to come, and for whatever lies beyond', async () => {
    const pool = (await emptyDatabase())()
    await migrate(pool)

    expect(await partitionsOf(pool, 'dispatch')).toEqual([
      'dispatch_rest',
      ...months(3).map((month) => `dispatch_${month}`),
    ])
    expect(await partitionsOf(pool, 'event')).toHaveLength(4)
  })

  it('take the row of an id into the month it was made in', async () => {
    const pool = (await emptyDatabase())()
    await migrate(pool)

    await addEvent(pool, 'new_id()')
    await addEvent(pool, "id_at(now() - interval '3 years')")

    const { rows } = await pool.query('select tableoid::regclass::text as place from event order by id desc')
    expect(rows.map(({ place }) => place)).toEqual([`event_${months(1)[0]}`, 'event_rest'])
  })

  it('are added even when a later month has rows already, which stay where they are', async () => {
    const pool = (await emptyDatabase())()
    await migrate(pool)
    await addEvent(pool, "id_at(date_trunc('month', now()) + interval '3 months 5 days')")

    await pool.query('call keep_partitions(4)')

    expect(await partitionsOf(pool, 'event')).toHaveLength(5)
    expect(await partitionsOf(pool, 'dispatch')).toHaveLength(6)
    expect((await pool.query('select id from event')).rows).toHaveLength(1)
  })
})

/** A database without our schema; each call of the answer opens the pool of one more process. */
async function emptyDatabase(): Promise<() => Pool> {
  const server = inject('databaseUrl')
  const name = databaseName(inject('runId'), randomBytes(6).toString('hex'))
  await asAdmin(server, (client) => client.query(`create database ${name}`))
  return () => poolOn(urlOf(server, name))
}

function poolOn(url: string): Pool {
  const onError = (error: Error) => {
    throw error
  }
  const pool = makePool({ url, max: 2, onError })
  pools.push(pool)
  return pool
}

async function schemaOf(pool: Pool): Promise<unknown[]> {
  const { rows } = await pool.query(
    "select relname, relkind, reloptions from pg_class where relnamespace = 'app'::regnamespace order by relname",
  )
  return rows
}

async function partitionsOf(pool: Pool, parent: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1',
    [parent],
  )
  return rows.map(({ name }) => name)
}

const addEvent = (pool: Pool, id: string) =>
  pool.query(`insert into event (id, type, data, occurred_at) values (${id}, 'partner.event', '{}', now())`)

function months(count: number): string[] {
  const now = new Date()
  return Array.from({ length: count }, (_, i) => {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + i))
    return `y${month.getUTCFullYear()}m${String(month.getUTCMonth() + 1).padStart(2, '0')}`
  })
}
