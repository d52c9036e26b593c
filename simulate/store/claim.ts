import { cappedUntil } from '../../src/domain/cap.ts'
import { isAboutWill } from '../../src/domain/suppression.ts'
import type { ClaimOrder, FreshLink, StopFact, StopQuestion } from '../../src/flow/ports-deliver.ts'
import { ENDS_PLAN } from './notices.ts'
import { type DispatchRow, moveStep, type SuppressionRow, stepOf, type Tables, textOf } from './tables.ts'
import { sentBefore } from './work.ts'

const START_WITHIN = 2_000

/** src/store/claim.ts, first half. A fresh link is stored either way: the partner has it. */
export function claim(tables: Tables, order: ClaimOrder): boolean {
  const now = tables.now()
  const { link } = order
  if ('fresh' in link) storeLink(tables, order.referenceId, link.fresh)
  const linkId = 'fresh' in link ? link.fresh.id : link.stored.id
  const row = tables.dispatches.get(order.dispatchId)
  const step = stepOf(tables, order)
  if (!row || step?.turn !== order.turn || step.status !== 'queued') return false
  step.startBy = now + START_WITHIN
  step.leaseUntil = now + order.outcomeWithinMs
  step.attempts += order.attempts.length
  row.carried.add(linkId)
  for (const { n, provider, addressHash, bodyHash = null } of order.attempts)
    row.attempts.push({
      ...{ stepN: order.n, n, turn: order.turn, channel: step.channel, provider, bodyHash, linkId, claimedAt: now },
      addressHash: addressHash && textOf(addressHash),
      ...{ outcome: null, reason: null, providerId: null, settledAt: null, receiptRank: null, receiptFinal: false },
      ...{ receiptReason: null, receiptDue: null, askedAt: null },
    })
  const { linkId: name = '' } = tables.links.get(linkId) ?? {}
  tables.history.note({ what: 'claim', dispatch: order.dispatchId, n: order.n, turn: order.turn, link: name })
  if (row.suspectUntil !== null && row.suspectUntil <= now && step.kind !== 'resend')
    tables.history.note({ what: 'sometimes', path: 'went on after a suspect open' })
  moveStep(tables, step, 'claimed')
  return true
}

function storeLink(tables: Tables, referenceId: string, link: FreshLink): void {
  const { id, linkId, url, origin, requestedMs } = link
  if (tables.links.has(id)) return
  tables.links.set(id, {
    ...{ id, linkId, url, origin, requestedMs, referenceId, status: 'active' },
    lookup: `link:${linkId}`,
    expiresAt: link.expiresAt.getTime(),
    openedAt: null,
    operationId: null,
    suspect: null,
  })
  tables.changed()
}

/** The second half: every reason not to send, in one look. */
export function readStopFact(tables: Tables, question: StopQuestion): StopFact | null {
  const row = tables.dispatches.get(question.dispatchId)
  if (!row) return { kind: 'over', status: 'cancelled' }
  const over = row.status !== 'accepted' && row.status !== 'sent'
  const mayResend = row.status === 'opened' || row.status === 'exhausted' || row.status === 'failed'
  if (over && !(question.kind === 'resend' && mayResend)) return { kind: 'over', status: row.status }
  return (
    heldBy(tables, row, question) ??
    linkFact(tables, row, question) ??
    cappedBy(tables, row, question) ??
    barredBy(tables, row, question)
  )
}

/** The dispatch holds for suspect opens, and an open of the link has not been applied to it. */
export function isUnheard(tables: Tables, { dispatchId, linkId }: StopQuestion): boolean {
  const row = tables.dispatches.get(dispatchId)
  const link = tables.links.get(linkId)
  if (row?.suspectOpens !== 'hold' || !link) return false
  return (
    (link.suspect !== null && row.suspectUntil === null) ||
    noticesAbout(tables, link.lookup).some((n) => n.type === 'link.opened' && n.appliedAt === null)
  )
}

const noticesAbout = (tables: Tables, lookup: string) =>
  [...tables.notices.values()].filter((n) => n.linkLookup === lookup && ENDS_PLAN.has(n.type))

function barredBy(tables: Tables, row: DispatchRow, question: StopQuestion): StopFact | null {
  const asked = new Map(question.hashes.map((hash) => [textOf(hash), hash]))
  const bars = (s: SuppressionRow) =>
    s.liftedAt === null && asked.has(s.hash) && (s.scope === 'all' || row.category === 'commercial')
  const standing = tables.suppressions.filter(bars)
  if (standing.length === 0) return null
  const hashes = standing.flatMap(({ hash }) => asked.get(hash) ?? [])
  return { kind: 'suppressed', hashes, aboutWill: standing.some(({ reason }) => isAboutWill(reason)) }
}

function heldBy(tables: Tables, row: DispatchRow, q: StopQuestion): StopFact | undefined {
  const [template] = q.template.split('@')
  const hold = tables.holds.find(
    ({ id, scope, value, liftedAt, probe }) =>
      liftedAt === null &&
      (id !== q.probing || probe === null) &&
      (scope === 'all' ||
        scope === 'partner' ||
        (scope === 'channel' && value === q.channel) ||
        (scope === 'provider' && value === q.provider) ||
        (scope === 'template' && (value === q.template || value === template)) ||
        (scope === 'campaign' && value === row.campaignId)),
  )
  return hold && { kind: 'held', scope: hold.scope, value: hold.value }
}

const cappedBy = (tables: Tables, row: DispatchRow, { caps, n }: StopQuestion): StopFact | undefined =>
  caps && cappedUntil(sentBefore(tables, row, n), new Date(tables.now()), caps) ? { kind: 'capped' } : undefined

function linkFact(tables: Tables, row: DispatchRow, { linkId, kind }: StopQuestion): StopFact | undefined {
  const link = tables.links.get(linkId)
  const stops = (suspect: string | null) => suspect === null || row.suspectOpens === 'stop'
  const isOpened = link?.status === 'opened' && stops(link.suspect)
  if (link && (isOpened || noticesAbout(tables, link.lookup).some((n) => stops(n.suspect)))) return { kind: 'opened' }
  if (row.suspectUntil !== null && row.suspectUntil > tables.now() && kind !== 'resend')
    return { kind: 'suspect', until: new Date(row.suspectUntil) }
  return link?.status === 'active' ? undefined : { kind: 'link_gone' }
}
