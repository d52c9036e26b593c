import { lifeNeededMs } from './magic-link.ts'
import type { Carried, Claimed, DispatchRecord, Opened, Received, RecordFact, Settled, Told } from './record.ts'

export const CHECKED_PROMISES = ['P2', 'P3', 'P6'] as const
export type CheckedPromise = (typeof CHECKED_PROMISES)[number]
export type Verdict = 'holds' | 'broken' | 'unproven'

export interface Finding {
  promise: CheckedPromise
  verdict: Verdict
  why: string[]
}

/** What a record proves of the promises that one dispatch can show. Asks nobody: only the record is looked at. */
export function checkRecord(record: DispatchRecord): Finding[] {
  const gaps = gapsIn(record)
  return [
    found('P2', nothingAfterTheOpen(record), gaps),
    found('P3', nothingTwice(record), gaps),
    found('P6', noDeadLink(record), gaps),
  ]
}

/** What speaks against a promise, or, where nothing does, the sentence that says what was seen. */
interface Seen {
  against: { verdict: Exclude<Verdict, 'holds'>; why: string }[]
  seen: string
}

function found(promise: CheckedPromise, { against, seen }: Seen, gaps: string[]): Finding {
  const all = [...against, ...gaps.map((why) => ({ verdict: 'unproven' as const, why }))]
  if (all.length === 0) return { promise, verdict: 'holds', why: [seen] }
  const verdict = all.some((one) => one.verdict === 'broken') ? 'broken' : 'unproven'
  return { promise, verdict, why: all.filter((one) => one.verdict === verdict).map(({ why }) => why) }
}

const broken = (why: string) => ({ verdict: 'broken' as const, why })
const unproven = (why: string) => ({ verdict: 'unproven' as const, why })

/** An attempt with all that became of it. */
interface Attempt {
  name: string
  claimed: Claimed
  settled: Settled | undefined
  received: Received | undefined
}

function attemptsOf({ facts }: DispatchRecord): Attempt[] {
  const settled = new Map(ofKind(facts, 'settled').map((fact) => [nameOf(fact), fact]))
  const received = new Map(ofKind(facts, 'received').map((fact) => [nameOf(fact), fact]))
  return ofKind(facts, 'claimed').map((claimed) => {
    const name = nameOf(claimed)
    return { name, claimed, settled: settled.get(name), received: received.get(name) }
  })
}

const ofKind = <Kind extends RecordFact['kind']>(facts: RecordFact[], kind: Kind) =>
  facts.filter((fact): fact is Extract<RecordFact, { kind: Kind }> => fact.kind === kind)

const nameOf = ({ stepId, attempt }: { stepId: string; attempt: number }) => `${stepId} attempt ${attempt}`

/** The request of a `late` attempt was never begun. */
const mayHaveBegun = ({ settled }: Attempt) => settled?.outcome !== 'late'

/** P2: no planned step's request starts after an open of a link that the dispatch carried was answered. */
function nothingAfterTheOpen(record: DispatchRecord): Seen {
  const opens = ofKind(record.facts, 'opened').filter((open) => stops(record, open))
  const asked = new Set(record.steps.filter(({ kind }) => kind === 'resend').map(({ id }) => id))
  const planned = attemptsOf(record).filter((one) => !asked.has(one.claimed.stepId) && mayHaveBegun(one))
  if (opens.length === 0)
    return record.dispatch.status === 'opened'
      ? { against: [unproven('It counts as opened, but no notice of an open stands in the record.')], seen: '' }
      : { against: [], seen: 'No open that stops its plan was told.' }
  return {
    against: opens.flatMap((open) => againstOpen(open, planned)),
    seen: `${many(planned.length, 'planned attempt')} may have begun, and none after ${opens[0]?.fencedAt}, when the open could be answered.`,
  }
}

/** One that looks like a machine's stops nothing where the dispatch waits for a second sign of life. */
const stops = ({ dispatch }: DispatchRecord, { suspect }: Opened) =>
  suspect === null || dispatch.suspectOpens === 'stop'

function againstOpen(open: Opened, planned: Attempt[]): Seen['against'] {
  const { fencedAt, notice, at } = open
  if (fencedAt === null)
    return [unproven(`Of the ${notice} of ${at} it is not written down when nothing could start any more.`)]
  return planned.flatMap((one) => againstAttempt(one, fencedAt))
}

/** How long before its `startBy` a claim is made. */
const START_WITHIN_MS = 2_000

/** It began before its last moment to begin, and before its outcome was known: the earlier of the two counts. */
function againstAttempt({ name, claimed: { startBy }, settled }: Attempt, fencedAt: string): Seen['against'] {
  const fence = Date.parse(fencedAt)
  const outcomeAt = settled?.outcomeAt ?? null
  if (Date.parse(startBy) <= fence || (outcomeAt !== null && Date.parse(outcomeAt) <= fence)) return []
  const could = `${name} could begin until ${startBy}, and the open could be answered from ${fencedAt}`
  if (Date.parse(startBy) - START_WITHIN_MS > fence && settled) return [broken(`${could}.`)]
  if (outcomeAt !== null) return [broken(`${could}; its outcome came later still, at ${outcomeAt}.`)]
  return [unproven(`${could}; when its outcome came is not written down.`)]
}

const FAILED_RECEIPTS = new Set(['failed', 'undelivered', 'canceled', 'bounced'])
/** Why a step went on although an attempt of it was unclear: policy, the provider has it not, or whoever released a restored copy. */
const UNCLEAR_AGAIN = new Set(['unclear_resent', 'not_at_provider', 'restored'])

/** P3: per step and device one message, and one more for each unclear attempt that was cleared up or sent again by policy. */
function nothingTwice(record: DispatchRecord): Seen {
  const attempts = attemptsOf(record)
  const again = ofKind(record.facts, 'told').filter(
    ({ type, reason }) => type === 'message.waits' && UNCLEAR_AGAIN.has(reason ?? ''),
  )
  const groups = Map.groupBy(attempts, deviceOf)
  return {
    against: [...groups.values()].flatMap((same) => againstDevice(same, again)),
    seen: `${many(groups.size, 'pair')} of step and device: one message each, and one more only after an unclear one that was cleared up or, by policy, sent again.`,
  }
}

const deviceOf = ({ claimed: { stepId, channel, device } }: Attempt) =>
  `${stepId} by ${channel} to ${device ?? 'nobody named'}`

function againstDevice(same: Attempt[], again: Told[]): Seen['against'] {
  const [first] = same
  if (!first) return []
  const where = deviceOf(first)
  if (first.claimed.device === null && first.claimed.channel !== 'in_app')
    return same.length > 1
      ? [unproven(`${where}: ${many(same.length, 'attempt')}, and nothing says to which device.`)]
      : []
  const arrived = same.filter((one) => !FAILED_RECEIPTS.has(one.received?.receipt ?? ''))
  const taken = arrived.filter(({ settled }) => settled?.outcome === 'accepted').length
  const unclear = arrived.filter(({ settled }) => settled?.outcome === 'ambiguous').length
  const unknown = arrived.filter(({ settled }) => settled === undefined).length
  const excused = Math.min(again.filter(({ stepId }) => stepId === first.claimed.stepId).length, unclear)
  const allowed = 1 + excused
  if (taken + unclear > allowed)
    return [broken(`${where}: ${taken + unclear} messages may have arrived, where ${allowed} may.`)]
  if (taken + unclear + unknown > allowed)
    return [unproven(`${where}: what became of ${many(unknown, 'attempt')} is not written down.`)]
  return []
}

/** P6: when a message is handed over, its link has life enough left. Measured at the claim, with which the hand-over begins. */
function noDeadLink(record: DispatchRecord): Seen {
  const links = new Map(ofKind(record.facts, 'carried').map((fact) => [fact.linkId, fact]))
  const sent = attemptsOf(record).filter(
    ({ settled }) => settled?.outcome === 'accepted' || settled?.outcome === 'ambiguous',
  )
  return {
    against: sent.flatMap((one) => againstLink(one, links.get(one.claimed.linkId ?? ''))),
    seen: `${many(sent.length, 'message')} handed over, with life enough left in the link of each.`,
  }
}

function againstLink({ name, claimed }: Attempt, link: Carried | undefined): Seen['against'] {
  if (!link) return [unproven(`${name}: how long its link lives stands nowhere in the record.`)]
  const leftMs = Date.parse(link.expiresAt) - Date.parse(claimed.at)
  const neededMs = lifeNeededMs(link.requestedMs)
  if (leftMs >= neededMs) return []
  return [broken(`${name}: ${link.linkId} had ${minutes(leftMs)} min left, and needs ${minutes(neededMs)}.`)]
}

const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
const minutes = (ms: number) => Math.round(ms / 6_000) / 10

/** What a whole record cannot lack. With a fact missing nothing is proven. */
function gapsIn(record: DispatchRecord): string[] {
  const attempts = attemptsOf(record)
  const names = new Set(attempts.map(({ name }) => name))
  const steps = new Set(attempts.map(({ claimed }) => claimed.stepId))
  const orphans = [...ofKind(record.facts, 'settled'), ...ofKind(record.facts, 'received')].filter(
    (fact) => !names.has(nameOf(fact)),
  )
  const skipped = attempts.filter(
    ({ claimed: { stepId, attempt } }) => attempt > 1 && !names.has(nameOf({ stepId, attempt: attempt - 1 })),
  )
  const untried = ofKind(record.facts, 'told').filter(
    ({ type, stepId }) => type === 'message.handed' && stepId !== null && !steps.has(stepId),
  )
  return [
    ...orphans.map((fact) => `The record is not whole: ${nameOf(fact)} is ${fact.kind}, but not claimed.`),
    ...skipped.map(({ name }) => `The record is not whole: ${name} has no attempt before it.`),
    ...untried.map(({ stepId }) => `The record is not whole: ${stepId} was handed over, but not claimed.`),
  ]
}
