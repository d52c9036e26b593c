import type { Hold } from '../../src/domain/hold.ts'
import type { HoldStore } from '../../src/flow/ports-store.ts'
import type { Tables } from './tables.ts'

type Row = Tables['holds'][number]
type Order = Parameters<HoldStore['place']>[0]

const asHold = ({ liftedAt: _, probe, ...hold }: Row): Hold => ({
  ...hold,
  probeAt: probe === null ? null : new Date(probe),
})

export const holdsInForce = (tables: Tables): Hold[] =>
  tables.holds.filter(({ liftedAt }) => liftedAt === null).map(asHold)

/** src/store/holds.ts, `hold-place`: one in force for each scope and value. */
export function placeHold(tables: Tables, { probeAfterMs, ...order }: Order): { hold: Hold; fresh: boolean } {
  const now = tables.now()
  const probe = probeAfterMs === null ? null : now + probeAfterMs
  const known = tables.holds.find((h) => h.liftedAt === null && h.scope === order.scope && h.value === order.value)
  tables.changed()
  if (known) {
    const kept = known.probe !== null && order.placedBy === 'service'
    known.probe = kept ? Math.max(known.probe ?? 0, probe ?? 0) : null
    return { hold: asHold(known), fresh: false }
  }
  const row: Row = { id: tables.newId(), ...order, placedAt: new Date(now), probeAt: null, liftedAt: null, probe }
  tables.holds.push(row)
  return { hold: asHold(row), fresh: true }
}

export function liftHold(tables: Tables, id: string, by: string): Hold | null {
  const row = tables.holds.find((one) => one.id === id && one.liftedAt === null)
  // What a person has taken over meanwhile is theirs to lift.
  if (!row || (by === 'probe' && row.probe === null)) return null
  row.liftedAt = tables.now()
  tables.history.note({ what: 'hold lifted', scope: row.scope, value: row.value, by })
  tables.changed()
  return asHold(row)
}

const isDue = (tables: Tables, { liftedAt, probe }: Row) => liftedAt === null && probe !== null && probe <= tables.now()

export const dueProbes = (tables: Tables): Hold[] =>
  tables.holds.filter((row) => row.scope !== 'provider' && isDue(tables, row)).map(asHold)

export function takeProbe(tables: Tables, id: string, nextMs: number): boolean {
  const row = tables.holds.find((one) => one.id === id && isDue(tables, one))
  if (row) row.probe = tables.now() + nextMs
  return row !== undefined
}

export function postpone(tables: Tables, id: string, ms: number): void {
  const row = tables.holds.find((one) => one.id === id && one.liftedAt === null)
  if (row) row.probe = tables.now() + ms
}
