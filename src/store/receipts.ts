import type { Pool, PoolClient } from 'pg'
import type { Receipt, ReceiptStore, ReceiptTarget, ReceiptVerdict } from '../flow/ports-receipts.ts'
import { inTransaction } from './pool.ts'
import { settleAll } from './settle.ts'
import { statement } from './sql.ts'
import { splitChannels } from './work.ts'

/** Judged under the lock of its dispatch, and written with all that follows from it, or not at all. */
export function makeReceiptStore(pool: Pool): ReceiptStore {
  return {
    hear: (receipt, judge) =>
      inTransaction(pool, async (client) => {
        const place = await find(client, receipt)
        if (!place) return null
        await lockDispatch(client, [place.dispatch_id])
        await lockStep(client, [place.dispatch_id, place.step_n])
        const [row] = await readTarget(client, [place.dispatch_id, place.step_n, place.n, reasonOf(receipt)])
        if (!row) return null
        const target = asTarget(row)
        const verdict = judge(target)
        if (verdict) await write(client, receipt, target, verdict)
        if (row.undelivered) await noteArrival(client, target, verdict)
        return { target, verdict }
      }),
    early: async () => (await readEarly(pool, [])).map(asReceipt),
  }
}

interface Place {
  dispatch_id: string
  step_n: number
  n: number
}

async function find(client: PoolClient, receipt: Receipt): Promise<Place | undefined> {
  const [dispatchId, stepN] = (receipt.attemptId ?? receipt.stepId ?? '').split('.')
  const n = receipt.attemptId?.split('.')[2]
  const [place] = await findAttempt(client, [
    dispatchId || null,
    dispatchId ? Number(stepN) : null,
    n === undefined ? null : Number(n),
    receipt.providerId,
    receipt.channel,
  ])
  return place
}

/** Our own id before the provider's; a step alone means the last that was tried of it. */
const findAttempt = statement<Place>(
  'receipt-find',
  `select dispatch_id, step_n, n from (
     (select a.dispatch_id, a.step_n, a.n, 1 as place from attempt a
      where a.dispatch_id = $1::uuid and a.step_n = $2::int and a.n = $3::int and a.channel = $5::text)
     union all
     (select a.dispatch_id, a.step_n, a.n, 2 from attempt a
      where a.provider_id = $4::text and a.channel = $5::text order by a.claimed_at desc limit 1)
     union all
     (select a.dispatch_id, a.step_n, a.n, 3 from attempt a
      where a.dispatch_id = $1::uuid and a.step_n = $2::int and $3::int is null and a.channel = $5::text and a.outcome is distinct from 'late'
      order by a.n desc limit 1)) found
   order by place limit 1`,
)

/** Lock order: the dispatch, then its step. */
const lockDispatch = statement('receipt-dispatch', 'select from dispatch where id = $1::uuid for no key update')
const lockStep = statement(
  'receipt-step',
  'select from step where dispatch_id = $1::uuid and n = $2::int for no key update',
)

interface TargetRow {
  dispatch_id: string
  step_n: number
  n: number
  turn: number
  current: boolean
  provider: string
  address_hash: Buffer | null
  receipt_rank: number | null
  status: ReceiptTarget['status']
  confirmed: boolean | null
  kind: ReceiptTarget['kind']
  channel: ReceiptTarget['channel']
  chain: string
  tries: number
  fall_back_at: Date | null
  fall_back_ms: number
  dispatch_status: ReceiptTarget['dispatchStatus']
  valid_until: Date | null
  link_expires_at: Date | null
  own_link: boolean
  same_reason: number
  others_live: boolean
  /** A campaign's, of which no delivery was noted yet. */
  undelivered: boolean
  now: Date
}

const readTarget = statement<TargetRow>(
  'receipt-target',
  `select a.dispatch_id, a.step_n, a.n, s.turn, s.turn = a.turn and s.channel = a.channel as current, a.provider, a.address_hash, a.receipt_rank,
     s.status, s.confirmed, s.kind, s.channel, s.chain, s.tries, s.fall_back_at, d.fall_back_ms, d.status as dispatch_status, d.valid_until,
     l.expires_at as link_expires_at, d.own_link is not null as own_link,
     (select count(*)::int from attempt o where o.dispatch_id = a.dispatch_id and o.step_n = a.step_n and o.channel = a.channel and o.n <> a.n
       and o.receipt_reason = $4::text) as same_reason,
     d.in_app_at is not null or exists (
       select from step o where o.dispatch_id = a.dispatch_id and o.n <> a.step_n and o.kind <> 'close' and (
         o.status in ('handed', 'delivered', 'claimed', 'ambiguous', 'queued') or (o.status = 'pending' and o.kind in ('first', 'resend')))) as others_live,
     d.cohort is not null and d.delivered_at is null as undelivered, app_now() as now
   from attempt a join step s on s.dispatch_id = a.dispatch_id and s.n = a.step_n join dispatch d on d.id = a.dispatch_id
   left join link l on l.id = a.link_id
   where a.dispatch_id = $1::uuid and a.step_n = $2::int and a.n = $3::int`,
)

const asTarget = (row: TargetRow): ReceiptTarget => ({
  dispatchId: row.dispatch_id,
  n: row.step_n,
  turn: row.turn,
  attempt: row.n,
  provider: row.provider,
  addressHash: row.address_hash,
  rank: row.receipt_rank,
  current: row.current,
  status: row.status,
  confirmed: row.confirmed,
  kind: row.kind,
  channel: row.channel,
  chain: splitChannels(row.chain),
  tries: row.tries,
  fallBackAt: row.fall_back_at,
  fallBackMs: row.fall_back_ms,
  dispatchStatus: row.dispatch_status,
  validUntil: row.valid_until,
  linkExpiresAt: row.link_expires_at,
  ownLink: row.own_link,
  sameReason: row.same_reason,
  othersLive: row.others_live,
  now: row.now,
})

const reasonOf = ({ outcome }: Receipt) => (outcome && 'reason' in outcome ? outcome.reason : null)

async function write(client: PoolClient, receipt: Receipt, target: ReceiptTarget, verdict: ReceiptVerdict) {
  const { dispatchId, n, attempt } = target
  if (verdict.early) {
    await keepEarly(client, [dispatchId, n, attempt, JSON.stringify(kept(receipt, target))])
    return
  }
  await noteReceipt(client, [
    dispatchId,
    n,
    attempt,
    receipt.status,
    receipt.rank,
    receipt.final,
    reasonOf(receipt),
    receipt.providerId,
  ])
  for (const move of verdict.moves) await settleAll(client, [move])
  if (receipt.outcome === null) await confirm(client, [dispatchId, n, target.turn])
}

/** Of a dispatch of a campaign, the first time. */
async function noteArrival(client: PoolClient, { dispatchId }: ReceiptTarget, verdict: ReceiptVerdict | null) {
  if (verdict?.moves.some(({ to }) => to === 'delivered')) await noteDelivered(client, [dispatchId])
}

/** One that is out of order is noted only where nothing stood before. */
const noteReceipt = statement(
  'receipt-note',
  `update attempt set receipt = $4::text, receipt_rank = $5::int, receipt_final = $6::bool, receipt_reason = $7::text, receipt_at = app_now(),
     receipt_due = null, provider_id = coalesce(provider_id, $8::text)
   where dispatch_id = $1::uuid and step_n = $2::int and n = $3::int`,
)
const noteDelivered = statement(
  'receipt-delivered',
  'update dispatch set delivered_at = app_now() where id = $1::uuid and delivered_at is null',
)
const confirm = statement(
  'receipt-confirm',
  `update step set confirmed = true where dispatch_id = $1::uuid and n = $2::int and turn = $3::int and status = 'handed' and confirmed = false`,
)
const keepEarly = statement(
  'receipt-early',
  `update attempt set receipt_due = $4::jsonb where dispatch_id = $1::uuid and step_n = $2::int and n = $3::int
     and coalesce((receipt_due ->> 'rank')::int, -1) < ($4::jsonb ->> 'rank')::int`,
)

/** Without the address: the attempt knows its hash. */
const kept = (receipt: Receipt, { dispatchId, n, attempt }: ReceiptTarget) => ({
  ...receipt,
  address: null,
  attemptId: `${dispatchId}.${n}.${attempt}`,
  stepId: `${dispatchId}.${n}`,
})

const readEarly = statement<{ receipt: Omit<Receipt, 'occurredAt'> & { occurredAt: string | null } }>(
  'receipts-early',
  `select a.receipt_due as receipt from attempt a join step s on s.dispatch_id = a.dispatch_id and s.n = a.step_n
   where a.receipt_due is not null and (s.status <> 'claimed' or s.turn <> a.turn) order by a.claimed_at limit 200`,
)
const asReceipt = ({ receipt }: { receipt: Omit<Receipt, 'occurredAt'> & { occurredAt: string | null } }): Receipt => ({
  ...receipt,
  occurredAt: receipt.occurredAt === null ? null : new Date(receipt.occurredAt),
})
