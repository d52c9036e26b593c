/**
 * Releases side by side (P10): an API and a worker of an older release, named by a git ref, and of this tree, on one database
 * under load, swapped back and forth while requests come in. Every dispatch must be sent once, be reminded once unless it was
 * opened, and not after. `node scripts/rolling-upgrade.ts <ref> [dispatches a second]`
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { type Running, start, stopAll } from '../bench/processes.ts'
import { makeClosers } from '../src/lib/closers.ts'
import { freePort } from '../src/lib/free-port.ts'
import { afternoonZone } from '../src/lib/welcome.ts'
import { startEmbedded } from '../src/store/embedded.ts'
import { type Outside, startOutside } from '../test/support/outside-world.ts'

const HERE = join(import.meta.dirname, '..')
const PHASE_MS = 6_000
const REMINDER_AFTER = 'PT3S'
const STARTED_WITHIN_MS = 120_000
const SETTLED_WITHIN_MS = 120_000

interface Release {
  name: 'old' | 'new'
  folder: string
}
interface Person {
  id: string
  referenceId: string
  phone: string
  opens: boolean
}

const [ref = '45bad8c', rate = '8'] = process.argv.slice(2)
const closers = makeClosers()
try {
  process.exitCode = (await run(1_000 / Number(rate))) ? 0 : 1
} finally {
  await closers.closeAll()
}

async function run(everyMs: number): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), 'link-dispatcher-upgrade-'))
  // The embedded server may run as another user, who has to pass.
  chmodSync(dir, 0o755)
  closers.add('folder', () => rmSync(dir, { recursive: true, force: true }))
  const releases: Record<Release['name'], Release> = {
    old: { name: 'old', folder: extract(ref, join(dir, 'old')) },
    new: { name: 'new', folder: HERE },
  }
  const database = await startEmbedded({ dataDir: join(dir, 'database') })
  closers.add('database', database.stop)
  const outside = await startOutside()
  closers.add('outside', outside.close)
  const live: string[] = []
  const balancer = await balance(Number(outside.env['PORT']), live)
  closers.add('balancer', () => {
    balancer.close()
    balancer.closeAllConnections()
  })
  closers.add('processes', stopAll)

  const pair = (release: Release) =>
    startPair(release, { dir, live, env: { ...outside.env, DATABASE_URL: database.url } })
  const received: string[] = []
  outside.world.mailbox.onAdd(({ to, direction }) => direction === 'outbound' && received.push(to))

  let olds = await pair(releases.old)
  const crm = { calls: true }
  const people = load(outside, crm, everyMs)
  await phase('old alone')
  let news = await pair(releases.new)
  await phase('both; the schema was migrated under load')
  await olds.stop()
  await phase('new alone')
  olds = await pair(releases.old)
  await phase('both, the old one started on the new schema')
  await news.stop()
  await phase('old alone, on the new schema')
  news = await pair(releases.new)
  await olds.stop()
  await phase('new alone')
  crm.calls = false
  return report(await people, received, database.url)
}

/** The tree of a commit, with this tree's packages. */
function extract(commit: string, folder: string): string {
  mkdirSync(folder)
  const archive = spawnSync('git', ['archive', commit], { cwd: HERE, maxBuffer: 1e9 })
  if (archive.status !== 0) throw new Error(String(archive.stderr))
  const unpacked = spawnSync('tar', ['-x', '-C', folder], { input: archive.stdout })
  if (unpacked.status !== 0) throw new Error(String(unpacked.stderr))
  symlinkSync(join(HERE, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

interface Place {
  dir: string
  live: string[]
  env: Record<string, string>
}

/** An API and a worker of one release; the API is on the balancer from its first answer until it stops. */
async function startPair({ name, folder }: Release, { dir, live, env }: Place) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const one = (role: string): Promise<Running> =>
    start({
      name: `${name}-${role}`,
      command: process.execPath,
      args: [join(folder, 'src/main.ts')],
      env: { ...env, PORT: String(port), ROLES: role, TEMPLATES_DIR: join(folder, 'templates'), LOG_LEVEL: 'warn' },
      logDir: dir,
      ready: { says: 'link-dispatcher' },
      withinMs: STARTED_WITHIN_MS,
    })
  const api = await one('api')
  live.push(url)
  const worker = await one('worker')
  return {
    async stop() {
      live.splice(live.indexOf(url), 1)
      await Promise.all([api.stop(), worker.stop()])
    },
  }
}

/** What stands before the API processes: each request goes to the next one that is live. */
function balance(port: number, live: string[]): Promise<Server> {
  let turn = 0
  const server = createServer((req, res) => {
    const target = live[turn++ % live.length]
    const passed = request(`${target}${req.url}`, { method: req.method ?? 'GET', headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    passed.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(503).end()))
    req.pipe(passed)
  })
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

async function phase(name: string): Promise<void> {
  console.log(name)
  await pause(PHASE_MS)
}

/** Dispatches at an even rate while the CRM calls; every third is opened as soon as its first message has come. */
async function load(outside: Outside, crm: { calls: boolean }, everyMs: number): Promise<Person[]> {
  const accepted: Promise<Person>[] = []
  for (; crm.calls; await pause(everyMs)) accepted.push(accept(outside, accepted.length))
  return Promise.all(accepted)
}

async function accept({ world, env }: Outside, i: number): Promise<Person> {
  const referenceId = `person_${i}`
  const phone = `+1512${String(5_550_000 + i)}`
  const body = {
    referenceId,
    contact: { phone },
    channels: ['sms'],
    timeZone: afternoonZone(new Date()),
    reminders: { after: [REMINDER_AFTER] },
  }
  const came = world.mailbox.waitFor(({ to }) => to === phone)
  const id = await post(`${env['PUBLIC_URL']}/v1/dispatches`, env['API_KEY'] ?? '', body)
  await came
  const opens = i % 3 === 0
  if (opens) await world.openLink({ referenceId })
  return { id, referenceId, phone, opens }
}

/** As a CRM does it: once more, with the same key, until it is answered. */
async function post(url: string, key: string, body: { referenceId: string }): Promise<string> {
  for (;;) {
    const headers = {
      Authorization: `Bearer ${key}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': body.referenceId,
    }
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined)
    if (answer?.status === 202) return ((await answer.json()) as { id: string }).id
    if (answer && answer.status < 500 && answer.status !== 409)
      throw new Error(`${answer.status} ${await answer.text()}`)
    await answer?.arrayBuffer()
    await pause(100)
  }
}

async function report(people: Person[], received: string[], databaseUrl: string): Promise<boolean> {
  const client = new Client({ connectionString: databaseUrl, options: '-c search_path=app' })
  await client.connect()
  const until = performance.now() + SETTLED_WITHIN_MS
  let steps = await read(client)
  while (steps.open > 0 && performance.now() < until) {
    await pause(500)
    steps = await read(client)
  }
  await client.end()
  const times = Map.groupBy(received, (to) => to)
  const got = ({ phone }: Person) => times.get(phone)?.length ?? 0
  const wrong = {
    lost: people.filter((person) => got(person) < (person.opens ? 1 : 2)).length,
    doubled: people.filter((person) => got(person) > 2).length + Math.abs(received.length - steps.sent),
    acceptedTwice: people.length - new Set(people.map(({ id }) => id)).size,
    sentAfterOpen: steps.late,
    unfinished: steps.open,
  }
  const opened = people.filter(({ opens }) => opens).length
  console.log({ accepted: people.length, opened, messages: received.length, ...wrong })
  return Object.values(wrong).every((count) => count === 0)
}

/** Message steps that are not done, and those that were sent; and attempts that were claimed after the open was stored, and sent. */
async function read(client: Client): Promise<{ open: number; sent: number; late: number }> {
  const { rows } = await client.query<{ open: number; sent: number; late: number }>(
    `select count(*) filter (where status in ('pending', 'queued', 'claimed', 'ambiguous'))::int as open,
       count(*) filter (where status in ('handed', 'delivered'))::int as sent,
       (select count(*)::int from attempt a join link l on l.id = a.link_id join partner_event e on e.link_lookup = l.lookup and e.type = 'link.opened'
        where a.outcome = 'accepted' and a.claimed_at > e.received_at) as late
     from step where kind <> 'close'`,
  )
  return rows[0] ?? { open: 1, sent: 0, late: 0 }
}
