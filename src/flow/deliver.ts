import { ALONE_AFTER } from '../domain/poison.ts'
import { addressesOf, type DeliverPorts, type Delivery, linkOf } from './delivery.ts'
import { findLink } from './find-link.ts'
import { guard } from './guard.ts'
import { keepCode, pickUrl } from './message-url.ts'
import { pace } from './pace.ts'
import type { Settlement } from './ports-deliver.ts'
import type { StepTurn } from './ports-store.ts'
import { recheck } from './recheck.ts'
import { send } from './send.ts'
import { fails, told } from './settlement.ts'

/**
 * One step, from a job to what follows. Each named step either passes the delivery on or ends it with a settlement.
 * Nothing is done when the turn is over: a late or doubled job finds no work.
 */
export async function deliver(ports: DeliverPorts, turn: StepTurn): Promise<Settlement['to'] | 'nothing'> {
  const readAt = ports.monotonic()
  const work = await ports.deliveries.work(turn)
  if (!work) return 'nothing'
  if (work.emptyTurns >= ALONE_AFTER) await ports.deliveries.begin(turn)
  const addresses = addressesOf(work, ports.vault)
  const delivery: Delivery = { work, readAt, newId: ports.newId, addresses, tried: [], unsent: [] }
  try {
    for (const step of [guard, findLink, pickUrl, render, pace, keepCode, claim, recheck, send]) {
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
  const { work, link, url } = delivery
  if (work.channel === 'in_app' || !link || !url) return undefined
  const { firstName = '', lastName = '' } = work.person.contact.name ?? {}
  const rendering = ports.render.render({
    template: work.template,
    channel: work.channel,
    locale: work.dispatch.locale,
    timeZone: work.dispatch.timeZone,
    now: work.now,
    name: { first: firstName, last: lastName, full: `${firstName} ${lastName}`.trim() },
    link: { url, expiresAt: linkOf(link).expiresAt },
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
        template: delivery.templateVersion ?? null,
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

async function finish(ports: DeliverPorts, delivery: Delivery, end: Settlement): Promise<Settlement['to'] | 'nothing'> {
  const written = await ports.deliveries.settle({ ...end, freeSlot: end.freeSlot ?? delivery.freeSlot ?? null })
  return written ? end.to : 'nothing'
}
