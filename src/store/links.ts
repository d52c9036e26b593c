import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { LinkStore, StepKey, StepTurn } from '../flow/ports-store.ts'
import { openLink } from './dispatch-rows.ts'
import { batched, columns, statement } from './sql.ts'

interface Lease {
  referenceId: string
  holder: string
}

export function makeLinkStore(pool: Pool, vault: Vault): LinkStore {
  const take = async (orders: Lease[]) => {
    const rows = await takeLeases(pool, [orders.map((o) => o.referenceId), orders.map((o) => o.holder)])
    const held = new Set(rows.map((row) => row.reference_id))
    return orders.map((o) => held.has(o.referenceId))
  }
  const lease = batched(take, { marks: (order) => [order.referenceId] })
  const release = batched(async (orders: Lease[]) => {
    await dropLeases(pool, [orders.map((o) => o.referenceId), orders.map((o) => o.holder)])
    return orders.map(() => undefined)
  })
  // Twins of a job that met in one batch would both hear that the slot was theirs.
  const spend = batched((turns: StepTurn[]) => spendAll(pool, turns), { marks: (turn) => [stepOf(turn)] })
  const answered = batched(async (slots: number[]) => {
    await freeSlots(pool, [slots, 60])
    return slots.map(() => undefined)
  })
  return {
    lease: (referenceId, holder) => lease({ referenceId, holder }),
    release: (referenceId, holder) => release({ referenceId, holder }),
    spendSlot: (turn) => spend(turn),
    slotAnswered: (slot) => answered(slot),
    slotUnused: async (slot) => void (await freeSlots(pool, [[slot], 0])),
    async find(linkId) {
      const [row] = await findLink(pool, [vault.lookups('link', linkId)])
      return row ? asLink(vault, row) : null
    },
    async markRevoked(linkId) {
      await markRevoked(pool, [linkId])
    },
    async carriedBy(dispatchId) {
      return (await carriedBy(pool, [dispatchId])).map((row) => asLink(vault, row))
    },
  }
}

/** As many rows as the partner allows creations a minute; the first ones are kept for single dispatches (P7). */
export async function setSlots(pool: Pool, count: number, reserved: number): Promise<void> {
  await pool.query(
    `insert into link_slot (n, reserved) select i, i <= $2 from generate_series(1, $1::int) i
     on conflict (n) do update set reserved = excluded.reserved where link_slot.reserved <> excluded.reserved`,
    [count, reserved],
  )
  await pool.query('delete from link_slot where n > $1', [count])
}

const takeLeases = statement<{ reference_id: string }>(
  'lease-take',
  `insert into recipient_lease as l (reference_id, holder, held_until)
   select reference_id, holder, clock_timestamp() + interval '40 seconds' from unnest($1::text[], $2::uuid[]) as t (reference_id, holder) order by 1
   on conflict (reference_id) do update set holder = excluded.holder, held_until = excluded.held_until where l.held_until < clock_timestamp()
   returning reference_id`,
)
const dropLeases = statement(
  'lease-drop',
  `update recipient_lease l set held_until = '-infinity' from unnest($1::text[], $2::uuid[]) as t (reference_id, holder)
   where l.reference_id = t.reference_id and l.holder = t.holder`,
)

const stepOf = ({ dispatchId, n }: StepKey) => `${dispatchId}/${n}`

async function spendAll(pool: Pool, turns: StepTurn[]): Promise<boolean[]> {
  const rows = await spendSlots(pool, columns(turns, 'dispatchId', 'n', 'turn'))
  const spent = new Set(rows.map((row) => stepOf({ dispatchId: row.dispatch_id, n: row.n })))
  return turns.map((turn) => spent.has(stepOf(turn)))
}

/** The slot itself stays taken: from here on it comes back by its answer, or when it runs out. */
const spendSlots = statement<{ dispatch_id: string; n: number }>(
  'slot-spend',
  `with k as (
     select * from unnest($1::uuid[], $2::int[], $3::int[]) as t (dispatch_id, n, turn)
   ), locked as (
     select s.dispatch_id, s.n from step s join k on s.dispatch_id = k.dispatch_id and s.n = k.n and s.turn = k.turn
     where s.status = 'queued' and s.slot is not null order by s.dispatch_id, s.n for update of s
   )
   update step s set slot = null from locked join k using (dispatch_id, n)
   where s.dispatch_id = locked.dispatch_id and s.n = locked.n and s.turn = k.turn and s.status = 'queued'
   returning s.dispatch_id, s.n`,
)
const freeSlots = statement(
  'slot-free',
  'update link_slot set free_at = app_now() + make_interval(secs => $2::int) where n = any($1::int[])',
)

interface LinkRow {
  id: string
  sealed: Buffer
  expires_at: Date
  requested_ms: number
  status: string
  origin: string
  operation_id: string | null
}
const asLink = (vault: Vault, row: LinkRow) => ({
  id: row.id,
  ...openLink(vault, row.id, row.sealed),
  expiresAt: row.expires_at,
  requestedMs: row.requested_ms,
  status: row.status,
  origin: row.origin,
  operationId: row.operation_id,
})

const findLink = statement<LinkRow>(
  'link-find',
  `select l.id, s.sealed, l.expires_at, l.requested_ms, l.status, l.origin, l.operation_id from link l join link_secret s on s.link_id = l.id
   where l.lookup = any($1::bytea[]) order by l.id limit 1`,
)
const markRevoked = statement(
  'link-revoked',
  "update link set status = 'revoked', revoked_at = app_now() where id = $1::uuid and status <> 'revoked'",
)
const carriedBy = statement<LinkRow>(
  'links-carried',
  `select l.id, s.sealed, l.expires_at, l.requested_ms, l.status, l.origin, l.operation_id
   from carried c join link l on l.id = c.link_id join link_secret s on s.link_id = l.id
   where c.dispatch_id = $1::uuid order by l.expires_at desc`,
)
