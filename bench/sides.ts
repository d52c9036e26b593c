/** The two sides, in the same shape: an `api` process, and a `worker` process unless only intake is measured. */
import { randomBytes } from 'node:crypto'
import { freePort } from '../src/lib/free-port.ts'
import { type Ground, nodeOrder } from './ground.ts'
import type { Shot, Target } from './load.ts'
import { type Running, start } from './processes.ts'

export interface Side extends Target {
  name: 'ours' | 'baseline'
  processes: Running[]
  stop(): Promise<void>
}
export interface Ours extends Side {
  database: { name: string; url: string }
  /** Five hundred dispatches in one request. */
  batch: Target
  webhookSecret: string
}

export interface Shape {
  roles: readonly ('api' | 'worker')[]
  backend: 'redis' | 'postgres'
  /** Where CPU profiles of our processes go. */
  profileTo?: string | undefined
}

const LINK_HOST = 'links.bench.example'
export const BATCH = 500

export async function startOurs(ground: Ground, { roles, backend, profileTo }: Shape): Promise<Ours> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const database = await ground.newDatabase()
  const apiKey = randomBytes(32).toString('hex')
  const webhookSecret = randomBytes(32).toString('hex')
  const env = {
    ...settings(ground, url, { apiKey, webhookSecret }),
    PORT: `${port}`,
    DATABASE_URL: database.url,
    ...(backend === 'redis' && { REDIS_URL: ground.redis.url }),
  }
  const flags = profileTo ? ['--cpu-prof', `--cpu-prof-dir=${profileTo}`] : []
  const processes: Running[] = []
  const stop = async () => void (await Promise.all(processes.map((one) => one.stop())))
  try {
    for (const role of roles) {
      const order = nodeOrder(`ours-${role}`, 'src/main.ts', ground.logDir, { ...env, ROLES: role }, flags)
      const ready = role === 'api' ? { answers: `${url}/readyz` } : { says: 'link-dispatcher works' }
      processes.push({ ...(await start({ ...order, ready })), name: role })
    }
  } catch (error) {
    await stop()
    throw error
  }
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` }
  const shot = (run: string, n: number, mark: string): Shot => ({
    path: '/v1/dispatches',
    headers,
    body: JSON.stringify(ourOrder(run, n, mark)),
  })
  const batch = (run: string, n: number, mark: string): Shot => ({
    path: '/v1/dispatches/batch',
    headers,
    body: JSON.stringify({ items: Array.from({ length: BATCH }, (_, i) => ourOrder(run, n * BATCH + i, mark)) }),
  })
  return { name: 'ours', url, processes, database, webhookSecret, shot, batch: { url, shot: batch }, stop }
}

/** As somebody would run it: a test key, every secret set, the log as it comes; the partner's limit off, and stand-ins for the world. */
export function settings(
  ground: Ground,
  publicUrl: string,
  { apiKey, webhookSecret }: { apiKey: string; webhookSecret: string },
) {
  return {
    PUBLIC_URL: publicUrl,
    SANDBOX: 'off',
    DATA_DIR: ground.dir,
    API_KEY: apiKey,
    VAULT_KEYS: `v1:${randomBytes(32).toString('base64')}`,
    LOOKUP_KEYS: `l1:${randomBytes(32).toString('base64')}`,
    M2M_API_KEY: 'm2m_test_bench',
    M2M_WEBHOOK_SECRETS: webhookSecret,
    M2M_BASE_URL: ground.partnerUrl,
    M2M_LINK_HOSTS: LINK_HOST,
    M2M_CREATES_PER_MINUTE: 'off',
    SMTP_URL: `smtp://127.0.0.1:${ground.sink.smtpPort}`,
    EMAIL_FROM: 'Bench <no-reply@sender.example>',
    TEMPLATES_DIR: 'bench/templates',
    REMINDERS_AFTER: 'PT24H,PT72H',
  }
}

export async function startBaseline(ground: Ground, { roles }: Pick<Shape, 'roles'>): Promise<Side> {
  const port = await freePort()
  const env = {
    REDIS_URL: ground.redis.url,
    API_PORT: `${port}`,
    SMTP_PORT: `${ground.sink.smtpPort}`,
    PARTNER_URL: `${ground.partnerUrl}/partner/links`,
    QUEUE: `baseline-${port}`,
  }
  const processes: Running[] = []
  const stop = async () => void (await Promise.all(processes.map((one) => one.stop())))
  try {
    for (const role of roles) {
      const order = nodeOrder(`baseline-${role}`, 'bench/baseline/service.mjs', ground.logDir, { ...env, ROLE: role })
      processes.push({ ...(await start(order)), name: role })
    }
  } catch (error) {
    await stop()
    throw error
  }
  const shot = (run: string, n: number, mark: string): Shot => ({
    path: '/dispatch',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(baselineOrder(run, n, mark)),
  })
  return { name: 'baseline', url: `http://127.0.0.1:${port}`, processes, shot, stop }
}

/** The user of a run; the partner stand-in makes the link id from it. */
export const userOf = (run: string, n: number) => `user-${run}-${n}`
const userData = {
  name: { firstName: 'Ana', lastName: 'Johnson' },
  paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber: '014027000005555558' } },
}
const words = (mark: string) => ({ bench: mark, due: '2026-12-31', sender: 'Team' })

/** A recipient each, by email, reminded after PT24H and PT72H: the default. */
const ourOrder = (run: string, n: number, mark: string) => ({
  referenceId: userOf(run, n),
  userData,
  contact: { email: `${userOf(run, n)}@rcpt.example` },
  channels: ['email'],
  locale: 'en',
  timeZone: 'America/Chicago',
  variables: words(mark),
  metadata: { crmCaseId: '42' },
})

const baselineOrder = (run: string, n: number, mark: string) => ({
  id: `${run}-${n}`,
  user: { id: userOf(run, n), email: `${userOf(run, n)}@rcpt.example`, name: 'Ana' },
  channel: 'email',
  template: 'welcome',
  data: { ...words(mark), items: ['one', 'two', 'three'], userData },
})
