import { Client } from 'pg'
import { expect, it } from 'vitest'
import { freshDatabase } from './postgres.ts'

it('gives each caller a migrated database of its own', async () => {
  const [one, two] = await Promise.all([freshDatabase(), freshDatabase()])

  await ask(one.url, 'create table only_here ()')

  expect(await ask(two.url, "select to_regclass('only_here') as found")).toEqual([{ found: null }])
  expect(await ask(two.url, 'select count(*) > 0 as migrated from app.schema_step')).toEqual([{ migrated: true }])
  await Promise.all([one.drop(), two.drop()])
})

it('drops a database that still has a connection', async () => {
  const database = await freshDatabase()
  const client = new Client(database.url)
  const lost = new Promise<Error>((resolve) => client.on('error', resolve))
  await client.connect()

  await database.drop()

  expect(await lost).toMatchObject({ code: '57P01' })
})

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
