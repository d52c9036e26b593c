import { endCampaigns } from '../flow/end-campaigns.ts'
import { type LaunchPorts, launch } from '../flow/launch.ts'
import { recur } from '../flow/recur.ts'
import { takeBackSome } from '../flow/take-back.ts'
import { nextFiring } from '../lib/cron.ts'
import type { Loop } from '../lib/loop.ts'
import type { Store } from '../store/store.ts'
import { acceptPorts } from './accepting.ts'
import type { Ground } from './ground.ts'
import type { Outside } from './outside.ts'

interface Surroundings {
  store: Store
  hold: LaunchPorts['hold']
  wake(): void
  loop(name: string, everyMs: number, work: () => Promise<boolean>): Loop
}

/** The loops that turn audiences into dispatches, and end what is over; any number of processes may run them. */
export function runCampaigns(ground: Ground, outside: Outside, { store, hold, wake, loop }: Surroundings) {
  const { clock, failed } = ground
  const { launches, holds, stops, links } = store
  const accepting = acceptPorts(ground, outside, { store, wake })
  const launching = {
    ...accepting,
    launches,
    holds,
    hold,
    random: Math.random,
    onError: failed('a row of an audience could not become a dispatch'),
  }
  const ending = { launches, stops, links, partner: outside.partner, now: clock.now, random: Math.random }
  const launcher = loop('launch', 1_000, () => launch(launching))
  const ender = loop('campaigns', 2_000, () => endCampaigns(ending))
  const takingBack = { takeBacks: store.takeBacks, stops, links, partner: outside.partner, now: clock.now }
  const takerBack = loop('take-backs', 2_000, () => takeBackSome(takingBack))
  const { recurrences, campaigns, audiences, lists } = store
  const recurring = { ...accepting, recurrences, campaigns, audiences, lists, distrust: outside.distrust, nextFiring }
  const recurrer = loop('recurrences', 5_000, () => recur(recurring))
  return {
    wake() {
      recurrer.wake()
      launcher.wake()
      ender.wake()
    },
    async idle() {
      await recurrer.idle()
      await ender.idle()
      await takerBack.idle()
      await launcher.idle()
    },
  }
}
