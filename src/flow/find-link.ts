import { backoffMs } from '../domain/backoff.ts'
import { widgetLanguage } from '../domain/locale.ts'
import { isOpened, lifeToSetOutMs, madeForMinutes, type PartnerLink } from '../domain/magic-link.ts'
import type { DeliverPorts, Delivery } from './delivery.ts'
import type { LinkOrder, PartnerAnswer } from './ports.ts'
import type { FreshLink, Settlement, Work } from './ports-deliver.ts'
import type { StoredLink } from './ports-store.ts'
import { fails, later, settlement, told } from './settlement.ts'

const HOUR = 3_600_000
/** A worker that was frozen for longer may have lost its slot to somebody else (P7). */
const CREATE_WITHIN_MS = 20_000
/** Between two looks while the partner does not answer; slots bound how many look at once. */
const OUTAGE_WAIT_MS = 10_000

/** Carries the living link, adopts one, or creates one with enough life. A settlement when there is none to be had now. */
export async function findLink(ports: DeliverPorts, delivery: Delivery): Promise<Settlement | undefined> {
  const { work } = delivery
  if (work.ownLink) return carryOwn(delivery, work, work.ownLink)
  if (work.living) return carryLiving(delivery, work, work.living)
  if (work.slot === null && ports.slots) return needsSlot(work)
  const holder = ports.newId()
  if (!(await ports.links.lease(work.dispatch.referenceId, holder))) {
    // The slot stays taken until it runs out: a twin of this very job may be creating with it (P7).
    return later(work, 'queued', after(work, 1_000), 'recipient_busy', { needsLink: true })
  }
  try {
    // A twin of this job may have asked for a link and died, or left: one slot is good for one creation (P7).
    const spent = work.slot === null || (await ports.links.spendSlot(work))
    return spent ? await create(ports, delivery, work) : needsSlot(work)
  } finally {
    delivery.release = () => ports.links.release(work.dispatch.referenceId, holder)
  }
}

const needsSlot = (work: Work) => later(work, 'queued', work.now, 'needs_link', { needsLink: true })

/** A link the CRM brought is never re-issued: steps after its expiry are skipped. */
function carryOwn(delivery: Delivery, work: Work, own: StoredLink): Settlement | undefined {
  if (lifeLeft(own.expiresAt, work) < lifeToSetOutMs(own.requestedMs)) return linkExpired(work)
  delivery.link = { stored: own }
  return undefined
}

function linkExpired(work: Work): Settlement {
  if (work.kind === 'first') return fails(work, 'queued', 'link_expired')
  return settlement(work, {
    from: 'queued',
    to: 'skipped',
    reason: 'link_expired',
    events: [told(work, 'reminder.skipped', { reason: 'link_expired' })],
  })
}

/** A link with too little life left is waited out, then followed by the next one: it is never revoked in order to remind. */
function carryLiving(delivery: Delivery, work: Work, living: StoredLink): Settlement | undefined {
  if (lifeLeft(living.expiresAt, work) < lifeToSetOutMs(living.requestedMs))
    return waitOut(work, living.expiresAt, work.slot)
  delivery.link = { stored: living }
  if (work.slot !== null) delivery.freeSlot = work.slot
  return undefined
}

const waitOut = (work: Work, expiresAt: Date, freeSlot: number | null) =>
  later(work, 'queued', new Date(expiresAt.getTime() + 1_000), 'link_dying', {
    needsLink: true,
    freeSlot,
    events: [told(work, 'message.waits', { reason: 'link_dying', until: expiresAt })],
  })

async function create(ports: DeliverPorts, delivery: Delivery, work: Work): Promise<Settlement | undefined> {
  const order = orderFor(work, ports.callbackUrl)
  const answer = await ports.partner.createLink(order, delivery.readAt + CREATE_WITHIN_MS)
  // The 60 s of a slot begin with the answer, whatever it says: the creation counts against the limit.
  if (work.slot !== null) await ports.links.slotAnswered(work.slot)
  if (answer.kind === 'ok') return carryFresh(delivery, work, answer.value, 'created', order.expiresInMinutes)
  const unclear = answer.kind === 'unclear'
  if (unclear || answer.kind === 'active_link_exists') return adopt(ports, delivery, work, unclear)
  return refusal(ports, work, answer)
}

export function orderFor(work: Work, callbackUrl: string | null): LinkOrder {
  const { dispatch } = work
  const { theme, flow, metadata, language, expiresInMinutes } = dispatch.linkOptions
  return {
    referenceId: dispatch.referenceId,
    expiresInMinutes: expiresInMinutes ?? dispatch.lifeMinutes,
    language: language ?? widgetLanguage(dispatch.locale),
    ...(work.userData && { userData: work.userData }),
    ...(theme && { theme }),
    ...(flow && { flow }),
    ...(metadata && { metadata }),
    ...(callbackUrl && { callbackUrl }),
  }
}

function carryFresh(
  delivery: Delivery,
  work: Work,
  link: PartnerLink,
  origin: FreshLink['origin'],
  minutes: number,
): undefined {
  delivery.link = {
    fresh: {
      id: delivery.newId(),
      linkId: link.linkId,
      url: link.url,
      expiresAt: link.expiresAt,
      requestedMs: minutes * 60_000,
      origin,
      createdAt: link.createdAt,
      replaces: work.dispatch.firstHandedAt !== null,
    },
  }
}

/** After a 409, and after a create whose answer was lost: what does the partner have for this user? */
async function adopt(
  ports: DeliverPorts,
  delivery: Delivery,
  work: Work,
  unclear: boolean,
): Promise<Settlement | undefined> {
  const answer = await ports.partner.activeLinks(work.dispatch.referenceId)
  if (answer.kind !== 'ok') return refusal(ports, work, answer)
  const [link] = answer.value.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
  // It was never made, or expired between the two calls: create once more, with a slot of its own.
  if (!link) return unclear ? outage(ports, work) : retryCreate(ports, work, 'no_active_link')
  if (isOpened(link)) return replaceOpened(ports, work, link)
  const known = await ports.links.find(link.linkId)
  const minutes = madeForMinutes(link)
  const requestedMs = known?.requestedMs ?? minutes * 60_000
  if (lifeLeft(link.expiresAt, work) < lifeToSetOutMs(requestedMs)) return waitOut(work, link.expiresAt, null)
  if (known) delivery.link = { stored: known }
  else carryFresh(delivery, work, link, 'adopted', minutes)
  return undefined
}

/** An opened URL is never sent again. With an operation, or opened within the hour, the user is inside: leave it alone. */
async function replaceOpened(ports: DeliverPorts, work: Work, link: PartnerLink): Promise<Settlement | undefined> {
  await ports.missedOpen(link)
  const openedAt = link.openedAt?.getTime() ?? work.now.getTime()
  const inUse =
    link.operationId !== null ||
    work.now.getTime() - openedAt < HOUR ||
    work.dispatch.linkOptions.replaceOpened === false
  if (inUse) return fails(work, 'queued', 'link_in_use')
  const operation = await ports.partner.hasOperation(work.dispatch.referenceId, link.linkId)
  if (operation.kind !== 'ok') return refusal(ports, work, operation)
  if (operation.value) return fails(work, 'queued', 'link_in_use')
  const revoked = await ports.partner.revokeLink(link.linkId, 'replaced after it was opened and left')
  if (revoked.kind !== 'ok' && revoked.kind !== 'not_found') return refusal(ports, work, revoked)
  const known = await ports.links.find(link.linkId)
  if (known) await ports.links.markRevoked(known.id)
  return later(work, 'queued', work.now, 'link_replaced', { needsLink: true })
}

function retryCreate(ports: DeliverPorts, work: Work, reason: string, afterMs = 0): Settlement {
  const waitMs = backoffMs('link', work.tries + 1, ports.random())
  if (waitMs === undefined) return fails(work, 'queued', reason)
  return later(work, 'queued', after(work, Math.max(waitMs, afterMs)), reason, {
    needsLink: true,
    tries: work.tries + 1,
  })
}

/** An outage of the partner costs time, not messages: no try is spent, and nothing is failed for it. */
function outage(ports: DeliverPorts, work: Work): Settlement {
  const waitMs = OUTAGE_WAIT_MS * (0.5 + ports.random())
  return later(work, 'queued', after(work, waitMs), 'partner_unavailable', {
    needsLink: true,
    events:
      work.reason === 'partner_unavailable' ? [] : [told(work, 'message.waits', { reason: 'partner_unavailable' })],
  })
}

async function refusal<T>(
  ports: DeliverPorts,
  work: Work,
  answer: Exclude<PartnerAnswer<T>, { kind: 'ok' }>,
): Promise<Settlement> {
  switch (answer.kind) {
    case 'shut':
      await ports.hold({ scope: 'partner', value: '*', reason: answer.code.toLowerCase(), probeAfterMs: 30_000 })
      return later(work, 'queued', after(work, 5_000), 'partner_held', { needsLink: true })
    case 'throttled':
      return later(work, 'queued', after(work, answer.afterMs), 'partner_throttled', { needsLink: true })
    case 'refused':
      return fails(work, 'queued', 'link_refused', {
        events: [told(work, 'message.failed', { reason: 'link_refused', code: answer.code, fields: answer.fields })],
      })
    case 'untrusted':
      await ports.alert({ what: 'partner_answer_untrusted', reason: answer.reason })
      return retryCreate(ports, work, 'link_untrusted', 60_000)
    case 'retry':
    case 'unclear':
      return outage(ports, work)
    case 'not_found':
    case 'active_link_exists':
      return retryCreate(ports, work, 'no_active_link')
  }
}

const lifeLeft = (expiresAt: Date, work: Work) => expiresAt.getTime() - work.now.getTime()
const after = (work: Work, ms: number) => new Date(work.now.getTime() + ms)
