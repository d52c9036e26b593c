import type { Router } from 'express'
import type { Logger } from 'pino'
import type { AcceptPorts } from '../flow/accept.ts'
import type { CampaignPorts, StartPorts } from '../flow/campaign.ts'
import type { CancelPorts } from '../flow/cancel.ts'
import type { EstimatePorts } from '../flow/estimate.ts'
import type { FollowPorts } from '../flow/evergreen.ts'
import type { OpenPorts } from '../flow/open.ts'
import type { NoticeReader, Renderer, Vault } from '../flow/ports.ts'
import type { AudienceStore, ListStore } from '../flow/ports-campaign.ts'
import type { KeptTextReader, ReplyStore, SuppressionStore } from '../flow/ports-consent.ts'
import type { FollowUpStore, TakeBackStore } from '../flow/ports-follow-up.ts'
import type {
  ChangeStore,
  DispatchReader,
  KeyStore,
  RecordReader,
  ResendStore,
  StatusStore,
} from '../flow/ports-read.ts'
import type { InboundTextReader, ReceiptReader } from '../flow/ports-receipts.ts'
import type { RecurrenceStore } from '../flow/ports-recur.ts'
import type { EventStore } from '../flow/ports-store.ts'
import type { TallyStore } from '../flow/ports-tally.ts'
import type { ReceiptPorts } from '../flow/record-receipt.ts'
import type { RecurPorts } from '../flow/recur.ts'
import type { ReleasePorts } from '../flow/release.ts'

/** Everything the door needs of the house. */
export interface HttpPorts
  extends AcceptPorts,
    CancelPorts,
    OpenPorts,
    ReleasePorts,
    FollowPorts,
    CampaignPorts,
    StartPorts {
  stops: CancelPorts['stops']
  defaults: AcceptPorts['defaults']
  recurrences: RecurrenceStore
  nextFiring: RecurPorts['nextFiring']
  audiences: AudienceStore
  estimating: EstimatePorts
  tallies: Pick<TallyStore, 'head' | 'read' | 'minutes'>
  lists: FollowUpStore & ListStore
  takeBacks: Pick<TakeBackStore, 'begin' | 'one'>
  dispatches: DispatchReader
  records: RecordReader
  changes: ChangeStore
  resends: ResendStore
  keys: Pick<KeyStore, 'caller' | 'make' | 'list' | 'revoke'>
  status: StatusStore
  /** `onChange` calls back after new events were numbered, and answers how to stop listening. */
  events: Pick<EventStore, 'after' | 'append'> & { onChange(listener: () => void): () => void }
  notices: NoticeReader
  /** By the name in the path; only providers whose secret is there. */
  receiptReaders: ReadonlyMap<string, ReceiptReader>
  textReaders: ReadonlyMap<string, InboundTextReader>
  /** The texts that a person is told, as their provider reads them. */
  answerText(texts: readonly string[]): string
  hearing: ReceiptPorts
  suppressions: SuppressionStore
  replies: ReplyStore & KeptTextReader
  vault: Pick<Vault, 'lookup' | 'lookups'>
  render: Renderer
  segments(text: string): { encoding: string; segments: number; characters: number }
  /** Stands where a link would stand in previews: on an allowed host, and nobody's link. */
  sampleUrl: string
  log: Logger
  /** The process stops: whoever holds a stream open is let go. */
  closing: AbortSignal
  metrics: HttpMetrics
  /** This process, its database and its schema only. */
  ready(): Promise<{ ok: boolean; reasons: string[] }>
  /** Jobs waiting or running on the queues, by channel. */
  queueDepth(): Promise<Record<string, number>>
  /** Link creations a minute the partner allows; null: not limited here. */
  createsPerMinute: number | null
  publicUrl: string
  /** Mounted at `/` after the API, for instance the console. */
  extra: readonly Router[]
  trustProxy?: boolean | number | string
}

export interface HttpMetrics {
  contentType: string
  text(): Promise<string>
  accepted(count: number): void
  webhook(seconds: number, kind: WebhookKind): void
  staleWebhook(): void
}
export type WebhookKind = 'applied' | 'repeated' | 'refused' | 'failed'
