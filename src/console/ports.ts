/** What the pages need of the world; wired in app.ts. */
import type { ChannelName } from '../domain/channel.ts'
import type { Failure } from '../domain/failure.ts'
import type { Hold } from '../domain/hold.ts'
import type { DispatchOrder } from '../flow/order.ts'
import type { DispatchReader, KeyStore, StatusStore } from '../flow/ports-read.ts'
import type { HoldStore } from '../flow/ports-store.ts'
import type { CampaignDesk } from './campaigns/ports.ts'

export interface ConsolePorts {
  dispatches: Pick<DispatchReader, 'one' | 'list' | 'byAddress' | 'timeline' | 'attempts'>
  keys: Pick<KeyStore, 'caller' | 'openSession' | 'session' | 'useSignIn' | 'closeSession'>
  status: Pick<StatusStore, 'status'>
  holds: Pick<HoldStore, 'list'>
  campaigns: CampaignDesk
  /** Keyed hashes of a normalised address, under every look-up key. */
  lookups(kind: 'phone' | 'email', value: string): Buffer[]
  /** Answers the id of the new dispatch, or what is wrong, by its path in the order where there is one. */
  create(order: DispatchOrder): Promise<{ ok: true; id: string } | (Refused & { errors?: Failure['errors'] })>
  /** Sends again now; null: by the channels of the dispatch. */
  resend(id: string, channel: ChannelName | null): Promise<{ ok: true } | Refused>
  cancel(id: string, reason: string | null): Promise<{ ok: true } | Refused>
  lift(holdId: string, by: string): Promise<Hold | null>
  /** Called after new events; answers how to stop being called. */
  onChange(listener: () => void): () => void
  now(): Date
  /** Where the world reaches this service: decides the cookie's flags, and stands in the example. */
  publicUrl: string
  /** The sandbox's inbox. */
  inboxUrl: string | null
  /** The key that stands in the example; null outside the sandbox, where whoever reads along must not learn it. */
  exampleKey: string | null
  world: 'sandbox' | 'test' | 'live'
  templates: readonly string[]
  locales: readonly string[]
}

export interface Refused {
  ok: false
  message: string
}
