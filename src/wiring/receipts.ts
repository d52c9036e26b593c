import { setTimeout as pause } from 'node:timers/promises'
import { makeTwilioLookup } from '../channels/twilio-lookup.ts'
import type { ProviderLookup, ReconcilePorts } from '../flow/reconcile.ts'
import { makeFetchText } from '../receipts/fetch-text.ts'
import { makeReceiptReaders, makeTextReaders } from '../receipts/registry.ts'
import { twiml } from '../receipts/twilio-inbound.ts'
import { readTwilioStatus } from '../receipts/twilio-status.ts'
import type { Store } from '../store/store.ts'
import type { Ground } from './ground.ts'
import type { Outside } from './outside.ts'

/** Who reads what providers and people say afterwards: only those whose secret is there. */
export function receiptReadersOf({ publicUrl }: Ground, { settings, http }: Outside) {
  const { emailDomain, ...secrets } = settings.receipts
  const options = {
    ...secrets,
    ...(publicUrl && { publicUrl }),
    ...(emailDomain && { emailDomain }),
    fetchText: makeFetchText(http),
  }
  return { readers: makeReceiptReaders(options), textReaders: makeTextReaders(options), answerText: twiml }
}

/** What recording a receipt and clearing up an ambiguous attempt need. */
export function receiptPorts(
  { clock, config }: Ground,
  { settings, vault, http }: Outside,
  store: Store,
  told: Pick<ReconcilePorts, 'hold' | 'alert' | 'wake'>,
): ReconcilePorts {
  const { twilio } = settings.channels
  const lookups = new Map<string, ProviderLookup>()
  if (twilio)
    lookups.set('twilio', {
      ...makeTwilioLookup({ ...twilio, http, hashes: (text) => vault.lookups('text', text) }),
      receiptOf: ({ providerId, status, errorCode }, attemptId) =>
        readTwilioStatus({
          providerId,
          status,
          attemptId,
          errorCode: errorCode === null ? undefined : String(errorCode),
          now: clock.now(),
        }),
    })
  return {
    ...told,
    receipts: store.receipts,
    suppressions: store.suppressions,
    stops: store.stops,
    events: store.events,
    unclear: store.unclear,
    deliveries: store.deliveries,
    lookups,
    resendUnclear: config.resendUnclear,
    random: Math.random,
    pause: async (ms) => void (await pause(ms)),
  }
}
