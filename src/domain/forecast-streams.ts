import type { ChannelName } from './channel.ts'
import { type Group, MINUTE, NOBODY } from './forecast-group.ts'
import { type DueQueue, makeDueQueue } from './forecast-queue.ts'
import type { Stretch } from './open-hours.ts'

/** Messages that share a queue: the pump takes each kind for itself. */
export interface Line {
  channel: ChannelName
  needsLink: boolean
  queue: DueQueue
  /** By their place in the queue. */
  streams: Stream[]
}

/** The first messages of a group, or its reminders of one number. */
export interface Stream {
  group: number
  kind: 'first' | 'reminder'
}

export interface Streams {
  lines: readonly Line[]
  /** What falls due in this minute goes onto the queues; what may not leave any more comes back. */
  advance(minute: number): void
  /** Reminders count from here. */
  sent(stream: Stream, amount: number, minute: number): void
  /** Whether messages that are due wait for an hour at which they may leave. */
  isHeld(): boolean
  /** Whether some of what fell due in this minute trickles in after an opening. */
  isSpreading(): boolean
  /** The next minute in which something falls due; null: never. */
  next(minute: number): number | null
}

/** Messages that waited for an opening leave over so many minutes (window.ts). */
const SPREAD_MINUTES = 15

interface Flow extends Stream {
  hours: Clock
  channel: ChannelName
  units: number
  needsLink: boolean
  queue: DueQueue
  place: number
  /** Due, while it is closed. */
  held: number
  /** What goes onto the queue in each of the next minutes. */
  spread: { each: number; minutes: number }
  /** First messages, until they fall due; reminders have a source instead. */
  start: { minute: number; amount: number } | null
  source: { log: Log; after: number; read: number } | null
  /** The minute in which something of it falls due next, as far as is known. */
  wakesAt: number
}

/** Hours in minutes from the origin. */
interface Clock {
  stretches: { from: number; until: number }[]
  at: number
  isOpen: boolean
}

/** When first messages of a group left; minutes grow longer as it does, so that it stays small. */
interface Log {
  minutes: number[]
  amounts: number[]
}

export function makeStreams(groups: readonly Group[], origin: number): Streams {
  const clocks = new Map<readonly Stretch[], Clock>()
  const logs = groups.map((): Log => ({ minutes: [], amounts: [] }))
  const flows = groups.flatMap((group, i) => flowsOf(group, i, { clock: clockOf(clocks, group, origin), logs, origin }))
  const lines = linesOf(flows)
  const byClock = Map.groupBy(flows, ({ hours }) => hours)
  const remindersOf = Map.groupBy(
    flows.filter(({ kind }) => kind === 'reminder'),
    ({ group }) => group,
  )
  let isSpreading = false

  return {
    lines,
    advance(minute) {
      for (const [clock, own] of byClock) if (isTurning(clock, minute)) turn(clock, own, minute)
      isSpreading = false
      for (const flow of flows) {
        if (flow.wakesAt > minute) continue
        isSpreading ||= flow.spread.minutes > 0
        fall(flow, minute)
        flow.wakesAt = wakeOf(flow, minute)
      }
    },
    sent({ group, kind }, amount, minute) {
      const followers = kind === 'first' ? (remindersOf.get(group) ?? NONE) : NONE
      const [one] = followers
      if (!one?.source) return
      note(one.source.log, amount, minute)
      for (const flow of followers) flow.wakesAt = Math.min(flow.wakesAt, wakeOf(flow, minute))
    },
    isHeld: () => flows.some(({ held }) => held > NOBODY),
    isSpreading: () => isSpreading,
    next(minute) {
      let at = Number.POSITIVE_INFINITY
      for (const { wakesAt, held, hours } of flows) at = Math.min(at, wakesAt, held > NOBODY ? fromOf(hours) : at)
      return at === Number.POSITIVE_INFINITY ? null : Math.max(at, minute + 1)
    },
  }
}

function flowsOf(
  group: Group,
  index: number,
  { clock, logs, origin }: { clock: Clock; logs: Log[]; origin: number },
): Flow[] {
  if (group.count <= 0) return []
  const flow = (part: Pick<Flow, 'kind' | 'channel' | 'units' | 'needsLink' | 'start' | 'source'>): Flow => ({
    group: index,
    hours: clock,
    queue: makeDueQueue([]),
    place: 0,
    held: 0,
    spread: { each: 0, minutes: 0 },
    wakesAt: part.start?.minute ?? Number.POSITIVE_INFINITY,
    ...part,
  })
  const { channel, units, needsLink, count, startAt } = group
  const start = { minute: Math.floor((startAt - origin) / MINUTE), amount: count }
  const log = logs[index] ?? { minutes: [], amounts: [] }
  return [
    flow({ kind: 'first', channel, units, needsLink, start, source: null }),
    ...group.reminders.map(({ afterMs, ...one }) =>
      flow({ kind: 'reminder', ...one, start: null, source: { log, after: Math.ceil(afterMs / MINUTE), read: 0 } }),
    ),
  ]
}

/** A minute counts as open when all of it is. */
function clockOf(clocks: Map<readonly Stretch[], Clock>, { hours }: Group, origin: number): Clock {
  const known = clocks.get(hours)
  if (known) return known
  const stretches = hours.map(({ from, until }) => ({
    from: Math.ceil((from - origin) / MINUTE),
    until: Math.floor((until - origin) / MINUTE),
  }))
  const clock = { stretches, at: 0, isOpen: false }
  clocks.set(hours, clock)
  return clock
}

/** Each flow learns its queue, and its place there. */
function linesOf(flows: Flow[]): Line[] {
  return [...Map.groupBy(flows, ({ channel, needsLink }) => `${channel}|${needsLink}`).values()].flatMap((own) => {
    const [one] = own
    if (!one) return []
    const queue = makeDueQueue(own.map(({ units }) => units))
    for (const [place, flow] of own.entries()) Object.assign(flow, { queue, place })
    return [{ channel: one.channel, needsLink: one.needsLink, queue, streams: own }]
  })
}

/** The window opens or closes. */
function turn(clock: Clock, own: Flow[], minute: number): void {
  if (clock.isOpen) for (const flow of own) close(flow)
  while (untilOf(clock) <= minute) clock.at += 1
  clock.isOpen = fromOf(clock) <= minute
  if (clock.isOpen) for (const flow of own) open(flow, minute)
}

const isTurning = (clock: Clock, minute: number) =>
  untilOf(clock) <= minute || (!clock.isOpen && fromOf(clock) <= minute)
const untilOf = ({ stretches, at }: Clock) => stretches[at]?.until ?? Number.POSITIVE_INFINITY
const fromOf = ({ stretches, at }: Clock) => stretches[at]?.from ?? Number.POSITIVE_INFINITY

function close(flow: Flow): void {
  const { each, minutes } = flow.spread
  flow.held += flow.queue.withdraw(flow.place) + each * minutes
  flow.spread = { each: 0, minutes: 0 }
}

function open(flow: Flow, minute: number): void {
  if (flow.held > NOBODY) {
    flow.spread = { each: flow.held / SPREAD_MINUTES, minutes: SPREAD_MINUTES }
    flow.wakesAt = minute
  }
  flow.held = 0
}

function fall(flow: Flow, minute: number): void {
  const { start, source, spread } = flow
  if (start && start.minute <= minute) {
    arrive(flow, start.amount, minute)
    flow.start = null
  }
  while (source && (source.log.minutes[source.read] ?? Number.POSITIVE_INFINITY) + source.after <= minute) {
    arrive(flow, source.log.amounts[source.read] ?? 0, minute)
    source.read += 1
  }
  if (spread.minutes > 0) {
    flow.queue.add(flow.place, spread.each, minute)
    spread.minutes -= 1
  }
}

function arrive(flow: Flow, amount: number, minute: number): void {
  if (flow.hours.isOpen) flow.queue.add(flow.place, amount, minute)
  else flow.held += amount
}

const NONE: Flow[] = []
const LOG_GROWS_AFTER = 2_048

function note({ minutes, amounts }: Log, amount: number, minute: number): void {
  const last = minutes.length - 1
  const grain = Math.floor(minutes.length / LOG_GROWS_AFTER)
  if (last < 0 || minute - (minutes[last] ?? 0) > grain) {
    minutes.push(minute)
    amounts.push(amount)
    return
  }
  amounts[last] = (amounts[last] ?? 0) + amount
}

function wakeOf({ start, source, spread }: Flow, minute: number): number {
  if (spread.minutes > 0) return minute + 1
  const noted = source?.log.minutes[source.read]
  return Math.min(
    start?.minute ?? Number.POSITIVE_INFINITY,
    source && noted !== undefined ? noted + source.after : Number.POSITIVE_INFINITY,
  )
}
