import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeClosers } from '../src/lib/closers.ts'
import { check } from './checker.ts'
import { makeCaller, startCrm } from './crm.ts'
import { makeTrouble } from './faults.ts'
import { rarePaths } from './found.ts'
import { gather } from './gathered.ts'
import { heal } from './healing.ts'
import type { Fault, History, Post } from './history.ts'
import { startPeople } from './people.ts'
import { tellProgress } from './progress.ts'
import { makeChance } from './random.ts'
import type { Report } from './report.ts'
import { restoreAndRelease, takeCopy } from './restored.ts'
import { type Backend, type Opened, openStage } from './stage.ts'

export interface RoundOptions {
  backend: Backend
  dispatches: number
  kills: number
  seed: number
  minutes: number
  only?: readonly string[] | undefined
}

/** Healing takes half of a run, within these bounds: leases and locks of the dead run out in a minute, and what is due does not depend on how long it lasted. */
const LEAST_HEALING_MINUTES = 3
const MOST_HEALING_MINUTES = 15
const troubleMinutes = (minutes: number) => Math.max(minutes / 2, minutes - MOST_HEALING_MINUTES)
const longestMinutes = (minutes: number) => Math.max(minutes, troubleMinutes(minutes) + LEAST_HEALING_MINUTES)

/** One run on one backend: everything is started, broken, healed, compared, and gone again. */
export async function runRound(options: RoundOptions, onClose: (close: () => Promise<void>) => void): Promise<Report> {
  const { backend, dispatches, minutes, seed } = options
  const begun = performance.now()
  const until = begun + longestMinutes(minutes) * 60_000
  const closers = makeClosers()
  onClose(closers.closeAll)
  const dir = mkdtempSync(join(tmpdir(), 'link-dispatcher-chaos-'))
  chmodSync(dir, 0o755)
  // Low enough to bind while a backlog is worked off.
  const limit = Math.max(60, Math.ceil((dispatches / troubleMinutes(minutes)) * 1.1))
  try {
    const stage = await openStage({ backend, seed, limit, dir }, closers)
    const { history, notes } = await live(options, stage, until)
    const verdict = check(history)
    if (verdict.verdict === 'green') closers.add('folder', () => rmSync(dir, { recursive: true, force: true }))
    else notes['kept for a look'] = dir
    return { backend, seed, verdict, history, notes, seconds: (performance.now() - begun) / 1_000 }
  } finally {
    await closers.closeAll()
  }
}

async function live(
  { dispatches, kills, seed, minutes, only }: RoundOptions,
  stage: Opened,
  until: number,
): Promise<{ history: History; notes: Report['notes'] }> {
  const { outside, processes, postgres } = stage
  const forMs = troubleMinutes(minutes) * 60_000
  const calls = setInterval(() => outside.seen.readCalls(outside), 10_000)
  const { call, close: closeCaller } = makeCaller(stage.apiUrl, outside.apiKey)
  const crm = startCrm({
    call,
    chance: makeChance(seed + 2),
    now: outside.now,
    dispatches,
    overMs: forMs * 0.95,
    giveUpAt: Date.now() + forMs * 1.4,
  })
  const letRest = startPeople({ outside, call, chance: makeChance(seed + 3), owners: crm.owners })
  const stopTelling = tellProgress(stage, crm.posts)
  const copying = pause(forMs / 2).then(() => takeCopy(stage))
  const faults = await makeTrouble(stage, { chance: makeChance(seed), kills, forMs, only })
  const calmAt = performance.now()
  await crm.done
  const healed = await heal(stage, until)
  stopTelling()
  await letRest()
  await closeCaller()
  clearInterval(calls)

  const history = await gather(stage, { crm, faults, healed })
  history.sometimes = {
    ...(await rarePaths(postgres)),
    ...sometimesOutside(crm.posts, outside.seen.opened.values(), faults),
  }
  await addRestored(stage, history, { file: await copying, aheadMs: healed.windedMs })
  return {
    history,
    notes: {
      'seconds to heal': Math.round((performance.now() - calmAt) / 1_000),
      'clock wound by, minutes': Math.round(healed.windedMs / 60_000),
      'workers stopped in, ms': healed.stops.map(({ ms }) => Math.round(ms)).join(', '),
      'claims nobody was left to answer for': healed.orphans,
      'starts that hung': processes.map((one) => `${one.name} ${one.hungStarts()}`).join(', '),
      'exits of their own': processes
        .map((one) => `${one.name} ${one.ownExits()} of ${one.starts()} starts`)
        .join(', '),
    },
  }
}

/** Last of all, since it takes the service's place. */
async function addRestored(
  stage: Opened,
  history: History,
  { file, aheadMs }: { file: string | undefined; aheadMs: number },
): Promise<void> {
  if (!file) return void history.unfinished.push('no copy of the database could be taken')
  const restored = await restoreAndRelease(stage, file, aheadMs)
  history.restored = restored
  history.sometimes['messages the copy could not know the end of'] = restored.doubtful
  history.sometimes['opens the copy had to ask for'] = restored.opensLearned
  if (!restored.atRest) history.unfinished.push('the restored copy did not come to rest')
}

const sometimesOutside = (posts: Post[], opened: Iterable<{ tries: number }>, faults: Fault[]) => ({
  'requests repeated until answered': posts.filter(({ tries, ids }) => tries > ids.length).length,
  'answers given twice for one key': posts.filter(({ ids }) => ids.length > 1).length,
  'opens told more than once': [...opened].filter(({ tries }) => tries > 1).length,
  'doubled jobs put on the queues': faults.filter(({ kind, note }) => kind === 'doubled jobs' && note?.endsWith('jobs'))
    .length,
  'workers frozen past their lease': faults.filter(({ kind, note }) => kind === 'freeze past the lease' && note).length,
})
