import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Embedded, startEmbedded } from '../../src/store/embedded.ts'

let dataDir: string
let started: Embedded[]

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'embedded-test-'))
  chmodSync(dataDir, 0o755)
  started = []
})

afterEach(async () => {
  for (const server of started) await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

describe('the embedded Postgres', () => {
  it('starts from nothing and answers', async () => {
    const server = await start()

    const [row] = await ask(server.url, "select current_setting('server_version_num')::int / 10000 as major")

    expect(row).toEqual({ major: 18 })
    expect(server.adopted).toBe(false)
  })

  it('keeps its rows and its password over a stop and a start', async () => {
    const first = await start()
    await ask(first.url, 'create table kept as select 42 as answer')
    await first.stop()

    const second = await start()

    expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect(new URL(second.url).password).toBe(new URL(first.url).password)
  })

  it('adopts the server of a process that was killed', async () => {
    const left = await startInProcessThatIsKilled()

    const server = await start()

    expect(server).toMatchObject({ adopted: true, pid: left.pid, url: left.url })
  })

  it('recovers when the server itself was killed', async () => {
    const first = await start()
    await ask(first.url, 'create table kept as select 42 as answer')
    process.kill(first.pid, 'SIGKILL')

    const second = await start()

    expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect(second.pid).not.toBe(first.pid)
  })

  it('starts although another program has got the process id of a server that was killed', async () => {
    const first = await start()
    process.kill(first.pid, 'SIGKILL')
    const neighbour = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid: 65_534 } : {})
    const lock = join(dataDir, 'postgres', 'data', 'postmaster.pid')
    writeFileSync(lock, readFileSync(lock, 'utf8').replace(String(first.pid), String(neighbour.pid)))

    const second = await start()
    neighbour.kill()

    expect(await ask(second.url, 'select 1 as ok')).toEqual([{ ok: 1 }])
  })

  it('lives beside another copy in another folder', async () => {
    const one = await start()
    const two = await start(join(dataDir, 'copy'))

    expect(two.pid).not.toBe(one.pid)
    expect(await ask(one.url, 'select 1 as ok')).toEqual(await ask(two.url, 'select 1 as ok'))
  })

  it('works below a folder that only its owner may enter', async () => {
    chmodSync(dataDir, 0o700)

    const first = await start()
    await first.stop()
    const second = await start()

    expect(await ask(second.url, 'select 1 as ok')).toEqual([{ ok: 1 }])
  })

  it('refuses a wrong password', async () => {
    const server = await start()
    const url = new URL(server.url)
    url.password = 'guess'

    await expect(ask(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  it('keeps the password in a file that only its owner may read', async () => {
    await start()

    expect(statSync(join(dataDir, 'postgres', 'password')).mode & 0o777).toBe(0o600)
  })

  it('stops once, however often it is asked', async () => {
    const server = await start()

    await Promise.all([server.stop(), server.stop()])

    await expect(ask(server.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('says why when it does not start', async () => {
    const server = await start()
    await server.stop()
    writeFileSync(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '9.6\n')

    await expect(start()).rejects.toThrow(/did not start.*incompatible/s)
  })
})

async function start(folder = dataDir): Promise<Embedded> {
  const server = await startEmbedded({ dataDir: folder })
  started.push(server)
  return server
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function startInProcessThatIsKilled(): Promise<Pick<Embedded, 'pid' | 'url'>> {
  const module = new URL('../../src/store/embedded.ts', import.meta.url).href
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(module)})
    process.send(await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} }))
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [server] = await once(child, 'message')
  child.kill('SIGKILL')
  await once(child, 'exit')
  return { pid: server.pid, url: server.url }
}
