import { type ChannelName, chainOf } from '../../src/domain/channel.ts'
import type { ChangeOrder, DispatchView } from '../../src/flow/ports-read.ts'
import { BLANK } from './intake.ts'
import { handedOver } from './settle.ts'
import { type DispatchRow, dateOf, type Tables } from './tables.ts'
import { asStored } from './work.ts'

/** src/store/changes.ts: a change of contact is a new revision; the next claim reads the newest. */
export function change(tables: Tables, order: ChangeOrder, allowEnded: boolean, addresses: string[]): boolean {
  const row = tables.dispatches.get(order.id)
  if (!row || (!allowEnded && row.status !== 'accepted' && row.status !== 'sent')) return false
  const last = row.persons.at(-1)
  if (order.contact && last) row.persons.push({ ...last, contact: { ...last.contact, ...order.contact } })
  for (const address of addresses) row.addresses.add(address)
  if (order.channels) reroute(row, order.channels)
  row.locale = order.locale ?? row.locale
  row.timeZone = order.timeZone ?? row.timeZone
  row.zoneGiven ||= order.timeZone !== null
  tables.changed()
  return true
}

function reroute(row: DispatchRow, channels: ChannelName[]): void {
  const [channel = 'in_app', ...chain] = chainOf(channels)
  row.channels = channels
  for (const step of row.steps)
    if (step.kind !== 'close' && step.status === 'pending') Object.assign(step, { channel, chain, tries: 0 })
}

export function addResend(tables: Tables, id: string, channels: ChannelName[]): number {
  const row = tables.dispatches.get(id)
  if (!row) throw new Error('expected a row, got none')
  const [channel = 'in_app', ...chain] = chainOf(channels)
  const n = Math.max(...row.steps.map((step) => step.n)) + 1
  const now = tables.now()
  const needsLink = row.ownLink === null
  const times = { afterMs: null, dueAt: now, fallBackAt: now + row.fallBackMs }
  const { template } = row
  row.steps.push({
    ...BLANK,
    dispatchId: id,
    n,
    kind: 'resend',
    lane: 1,
    channel,
    chain,
    needsLink,
    template,
    ...times,
  })
  tables.changed()
  return n
}

/** The newest running dispatch that lists `in_app` and carries a living link. */
export function placeInApp(tables: Tables, referenceId: string) {
  const now = tables.now()
  for (const row of [...tables.dispatches.values()].reverse()) {
    if (row.referenceId !== referenceId || !row.channels.includes('in_app')) continue
    if (row.status !== 'accepted' && row.status !== 'sent') continue
    const living = [...row.carried].map((id) => tables.links.get(id)).filter((l) => l?.status === 'active')
    const link = asStored(living.find((l) => l !== undefined && l.expiresAt > now))
    if (!link) continue
    const first = row.inAppAt === null
    if (first) {
      row.inAppAt = now
      handedOver(tables, row, link.expiresAt.getTime())
    }
    tables.changed()
    return { dispatchId: row.id, link, first }
  }
  return null
}

export function viewOf(tables: Tables, id: string): DispatchView | null {
  const row = tables.dispatches.get(id)
  const person = row?.persons.at(-1)
  if (!row || !person) return null
  const { referenceId, campaignId, status, reason, category, template, locale, timeZone, channels, validUntil } = row
  return {
    ...{ id, referenceId, campaignId, status, reason, category, template, locale, timeZone, channels, validUntil },
    ...{ createdAt: row.createdAt, person, sendAt: null, endedAt: null, links: [], suspect: null },
    ...{ linkMode: row.linkOptions.mode ?? 'direct', suspectOpens: row.suspectOpens },
    firstHandedAt: dateOf(row.firstHandedAt),
    inAppAt: dateOf(row.inAppAt),
    openedAt: dateOf(row.openedAt),
    steps: row.steps.map((step) => ({
      ...{ n: step.n, kind: step.kind, channel: step.channel, status: step.status, reason: step.reason },
      ...{ afterMs: step.afterMs, provider: step.provider, confirmed: step.confirmed, template: step.template },
      dueAt: dateOf(step.dueAt),
      handedAt: dateOf(step.handedAt),
    })),
  }
}
