import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import { inject } from 'vitest'
import { migrate } from '../../src/store/migrate.ts'
import { makePool } from '../../src/store/pool.ts'
import { asAdmin, databaseName, urlOf } from './postgres-server.ts'

/** A migrated database of one's own, cloned from a template that the first caller of the run makes. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = inject('databaseUrl')
  const template = databaseName(inject('runId'), 'template')
  const name = databaseName(inject('runId'), randomBytes(6).toString('hex'))
  await asAdmin(server, async (client) => {
    await makeTemplateOnce(client, server, template)
    await client.query(`create database ${name} template ${template}`)
  })

  return {
    url: urlOf(server, name),
    drop: () =>
      asAdmin(server, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`)
      }),
  }
}

/** The lock makes the workers of a run share it; a half migrated one is dropped again. */
async function makeTemplateOnce(client: Client, server: string, template: string): Promise<void> {
  await client.query('select pg_advisory_lock(hashtext($1))', [template])
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template])
    if (rowCount === 0) await makeTemplate(client, server, template)
  } finally {
    await client.query('select pg_advisory_unlock(hashtext($1))', [template])
  }
}

async function makeTemplate(client: Client, server: string, template: string): Promise<void> {
  const draft = `${template}_draft`
  await client.query(`drop database if exists ${draft} with (force)`)
  await client.query(`create database ${draft}`)
  const errors: Error[] = []
  const pool = makePool({ url: urlOf(server, draft), max: 2, onError: (error) => errors.push(error) })
  try {
    await migrate(pool)
  } finally {
    await pool.end()
  }
  if (errors[0]) throw errors[0]
  await client.query(`alter database ${draft} rename to ${template}`)
}
