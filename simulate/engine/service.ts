import { makeTwilioLookup } from '../../src/channels/twilio-lookup.ts'
import type { ChannelName } from '../../src/domain/channel.ts'
import { CODE_LENGTH, codeOf } from '../../src/domain/evergreen.ts'
import { accept } from '../../src/flow/accept.ts'
import { cancelOne } from '../../src/flow/cancel-one.ts'
import { change } from '../../src/flow/change.ts'
import { makeCircuits } from '../../src/flow/circuit.ts'
import { deliver } from '../../src/flow/deliver.ts'
import type { DeliverPorts } from '../../src/flow/delivery.ts'
import { askForFresh, type FollowPorts, follow } from '../../src/flow/evergreen.ts'
import { type HoldPorts, liftHold, placeHold, probeHolds } from '../../src/flow/hold.ts'
import { inApp } from '../../src/flow/in-app.ts'
import { catchUp, missedOpen, type OpenPorts, open } from '../../src/flow/open.ts'
import { checkOwnLink } from '../../src/flow/own-link.ts'
import type { Provider } from '../../src/flow/ports.ts'
import { type PumpPorts, pump } from '../../src/flow/pump.ts'
import { quarantine } from '../../src/flow/quarantine.ts'
import { pollReceipts, type ReconcilePorts, reconcile } from '../../src/flow/reconcile.ts'
import { recordEarly, recordReceipt } from '../../src/flow/record-receipt.ts'
import { reply } from '../../src/flow/reply.ts'
import { resend } from '../../src/flow/resend.ts'
import { suppress } from '../../src/flow/suppress.ts'
import { unsubscribe, unsubscribeToken } from '../../src/flow/unsubscribe.ts'
import type { Http } from '../../src/lib/http.ts'
import { makePartner } from '../../src/links/partner.ts'
import { distrustUrl } from '../../src/links/trust.ts'
import { readTwilioStatus } from '../../src/receipts/twilio-status.ts'
import type { Store } from '../store/ports.ts'
import { textOf } from '../store/tables.ts'
import type { Chance } from './chance.ts'
import { patient } from './patient.ts'
import type { Process } from './process.ts'
import { renderer } from './renderer.ts'
import type { makeVault } from './vault.ts'

const LINK_HOSTS = ['links.example.com']
/** The user agent of a machine that looks at links for others. */
export const SCANNER = 'scanner'
/** Where codes of ours lead. */
export const CODES_BASE = 'https://service.example.com/l/'
const DAY = 24 * 3_600_000
const CAPS = { perDay: 3, perWeek: 7 }
const DEFAULT_TIME_ZONE = 'America/Chicago'

export interface ServiceOptions {
  proc: Process
  store: Store
  chance: Chance
  vault: ReturnType<typeof makeVault>
  providers: Provider[]
  partnerHttp: Http
  twilioHttp: Http
  newId(): string
  wake(): void
  enqueue: PumpPorts['queue']['add']
  /** A provider said that somebody must not be written to, and that is stored. */
  barred(address: string, why: string): void
}
export type Service = ReturnType<typeof makeService>

/** One process of the service: the wiring of src/wiring/road.ts and door.ts, around the same flow, over a world of ours. */
export function makeService(options: ServiceOptions) {
  const { proc, store, chance, vault, providers, wake, newId } = options
  const { now, monotonic } = proc
  const nothing = () => Promise.resolve()
  const partner = makePartner({
    ...{ baseUrl: 'https://partner.example.com', apiKey: 'key', http: options.partnerHttp, linkHosts: LINK_HOSTS, now },
  })
  const holds: HoldPorts = { holds: store.holds, stops: store.stops, wake, tell: nothing }
  const opening: OpenPorts = {
    ...{
      facts: store.facts,
      stops: store.stops,
      vault,
      isScanner: (agent) => agent === SCANNER,
      opened: () => undefined,
    },
  }
  const hold: DeliverPorts['hold'] = async (order) => void (await placeHold(holds, { ...order, placedBy: 'service' }))
  const delivering: DeliverPorts = {
    ...{ links: store.links, holds: store.holds, partner, providers, vault, newId },
    ...{ hold, monotonic, paces: store.paces, caps: CAPS, slots: true, callbackUrl: null },
    deliveries: {
      ...store.deliveries,
      stopFact: patient(proc, 20_000, store.deliveries.stopFact),
      settle: patient(proc, 25_000, store.deliveries.settle),
    },
    suppressions: {
      async add(entry) {
        const added = await store.suppressions.add(entry)
        options.barred(textOf(entry.hash), entry.reason)
        return added
      },
      failedFor: store.suppressions.failedFor,
    },
    codes: { base: CODES_BASE, store: store.evergreen, newCode: () => codeOf(randomBytes(chance)) },
    circuits: makeCircuits(monotonic),
    rates: new Map([['vonage', { units: 1, perMs: 500 }]]),
    unitsOf: () => 1,
    render: renderer,
    defaultTimeZone: DEFAULT_TIME_ZONE,
    mayWriteTo: null,
    lift: async (id) => void (await liftHold(holds, id, 'probe')),
    alert: nothing,
    unsubscribeUrl: (id, hash) => `https://service.example.com/u/${unsubscribeToken(vault, id, hash)}`,
    missedOpen: async (link) => void (await missedOpen(opening, link, now())),
    random: chance.next,
    pause: proc.wait,
  }
  const lookup = makeTwilioLookup({
    ...{
      accountSid: 'AC',
      authToken: 'token',
      http: options.twilioHttp,
      hashes: (text) => vault.lookups('text', text),
    },
  })
  const hearing: ReconcilePorts = {
    ...{ receipts: store.receipts, suppressions: store.suppressions, stops: store.stops, events: store.events },
    ...{ unclear: store.unclear, deliveries: store.deliveries, resendUnclear: ['push'], hold, wake, alert: nothing },
    lookups: new Map([
      [
        'twilio',
        {
          ...lookup,
          receiptOf: ({ providerId, status, errorCode }, attemptId) =>
            readTwilioStatus({
              ...{ providerId, status, attemptId, now: now() },
              errorCode: errorCode === null ? undefined : String(errorCode),
            }),
        },
      ],
    ]),
    random: chance.next,
    pause: proc.wait,
  }
  const admitting: PumpPorts = {
    ...{
      steps: store.steps,
      holds: store.holds,
      queue: { add: options.enqueue },
      carriers: carriersOf(providers),
      now,
    },
    queuedAtMost: () => 1_000,
  }
  const ask = () => catchUp({ ...opening, partner }, now())
  const changing = { dispatches: store.dispatches, changes: store.changes, wake }
  const following: FollowPorts = {
    ...{ evergreen: store.evergreen, vault, distrust: (url) => distrustUrl(url, LINK_HOSTS) },
  }
  const accepting: Parameters<typeof accept>[0] = {
    ...{ intake: store.intake, stops: store.stops, wake, render: renderer, now, newId, missingVariables: () => [] },
    codesBase: CODES_BASE,
    checkOwnLink: (referenceId, link) =>
      checkOwnLink({ partner, distrust: (url) => distrustUrl(url, LINK_HOSTS) }, referenceId, link),
    defaults: {
      ...{ locale: 'en', timeZone: DEFAULT_TIME_ZONE, channels: ['sms', 'email'], fallBackMs: 600_000 },
      ...{ remindersAfterMs: [DAY, 3 * DAY], linkMaxMinutes: 10_080 },
    },
  }
  const cancelling = { stops: store.stops, links: store.links, partner, dispatches: store.dispatches }
  return {
    deliver: (turn: Parameters<typeof deliver>[1]) => deliver(delivering, turn),
    pump: () => pump(admitting),
    async upkeep() {
      await quarantine({ steps: store.steps, deliveries: store.deliveries, alert: nothing })
      await probeHolds({ ...holds, catchUp: ask })
      const late = await store.facts.applyLate()
      if (late.length > 0) await store.stops.fence(late)
      return false
    },
    async reconcile() {
      const heard = (await recordEarly(hearing)) + (await reconcile(hearing)) + (await pollReceipts(hearing))
      if (heard > 0) wake()
      return false
    },
    /** After a gap in which nobody listened: what was opened meanwhile? */
    async lookBack(deafMs: number) {
      if (deafMs < 30_000 || (await ask())) return
      const order = {
        scope: 'partner',
        value: '*',
        reason: 'events_missed',
        placedBy: 'service',
        probeAfterMs: 0,
      } as const
      await placeHold(holds, order)
    },
    accept: (order: Parameters<typeof accept>[1], once: Parameters<typeof accept>[2]) =>
      accept(accepting, order, once, () => '{}'),
    open: (notice: Parameters<typeof open>[1]) => open(opening, notice),
    hear: (receipt: Parameters<typeof recordReceipt>[1]) => recordReceipt(hearing, receipt),
    reply: (text: Parameters<typeof reply>[1]) =>
      reply({ ...hearing, suppressions: store.suppressions, replies: store.replies, vault, defaultLocale: 'en' }, text),
    unsubscribe: (token: string) => unsubscribe({ ...hearing, suppressions: store.suppressions, vault }, token),
    suppress: (entries: Parameters<typeof suppress>[1]) => suppress(hearing, entries),
    cancel: (order: Parameters<typeof cancelOne>[1]) => cancelOne(cancelling, order),
    resend: (order: Parameters<typeof resend>[1]) => resend(changing, order),
    change: (order: Parameters<typeof change>[1]) => change(changing, order),
    follow: (code: string) => follow(following, code),
    askForFresh: (code: string) => askForFresh({ ...following, ...changing }, code),
    inApp: (referenceId: string) => inApp(changing, referenceId),
    placeHold: (order: Parameters<typeof placeHold>[1]) => placeHold(holds, order),
    liftHold: (id: string) => liftHold(holds, id, 'person'),
  }
}

const randomBytes = (chance: Chance) => Uint8Array.from({ length: CODE_LENGTH }, () => chance.int(0, 255))

function carriersOf(providers: Provider[]): Map<ChannelName, string[]> {
  const carriers = new Map<ChannelName, string[]>([['in_app', []]])
  for (const { channel, name } of providers) carriers.set(channel, [...(carriers.get(channel) ?? []), name])
  return carriers
}
