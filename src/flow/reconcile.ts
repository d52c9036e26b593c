import type { UnclearStore } from './ports-store.ts'

export interface ReconcilePorts {
  unclear: UnclearStore
}

/** Channels on which a second copy is harmless, since it replaces the first (same tag and collapse id). */
const RESEND_ONCE = new Set(['push'])

/** No ambiguous attempt stays open for ever: what nobody can clear up ends as `handed`, unconfirmed. */
export async function reconcile({ unclear }: ReconcilePorts): Promise<number> {
  const steps = await unclear.due()
  for (const step of steps) {
    if (RESEND_ONCE.has(step.channel) && step.unclearBefore === 1) await unclear.resend(step)
    else await unclear.writeOff(step)
  }
  return steps.length
}
