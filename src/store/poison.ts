import type { Pool } from 'pg'
import { DEADLY_AFTER } from '../domain/poison.ts'
import type { PoisonedStep } from '../flow/ports-pump.ts'
import type { StepTurn } from '../flow/ports-store.ts'
import { batched, columns, statement } from './sql.ts'
import { splitChannels } from './work.ts'

/** Says that a worker took up a step that travels alone; its outcome takes the word back. */
export function makeBegin(pool: Pool): (turn: StepTurn) => Promise<void> {
  return batched(async (turns) => {
    await begin(pool, columns(turns, 'dispatchId', 'n', 'turn'))
    return turns.map(() => undefined)
  })
}

const begin = statement(
  'poison-begin',
  `update step s set deaths = s.deaths + 1 from unnest($1::uuid[], $2::int[], $3::int[]) as k (dispatch_id, n, turn)
   where s.dispatch_id = k.dispatch_id and s.n = k.n and s.turn = k.turn and s.status = 'queued'`,
)

/** Steps whose lease ran out once more after as many deaths as are enough. */
export async function readPoisoned(pool: Pool): Promise<PoisonedStep[]> {
  const rows = await poisoned(pool, [DEADLY_AFTER])
  return rows.map(({ dispatch_id, chain, ...row }) => ({
    ...row,
    dispatchId: dispatch_id,
    chain: splitChannels(chain),
  }))
}

const poisoned = statement<Omit<PoisonedStep, 'dispatchId' | 'chain'> & { dispatch_id: string; chain: string }>(
  'poison-read',
  `select dispatch_id, n, turn, kind, channel, chain, tries from step
   where status = 'queued' and lease_until < (select clock_timestamp()) and deaths >= $1::int limit 100`,
)
