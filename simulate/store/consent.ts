import { isAboutWill, type SuppressionReason } from '../../src/domain/suppression.ts'
import type { AffectedDispatch, NewSuppression, Suppression, SuppressionStore } from '../../src/flow/ports-consent.ts'
import { type AttemptRow, byId, type DispatchRow, type SuppressionRow, type Tables, textOf } from './tables.ts'

type Row = Omit<NewSuppression, 'hash' | 'hashes'> & { hash: string; source: string | null }

/** src/store/suppressions.ts, the transaction: a stop of a person's will also stands on the recipients of the address. */
export function addSuppressions(tables: Tables, entries: NewSuppression[]): { id: string; fresh: boolean }[] {
  const rows = entries.map((entry) => addOne(tables, { ...entry, hash: textOf(entry.hash), source: null }))
  entries.forEach((entry, i) => {
    if (!isAboutWill(entry.reason) || entry.channel === 'recipient') return
    for (const referenceId of ownersOf(tables, entry)) {
      const hash = `recipient_${entry.channel}:${referenceId}`
      addOne(tables, { ...entry, hash, source: rows[i]?.id ?? null })
    }
  })
  return rows
}

/** One that stands already is only ever widened: to a person's will, and to everything. */
function addOne(tables: Tables, entry: Row): { id: string; fresh: boolean } {
  const { hash, channel, reason, scope = 'all', note, placedBy, source } = entry
  const standing = tables.suppressions.find((s) => s.hash === hash && s.liftedAt === null)
  if (!standing) {
    const id = tables.newId()
    const lifted = { liftedAt: null, liftedBy: null, liftReason: null, liftConsent: null }
    tables.suppressions.push({
      id,
      hash,
      channel,
      reason,
      scope,
      note,
      placedBy,
      source,
      placedAt: tables.now(),
      ...lifted,
    })
    tables.changed()
    return { id, fresh: true }
  }
  const widens = standing.scope !== 'all' && scope === 'all'
  const willing = !isAboutWill(standing.reason) && isAboutWill(reason)
  if (!widens && !willing) return { id: standing.id, fresh: false }
  if (widens) standing.scope = 'all'
  if (willing) standing.reason = reason
  if (standing.source !== null) standing.source = source
  tables.changed()
  return { id: standing.id, fresh: true }
}

const hashesOf = ({ hash, hashes }: NewSuppression) => new Set((hashes ?? [hash]).map(textOf))
const isAt = (row: DispatchRow, hashes: Set<string>) => [...hashes].some((hash) => row.addresses.has(hash))

function ownersOf(tables: Tables, entry: NewSuppression): Set<string> {
  const hashes = hashesOf(entry)
  const rows = [...tables.dispatches.values()].filter((row) => isAt(row, hashes))
  return new Set(rows.map(({ referenceId }) => referenceId))
}

const MAY_WRITE: readonly string[] = ['accepted', 'sent', 'opened', 'exhausted', 'failed']

/** What ended a moment ago may still have a step that starts. */
const mayWrite = ({ status, steps }: DispatchRow) =>
  MAY_WRITE.includes(status) || steps.some((step) => step.status === 'claimed')

/** `suppressions-affected`, after the commit, in a statement of its own. */
export function affectedBy(tables: Tables, entries: NewSuppression[]): AffectedDispatch[] {
  const found = new Map<string, AffectedDispatch>()
  for (const row of byId([...tables.dispatches.values()]))
    for (const entry of entries) {
      if (!mayWrite(row) || !isAt(row, hashesOf(entry))) continue
      if (entry.scope === 'commercial' && row.category !== 'commercial') continue
      const { id, referenceId, status } = row
      found.set(id, { id, referenceId, status, ends: found.get(id)?.ends ?? endOf(entry, status) })
    }
  return [...found.values()]
}

function endOf({ reason, channel }: NewSuppression, status: string): SuppressionReason | null {
  const whole = isAboutWill(reason) || channel === 'recipient'
  return whole && (status === 'accepted' || status === 'sent') ? reason : null
}

export const findSuppressions = (tables: Tables, hashes: Buffer[]): Suppression[] => {
  const asked = new Set(hashes.map(textOf))
  return tables.suppressions.filter((s) => asked.has(s.hash) && s.source === null).map(asSuppression)
}

const asSuppression = ({ hash: _, source: __, ...row }: SuppressionRow): Suppression => ({
  ...row,
  placedAt: new Date(row.placedAt),
  liftedAt: row.liftedAt === null ? null : new Date(row.liftedAt),
})

/** Lifts what is in force, and what stands on the recipient because of it. */
export function lift(tables: Tables, ids: string[]): string[] {
  const now = tables.now()
  const mine = tables.suppressions.filter(
    (s) => s.liftedAt === null && (ids.includes(s.id) || (s.source !== null && ids.includes(s.source))),
  )
  for (const row of mine) row.liftedAt = now
  tables.changed()
  return mine.filter(({ source }) => source === null).map(({ id }) => id)
}

/** The newest dispatch that wrote to this number. */
export function lastOf(tables: Tables, hashes: Buffer[]) {
  const asked = new Set(hashes.map(textOf))
  const row = byId([...tables.dispatches.values()].filter((one) => isAt(one, asked))).at(-1)
  return row ? { dispatchId: row.id, referenceId: row.referenceId, locale: row.locale } : null
}

export function mailedBy(tables: Tables, id: string): { locale: string; hashes: Buffer[] } | null {
  const row = tables.dispatches.get(id)
  if (!row) return null
  const mailed = row.attempts.flatMap((a) => (a.channel === 'email' && a.addressHash ? [a.addressHash] : []))
  return { locale: row.locale, hashes: [...new Set(mailed)].map((hash) => Buffer.from(hash, 'latin1')) }
}

/** For how many other dispatches a message to this address failed for this reason, in so many days. */
export function failedFor(
  tables: Tables,
  { hashes, reason, exceptFor, days }: Parameters<SuppressionStore['failedFor']>[0],
): number {
  const asked = new Set(hashes.map(textOf))
  const since = tables.now() - days * 86_400_000
  const fails = (a: AttemptRow) =>
    a.addressHash !== null &&
    asked.has(a.addressHash) &&
    a.claimedAt > since &&
    [a.reason, a.receiptReason].includes(reason)
  return [...tables.dispatches.values()].filter(({ id, attempts }) => id !== exceptFor && attempts.some(fails)).length
}
