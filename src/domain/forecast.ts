import type { ChannelName } from './channel.ts'
import { makeDiary } from './forecast-diary.ts'
import { type Bound, type Forecast, type Group, HORIZON_MS, type Limits, MINUTE, NOBODY } from './forecast-group.ts'
import type { Served } from './forecast-queue.ts'
import { type Line, makeStreams, type Stream, type Streams } from './forecast-streams.ts'

/** A slot of the partner's is free a minute after its answer, and found a moment later. */
const CYCLES_A_MINUTE = 60 / 61
/** Rows that this service makes messages of. */
const HOUSE_A_MINUTE = 30_000
const MINUTES_AN_HOUR = 60
/** What one line leaves of a limit, another may take. */
const ROUNDS = 4
/** Many groups take some milliseconds for so much of their time. */
const PART_MINUTES = 6 * 60

/**
 * When everything will have been sent, if nobody opens and nothing fails: people flow, minute by minute, as windows and
 * limits let them. Worked out in parts, so that whoever asks may see to others in between.
 */
export function* forecasting(groups: readonly Group[], limits: Limits): Generator<void, Forecast, void> {
  const starts = groups.filter(({ count }) => count > 0).map(({ startAt }) => startAt)
  const origin = starts.reduce((first, at) => Math.min(first, at), Number.POSITIVE_INFINITY)
  const streams = makeStreams(groups, origin)
  const diary = makeDiary(groups, origin)
  const most = limits.createsPerMinute ?? Number.POSITIVE_INFINITY
  let creates = most
  let part = PART_MINUTES
  for (let minute: number | null = starts.length > 0 ? 0 : null; minute !== null && minute < HORIZON_MS / MINUTE; ) {
    const now: number = minute
    if (now >= part) {
      part = now + PART_MINUTES
      yield
    }
    streams.advance(now)
    const room = roomOf(limits, creates)
    share(streams.lines, room, (stream, amount) => {
      streams.sent(stream, amount, now)
      diary.sent(stream, amount, now)
    })
    const waits = streams.lines.some(({ queue }) => queue.waiting > 0)
    const next: number | null = waits ? now + 1 : streams.next(now)
    diary.close(now, { used: usedOf(limits, room, streams), bound: boundOf(streams, room), next: next ?? now + 1 })
    creates = Math.min(most, room.creates + ((next ?? now) - now) * CYCLES_A_MINUTE * most)
    minute = next
  }
  return diary.read()
}

/** What this minute still has. */
interface Room {
  creates: number
  pace: number
  house: number
  units: Map<ChannelName, number>
}

const roomOf = ({ perHour, unitsPerMinute }: Limits, creates: number): Room => ({
  creates,
  pace: perHour === null ? Number.POSITIVE_INFINITY : perHour / MINUTES_AN_HOUR,
  house: HOUSE_A_MINUTE,
  units: new Map(unitsPerMinute),
})

const unitsIn = (room: Room, channel: ChannelName) => room.units.get(channel) ?? Number.POSITIVE_INFINITY

/** Lines share each limit by what they have waiting, and then what others left of it. */
function share(lines: readonly Line[], room: Room, sent: (stream: Stream, amount: number) => void): void {
  for (let round = 0; round < ROUNDS; round++) {
    const waiting = lines.filter(({ queue }) => queue.waiting > 0)
    const most = waiting.map((line) => shareOf(line, waiting, room))
    let served = 0
    for (const [i, line] of waiting.entries()) {
      const went = line.queue.serve(most[i] ?? NOTHING, (place, amount) => {
        const stream = line.streams[place]
        if (stream) sent(stream, amount)
      })
      served += went.messages
      take(room, line, went)
    }
    if (served < NOBODY) return
  }
}

const NOTHING: Served = { messages: 0, units: 0 }

function shareOf({ channel, needsLink, queue: { waiting: own } }: Line, all: readonly Line[], room: Room): Served {
  const part = (of: (line: Line) => boolean) =>
    portion(
      own,
      all.filter(of).reduce((sum, { queue }) => sum + queue.waiting, 0),
    )
  const ofAll = part(() => true)
  const creates = needsLink ? room.creates * part((line) => line.needsLink) : Number.POSITIVE_INFINITY
  return {
    messages: Math.min(own, room.pace * ofAll, room.house * ofAll, creates),
    units: unitsIn(room, channel) * part((line) => line.channel === channel),
  }
}

const portion = (own: number, all: number) => (own >= all ? 1 : own / all)

function take(room: Room, { channel, needsLink }: Line, { messages, units }: Served): void {
  room.pace -= messages
  room.house -= messages
  if (needsLink) room.creates -= messages
  room.units.set(channel, unitsIn(room, channel) - units)
}

/** Limits that space messages evenly say how much of the minute it took; the partner's lets go all at once. */
function usedOf({ perHour, unitsPerMinute }: Limits, room: Room, streams: Streams): number {
  if (streams.isSpreading()) return 1
  const pace = perHour === null ? 0 : 1 - room.pace / (perHour / MINUTES_AN_HOUR)
  const providers = [...unitsPerMinute].map(([channel, most]) => 1 - unitsIn(room, channel) / most)
  return Math.min(1, Math.max(0, pace, 1 - room.house / HOUSE_A_MINUTE, ...providers))
}

/** Rounds leave crumbs of a limit that is used up. */
const CRUMB = 0.05

function boundOf({ lines, isHeld }: Streams, room: Room): Bound | null {
  const line = lines.toSorted((a, b) => b.queue.waiting - a.queue.waiting)[0]
  if (!line || line.queue.waiting < NOBODY) return isHeld() ? 'window' : null
  if (line.needsLink && room.creates < CRUMB) return 'partner'
  if (room.pace < CRUMB) return 'pace'
  return unitsIn(room, line.channel) < CRUMB ? line.channel : 'house'
}
