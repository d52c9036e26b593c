import { setTimeout as pause } from 'node:timers/promises'
import type { Closers } from '../src/lib/closers.ts'
import type { Manager } from './campaign-manager.ts'
import type { Fault } from './history.ts'
import { type Role, type Supervised, supervise } from './processes.ts'
import type { Chance } from './random.ts'
import type { Opened } from './stage.ts'

export interface Pause {
  answeredAt: number
  /** When the resumption was asked for. */
  resumedAt: number
}
export interface Trouble {
  faults: Fault[]
  pauses: Pause[]
}

export interface TroublePlan {
  campaignId: string
  chance: Chance
  kills: number
  /** How long the backlog will last, by the partner's limit. */
  backlogMs: number
}

/** At first the limit is to be seen at work alone. */
const LEAST_CALM_MS = 75_000
const CALM_PART = 0.3
/** The last kill comes before the backlog is over. */
const KILLED_PART = 0.9
const BETWEEN_MS = 5_000

/** A pause, a graceful stop, a second pair of workers, and kills, while a campaign has a backlog. Resolves when all are at work again. */
export async function makeCampaignTrouble(
  { stage, manager, closers }: { stage: Opened; manager: Manager; closers: Closers },
  plan: TroublePlan,
): Promise<Trouble> {
  const { chance } = plan
  const faults: Fault[] = []
  const begun = performance.now()
  const at = (ms: number) => pause(Math.max(0, begun + ms - performance.now()))
  const note = async (kind: string, target: string, work: () => Promise<unknown>) => {
    const from = Date.now()
    await work()
    faults.push({ kind, target, from, to: Date.now() })
  }
  const worker = () => chance.pick(stage.processes.filter(({ role }) => role === 'worker'))

  await at(Math.max(LEAST_CALM_MS, plan.backlogMs * CALM_PART))
  const pauses: Pause[] = []
  await note('pause', 'campaign', async () => pauses.push(await pauseAndResume(manager, plan)))
  await pause(BETWEEN_MS)
  const stopped = worker()
  await note('graceful stop', stopped.name, async () => {
    await stopped.restart()
    await stopped.up(30_000)
  })
  await note('second pair', 'worker', () => addPair(stage, closers))
  const left = Math.max(plan.kills * BETWEEN_MS, plan.backlogMs * KILLED_PART - (performance.now() - begun))
  const killingFrom = performance.now() - begun
  for (const [n, role] of victims(plan).entries()) {
    await at(killingFrom + ((n + chance.next()) * left) / plan.kills)
    await note('kill', role, () => killOne(role === 'api' ? stage.processes[0] : worker()))
  }
  return { faults, pauses }
}

async function pauseAndResume(manager: Manager, { campaignId, chance }: TroublePlan): Promise<Pause> {
  const { answeredAt } = await manager.act(campaignId, 'pause')
  await pause(chance.between(6_000, 10_000))
  const { askedAt } = await manager.act(campaignId, 'resume')
  return { answeredAt, resumedAt: askedAt }
}

async function addPair({ processes, env, logDir }: Opened, closers: Closers): Promise<void> {
  const pair = ['worker-3', 'worker-4'].map((name) => supervise({ name, role: 'worker', env, logDir }))
  for (const one of pair) {
    closers.add(one.name, one.close)
    if (!(await one.up(60_000))) throw new Error(`${one.name} did not start: see ${logDir}`)
    processes.push(one)
  }
}

/** Workers twice as often as the API, and the API at least once. */
function victims({ kills, chance }: TroublePlan): Role[] {
  return chance.shuffled(Array.from({ length: kills }, (_, n) => (n % 3 === 1 ? 'api' : 'worker')))
}

/** One that is just starting would be killed for nothing. */
async function killOne(victim: Supervised | undefined): Promise<void> {
  await victim?.up(20_000)
  victim?.kill()
  await pause(50)
  await victim?.up(30_000)
}
