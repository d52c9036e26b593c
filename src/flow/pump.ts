import type { ChannelName } from '../domain/channel.ts'
import { type Hold, heldBy, stopsEverything } from '../domain/hold.ts'
import { ALONE_AFTER } from '../domain/poison.ts'
import type { DueLane, PumpStore, TakenStep } from './ports-pump.ts'
import type { HoldStore, StepTurn } from './ports-store.ts'

export interface PumpPorts {
  steps: PumpStore
  holds: Pick<HoldStore, 'current'>
  /** Jobs of a lower `priority` number come first, whatever waits. */
  queue: { add(channel: ChannelName, jobs: StepTurn[][], priority: number): Promise<void> }
  /** Channels this installation can send on, with the names of their providers in order. */
  carriers: ReadonlyMap<ChannelName, string[]>
  /** About two seconds of work per channel stay queued; more waits as rows, where it costs nothing. */
  queuedAtMost(channel: ChannelName): number
  now(): Date
}

/** A job carries up to 25 steps when there is a backlog, and one when there is none. */
const STEPS_A_JOB = 25
const CLOSE_AT_ONCE = 500
/** The lane of everything that is no campaign's. */
const SINGLES = 1

/** One tick: what is due and admitted goes onto the queues. Answers whether there is certainly more to do. */
export async function pump(ports: PumpPorts): Promise<boolean> {
  const [holds, due] = await Promise.all([ports.holds.current(), ports.steps.due()])
  const more = due.lanes.length > 0 && (await admit(ports, holds, due))
  // After what is due, so that a message never waits for this; what comes back is seen at once.
  const { lost } = await ports.steps.expireLeases()
  return more || lost > 0
}

type Due = Awaited<ReturnType<PumpStore['due']>>

async function admit(ports: PumpPorts, holds: Hold[], { lanes, queued, singles }: Due) {
  const closing =
    lanes.some((lane) => lane.channel === 'none') && (await ports.steps.close(CLOSE_AT_ONCE)) === CLOSE_AT_ONCE
  await fallBack(ports, lanes, holds)
  if (stopsEverything(holds)) return closing
  const full = await Promise.all(
    [...ports.carriers.keys()].map((channel) =>
      fill(ports, channel, lanes, holds, { all: queued[channel] ?? 0, singles: singles[channel] ?? 0 }),
    ),
  )
  return closing || full.includes(true)
}

/**
 * Singles first, then each lane by its quota, until the channel has its two seconds of work. What is queued of campaigns
 * takes no room from singles, and is overtaken by them.
 */
async function fill(
  ports: PumpPorts,
  channel: ChannelName,
  lanes: DueLane[],
  holds: Hold[],
  queued: { all: number; singles: number },
): Promise<boolean> {
  const held = isHeld(ports, channel, holds)
  if (held === 'closed') return false
  // A hold on one version is met at the claim, where the version is known.
  const heldTemplates = holds
    .filter((hold) => hold.scope === 'template' && !hold.value.includes('@'))
    .map((hold) => hold.value)
  const most = ports.queuedAtMost(channel)
  const room = held === 'probing' ? { all: 1, singles: 1 } : { all: most - queued.all, singles: most - queued.singles }
  let more = false
  for (const { lane, priority, quota, needsLink } of lanes.filter((due) => due.channel === channel)) {
    const limit = Math.min(lane === SINGLES ? room.singles : room.all, quota)
    if (limit <= 0) return false
    const taken = await ports.steps.take({ lane, channel, needsLink, limit, heldTemplates })
    if (taken.length > 0) await ports.queue.add(channel, jobsOf(taken, queued.all), priority)
    room.all -= taken.length
    if (lane === SINGLES) room.singles -= taken.length
    more ||= taken.length === limit
  }
  return more && room.all > 0 && held === 'open'
}

/** `probing`: every provider is held, and one may be tried with its next message. */
function isHeld(ports: PumpPorts, channel: ChannelName, holds: Hold[]): 'open' | 'probing' | 'closed' {
  if (heldBy(holds, 'channel', channel)) return 'closed'
  const providers = (ports.carriers.get(channel) ?? []).map((name) => heldBy(holds, 'provider', name))
  if (providers.length === 0 || providers.includes(undefined)) return 'open'
  const now = ports.now()
  return providers.some((hold) => hold?.probeAt && hold.probeAt <= now) ? 'probing' : 'closed'
}

/** Steps that wait too long for a held channel, or for one nobody carries here, go on to the next. */
async function fallBack(ports: PumpPorts, lanes: DueLane[], holds: Hold[]): Promise<void> {
  const waiting = new Set(lanes.flatMap(({ channel }) => (channel === 'none' ? [] : [channel])))
  const stuck = [...waiting].filter(
    (channel) => !ports.carriers.has(channel) || isHeld(ports, channel, holds) !== 'open',
  )
  if (stuck.length > 0) await ports.steps.fallBack(stuck)
}

/** After two turns that ended without an outcome a step travels alone, so that only its own deaths count against it. */
function jobsOf(taken: TakenStep[], backlog: number): StepTurn[][] {
  const turn = ({ dispatchId, n, turn }: TakenStep): StepTurn => ({ dispatchId, n, turn })
  const alone = taken.filter((step) => step.emptyTurns >= ALONE_AFTER)
  const together = taken.filter((step) => step.emptyTurns < ALONE_AFTER)
  const size =
    together.length + backlog > STEPS_A_JOB
      ? Math.min(STEPS_A_JOB, Math.ceil((together.length + backlog) / STEPS_A_JOB))
      : 1
  const jobs = alone.map((step) => [turn(step)])
  for (let i = 0; i < together.length; i += size) jobs.push(together.slice(i, i + size).map(turn))
  return jobs
}
