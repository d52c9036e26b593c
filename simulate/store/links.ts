import type { PaceOrder } from '../../src/flow/ports-pace.ts'
import type { CarriedLink, StepTurn } from '../../src/flow/ports-store.ts'
import { type LinkRow, stepOf, type Tables } from './tables.ts'
import { asStored } from './work.ts'

const LEASED = 40_000
const SLOT_REST = 60_000

/** src/store/links.ts, `lease-take`. */
export function takeLease(tables: Tables, referenceId: string, holder: string): boolean {
  const lease = tables.leases.get(referenceId)
  if (lease && lease.until >= tables.now()) return false
  tables.leases.set(referenceId, { holder, until: tables.now() + LEASED })
  return true
}

export function dropLease(tables: Tables, referenceId: string, holder: string): void {
  const lease = tables.leases.get(referenceId)
  if (lease?.holder === holder) lease.until = Number.NEGATIVE_INFINITY
}

/** `slot-spend` */
export function spendSlot(tables: Tables, turn: StepTurn): boolean {
  const step = stepOf(tables, turn)
  if (step?.turn !== turn.turn || step.status !== 'queued' || step.slot === null) return false
  step.slot = null
  return true
}

export function freeSlot(tables: Tables, n: number, afterMs: 0 | typeof SLOT_REST): void {
  const slot = tables.slots.find((one) => one.n === n)
  if (slot) slot.freeAt = tables.now() + afterMs
  tables.changed()
}

export function findLink(tables: Tables, linkId: string): CarriedLink | null {
  for (const row of tables.links.values()) if (row.linkId === linkId) return asCarried(row)
  return null
}

export function markRevoked(tables: Tables, id: string): void {
  const row = tables.links.get(id)
  if (row) row.status = 'revoked'
  tables.changed()
}

export function carriedBy(tables: Tables, dispatchId: string): CarriedLink[] {
  const ids = [...(tables.dispatches.get(dispatchId)?.carried ?? [])]
  const rows = ids.flatMap((id) => tables.links.get(id) ?? [])
  return rows.sort((a, b) => b.expiresAt - a.expiresAt).flatMap((row) => asCarried(row) ?? [])
}

function asCarried(row: LinkRow): CarriedLink | null {
  const stored = asStored(row)
  const { status, origin, operationId } = row
  return stored && { ...stored, status, origin, operationId }
}

/** src/store/pace.ts: the next place of a sender; null, with nothing kept, when it is too far. */
export function takePace(tables: Tables, { provider, sender, units, msAUnit, withinMs }: PaceOrder): number | null {
  const key = `${provider}/${sender}`
  const now = tables.now()
  const from = Math.max(tables.paces.get(key) ?? 0, now)
  if (from - now > withinMs) return null
  tables.paces.set(key, from + units * msAUnit)
  return from - now
}
