import { mostWithin, useOf } from './campaign-rates.ts'
import { type CampaignSeen, indexSeen, type Known } from './campaign-seen.ts'
import type { Single } from './campaign-singles.ts'
import type { Finding } from './checker.ts'
import { percentile } from './stop-promises.ts'

/** What was promised of campaigns, each with every case in which it was broken. Pure. */
export function checkCampaign(seen: CampaignSeen): Finding[] {
  const known = indexSeen(seen)
  return [
    everybodyOnce(seen, known),
    onlyTaken(seen),
    limitUsed(seen),
    providerLimit(seen),
    paused(seen, known),
    counters(seen),
    progress(seen, known),
    singles(seen),
    badRows(seen),
    finished(seen),
  ]
}

/** Whoever was taken and was to get something: one first message, unless nobody can know how many there were. */
function everybodyOnce(seen: CampaignSeen, known: Known): Finding {
  const good = seen.people.filter(({ row }) => row === 'good')
  const verdicts = good.map(({ reference }) => verdictOn(reference, seen, known))
  const unclear = verdicts.filter((verdict) => verdict === 'unclear').length
  return {
    promise: 'C1',
    says: `everyone exactly once, whoever was held out or had opted out never (${unclear} unclear after a kill)`,
    looked: good.length,
    violations: verdicts.filter((verdict) => verdict !== 'right' && verdict !== 'unclear'),
  }
}

function verdictOn(reference: string, { rows, suppressed }: CampaignSeen, { firsts, unclear }: Known): string {
  const { status, reason } = rows.get(reference) ?? { status: 'missing', reason: null }
  if (status !== 'accepted' && status !== 'held_out') return `${reference} is ${status}: ${reason}`
  const came = firsts.get(reference) ?? 0
  const wanted = status === 'accepted' && !suppressed.has(reference) ? 1 : 0
  if (came === wanted) return 'right'
  const doubtful = unclear.get(reference) ?? 0
  if (wanted === 1 && doubtful > 0 && came <= 1 + doubtful) return 'unclear'
  return `${reference} got ${came} first messages instead of ${wanted}`
}

function onlyTaken({ history, people, owners, singles }: CampaignSeen): Finding {
  const phones = new Set(singles.map(({ phone }) => phone))
  const strangers = history.arrivals.filter(({ to }) => !owners.has(to) && !phones.has(to))
  return {
    promise: 'C1',
    says: 'nobody whose row was not taken gets anything',
    looked: people.filter(({ row }) => row !== 'good').length,
    violations: strangers.map(({ channel, dispatchId }) => `${channel} of ${dispatchId ?? 'nobody known'} has no row`),
  }
}

const LEAST_USE = 0.95
/** What a killed process had taken of the limit stays taken so long. */
const SLOT_HELD_MS = 105_000

function limitUsed({ history: { creates }, backlog, pauses, kills }: CampaignSeen): Finding {
  const { at, limit } = creates
  const resumed = pauses.map(({ answeredAt, resumedAt }) => ({ from: answeredAt, to: resumedAt }))
  const killed = kills.map((from) => ({ from, to: from + SLOT_HELD_MS }))
  const calm = useOf(at, { limit, backlog, apart: [...resumed, ...killed] })
  const all = useOf(at, { limit, backlog, apart: resumed })
  return {
    promise: 'C2',
    says: `with a backlog ${percent(calm.mean)} of the partner limit is used (least minute ${percent(calm.least)}; kills included ${percent(all.mean)} over ${all.windows} minutes)`,
    looked: calm.windows,
    violations: calm.windows > 0 && calm.mean < LEAST_USE ? [`only ${percent(calm.mean)}`] : [],
  }
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`

/** A request may be on its way a little longer than the one before it. */
const ON_ITS_WAY_MS = 1_000

function providerLimit({ history, provider }: CampaignSeen): Finding {
  const { name, units, perMs } = provider
  const at = history.arrivals.filter(({ channel }) => channel === provider.channel).map((arrival) => arrival.at)
  const most = mostWithin(at, perMs)
  const certain = mostWithin(at, perMs - ON_ITS_WAY_MS)
  return {
    promise: 'C3',
    says: `at most ${units} at ${name} in any ${perMs / 1_000} s (seen ${most}; ${certain} in ${ON_ITS_WAY_MS} ms less)`,
    looked: at.length,
    violations: certain > units ? [`${certain} within ${perMs - ON_ITS_WAY_MS} ms`] : [],
  }
}

/** As with an open: what was on its way cannot be called back, and nothing else may start. */
function paused({ pauses }: CampaignSeen, { arrivals, attempts }: Known): Finding {
  const byDispatch = Map.groupBy(attempts, ({ dispatchId }) => dispatchId)
  const violations = pauses.flatMap(({ answeredAt, resumedAt }) => {
    const within = (at: number) => at > answeredAt && at < resumedAt
    const claimed = attempts.filter(({ claimedAt, outcome }) => within(claimedAt) && outcome !== 'late')
    const arrived = arrivals.filter(
      ({ at, dispatchId, channel }) =>
        within(at) &&
        (byDispatch.get(dispatchId ?? '') ?? []).some((one) => one.channel === channel && one.startBy > answeredAt),
    )
    return [
      ...claimed.map(({ dispatchId, step }) => `step ${step} of ${dispatchId} was claimed in the pause`),
      ...arrived.map(({ dispatchId, channel }) => `${channel} of ${dispatchId} began in the pause`),
    ]
  })
  return { promise: 'C4', says: 'nothing starts between a pause and its end', looked: pauses.length, violations }
}

const counters = ({ differences, compared }: CampaignSeen): Finding => ({
  promise: 'C5',
  says: 'counters are the rows, counted, whenever they are compared',
  looked: compared,
  violations: differences,
})

/** What was unclear may have arrived or not, and ends as handed over; everything else is exact. */
function progress(
  { progress: told, rows, opened, owners, endedFirst }: CampaignSeen,
  { arrivals, unclear }: Known,
): Finding {
  const of = (wanted: string) => [...rows.values()].filter(({ status }) => status === wanted).length
  const arrived = new Set(arrivals.map(({ to }) => owners.get(to))).size
  const doubtful = [...unclear.values()].reduce((sum, n) => sum + n, 0)
  const figures: [name: string, told: number, least: number, most: number][] = [
    ['planned', told['audience'].planned, rows.size, rows.size],
    ['accepted', told['audience'].accepted, of('accepted'), of('accepted')],
    ['held out', told['audience'].heldOut, of('held_out'), of('held_out')],
    ['still waiting', told['audience'].waiting, 0, 0],
    ['people with a message', told['people'].handed, arrived - unclear.size - endedFirst, arrived + unclear.size],
    ['messages', told['messages'].handed, arrivals.length - doubtful, arrivals.length + doubtful],
    ['people who opened', told['people'].opened + told['people'].openedSuspect, opened, opened],
  ]
  return {
    promise: 'C6',
    says: 'progress equals what arrived',
    looked: figures.length,
    violations: figures.flatMap(([name, said, least, most]) =>
      said >= least && said <= most
        ? []
        : [`${name}: ${said} told, ${least === most ? most : `${least} to ${most}`} seen`],
    ),
  }
}

const SINGLE_WITHIN_MS = 2_000
/** For so long after a kill singles are told apart. */
const AFTER_KILL_MS = 5_000

function singles({ singles: all, kills }: CampaignSeen): Finding {
  const isApart = ({ postedAt, arrivedAt }: Single) =>
    kills.some((at) => at > postedAt - AFTER_KILL_MS && at < (arrivedAt ?? postedAt + SINGLE_WITHIN_MS))
  const [apart, calm] = [all.filter(isApart), all.filter((one) => !isApart(one))]
  const arrived = (some: Single[]) =>
    some.flatMap((one) => (one.arrivedAt === null ? [] : [one.arrivedAt - one.postedAt]))
  const figures = (some: Single[]) =>
    [0.5, 0.99, 1].map((share) => Math.round(percentile(arrived(some), share))).join(', ')
  const never = apart.filter(({ arrivedAt }) => arrivedAt === null).length
  return {
    promise: 'C7',
    says: `a single is handed over within 2 s: p50, p99, max ${figures(calm)} ms (${apart.length} near a kill: ${figures(apart)} ms, ${never} not within the run)`,
    looked: calm.length,
    violations: calm.flatMap(({ post, postedAt, arrivedAt }) => {
      if (arrivedAt === null) return [`${post.reference} was not handed over`]
      const ms = arrivedAt - postedAt
      return ms > SINGLE_WITHIN_MS ? [`${post.reference} took ${ms} ms`] : []
    }),
  }
}

/** An upload that was cut off and sent again knows some of the good ones, and says so line by line. */
const KNOWN_BEFORE = /from an earlier upload$/

function badRows({ people, upload, refused }: CampaignSeen): Finding {
  const lines = (row: string) => people.filter((person) => person.row === row).map(({ line }) => line)
  const [bad, doubled, good] = [lines('bad'), lines('doubled'), lines('good')]
  const told = new Map(refused.map(({ line, reason }) => [line, reason]))
  const wanted = new Set([...bad, ...doubled])
  const counted = {
    rows: upload['rows'],
    refused: upload['refused'],
    taken: upload['taken'] + upload['known'] + upload['doubled'],
  }
  return {
    promise: 'C8',
    says: 'each line that is not taken is told with its reason, and no other',
    looked: wanted.size,
    violations: [
      ...[...wanted].filter((line) => !told.get(line)).map((line) => `line ${line} was not told of`),
      ...refused
        .filter(({ line, reason }) => !wanted.has(line) && !KNOWN_BEFORE.test(reason))
        .map(({ line, reason }) => `line ${line} was refused: ${reason}`),
      ...(counted.rows === people.length ? [] : [`${counted.rows} rows counted of ${people.length}`]),
      ...(counted.refused === bad.length ? [] : [`${counted.refused} counted as refused of ${bad.length}`]),
      ...(counted.taken === good.length + doubled.length
        ? []
        : [`${counted.taken} counted as taken, known or doubled`]),
    ],
  }
}

const finished = ({ campaign }: CampaignSeen): Finding => ({
  promise: 'C9',
  says: 'the campaign ends as finished',
  looked: 1,
  violations: campaign['status'] === 'finished' ? [] : [`it is ${campaign['status']}`],
})
