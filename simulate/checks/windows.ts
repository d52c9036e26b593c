import type { RequestFact } from '../engine/history.ts'
import type { Hours } from '../world/persons.ts'
import type { Evidence } from './check.ts'

/** The claim is taken and checked within this long before the first byte. */
const START_WITHIN_MS = 2_000

/** P5: neither the start nor the end of the provider's validity lies outside the person's hours. */
export function windows({ facts, world, broken }: Evidence): void {
  for (const fact of facts) {
    if (fact.what !== 'request' || isExempt(fact, world)) continue
    const person = world.persons.get(fact.recipient)
    if (!person) continue
    const { zone, hours } = person
    const what = `step ${fact.n} (${fact.kind}) of ${fact.dispatch} by ${fact.channel}`
    if (!isOpen(fact.t, zone, hours) && !isOpen(fact.t - START_WITHIN_MS, zone, hours))
      broken('P5', fact.t, `${what} started at ${new Date(fact.t).toISOString()}, outside the hours of ${zone}`)
    const end = fact.validUntil
    if (end !== null && end - START_WITHIN_MS > fact.t + 1_000 && !isOpen(end - START_WITHIN_MS - 1, zone, hours))
      broken('P5', fact.t, `${what} may be held until ${new Date(end).toISOString()}, outside the hours of ${zone}`)
  }
}

/** What was asked for with a transactional single, where the law lets it. */
const isExempt = ({ kind, category, campaign, recipient }: RequestFact, world: Evidence['world']): boolean =>
  (kind === 'first' || kind === 'resend') &&
  category === 'transactional' &&
  !campaign &&
  !world.persons.get(recipient)?.hours.bound

const clocks = new Map<string, Intl.DateTimeFormat>()

function isOpen(at: number, zone: string, { weekdays, saturday, sunday, holidays }: Hours): boolean {
  const { date, weekday, hour } = local(at, zone)
  const hours =
    holidays.has(date) || weekday === 'Sun'
      ? holidays.has(date)
        ? null
        : sunday
      : weekday === 'Sat'
        ? saturday
        : weekdays
  return hours !== null && hours[0] <= hour && hour < hours[1]
}

function local(at: number, timeZone: string): { date: string; weekday: string; hour: number } {
  let clock = clocks.get(timeZone)
  if (!clock) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', weekday: 'short' } as const
    clock = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...parts })
    clocks.set(timeZone, clock)
  }
  const part = new Map(clock.formatToParts(at).map(({ type, value }) => [type, value]))
  const date = `${part.get('year')}-${part.get('month')}-${part.get('day')}`
  return { date, weekday: part.get('weekday') ?? '', hour: Number(part.get('hour')) }
}
