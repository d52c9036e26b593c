import { DEADLY_AFTER } from '../domain/poison.ts'
import type { DeliverStore, Settlement } from './ports-deliver.ts'
import type { PoisonedStep, PumpStore } from './ports-pump.ts'
import { settlement, told } from './settlement.ts'

export interface QuarantinePorts {
  steps: Pick<PumpStore, 'poisoned'>
  deliveries: Pick<DeliverStore, 'settle'>
  alert(what: { what: string; reason: string }): Promise<void>
}

/** A step that killed its worker again and again is not taken up any more; it ends with that reason, and a person looks. */
export async function quarantine(ports: QuarantinePorts): Promise<number> {
  const steps = await ports.steps.poisoned()
  for (const step of steps) {
    if (await ports.deliveries.settle(poisoned(step)))
      await ports.alert({ what: 'step_poisoned', reason: `its worker died ${DEADLY_AFTER} times with it` })
  }
  return steps.length
}

const poisoned = (step: PoisonedStep): Settlement =>
  settlement(
    { ...step, fallBackAt: null },
    {
      from: 'queued',
      to: 'failed',
      reason: 'poisoned',
      ends: step.kind === 'first' ? { status: 'failed', reason: 'poisoned' } : null,
      events: [told(step, 'message.failed', { channel: step.channel, reason: 'poisoned' })],
    },
  )
