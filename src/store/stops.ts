import { setTimeout as wait } from 'node:timers/promises'
import type { Pool } from 'pg'
import { RUNNING } from '../domain/dispatch.ts'
import type { StopStore } from '../flow/ports-store.ts'
import { batched, one, statement } from './sql.ts'
import { PLANNED_OR_ASKED, stillClaimed, stopDispatches } from './stop.ts'

export function makeStopStore(pool: Pool): StopStore {
  const mayStartFor = makeCountdown(pool)
  return {
    async stop(ids, status, reason) {
      return stopDispatches(pool, [ids, status, reason, RUNNING, PLANNED_OR_ASKED, null])
    },
    async runningOf(referenceId) {
      return (await runningOf(pool, [referenceId])).map((row) => row.id)
    },
    async referenceOf(id) {
      return one(await referenceOf(pool, [id])).reference_id
    },
    async fence(ids) {
      for (;;) {
        const ms = await mayStartFor(ids)
        if (ms === null) return
        await wait(Math.min(ms + 1, LOOK_AGAIN_MS))
      }
    },
    async fenceAll() {
      const { until } = one(await lastStart(pool, []))
      while ((await claimedUntil(pool, [until])).length > 0) await wait(LOOK_AGAIN_MS)
    },
  }
}

/** A claim is settled long before its two seconds are over: the fence looks again and again. */
const LOOK_AGAIN_MS = 20

/**
 * For how long a step of these dispatches may still start; null: none may. Each answer comes from a statement that began
 * after the question, so that it sees every claim committed before. Callers share the statement, and each waits only for its own.
 */
function makeCountdown(pool: Pool): (ids: string[]) => Promise<number | null> {
  const run = async (questions: string[][]) => {
    const rows = await stillClaimed(pool, [[...new Set(questions.flat())]])
    const left = new Map(rows.map((row) => [row.dispatch_id, row.ms]))
    return questions.map((ids) => {
      const own = ids.flatMap((id) => left.get(id) ?? [])
      return own.length === 0 ? null : Math.max(...own)
    })
  }
  return batched(run, { lanes: 2 })
}

const runningOf = statement<{ id: string }>(
  'running-by-reference',
  "select id from dispatch where reference_id = $1::text and status in ('accepted', 'sent') order by id",
)
const referenceOf = statement<{ reference_id: string }>(
  'reference-of',
  'select reference_id from dispatch where id = $1::uuid',
)

/** Whatever is claimed by now may start until then; what is claimed later sees the stop fact. */
const lastStart = statement<{ until: Date }>('last-start', "select clock_timestamp() + interval '2 seconds' as until")
const claimedUntil = statement(
  'claimed-until',
  `select from step where status = 'claimed' and start_by > clock_timestamp() and start_by <= $1::timestamptz limit 1`,
)
