import type { Outcome } from '../domain/outcome.ts'
import {
  type Address,
  addressesOf,
  type DeliverPorts,
  type Delivery,
  linkOf,
  messageFor,
  unsubscribeUrlOf,
} from './delivery.ts'
import { findLink } from './find-link.ts'
import { guard } from './guard.ts'
import type { Attempt } from './ports.ts'
import type { AttemptResult, Settlement, StepTurn, StopFact, Work } from './ports-store.ts'
import {
  attemptResult,
  fails,
  later,
  nextChannel,
  type Sent,
  settle,
  settlement,
  strongest,
  told,
} from './settlement.ts'
import { windowLeftMs } from './window.ts'

/**
 * One step, from a job to what follows. Each named step either passes the delivery on or ends it with a settlement.
 * Nothing is done when the turn is over: a late or doubled job finds no work.
 */
export async function deliver(ports: DeliverPorts, turn: StepTurn): Promise<Settlement['to'] | 'nothing'> {
  const work = await ports.deliveries.work(turn)
  if (!work) return 'nothing'
  const addresses = addressesOf(work, ports.vault)
  const delivery: Delivery = { work, newId: ports.newId, addresses, tried: [], unsent: [] }
  try {
    for (const step of [guard, findLink, render, claim, recheck, send]) {
      const end = await step(ports, delivery)
      if (end === 'nothing') return end
      if (end) return await finish(ports, delivery, end)
    }
    return 'nothing'
  } finally {
    await delivery.release?.()
  }
}

async function render(ports: DeliverPorts, delivery: Delivery): Promise<Settlement | undefined> {
  const { work, link } = delivery
  if (work.channel === 'in_app' || !link) return undefined
  const { firstName = '', lastName = '' } = work.person.contact.name ?? {}
  const rendering = ports.render.render({
    template: work.template,
    channel: work.channel,
    locale: work.dispatch.locale,
    timeZone: work.dispatch.timeZone,
    now: work.now,
    name: { first: firstName, last: lastName, full: `${firstName} ${lastName}`.trim() },
    link: { url: linkOf(link).url, expiresAt: linkOf(link).expiresAt },
    variables: work.person.variables,
  })
  if (!rendering.ok)
    return fails(work, 'queued', rendering.code, {
      events: [told(work, 'message.failed', { reason: rendering.code, missing: rendering.missing })],
    })
  delivery.words = rendering.words
  delivery.templateVersion = `${work.template}@${rendering.version}`
  return undefined
}

/** The longest an outcome may take before the claim counts as ambiguous: SMTP may be silent for 10 min after the dot. */
const OUTCOME_WITHIN_MS = { sms: 30_000, push: 45_000, email: 13 * 60_000, in_app: 30_000 }
const START_WITHIN_MS = 2_000
/** A held provider gets its next message after this long. */
const PROBE_AFTER_MS = 30_000

/** The first half of the fence. The deadline is taken before the statement, so ours never lies behind the database's. */
async function claim(ports: DeliverPorts, delivery: Delivery): Promise<'nothing' | undefined> {
  const { work, link, provider, addresses } = delivery
  if (!link) throw new Error('a delivery without a link reached the claim')
  delivery.startBy = ports.monotonic() + START_WITHIN_MS
  delivery.tried = addresses.map((address, i) => ({ n: work.attempts + 1 + i, address }))
  const attempts = provider
    ? delivery.tried.map(({ n, address }) => ({
        n,
        provider: provider.name,
        addressHash: address.hash,
        ...bodyOf(ports, delivery),
      }))
    : [{ n: work.attempts + 1, provider: 'app', addressHash: null }]
  const won = await ports.deliveries.claim({
    dispatchId: work.dispatchId,
    n: work.n,
    turn: work.turn,
    referenceId: work.dispatch.referenceId,
    link,
    slot: work.slot,
    attempts,
    outcomeWithinMs: OUTCOME_WITHIN_MS[work.channel],
  })
  return won ? undefined : 'nothing'
}

/** A text is found again at its provider by the keyed hash of its words. */
const bodyOf = ({ vault }: DeliverPorts, { words }: Delivery) =>
  words?.channel === 'sms' ? { bodyHash: vault.lookup('text', words.text) } : {}

/** The second half, a new statement: every stop fact, asked of the database and of nothing else. */
async function recheck(ports: DeliverPorts, delivery: Delivery): Promise<Settlement | undefined> {
  const { work, link, tried } = delivery
  if (!link) return undefined
  const fact = await ports.deliveries.stopFact({
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
  })
  if (!fact) return undefined
  const numbers = delivery.provider ? tried.map(({ n }) => n) : [work.attempts + 1]
  const base = { attempts: numbers.map((n) => unsent(n, fact.kind)) }
  switch (fact.kind) {
    case 'held':
      return later(work, 'claimed', new Date(work.now.getTime() + 5_000), `${fact.scope}_held`, base)
    case 'over':
      return skipped(delivery, fact.status, base)
    case 'opened':
      return skipped(delivery, 'opened', base)
    case 'link_gone':
      return work.ownLink
        ? fails(work, 'claimed', 'link_gone', base)
        : later(work, 'claimed', work.now, 'link_gone', { ...base, needsLink: true })
    case 'suppressed':
      return barred(ports, delivery, fact, base)
  }
}

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

/** One request per address, all under the same start deadline; the outcomes decide together. */
async function send(ports: DeliverPorts, delivery: Delivery): Promise<Settlement | undefined> {
  const { work, link, provider, words, tried } = delivery
  if (!link) return undefined
  const base = { link: linkOf(link), random: ports.random() }
  if (!provider || !words) return place(work, base)
  const name = work.person.contact.name
  const full = `${name?.firstName ?? ''} ${name?.lastName ?? ''}`.trim()
  const sent = await Promise.all(
    tried.map(async ({ address, n }) => {
      const unsubscribeUrl = unsubscribeUrlOf(ports, work, address)
      const message = messageFor(words, address, linkOf(link).url, full, unsubscribeUrl)
      return { address, n, outcome: await provider.send(message, attemptOf(ports, delivery, n)) }
    }),
  )
  for (const { address, outcome } of sent) await react(ports, provider.name, address, outcome)
  return settle(work, {
    ...base,
    outcome: strongest(sent.map(({ outcome }) => outcome)),
    provider: provider.name,
    attempts: [...delivery.unsent, ...sent.map(({ n, outcome }) => attemptResult(n, outcome))],
  })
}

/** The surface beside the chain: nothing is sent, the link lies ready for the app's button. */
function place(work: Work, base: Pick<Sent, 'link' | 'random'>): Settlement {
  const outcome: Outcome = { kind: 'accepted', providerId: `${work.dispatchId}.${work.n}` }
  return settle(work, { ...base, outcome, provider: 'app', attempts: [attemptResult(work.attempts + 1, outcome)] })
}

/** A provider may hold the message as long as link and window live, and no longer (P6). */
function attemptOf(ports: DeliverPorts, { work, link, startBy = 0 }: Delivery, n: number): Attempt {
  const stepId = `${work.dispatchId}.${work.n}`
  const lifeMs = link ? linkOf(link).expiresAt.getTime() - work.now.getTime() : 0
  const validForMs = Math.max(1_000, Math.min(lifeMs, windowLeftMs(work, ports.defaultTimeZone)))
  return { id: `${stepId}.${n}`, stepId, startBy, validForMs, locale: work.dispatch.locale }
}

/** What an outcome says about the address or the provider, beyond this step. */
async function react(ports: DeliverPorts, provider: string, address: Address, outcome: Outcome): Promise<void> {
  if (outcome.kind === 'suppress') {
    await ports.suppressions.add({
      hash: address.hash,
      channel: address.channel,
      reason: outcome.suppression,
      note: null,
      placedBy: 'provider',
    })
  }
  if (outcome.kind === 'alert')
    await ports.hold({ scope: 'provider', value: provider, reason: outcome.reason, probeAfterMs: PROBE_AFTER_MS })
  if (outcome.kind === 'alert' || (outcome.kind === 'permanent' && outcome.alert)) {
    await ports.alert({ what: 'provider_refused', reason: outcome.reason, provider })
  }
}

async function finish(ports: DeliverPorts, delivery: Delivery, end: Settlement): Promise<Settlement['to'] | 'nothing'> {
  const written = await ports.deliveries.settle({ ...end, freeSlot: end.freeSlot ?? delivery.freeSlot ?? null })
  return written ? end.to : 'nothing'
}
