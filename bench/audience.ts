/**
 * An audience of a million rows, one in a hundred of them wrong, uploaded to a real service while its memory is watched:
 * `node bench/audience.ts --rows 1000000`. Exits 1 when a line is not reported, or memory passes what was promised.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../src/lib/free-port.ts'
import { startEmbedded } from '../src/store/embedded.ts'
import { FAULTS, goodLine, HEAD_LINE } from '../test/support/audience-files.ts'
import { type Running, sample, start, stopAll, watch } from './processes.ts'

const PROMISED_MB = 300
const EVERY = 100
const BLOCK = 65_536

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, profile: { type: 'string' } } })
const rows = Number(values.rows)
/** Those of `npm start`. */
const FLAGS = JSON.parse(readFileSync('package.json', 'utf8')).scripts.start.match(/--\S+/g) ?? []
process.once('SIGINT', () => void stopAll().then(() => process.exit(130)))
process.exitCode = await main()

async function main(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'link-dispatcher-audience-'))
  // The embedded server may run as another user, who has to pass.
  chmodSync(dir, 0o755)
  mkdirSync(join(dir, 'logs'))
  const database = await startEmbedded({ dataDir: join(dir, 'database') })
  try {
    const service = await startService(dir, database.url)
    try {
      return report(await measure(service))
    } finally {
      await service.running.stop()
    }
  } finally {
    await database.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Service {
  running: Running
  url: string
  headers: Record<string, string>
}

async function startService(dir: string, databaseUrl: string): Promise<Service> {
  const url = `http://127.0.0.1:${await freePort()}`
  const apiKey = randomBytes(32).toString('hex')
  const running = await start({
    name: 'service',
    command: process.execPath,
    args: [...FLAGS, ...(values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : []), 'src/main.ts'],
    env: {
      DATABASE_URL: databaseUrl,
      DATA_DIR: dir,
      API_KEY: apiKey,
      PORT: new URL(url).port,
      SANDBOX_PORT: `${await freePort()}`,
    },
    logDir: join(dir, 'logs'),
    ready: { answers: `${url}/readyz` },
    withinMs: 120_000,
  })
  return { running, url, headers: { authorization: `Bearer ${apiKey}` } }
}

async function measure({ running, url, headers }: Service) {
  const made = await fetch(`${url}/v1/campaigns`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', category: 'transactional' }),
  })
  const { id } = (await made.json()) as { id: string }
  const wrong = new Map<number, (typeof FAULTS)[number]>()
  const idleMb = sample(running.pid).rssMb
  const stopWatching = watch([running])
  const meanwhile = askMeanwhile(`${url}/readyz`)
  const begun = performance.now()
  const answer = await fetch(`${url}/v1/campaigns/${id}/audience`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'text/csv' },
    body: Readable.toWeb(Readable.from(fileOf(rows, wrong))) as ReadableStream,
    duplex: 'half',
  } as RequestInit)
  const body = (await answer.json()) as Record<string, number> & { refusals: string }
  const seconds = (performance.now() - begun) / 1_000
  const { service } = stopWatching()
  const waits = await meanwhile()
  const told = await toldLines(await fetch(`${url}${body.refusals}`, { headers }))
  return { body, seconds, waits, idleMb, rssMb: service?.rssMb ?? 0, cpuMs: service?.cpuMs ?? 0, wrong, told }
}

/** How long somebody else waits for an answer, ten times a second, ms. */
function askMeanwhile(url: string) {
  const waits: number[] = []
  let going = true
  const asking = (async () => {
    while (going) {
      const begun = performance.now()
      await (await fetch(url)).text()
      waits.push(performance.now() - begun)
      await pause(100)
    }
  })()
  return async () => {
    going = false
    await asking
    return waits
  }
}

function quantile(values: number[], part: number): string | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)]?.toFixed(1)
}

/** Line by line, as a file would come; what is wrong where is written down on the way. */
function* fileOf(rows: number, wrong: Map<number, (typeof FAULTS)[number]>): Generator<Buffer> {
  let parts: Buffer[] = [Buffer.from(`\uFEFF${HEAD_LINE}\r\n`)]
  let size = 0
  let line = 2
  for (let n = 1; n <= rows; n++) {
    const fault = n % EVERY === 0 ? FAULTS[(n / EVERY) % FAULTS.length] : undefined
    if (fault) wrong.set(line, fault)
    const text = fault ? fault.lineOf(n) : goodLine(n)
    const bytes = Buffer.concat([typeof text === 'string' ? Buffer.from(text) : text, Buffer.from('\r\n')])
    line += bytes.toString('latin1').split('\n').length - 1
    parts.push(bytes)
    size += bytes.length
    if (size < BLOCK) continue
    yield Buffer.concat(parts)
    parts = []
    size = 0
  }
  yield Buffer.concat(parts)
}

/** Reasons by line; reads only where a record begins. */
async function toldLines(answer: Response): Promise<Map<number, string>> {
  const text = await answer.text()
  return new Map(
    [...text.matchAll(/^(\d+),("(?:[^"]|"")*"|[^,]*),("(?:[^"]|"")*"|[^,\r]*)/gm)].map(([, line, , reason]) => [
      Number(line),
      (reason ?? '').replace(/^"|"$/g, '').replaceAll('""', '"'),
    ]),
  )
}

function report({
  body,
  seconds,
  waits,
  idleMb,
  rssMb,
  cpuMs,
  wrong,
  told,
}: Awaited<ReturnType<typeof measure>>): number {
  const untold = [...wrong].filter(([line, fault]) => !fault.reason.test(told.get(line) ?? ''))
  const kinds = new Set(wrong.values())
  console.log(`rows ${body['rows']}, taken ${body['taken']}, refused ${body['refused']}, doubled ${body['doubled']}`)
  console.log(`${kinds.size} kinds of wrong lines, ${wrong.size} lines, ${untold.length} of them not told`)
  for (const [line, { what }] of untold.slice(0, 10))
    console.log(`  line ${line}, ${what}: ${told.get(line) ?? 'nothing'}`)
  console.log(
    `${Math.round(rows / seconds)} rows/s, ${seconds.toFixed(1)} s, ${((cpuMs / rows) * 1_000).toFixed(0)} µs of CPU a row`,
  )
  console.log(`others waited ${quantile(waits, 0.5)} ms (median), ${quantile(waits, 0.99)} ms (p99)`)
  console.log(
    `resident memory at most ${rssMb.toFixed(0)} MB, ${idleMb.toFixed(0)} MB before it (promised: under ${PROMISED_MB})`,
  )
  return untold.length === 0 && rssMb < PROMISED_MB && body['refused'] === wrong.size ? 0 : 1
}
