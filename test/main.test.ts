import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { running } from '../src/store/embedded-holder.ts'

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts')
type Program = ChildProcessByStdio<null, Readable, Readable>

describe('Ctrl-C', () => {
  it('stops everything, though npm passes it on a second time', async () => {
    const { program, home } = start()
    await saying(program, 'Ctrl-C stops everything.')
    const before = running(home)

    program.kill('SIGINT')
    await saying(program, 'stopping')
    program.kill('SIGINT')

    expect(await exitOf(program)).toBe(0)
    expect([before?.ready, running(home)]).toEqual([true, undefined])
  })

  it('stops everything while it is still starting', async () => {
    const { program, home } = start()
    await saying(program, 'started the embedded Postgres')

    program.kill('SIGINT')

    expect(await exitOf(program)).toBe(0)
    expect(running(home)).toBeUndefined()
  })
})

describe('a second process on the same DATA_DIR', () => {
  it('says what to do, and leaves the first one its database', async () => {
    const first = start()
    await saying(first.program, 'Ctrl-C stops everything.')

    const second = start(first.dataDir)
    const words = await errorsOf(second.program)

    expect(words).toMatch(
      /^Another link-dispatcher runs on .*: stop it, choose another DATA_DIR, or give both the same/,
    )
    expect(await exitOf(second.program)).toBe(1)
    expect(running(first.home)?.ready).toBe(true)
  }, 60_000)
})

/** The whole program in a world of its own. */
function start(dataDir = ownFolder()): { program: Program; dataDir: string; home: string } {
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0', LOG_LEVEL: 'debug' }
  const program = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(async () => {
    if (program.exitCode === null) program.kill('SIGKILL')
    const left = running(join(dataDir, 'postgres'))
    if (left) process.kill(left.pid, 'SIGINT')
    rmSync(dataDir, { recursive: true, force: true })
  })
  return { program, dataDir, home: join(dataDir, 'postgres') }
}

function ownFolder(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'link-dispatcher-main-'))
  chmodSync(dataDir, 0o755)
  return dataDir
}

async function saying(program: Program, words: string): Promise<void> {
  let said = ''
  for await (const chunk of program.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk)
    if (said.includes(words)) return void program.stdout.resume()
  }
  throw new Error(`It ended before it said: ${words}\n${said}`)
}

async function errorsOf(program: Program): Promise<string> {
  program.stdout.resume()
  return text(program.stderr)
}

async function exitOf(program: Program): Promise<number | null> {
  if (program.exitCode === null) await once(program, 'exit')
  return program.exitCode
}
