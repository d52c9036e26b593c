import { setTimeout as pause } from 'node:timers/promises'
import type { Call } from './crm.ts'
import type { Arrival } from './history.ts'
import type { Outside } from './outside.ts'
import type { Chance } from './random.ts'

export interface PeopleOptions {
  outside: Outside
  call: Call
  chance: Chance
  owners: ReadonlyMap<string, string>
}

/** Of a hundred people, about their first message. */
const OPENS = 45
const STOPS = 8
/** Reminders follow after three to eight seconds, so that both often meet. */
const LONGEST_THOUGHT_MS = 9_000

/** People who open, who say stop, and who do neither, at moments of their own. Answers the way to let them rest. */
export function startPeople({ outside, call, chance, owners }: PeopleOptions): () => Promise<void> {
  const acts = new Set<Promise<unknown>>()
  const met = new Set<string>()
  let resting = false

  outside.seen.onArrival((arrival) => {
    if (met.has(arrival.to)) return
    met.add(arrival.to)
    const work = decide(arrival)
    if (!work) return
    const done = pause(chance.between(0, LONGEST_THOUGHT_MS))
      .then(() => (resting ? undefined : work()))
      .finally(() => acts.delete(done))
    acts.add(done)
  })

  function decide({ to, linkId }: Arrival): (() => Promise<unknown>) | undefined {
    const dice = chance.between(1, 100)
    if (dice <= OPENS && linkId) return () => outside.world.openLink({ linkId })
    if (dice <= OPENS || dice > OPENS + STOPS) return undefined
    const way = chance.between(1, 4)
    if (way === 1) return () => suppress('recipient', owners.get(to) ?? '', { reason: 'manual' })
    if (way === 2 && to.startsWith('+')) return () => sayStop(to)
    return () => suppress('address', to, { reason: chance.pick(['opt_out', 'manual']) })
  }

  /** The CRM hears it and passes it on, until it was answered. */
  async function suppress(of: 'address' | 'recipient', value: string, { reason }: { reason: string }): Promise<void> {
    const field = of === 'recipient' ? 'referenceId' : fieldOf(value)
    while (!resting) {
      const answer = await call('/v1/suppressions', { [field]: value, reason })
      if (answer?.status === 201) {
        outside.seen.stopped.push({ of, value, answeredAt: Date.now() })
        return
      }
      await pause(500)
    }
  }

  async function sayStop(phone: string): Promise<void> {
    const isHeard = () => outside.seen.stopped.some(({ value }) => value === phone)
    while (!resting && !isHeard()) {
      await outside.world.twilio.reply(phone, 'STOP')
      if (!isHeard()) await pause(1_000)
    }
  }

  return async () => {
    resting = true
    await Promise.race([Promise.all(acts), pause(10_000)])
  }
}

const fieldOf = (to: string) => (to.startsWith('+') ? 'phone' : to.includes('@') ? 'email' : 'pushToken')
