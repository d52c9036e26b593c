import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { ReplyStore, SuppressionStore } from '../flow/ports-consent.ts'
import type { ChangeStore, DispatchReader, KeyStore, StatusStore } from '../flow/ports-read.ts'
import type { ReceiptStore, UnclearStore } from '../flow/ports-receipts.ts'
import type {
  DeliverStore,
  EventStore,
  FactStore,
  HoldStore,
  IntakeStore,
  LinkStore,
  PumpStore,
  StopStore,
} from '../flow/ports-store.ts'
import { makeAccept } from './accept.ts'
import { makeChangeStore } from './changes.ts'
import { makeClaim, makeStopFact } from './claim.ts'
import { makeDispatchReader } from './dispatches.ts'
import { makeEventStore } from './events.ts'
import { makeFactStore } from './facts.ts'
import { makeHoldStore } from './holds.ts'
import { makeKeyStore } from './keys.ts'
import { makeLinkStore } from './links.ts'
import { makePumpStore } from './pump.ts'
import { makeReceiptStore } from './receipts.ts'
import { readRecipient, readReplay } from './recipients.ts'
import { makeReplyStore } from './replies.ts'
import { makeSettle } from './settle.ts'
import { makeStatusStore } from './status.ts'
import { makeStopStore } from './stops.ts'
import { makeSuppressionStore } from './suppressions.ts'
import { makeUnclearStore } from './unclear.ts'
import { makeWorkReader } from './work.ts'

export interface Store {
  intake: IntakeStore
  steps: PumpStore
  deliveries: DeliverStore
  links: LinkStore
  facts: FactStore
  stops: StopStore
  unclear: UnclearStore
  holds: HoldStore
  receipts: ReceiptStore
  replies: ReplyStore
  suppressions: SuppressionStore
  events: EventStore
  dispatches: DispatchReader
  changes: ChangeStore
  keys: KeyStore
  status: StatusStore
}

export interface StoreOptions {
  pool: Pool
  vault: Vault
  /** False when the partner's create limit is off. */
  slots: boolean
  monotonic: () => number
}

export function makeStore({ pool, vault, slots, monotonic }: StoreOptions): Store {
  return {
    intake: {
      accept: makeAccept(pool, vault),
      replay: (keyHash) => readReplay(pool, keyHash),
      recipient: (id) => readRecipient(pool, vault, id),
    },
    steps: makePumpStore(pool, { slots }),
    deliveries: {
      work: makeWorkReader(pool, vault),
      claim: makeClaim(pool, vault),
      stopFact: makeStopFact(pool),
      settle: makeSettle(pool),
    },
    links: makeLinkStore(pool, vault),
    facts: makeFactStore(pool, vault),
    stops: makeStopStore(pool),
    unclear: makeUnclearStore(pool, vault),
    holds: makeHoldStore(pool, monotonic),
    receipts: makeReceiptStore(pool),
    replies: makeReplyStore(pool, vault),
    suppressions: makeSuppressionStore(pool, vault),
    events: makeEventStore(pool),
    dispatches: makeDispatchReader(pool, vault),
    changes: makeChangeStore(pool, vault),
    keys: makeKeyStore(pool),
    status: makeStatusStore(pool),
  }
}
