import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeClosers } from '../src/lib/closers.ts'
import { check } from './checker.ts'
import { makeCaller, startCrm } from './crm.ts'
import { rarePaths } from './found.ts'
import { gather } from './gathered.ts'
import { heal } from './healing.ts'
import type { Outside } from './outside.ts'
import { startPeople } from './people.ts'
import type { Supervised } from './processes.ts'
import { tellProgress } from './progress.ts'
import { type Chance, makeChance } from './random.ts'
import type { Report } from './report.ts'
import { type Backend, type Opened, openStage } from './stage.ts'
import { watchStalled } from './stalled.ts'
import { percentile, type StopSeen, withStops } from './stop-promises.ts'

export interface StoppingOptions {
  backend: Backend
  stops: number
  perSecond: number
  seed: number
}

/** No stop and start together take longer on the average: so many requests are planned, and no more are made than are needed. */
const LONGEST_ROUND_S = 30
const HEALING_MS = 10 * 60_000
/** Every so many-th stop is the API's. */
const API_EVERY = 8

/** Processes under steady load, stopped as a deployment does it, one after the other, again and again. */
export async function runStops(
  options: StoppingOptions,
  onClose: (close: () => Promise<void>) => void,
): Promise<Report> {
  const { backend, perSecond, seed } = options
  const begun = performance.now()
  const closers = makeClosers()
  onClose(closers.closeAll)
  const dir = mkdtempSync(join(tmpdir(), 'link-dispatcher-stops-'))
  chmodSync(dir, 0o755)
  try {
    const stage = await openStage({ backend, seed, limit: perSecond * 120, dir }, closers)
    const report = await stopAndGo(options, stage)
    if (report.verdict.verdict === 'green') closers.add('folder', () => rmSync(dir, { recursive: true, force: true }))
    else report.notes['kept for a look'] = dir
    return { backend, seed, ...report, seconds: (performance.now() - begun) / 1_000 }
  } finally {
    await closers.closeAll()
  }
}

async function stopAndGo(
  { stops: count, perSecond, seed }: StoppingOptions,
  stage: Opened,
): Promise<Pick<Report, 'verdict' | 'history' | 'notes'>> {
  const { outside, postgres } = stage
  const stalled = await watchStalled(stage)
  const { call, close: closeCaller } = makeCaller(stage.apiUrl, outside.apiKey)
  const overMs = count * LONGEST_ROUND_S * 1_000
  let over = false
  const crm = startCrm({
    call,
    chance: makeChance(seed + 2),
    now: outside.now,
    dispatches: Math.ceil((overMs / 1_000) * perSecond),
    overMs,
    giveUpAt: Number.POSITIVE_INFINITY,
    isOver: () => over,
  })
  const letRest = startPeople({ outside, call, chance: makeChance(seed + 3), owners: crm.owners })
  const stopTelling = tellProgress(stage, crm.posts)
  const calls = setInterval(() => outside.seen.readCalls(outside), 10_000)
  const slowness = answerSlowly(outside, makeChance(seed + 4), () => over)
  const stops = await stopAgainAndAgain(stage, { count, chance: makeChance(seed) })
  over = true
  await Promise.all([crm.done, slowness])
  const healed = await heal(stage, performance.now() + HEALING_MS)
  await letRest()
  stopTelling()
  clearInterval(calls)
  await closeCaller()

  const rare = await rarePaths(postgres)
  const seen = {
    stops,
    lostClaims: (rare['claims whose worker was lost'] ?? 0) + healed.orphans,
    lostLeases: rare['queued steps found again by their lease'] ?? 0,
    stalledJobs: await stalled.count(),
  }
  await stalled.close()
  const history = await gather(stage, { crm, faults: [], healed })
  return { history, verdict: withStops(check(history), seen), notes: notesOf(stops) }
}

/** The next one is stopped when all are at work again: a deployment waits for that too. */
async function stopAgainAndAgain(
  { processes, postgres }: Opened,
  { count, chance }: { count: number; chance: Chance },
): Promise<StopSeen[]> {
  const [api, ...workers] = processes
  const stops: StopSeen[] = []
  for (let n = 0; n < count; n++) {
    for (const one of processes) if (!(await one.up(60_000))) throw new Error(`${one.name} did not come back`)
    await pause(chance.between(0, 2_000))
    const victim: Supervised | undefined = n % API_EVERY === API_EVERY - 1 ? api : workers[n % workers.length]
    const [row] = await postgres.ask<{ n: number }>(
      "select count(*)::int as n from step where status in ('queued', 'claimed')",
    )
    if (victim) stops.push({ ...(await victim.restart()), inHand: row?.n ?? 0 })
  }
  return stops
}

/** What a wire delays each piece by: an answer by Twilio, FCM or the partner takes up to 4 s then, a mail with its many turns 8 s. */
const SLOW = { twilio: 2_000, fcm: 2_000, partner: 1_500, smtp: 500 } as const

/** Some of the time one of them is slow. */
async function answerSlowly({ wires }: Outside, chance: Chance, isOver: () => boolean): Promise<void> {
  const names = Object.keys(SLOW) as (keyof typeof SLOW)[]
  while (!isOver()) {
    const name = chance.pick(names)
    wires[name].set('slow', chance.between(100, SLOW[name]))
    await pause(chance.between(1_000, 4_000))
    wires[name].set('pass')
    await pause(chance.between(0, 1_500))
  }
}

function notesOf(stops: readonly StopSeen[]): Report['notes'] {
  const line = (some: readonly StopSeen[]) => {
    const ms = some.map((stop) => stop.ms)
    return [0.5, 0.99, 1].map((share) => Math.round(percentile(ms, share))).join(', ')
  }
  return {
    'stops of workers, p50, p99, max ms': line(stops.filter(({ name }) => name !== 'api')),
    'stops of the API, p50, p99, max ms': line(stops.filter(({ name }) => name === 'api')),
    'messages in hand at a stop, least and p50': [0, 0.5]
      .map((share) =>
        percentile(
          stops.map(({ inHand }) => inHand),
          share,
        ),
      )
      .join(', '),
  }
}
