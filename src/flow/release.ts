import type { Hold } from '../domain/hold.ts'
import { type HoldPorts, liftHold, placeHold } from './hold.ts'
import type { RestoredStore } from './ports-restored.ts'

export interface ReleasePorts extends HoldPorts {
  restored: RestoredStore
  /** Asks the partner what was opened meanwhile; false when it cannot be asked now. */
  catchUp(): Promise<boolean>
}
/** What becomes of messages that the lost database may have sent: they count as handed over, or they are sent. */
export type Doubtful = 'hand' | 'send'

/**
 * Lifts a hold. Where everything is held because this database is an older copy, the partner is asked first, and what the
 * lost database may have sent is decided: by itself nothing goes out twice (P11). Until the partner has answered, its own
 * hold keeps everything back.
 */
export async function release(
  ports: ReleasePorts,
  { id, by, doubtful }: { id: string; by: string; doubtful: Doubtful },
): Promise<Hold | null> {
  const hold = (await ports.holds.list()).find((one) => one.id === id)
  if (hold?.scope === 'all' && (await ports.restored.setApart()) !== null) {
    if (!(await ports.catchUp())) await holdPartner(ports)
    if (doubtful === 'send') await ports.restored.sendAll()
    else await handAll(ports.restored)
    await ports.restored.forget()
  }
  return liftHold(ports, id, by)
}

/** Until it is known what was opened meanwhile, no reminder may go out. */
export async function holdPartner(ports: HoldPorts): Promise<void> {
  const order = { scope: 'partner', value: '*', reason: 'events_missed', placedBy: 'service', probeAfterMs: 0 } as const
  await placeHold(ports, order)
}

/** A message that counts as handed over gives its reminders their times; those may lie in the lost time too. */
async function handAll(restored: RestoredStore): Promise<void> {
  for (let found: number | null = 1; found; found = await restored.setApart()) {
    while ((await restored.writeOff()) > 0);
  }
}
