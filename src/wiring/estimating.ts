import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ChannelName } from '../domain/channel.ts'
import type { AcceptPorts } from '../flow/accept.ts'
import type { EstimatePorts } from '../flow/estimate.ts'
import { anonymous } from '../flow/sample-link.ts'
import { segments } from '../render/segments.ts'
import { makeEstimateStore } from '../store/estimates.ts'
import type { Ground } from './ground.ts'
import type { Outside } from './outside.ts'
import { type Road, reservedSlots } from './road.ts'

/** What is known beforehand: the words, the limits, and the length of a link. */
export function estimatingPorts(
  { config, pool, clock }: Ground,
  { providers, render, vault, sandbox }: Outside,
  { store }: Road,
  { missingVariables, codesBase, defaults }: AcceptPorts,
): EstimatePorts {
  const { createsPerMinute: perMinute } = config.partner
  const known = makeEstimateStore(pool, vault)
  const carried = new Set<ChannelName>(['in_app', ...providers.map(({ channel }) => channel)])
  return {
    missingVariables,
    codesBase,
    defaults,
    render,
    segments,
    audience: store.audiences,
    holds: store.holds,
    carries: (channel) => carried.has(channel),
    pacing: {
      createsPerMinute: perMinute === null ? null : perMinute - reservedSlots(perMinute),
      unitsPerMinute: unitsPerMinute(providers, config.rates),
    },
    async sampleLink() {
      const last = await known.lastLink()
      return last === null
        ? { url: assumedLink(config.links.hosts, sandbox), seen: false }
        : { url: anonymous(last), seen: true }
    },
    personAt: known.personAt,
    now: clock.now,
    breathe: async () => void (await nextTurn()),
  }
}

/** A message goes to the first provider of its channel that is not held. */
function unitsPerMinute(providers: Outside['providers'], rates: Ground['config']['rates']): Map<ChannelName, number> {
  const first = new Map(providers.toReversed().map(({ channel, name }) => [channel, name]))
  return new Map(
    [...first].flatMap(([channel, name]): [ChannelName, number][] => {
      const rate = rates.find((one) => one.name === name)
      return rate ? [[channel, (rate.units / rate.perMs) * 60_000]] : []
    }),
  )
}

/** As the partner writes them, as far as is known before it made one. */
const assumedLink = (hosts: readonly string[], sandbox: Outside['sandbox']): string =>
  sandbox
    ? `${sandbox.url}/widget/link_sandbox_000000000000/m2m-basic`
    : `https://${hosts[0]}/link_partner_000000000000/m2m-basic`
