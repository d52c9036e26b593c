import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import type { AudienceStore, BrakeStore, CampaignStore, LaunchStore, ListStore } from '../flow/ports-campaign.ts'
import type { KeptTextReader, ReplyStore, SuppressionStore } from '../flow/ports-consent.ts'
import type { DeliverStore } from '../flow/ports-deliver.ts'
import type { EvergreenStore } from '../flow/ports-evergreen.ts'
import type { FactStore } from '../flow/ports-facts.ts'
import type { FollowUpStore, TakeBackStore } from '../flow/ports-follow-up.ts'
import type { PaceStore } from '../flow/ports-pace.ts'
import type { PumpStore } from '../flow/ports-pump.ts'
import type {
  ChangeStore,
  DispatchReader,
  KeyStore,
  RecordReader,
  ResendStore,
  StatusStore,
} from '../flow/ports-read.ts'
import type { ReceiptStore, UnclearStore } from '../flow/ports-receipts.ts'
import type { RecurrenceStore } from '../flow/ports-recur.ts'
import type { RestoredStore } from '../flow/ports-restored.ts'
import type { EventStore, HoldStore, IntakeStore, LinkStore, StopStore } from '../flow/ports-store.ts'
import type { TallyStore } from '../flow/ports-tally.ts'
import { makeAccept } from './accept.ts'
import { makeAudienceStore } from './audience.ts'
import { makeCohorts } from './audience-claim.ts'
import { makeBrakeStore } from './brake.ts'
import { makeCampaignStore } from './campaigns.ts'
import { makeChangeStore } from './changes.ts'
import { makeClaim, makeStopFact } from './claim.ts'
import { makeDispatchReader } from './dispatches.ts'
import { makeEventStore } from './events.ts'
import { makeEvergreenStore } from './evergreen.ts'
import { makeFactStore } from './facts.ts'
import { makeFollowUpStore } from './follow-up.ts'
import { makeHoldStore } from './holds.ts'
import { makeKeyStore } from './keys.ts'
import { makeLaunchStore } from './launches.ts'
import { makeLinkStore } from './links.ts'
import { makePaceStore } from './pace.ts'
import { makeBegin } from './poison.ts'
import { makePumpStore } from './pump.ts'
import { makeReceiptStore } from './receipts.ts'
import { readRecipient, readReplay } from './recipients.ts'
import { makeRecordReader } from './record.ts'
import { makeRecurrenceStore } from './recurrences.ts'
import { makeReplyStore } from './replies.ts'
import { makeResendStore } from './resends.ts'
import { makeRestoredStore } from './restored.ts'
import { makeSettle } from './settle.ts'
import { makeStatusStore } from './status.ts'
import { makeStopStore } from './stops.ts'
import { makeSuppressionStore } from './suppressions.ts'
import { makeTakeBackStore } from './take-back.ts'
import { makeTallyStore } from './tally.ts'
import { makeUnclearStore } from './unclear.ts'
import { makeWorkReader } from './work.ts'

export interface Store {
  intake: IntakeStore
  campaigns: CampaignStore
  brakes: BrakeStore
  recurrences: RecurrenceStore
  audiences: AudienceStore
  launches: LaunchStore
  steps: PumpStore
  deliveries: DeliverStore
  links: LinkStore
  evergreen: EvergreenStore
  paces: PaceStore
  facts: FactStore
  stops: StopStore
  unclear: UnclearStore
  restored: RestoredStore
  holds: HoldStore
  receipts: ReceiptStore
  replies: ReplyStore & KeptTextReader
  suppressions: SuppressionStore
  events: EventStore
  dispatches: DispatchReader
  records: RecordReader
  changes: ChangeStore
  resends: ResendStore
  keys: KeyStore
  status: StatusStore
  tallies: TallyStore
  lists: FollowUpStore & ListStore
  takeBacks: TakeBackStore
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
      cohort: makeCohorts(pool),
      replay: (keyHashes) => readReplay(pool, keyHashes),
      recipient: (id) => readRecipient(pool, vault, id),
    },
    campaigns: makeCampaignStore(pool),
    brakes: makeBrakeStore(pool),
    recurrences: makeRecurrenceStore(pool),
    audiences: makeAudienceStore(pool, vault),
    launches: makeLaunchStore(pool, vault),
    steps: makePumpStore(pool, { slots }),
    deliveries: {
      work: makeWorkReader(pool, vault),
      begin: makeBegin(pool),
      claim: makeClaim(pool, vault),
      stopFact: makeStopFact(pool),
      settle: makeSettle(pool),
    },
    links: makeLinkStore(pool, vault),
    evergreen: makeEvergreenStore(pool, vault),
    paces: makePaceStore(pool),
    facts: makeFactStore(pool, vault),
    stops: makeStopStore(pool),
    unclear: makeUnclearStore(pool, vault),
    restored: makeRestoredStore(pool),
    holds: makeHoldStore(pool, monotonic),
    receipts: makeReceiptStore(pool),
    replies: makeReplyStore(pool, vault),
    suppressions: makeSuppressionStore(pool, vault),
    events: makeEventStore(pool),
    dispatches: makeDispatchReader(pool, vault),
    records: makeRecordReader(pool),
    changes: makeChangeStore(pool, vault),
    resends: makeResendStore(pool),
    keys: makeKeyStore(pool),
    status: makeStatusStore(pool),
    tallies: makeTallyStore(pool),
    lists: makeFollowUpStore(pool, vault),
    takeBacks: makeTakeBackStore(pool),
  }
}
