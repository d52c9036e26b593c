import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makePool } from '../../src/store/pool.ts'
import { beat, stampWorld } from '../../src/store/world.ts'
import { freshDatabase } from '../support/postgres.ts'
import { openStoreHouse } from '../support/store-house.ts'

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
const folder = mkdtempSync(join(tmpdir(), 'link-dispatcher-cli-'))
const house = await openStoreHouse()
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(async () => {
  await stampWorld(house.pool, 'sandbox')
  await house.handed()
})

it('backup, restore and release say what they did, and what comes next', async () => {
  const file = join(folder, 'copy')
  const { url } = await freshDatabase()

  const backup = await dispatcher(house.url, 'backup', file)
  const restore = await dispatcher(url, 'restore', file)
  const again = await dispatcher(url, 'restore', file)
  const release = await dispatcher(url, 'release')

  expect(backup).toMatchObject({ code: 0, says: expect.stringContaining('VAULT_KEYS and LOOKUP_KEYS are not in it') })
  expect(restore).toMatchObject({ code: 0, says: expect.stringMatching(/^\d+ rows of \d+ tables, as they were at 20/) })
  expect(again).toMatchObject({ code: 1, says: expect.stringContaining('This database is not empty') })
  expect(release).toMatchObject({ code: 0, says: expect.stringContaining('Start the service first') })
  expect(statSync(file).size).toBeGreaterThan(1_000)
}, 60_000)

it('move refuses while a service runs', async () => {
  const { url } = await freshDatabase()
  await beat(house.pool)
  const early = await dispatcher(house.url, 'move', '--to', url)
  await house.pool.query("update heartbeat set beaten_at = beaten_at - interval '1 minute'")

  const connected = await dispatcher(house.url, 'move', '--to', url)

  expect([early, connected]).toEqual(
    Array(2).fill({ code: 1, says: expect.stringContaining('A service is running on this database.') }),
  )
}, 60_000)

it('move leaves a database behind on which nothing starts', async () => {
  const [from, to] = [await freshDatabase(), await freshDatabase()]
  const left = () => makePool({ url: from.url, max: 1, onError: (error) => expect.fail(error.message) })
  const service = left()
  await stampWorld(service, 'sandbox')
  await service.end()

  const moved = await dispatcher(from.url, 'move', '--to', to.url)

  const next = left()
  await expect(stampWorld(next, 'sandbox')).rejects.toThrow('was moved to another server')
  await next.end()
  expect(moved).toMatchObject({ code: 0, says: expect.stringContaining('Set DATABASE_URL to the new database') })
}, 60_000)

/** The program itself, on a database. */
async function dispatcher(databaseUrl: string, ...args: string[]): Promise<{ code: number; says: string }> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, DATA_DIR: folder }
  const program = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = once(program, 'exit')
  const [out, err] = await Promise.all([text(program.stdout), text(program.stderr)])
  return { code: (await exit)[0], says: out + err }
}
