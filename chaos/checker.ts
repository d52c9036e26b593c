import type { Arrival, FoundAttempt, History, RestoredSeen } from './history.ts'

/** One promise, and every case in which it was broken, in words that hold no address and no link. */
export interface Finding {
  promise: string
  says: string
  looked: number
  violations: string[]
}

export interface Verdict {
  verdict: 'green' | 'violated' | 'unknown'
  findings: Finding[]
  /** Rare paths that never happened, and whatever else makes the run say nothing. */
  unknown: string[]
}

/** A link may lose this much of its life between the look at it and the hand-over. */
const LIFE_SLACK_MS = 60_000
const MINUTE = 60_000

/** Compares what was asked, answered, found and received. Pure: planted histories show that each breach is seen. */
export function check(history: History): Verdict {
  const known = index(history)
  const findings = [
    kept(history),
    oneOutcome(history),
    afterOpen(history, known),
    duplicates(history, known),
    afterStop(history, known),
    hours(history, known),
    deadLinks(history, known),
    creates(history),
    feed(history),
    ...(history.restored ? [restoredCopy(history, known, history.restored)] : []),
  ]
  const violated = findings.some(({ violations }) => violations.length > 0)
  const rare = Object.entries(history.sometimes).filter(([, count]) => count === 0)
  const late = history.atRest ? [] : ['the time was over before the service came to rest']
  if (history.restored?.newcomers === 0) late.push('nobody new got anything from the restored copy')
  const unknown = [...late, ...history.unfinished, ...rare.map(([name]) => `never happened: ${name}`)]
  return { verdict: violated ? 'violated' : unknown.length > 0 ? 'unknown' : 'green', findings, unknown }
}

type Known = ReturnType<typeof index>

function index({ found, links }: History) {
  const attempts = Map.groupBy(found.attempts, ({ dispatchId }) => dispatchId)
  const steps = new Map(found.steps.map((step) => [`${step.dispatchId}.${step.n}`, step]))
  return {
    dispatches: new Map(found.dispatches.map((one) => [one.id, one])),
    links: new Map(links.map((link) => [link.linkId, link])),
    steps,
    /** Requests that may have been this message: those of its step and address that are not known to have stayed here. */
    behind: ({ dispatchId, step, attempt, channel, to, kind }: Arrival): FoundAttempt[] =>
      (attempts.get(dispatchId ?? '') ?? []).filter(
        (one) =>
          one.channel === channel &&
          (one.to === null || one.to === to) &&
          one.outcome !== 'late' &&
          (step === null ? steps.get(`${one.dispatchId}.${one.step}`)?.kind === kind : one.step === step) &&
          (attempt === null || one.n === attempt),
      ),
  }
}

function kept({ posts, found }: History): Finding {
  const byReference = Map.groupBy(found.dispatches, ({ reference }) => reference)
  const ids = new Set(found.dispatches.map(({ id }) => id))
  const attempted = Map.groupBy(posts, ({ reference }) => reference)
  const lost = posts.flatMap(({ key, ids: told }) =>
    told.filter((id) => !ids.has(id)).map((id) => `lost: ${id}, acknowledged for key ${key}`),
  )
  const twice = posts.flatMap(({ key, ids: told }) =>
    new Set(told).size > 1 ? [`doubled: key ${key} was answered with ${new Set(told).size} dispatches`] : [],
  )
  const unexpected = found.dispatches
    .filter(({ reference }) => !attempted.has(reference))
    .map(({ id }) => `unexpected: ${id} was never asked for`)
  const doubled = [...byReference].flatMap(([reference, rows]) => {
    const asked = attempted.get(reference)?.length ?? rows.length
    return rows.length > asked ? [`doubled: ${rows.length} dispatches of ${asked} requests (${rows[0]?.id})`] : []
  })
  return {
    promise: 'P1',
    says: 'acknowledged = found: none lost, unexpected or doubled',
    looked: posts.length,
    violations: [...lost, ...twice, ...unexpected, ...doubled],
  }
}

const ENDS = ['opened', 'exhausted', 'failed', 'expired', 'cancelled', 'superseded', 'suppressed']

/** A late open is a fact: it may follow `exhausted` and `failed`. */
function oneOutcome({ found, atRest }: History): Finding {
  const violations = found.dispatches.flatMap(({ id, status, ends }) => {
    if (!ENDS.includes(status)) return atRest ? [`${id} is still ${status}, and nothing is to come`] : []
    const [first = '', second] = ends
    const lateOpen = ends.length === 2 && second === 'opened' && ['exhausted', 'failed'].includes(first)
    if (ends.length !== 1 && !lateOpen) return [`${id} ended ${ends.length} times: ${ends.join(', ')}`]
    return ends.at(-1) === status ? [] : [`${id} is ${status} and was told to be ${ends.at(-1)}`]
  })
  return { promise: 'P1', says: 'each dispatch has exactly one outcome', looked: found.dispatches.length, violations }
}

/**
 * A message that arrives after the answer must have begun its way before it, since what has been handed over cannot be
 * called back: so a breach is one that came after the answer and whose request was still allowed to start after it.
 */
const beganAfter = (known: Known, arrival: Arrival, answeredAt: number) =>
  arrival.at > answeredAt && known.behind(arrival).some(({ startBy }) => startBy > answeredAt)

function afterOpen({ arrivals, opened }: History, known: Known): Finding {
  const answers = new Map(opened.map(({ linkId, answeredAt }) => [linkId, answeredAt]))
  const violations = arrivals.flatMap((arrival) => {
    const carried = known.dispatches.get(arrival.dispatchId ?? '')?.carried ?? []
    const first = Math.min(...carried.map((linkId) => answers.get(linkId) ?? Number.POSITIVE_INFINITY))
    return beganAfter(known, arrival, first) ? [`${nameOf(arrival)} began after the open was answered`] : []
  })
  return {
    promise: 'P2',
    says: 'nothing planned starts after the open was answered',
    looked: opened.length,
    violations,
  }
}

/** A reason to send once more: nobody knows whether it arrived, or the provider says that it did not. */
const isExcused = ({ outcome, receipt }: FoundAttempt) =>
  outcome === 'ambiguous' || receipt === 'undelivered' || receipt === 'failed'

const placeOf = ({ dispatchId, step, kind, channel, to }: Arrival) => [dispatchId, step ?? kind, channel, to].join(' ')

/** One message of each step that it may be, and one more for each reason to send again. */
function allowedTimes(known: Known, arrival: Arrival): number {
  const behind = known.behind({ ...arrival, attempt: null })
  const steps = arrival.step === null ? new Set(behind.map(({ step }) => step)).size : 1
  return steps + behind.filter(isExcused).length
}

function duplicates({ arrivals }: History, known: Known): Finding {
  const violations = [...Map.groupBy(arrivals, placeOf).values()].flatMap((same) => {
    const [first] = same
    if (!first) return []
    const behind = known.behind({ ...first, attempt: null })
    const excused = behind.filter(isExcused).length
    if (behind.length === 0) return [`${nameOf(first)} has no attempt behind it`]
    if (same.length > behind.length)
      return [`${nameOf(first)} came ${same.length} times from ${behind.length} attempts`]
    return same.length > allowedTimes(known, first)
      ? [`${nameOf(first)} came ${same.length} times, ${excused} of its attempts are a reason to send again`]
      : []
  })
  const twins = Map.groupBy(
    arrivals.filter(({ attempt }) => attempt !== null),
    ({ dispatchId, step, attempt }) => `${dispatchId}.${step}.${attempt}`,
  )
  for (const [id, same] of twins) if (same.length > 1) violations.push(`attempt ${id} arrived ${same.length} times`)
  return { promise: 'P3', says: 'no unexplained duplicate', looked: arrivals.length, violations }
}

function afterStop({ arrivals, stopped }: History, known: Known): Finding {
  const answers = new Map<string, number>()
  for (const { of, value, answeredAt } of stopped) {
    const key = `${of} ${value}`
    answers.set(key, Math.min(answeredAt, answers.get(key) ?? answeredAt))
  }
  const violations = arrivals.flatMap((arrival) => {
    const reference = known.dispatches.get(arrival.dispatchId ?? '')?.reference
    const told = [answers.get(`address ${arrival.to}`), answers.get(`recipient ${reference}`)]
    const first = Math.min(...told.map((at) => at ?? Number.POSITIVE_INFINITY))
    return beganAfter(known, arrival, first) ? [`${nameOf(arrival)} began after the opt-out was answered`] : []
  })
  return { promise: 'P4', says: 'nothing starts after an answered opt-out', looked: stopped.length, violations }
}

function hours({ arrivals }: History, known: Known): Finding {
  const format = new Map<string, Intl.DateTimeFormat>()
  const hourIn = (timeZone: string, at: number) => {
    const known = format.get(timeZone) ?? new Intl.DateTimeFormat('en', { timeZone, hour: 'numeric', hourCycle: 'h23' })
    format.set(timeZone, known)
    return Number(known.format(at))
  }
  const bound = arrivals.filter(
    ({ kind, dispatchId }) => kind === 'reminder' || known.dispatches.get(dispatchId ?? '')?.category === 'commercial',
  )
  const violations = bound.flatMap((arrival) => {
    const zone = known.dispatches.get(arrival.dispatchId ?? '')?.timeZone
    const hour = zone === undefined ? 12 : hourIn(zone, arrival.worldAt)
    return hour < 8 || hour >= 21 ? [`${nameOf(arrival)} came at ${hour} o'clock`] : []
  })
  const says = 'no reminder, and nothing commercial, between 21:00 and 8:00'
  return { promise: 'P5', says, looked: bound.length, violations }
}

function deadLinks({ arrivals }: History, known: Known): Finding {
  const violations = arrivals.flatMap((arrival) => {
    const link = known.links.get(arrival.linkId ?? '')
    if (!link) return [`${nameOf(arrival)} carries a link the partner never made`]
    if (link.expiresAt <= arrival.worldAt) return [`${nameOf(arrival)} carries a dead link`]
    const life = link.expiresAt - link.createdAt
    const needed = life < 60 * MINUTE ? life / 2 : 30 * MINUTE
    const handedAt = known.behind(arrival).findLast(({ claimedAt }) => claimedAt <= arrival.worldAt)?.claimedAt
    return link.expiresAt - (handedAt ?? arrival.worldAt) < needed - LIFE_SLACK_MS
      ? [`${nameOf(arrival)} carries a dying link`]
      : []
  })
  return { promise: 'P6', says: 'the link lives long enough at the hand-over', looked: arrivals.length, violations }
}

function creates({ creates: { at, limit } }: History): Finding {
  const most = mostInAMinute(at)
  return {
    promise: 'P7',
    says: `at most ${limit} creations in any 60 s (seen ${most})`,
    looked: at.length,
    violations: most > limit ? [`${most} creations within 60 s`] : [],
  }
}

export function mostInAMinute(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  let from = 0
  let most = 0
  for (const [i, at] of sorted.entries()) {
    while ((sorted[from] ?? at) <= at - MINUTE) from += 1
    most = Math.max(most, i - from + 1)
  }
  return most
}

const feed = ({ found: { dispatches, feed }, atRest }: History): Finding => ({
  promise: 'P8',
  says: 'every event has its number, once and without a gap',
  looked: dispatches.length,
  violations: [
    ...(feed.unnumbered > 0 && atRest ? [`${feed.unnumbered} events have no number`] : []),
    ...(feed.outOfLine > 0 ? [`${feed.outOfLine} numbers are missing or twice`] : []),
  ],
})

/** What the lost database sent after the copy was made is not in it; the arrivals and the partner know. */
function restoredCopy({ arrivals, found }: History, known: Known, restored: RestoredSeen): Finding {
  const before = Map.groupBy(arrivals, placeOf)
  const opened = new Set(found.dispatches.filter(({ ends }) => ends.includes('opened')).map(({ id }) => id))
  const { reason, whileHeld, afterwards, doubtful } = restored
  const again = [...Map.groupBy(afterwards, placeOf)].flatMap(([place, same]) => {
    const [first] = same
    const came = before.get(place)?.length ?? 0
    return first && came > 0 && came + same.length > allowedTimes(known, first)
      ? [`${nameOf(first)} came once more`]
      : []
  })
  const unwanted = afterwards.filter(({ dispatchId }) => opened.has(dispatchId ?? ''))
  return {
    promise: 'P11',
    says: 'a restored copy sends nothing by itself, nothing twice, nothing after an open',
    looked: doubtful + afterwards.length,
    violations: [
      ...(reason === null ? ['it did not start held'] : []),
      ...whileHeld.map((one) => `${nameOf(one)} came while everything was held`),
      ...again,
      ...unwanted.map((one) => `${nameOf(one)} came after the open`),
    ],
  }
}

const nameOf = ({ channel, dispatchId, step, kind }: Arrival) =>
  `${channel} of ${dispatchId ?? 'nobody known'}, ${step === null ? kind : `step ${step}`}`
