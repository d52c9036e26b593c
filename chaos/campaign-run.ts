import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Closers, makeClosers } from '../src/lib/closers.ts'
import { readId } from '../src/lib/id.ts'
import { watchBacklog } from './campaign-backlog.ts'
import { checkCampaign } from './campaign-checks.ts'
import { compareCounters, finishCampaign, gatherCampaign } from './campaign-gathered.ts'
import { type Json, type Manager, makeManager } from './campaign-manager.ts'
import { type Audience, makeAudience, zonesInDaylight } from './campaign-people.ts'
import type { CampaignSeen } from './campaign-seen.ts'
import { startSingles } from './campaign-singles.ts'
import { makeCampaignTrouble } from './campaign-trouble.ts'
import { check, type Verdict } from './checker.ts'
import { makeCaller } from './crm.ts'
import { heal } from './healing.ts'
import { startPeople } from './people.ts'
import { makeChance } from './random.ts'
import type { Report } from './report.ts'
import { type Backend, type Opened, openStage } from './stage.ts'

export interface ProofOptions {
  backend: Backend
  seed: number
  rows: number
  minutes: number
  kills: number
  /** Creations the partner allows in a minute. */
  limit: number
  /** When the reminder follows; 0: none. */
  reminderS: number
}

const HOLDOUT = 0.05
/** Pushes, with reminders, are somewhat fewer than this part of the links: their limit binds in bursts only. */
const PUSHED = 0.5
const PROVIDER_PERIOD_MS = 60_000
/** Rest of the time for what follows the backlog. */
const HEALING_MS = 5 * 60_000

/** A campaign as a manager would run it, with real processes that are paused, stopped and killed meanwhile. */
export async function runProof(options: ProofOptions, onClose: (close: () => Promise<void>) => void): Promise<Report> {
  const { backend, seed, limit, minutes } = options
  const begun = performance.now()
  const closers = makeClosers()
  onClose(closers.closeAll)
  const dir = mkdtempSync(join(tmpdir(), 'link-dispatcher-campaign-'))
  chmodSync(dir, 0o755)
  const units = Math.ceil((limit / 60_000) * PROVIDER_PERIOD_MS * PUSHED)
  const provider = { name: 'fcm', channel: 'push', units, perMs: PROVIDER_PERIOD_MS } as const
  const settings = { PROVIDER_LIMITS: `fcm=${units}/PT${PROVIDER_PERIOD_MS / 1_000}S` }
  try {
    const stage = await openStage({ backend, seed, limit, dir, settings }, closers)
    const until = begun + minutes * 60_000
    const { seen, notes } = await campaignOn({ stage, closers, options, provider, until })
    const verdict = judge(seen)
    if (verdict.verdict === 'green') closers.add('folder', () => rmSync(dir, { recursive: true, force: true }))
    else notes['kept for a look'] = dir
    const seconds = (performance.now() - begun) / 1_000
    return { backend, seed, verdict, history: withoutPeople(seen), notes, seconds }
  } finally {
    await closers.closeAll()
  }
}

interface Proof {
  stage: Opened
  closers: Closers
  options: ProofOptions
  provider: CampaignSeen['provider']
  until: number
}

async function campaignOn(proof: Proof): Promise<{ seen: CampaignSeen; notes: Report['notes'] }> {
  const { stage, closers, options, provider, until } = proof
  const { outside } = stage
  const chance = makeChance(options.seed)
  const manager = makeManager(stage.apiUrl, outside.apiKey)
  closers.add('manager', manager.close)
  const audience = makeAudience(options.rows, { chance, now: outside.now() })
  const standstill = monitorEventLoopDelay({ resolution: 10 })
  standstill.enable()
  const ready = await prepare(manager, audience, options)
  const { id, uuid } = ready
  const calls = setInterval(() => outside.seen.readCalls(outside), 10_000)
  const { call, close: closeCaller } = makeCaller(stage.apiUrl, outside.apiKey)

  const started = await manager.act(id, 'start')
  const backlog = watchBacklog(stage, uuid, provider.channel)
  const [timeZone = 'UTC'] = zonesInDaylight(outside.now())
  const owners = new Map(audience.owners)
  const singles = startSingles({ outside, call, timeZone, owners, limit: options.limit })
  const letRest = startPeople({ outside, call, chance: makeChance(options.seed + 3), owners })
  const stopTelling = tellProgress(manager, id, { left: backlog.left, arrived: () => outside.seen.arrivals.length })
  const backlogMs = (ready.recipients / options.limit) * 60_000
  const plan = { campaignId: id, chance, kills: options.kills, backlogMs }
  const trouble = await makeCampaignTrouble({ stage, manager, closers }, plan)
  const differences = await compareCounters(stage, uuid)
  const wasOver = await backlog.over(until - HEALING_MS)
  const endedAt = Date.now()
  backlog.close()
  await singles.stop()
  const healed = await heal(stage, until)
  await letRest()
  const windedMs = await finishCampaign(stage, manager, { id, until, windedMs: healed.windedMs })
  stopTelling()
  clearInterval(calls)
  differences.push(...(await compareCounters(stage, uuid)))

  const seen = await gatherCampaign(stage, {
    ...{ audience, singles: singles.all, backlog: backlog.stretches, provider, healed, differences },
    ...{ ...trouble, ...ready, manager },
  })
  await closeCaller()
  if (!wasOver) seen.history.unfinished.push('the time was over before the backlog was')
  const backlogS = (endedAt - started.answeredAt) / 1_000
  const notes = {
    'rows, and people who were to be written to': `${options.rows}, ${ready.recipients}`,
    limits: `${options.limit} links a minute, ${provider.units} pushes in ${provider.perMs / 1_000} s`,
    'seconds of backlog, and by the partner limit alone': `${Math.round(backlogS)}, ${Math.round(backlogMs / 1_000)}`,
    'seconds until the last first message, estimated': secondsTo(ready.estimate, started.answeredAt),
    'clock wound by, minutes': Math.round(windedMs / 60_000),
  }
  return { seen, notes: { ...notes, ...circumstances(stage, standstill.max) } }
}

/** What else may have been the cause of what took long. */
const circumstances = ({ processes }: Opened, standstillNs: number): Report['notes'] => ({
  'the run itself stood still at most, ms': Math.round(standstillNs / 1_000_000),
  'load average of the machine': loadavg()
    .map((load) => load.toFixed(1))
    .join(', '),
  'exits of their own': processes.map((one) => `${one.name} ${one.ownExits()} of ${one.starts()} starts`).join(', '),
})

interface Ready {
  id: string
  uuid: string
  recipients: number
  upload: Json
  estimate: Json
}

/** Everything a manager does before the start. */
async function prepare(manager: Manager, audience: Audience, { reminderS }: ProofOptions): Promise<Ready> {
  const { id } = await manager.create({
    name: 'Proof',
    category: 'commercial',
    reminders: reminderS > 0 ? { after: [`PT${reminderS}S`] } : null,
    link: { expiresInMinutes: 60 },
    variants: [
      { name: 'text first', weight: 1, channels: ['sms', 'email', 'push'] },
      { name: 'mail first', weight: 1, channels: ['email', 'push', 'sms'] },
    ],
    holdout: HOLDOUT,
    brake: { failed: 1, optedOut: 1, complained: 1 },
  })
  await manager.cutOff(id, audience.csv)
  const upload = await manager.upload(id, audience.csv)
  await manager.suppress(audience.suppressions)
  const { body: estimate } = await manager.act(id, 'estimate')
  return { id, uuid: readId('cmp', id) ?? '', upload, estimate, recipients: estimate['audience'].recipients }
}

const secondsTo = ({ forecast }: Json, startedAt: number) =>
  Math.round((Date.parse(forecast.firstMessagesEndAt) - startedAt) / 1_000)

/** What holds of any dispatch, and what holds of campaigns. */
function judge(seen: CampaignSeen): Verdict {
  const general = check(seen.history)
  const own = checkCampaign(seen)
  const findings = [...own, ...general.findings]
  const unknown = [
    ...general.unknown,
    ...own.filter(({ looked }) => looked === 0).map(({ promise }) => `nothing was there to look at for ${promise}`),
  ]
  const violated = findings.some(({ violations }) => violations.length > 0)
  return { verdict: violated ? 'violated' : unknown.length > 0 ? 'unknown' : 'green', findings, unknown }
}

/** Rows of the file are no requests. */
const withoutPeople = ({ history, singles }: CampaignSeen) => ({ ...history, posts: singles.map(({ post }) => post) })

/** Every ten seconds a line for whoever watches. */
function tellProgress(manager: Manager, id: string, seen: { left(): number; arrived(): number }): () => void {
  const begun = performance.now()
  const tell = async () => {
    const { status, audience, people, pace } = await manager.progress(id)
    console.error(
      `  ${Math.round((performance.now() - begun) / 1_000)} s: ${status}, ${audience.accepted} of ${audience.planned} accepted, ` +
        `${people.handed} handed, ${seen.arrived()} arrived, ${seen.left()} in the backlog, ${pace.perMinute} a minute`,
    )
  }
  const timer = setInterval(() => void tell().catch(() => undefined), 10_000)
  return () => clearInterval(timer)
}
