import type { Pool } from 'pg'
import type { Config } from '../config.ts'
import { placeHold } from '../flow/hold.ts'
import { holdPartner, type ReleasePorts } from '../flow/release.ts'
import { beat, readHeart } from '../store/world.ts'

const HEARTBEAT_GAP_MS = 15 * 60_000
/** A shorter stop than this is covered by the partner's own retries. */
const DEAF_MS = 30_000

/**
 * Before a worker sends anything: is this the database, and the time, that we think (P11)? And what was opened while nobody
 * listened? The heart beats again only when all that follows from its silence is written.
 */
export async function lookBack(config: Config, pool: Pool, ports: ReleasePorts): Promise<void> {
  const { gapMs, moved } = await readHeart(pool)
  const real = config.world !== 'sandbox'
  if (real && moved) await ports.restored.note()
  const isCopy = await ports.restored.isCopy()
  const reason = reasonToHold(config, { isCopy, moved, silent: real && (gapMs ?? 0) > HEARTBEAT_GAP_MS })
  if (reason) await placeHold(ports, { scope: 'all', value: '*', reason, placedBy: 'service', probeAfterMs: null })
  if (((gapMs ?? 0) >= DEAF_MS || isCopy) && !(await ports.catchUp())) await holdPartner(ports)
  if (isCopy) await ports.restored.setApart()
  await beat(pool)
}

function reasonToHold(
  { startHeld }: Config,
  { isCopy, moved, silent }: { isCopy: boolean; moved: boolean; silent: boolean },
): string | undefined {
  if (isCopy) return moved ? 'other_database_server' : 'restored'
  if (startHeld) return 'start_held'
  return silent ? 'heartbeat_gap' : undefined
}
