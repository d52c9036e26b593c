import { type DeliverPorts, type Delivery, linkOf } from './delivery.ts'
import type { AttemptResult, ClaimOrder, Settlement, StopFact, StopQuestion, Work } from './ports-deliver.ts'
import { fails, later, nextChannel, settlement, told } from './settlement.ts'
import { isAskedFor, waitsUntil } from './window.ts'

const CAPPED_MS = 15_000

/** The second half, a new statement: every stop fact, asked of the database and of nothing else. */
export async function recheck(ports: DeliverPorts, delivery: Delivery): Promise<Settlement | undefined> {
  if (!delivery.link) return undefined
  const work = atPresent(ports, delivery)
  const fact = await ports.deliveries.stopFact(questionOf(ports, delivery, delivery.link))
  if (fact) return followFrom(ports, delivery, fact)
  const opening = waitsUntil(work, ports.defaultTimeZone, ports.random())
  return opening ? shut(delivery, opening) : undefined
}

/** What took long between the reading and the claim counts: from here on the work knows the time it is now. */
function atPresent(ports: DeliverPorts, delivery: Delivery): Work {
  const { work, readAt } = delivery
  delivery.work = { ...work, now: new Date(work.now.getTime() + ports.monotonic() - readAt) }
  return delivery.work
}

function questionOf(
  ports: DeliverPorts,
  { work, tried, ...delivery }: Delivery,
  link: ClaimOrder['link'],
): StopQuestion {
  return {
    dispatchId: work.dispatchId,
    n: work.n,
    kind: work.kind,
    channel: work.channel,
    provider: delivery.provider?.name ?? 'app',
    template: delivery.templateVersion ?? work.template,
    linkId: linkOf(link).id,
    hashes: [
      ...tried.flatMap(({ address }) => address.hashes),
      ...ports.vault.lookups('recipient', work.dispatch.referenceId),
      // A person's stop on this channel outlives the address it was said from.
      ...ports.vault.lookups(`recipient_${work.channel}`, work.dispatch.referenceId),
    ],
    probing: delivery.probing ?? null,
    caps: work.channel === 'in_app' || isAskedFor(work) ? null : ports.caps,
  }
}

function followFrom(ports: DeliverPorts, delivery: Delivery, fact: StopFact): Settlement | undefined {
  const { work } = delivery
  const base = nothingSent(delivery, fact.kind)
  switch (fact.kind) {
    case 'held':
      return later(work, 'claimed', inMs(work, 5_000), `${fact.scope}_held`, base)
    case 'over':
      return skipped(delivery, fact.status, base)
    case 'opened':
      return skipped(delivery, 'opened', base)
    case 'suspect':
      return later(work, 'claimed', fact.until, 'suspect_open', { ...base, needsLink: true })
    case 'link_gone':
      return work.ownLink
        ? fails(work, 'claimed', 'link_gone', base)
        : later(work, 'claimed', work.now, 'link_gone', { ...base, needsLink: true })
    case 'capped':
      // Whoever was claimed with it sees it too, and waits as well: the guard of the next turn counts again.
      return later(work, 'claimed', inMs(work, CAPPED_MS * (1 + ports.random())), 'capped', base)
    case 'suppressed':
      return barred(ports, delivery, fact, base)
  }
}

/** The window closed between the guard and the claim. */
function shut(delivery: Delivery, opening: Date): Settlement {
  const { work } = delivery
  const fallBackAt = new Date(opening.getTime() + work.dispatch.fallBackMs)
  return later(work, 'claimed', opening, 'outside_window', { ...nothingSent(delivery, 'outside_window'), fallBackAt })
}

const inMs = (work: Work, ms: number) => new Date(work.now.getTime() + ms)

/** Every attempt that the claim wrote ends without a request. */
const nothingSent = ({ work, provider, tried }: Delivery, reason: string): Pick<Settlement, 'attempts'> => ({
  attempts: (provider ? tried.map(({ n }) => n) : [work.attempts + 1]).map((n) => unsent(n, reason)),
})

const unsent = (n: number, reason: string): AttemptResult => ({ n, outcome: 'late', reason, providerId: null })

/** The person's own word, or a bar on the person, ends the plan; a barred address alone only drops out. */
function barred(
  ports: DeliverPorts,
  delivery: Delivery,
  fact: Extract<StopFact, { kind: 'suppressed' }>,
  base: Partial<Settlement>,
): Settlement | undefined {
  const { work, tried } = delivery
  const isBarred = (hashes: Buffer[]) => hashes.some((hash) => fact.hashes.some((other) => other.equals(hash)))
  if (fact.aboutWill || isBarred(ports.vault.lookups('recipient', work.dispatch.referenceId)))
    return settlement(work, {
      ...base,
      from: 'claimed',
      to: 'skipped',
      reason: 'suppressed',
      ends: { status: 'suppressed', reason: fact.aboutWill ? 'opt_out' : 'manual' },
    })
  const out = tried.filter(({ address }) => isBarred(address.hashes))
  if (out.length === tried.length) return nextChannel(work, 'claimed', 'suppressed', base)
  delivery.tried = tried.filter((one) => !out.includes(one))
  delivery.unsent = out.map(({ n }) => unsent(n, 'suppressed'))
  return undefined
}

function skipped({ work }: Delivery, reason: string, base: Partial<Settlement>): Settlement {
  const events = work.kind === 'reminder' ? [told(work, 'reminder.skipped', { reason })] : []
  return settlement(work, { ...base, from: 'claimed', to: 'skipped', reason, events })
}
