import type { Work } from '../../src/flow/ports-deliver.ts'
import type { StepTurn, StoredLink } from '../../src/flow/ports-store.ts'
import { type DispatchRow, dateOf, type LinkRow, type Tables } from './tables.ts'

/** src/store/work.ts: null when the step is no longer queued at this turn. */
export function readWork(tables: Tables, { dispatchId, n, turn }: StepTurn): Work | null {
  const row = tables.dispatches.get(dispatchId)
  const step = row?.steps.find((one) => one.n === n)
  if (!row || step?.turn !== turn || step.status !== 'queued' || step.channel === 'none') return null
  const person = row.persons.at(-1) ?? { contact: {}, variables: {}, metadata: null }
  const now = tables.now()
  const { kind, channel, chain, template, tries, attempts, emptyTurns, slot, reason } = step
  return {
    ...{ dispatchId, n, turn, kind, channel, chain, template, tries, attempts, emptyTurns, slot, reason },
    dueAt: new Date(step.dueAt ?? 0),
    fallBackAt: dateOf(step.fallBackAt),
    dispatch: dispatchOf(row),
    person,
    userData: row.userData,
    ownLink: row.ownLink === null ? null : asStored(tables.links.get(row.ownLink)),
    living: row.ownLink === null ? livingOf(tables, row.referenceId, now) : null,
    sentBefore: sentBefore(tables, row, n),
    now: new Date(now),
  }
}

function dispatchOf(row: DispatchRow): Work['dispatch'] {
  const { id, referenceId, status, campaignId, category, locale, timeZone, zoneGiven, fallBackMs, lifeMinutes } = row
  return {
    ...{ id, referenceId, status, campaignId, category, locale, timeZone, zoneGiven, fallBackMs, lifeMinutes },
    linkOptions: row.linkOptions,
    validUntil: row.validUntil,
    firstHandedAt: dateOf(row.firstHandedAt),
    suspectUntil: dateOf(row.suspectUntil),
    createdAt: row.createdAt,
    ownWindow: null,
    inApp: row.channels.includes('in_app'),
  }
}

export function asStored(row: LinkRow | undefined): StoredLink | null {
  if (!row) return null
  const { id, linkId, url, expiresAt, requestedMs } = row
  return { id, linkId, url, expiresAt: new Date(expiresAt), requestedMs }
}

function livingOf(tables: Tables, referenceId: string, now: number): StoredLink | null {
  let best: LinkRow | undefined
  for (const link of tables.links.values())
    if (link.referenceId === referenceId && link.status === 'active' && link.expiresAt > now)
      if (!best || link.expiresAt > best.expiresAt) best = link
  return asStored(best)
}

const WEEK = 7 * 24 * 3_600_000

/** src/store/cap.ts: one time a step, whatever its devices and tries; what a provider refused does not count. */
export function sentBefore(tables: Tables, row: DispatchRow, n: number): Date[] {
  const first = new Map<string, number>()
  for (const other of tables.dispatches.values()) {
    if (other.referenceId !== row.referenceId) continue
    for (const attempt of other.attempts) {
      const key = `${other.id}/${attempt.stepN}`
      if (!isSent(attempt, tables.now()) || (other === row && attempt.stepN === n)) continue
      first.set(key, Math.max(first.get(key) ?? attempt.claimedAt, attempt.claimedAt))
    }
  }
  return [...first.values()].sort((a, b) => b - a).map((ms) => new Date(ms))
}

const isSent = (attempt: DispatchRow['attempts'][number], now: number): boolean =>
  attempt.channel !== 'in_app' &&
  attempt.claimedAt > now - WEEK &&
  (attempt.outcome === null || attempt.outcome === 'accepted' || attempt.outcome === 'ambiguous')
