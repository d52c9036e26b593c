import type { Evidence } from './check.ts'

const DAY = 24 * 3_600_000
/** Counted from the claim, which comes this long before the first byte, at most. */
const START_WITHIN_MS = 2_000
const PER_DAY = 3
const PER_WEEK = 7

interface Sent {
  at: number
  isAsked: boolean
}

/** At most three messages a person in any day and seven in any week; what was asked for is exempt, but counts. */
export function caps({ facts, broken }: Evidence): void {
  const persons = new Map<string, Map<string, Sent>>()
  for (const fact of facts) {
    if (fact.what !== 'request') continue
    const sent = persons.get(fact.recipient) ?? new Map<string, Sent>()
    persons.set(fact.recipient, sent)
    const key = `${fact.dispatch}/${fact.n}`
    // What is exempt may have left while this one was on its way, checked and claimed.
    const counts = ([step, one]: [string, Sent]) => step !== key && !(one.isAsked && one.at > fact.t - START_WITHIN_MS)
    const others = [...sent].filter(counts).map(([, { at }]) => at)
    const isAsked =
      (fact.kind === 'first' || fact.kind === 'resend') && fact.category === 'transactional' && !fact.campaign
    const within = (ms: number) => others.filter((at) => at > fact.t - ms + START_WITHIN_MS).length
    if (!isAsked && (within(DAY) >= PER_DAY || within(7 * DAY) >= PER_WEEK))
      broken(
        'caps',
        fact.t,
        `${key} is one too many for ${fact.recipient}: ${within(DAY)} in a day, ${within(7 * DAY)} in a week`,
      )
    if (fact.taken) sent.set(key, { at: fact.t, isAsked })
  }
}
