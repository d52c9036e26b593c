import { brakeVerdict } from '../domain/brake.ts'
import { type HoldPorts, placeHold } from './hold.ts'
import type { BrakeStore } from './ports-campaign.ts'

/** A campaign that goes wrong pauses itself, and says why; a person decides whether it goes on. */
export async function brake(ports: HoldPorts & { brakes: BrakeStore }): Promise<void> {
  for (const { id, since, brake } of await ports.brakes.watched()) {
    const reason = brakeVerdict(brake, await ports.brakes.counts(id, since))
    if (reason === null) continue
    await placeHold(ports, { scope: 'campaign', value: id, reason, placedBy: 'service', probeAfterMs: null })
  }
}
