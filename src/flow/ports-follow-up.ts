/** Who is to be followed up, and what went to whom. */
import type { ChannelName } from '../domain/channel.ts'
import type { Contact, DispatchStatus } from '../domain/dispatch.ts'
import type { Suspicion } from '../domain/suspicion.ts'
import type { PeopleSource } from './ports-campaign.ts'

export interface FollowedUp {
  /** Of the dispatch; lists are in its order. */
  id: string
  referenceId: string
  status: DispatchStatus
  /** Why it ended, or how the person opted out. */
  reason: string | null
  /** Why the last message that failed did. */
  messageReason: string | null
  suspect: Suspicion | null
  locale: string
  channels: ChannelName[]
  firstHandedAt: Date | null
  openedAt: Date | null
  contact: Contact
  metadata: Record<string, unknown> | null
}

export interface FollowUpStore {
  /** In order of their ids, above `after`. */
  page(source: PeopleSource, after: string | null, limit: number): Promise<FollowedUp[]>
}

export interface TakeBack {
  id: string
  template: string
  revokeLinks: boolean
  status: 'running' | 'done'
  /** Who got it. */
  people: number
  /** Whose links were looked at. */
  done: number
  links: { revoked: number; keptForOperation: number; unanswered: number }
  madeBy: string
  createdAt: Date
  endedAt: Date | null
}

export interface TakeBackStore {
  /** Begins, or begins again once it is done; one that runs goes on as it is. */
  begin(order: { id: string; template: string; revokeLinks: boolean; by: string }): Promise<void>
  one(template: string): Promise<TakeBack | null>
  /** One that runs, with the next dispatches above its place; for one process at a time, for some seconds. */
  takeTurn(limit: number): Promise<{ id: string; ids: string[] } | null>
  /** These were looked at: goes on behind the last of them. */
  moveOn(id: string, ids: string[], links: TakeBack['links']): Promise<void>
  /** Nobody is left; where the partner did not answer, it begins again in a minute. */
  end(id: string): Promise<void>
}
