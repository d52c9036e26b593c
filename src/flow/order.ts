import type { ChannelName } from '../domain/channel.ts'
import type { Category, Contact, IfActive } from '../domain/dispatch.ts'
import type { SuspectPolicy } from '../domain/suspicion.ts'
import type { LinkOptions } from './ports-store.ts'

export interface BroughtLink {
  linkId: string
  url: string
  expiresAt: Date
}

/** A request as the door understood it: validated, normalised, nothing decided yet. */
export interface DispatchOrder {
  referenceId: string
  userData: Record<string, unknown> | null
  contact: Contact | null
  channels: ChannelName[] | null
  locale: string | null
  timeZone: string | null
  template: string
  variables: Record<string, unknown>
  category: Category
  sendAt: Date | null
  validUntil: Date | null
  /** null: none; undefined: the configured default. */
  reminders: { afterMs: number[]; channels: ChannelName[] | null; template: string | null } | null | undefined
  link: LinkOptions
  ownLink: BroughtLink | null
  ifActive: IfActive
  suspectOpens: SuspectPolicy
  fallBackMs: number | null
  metadata: Record<string, unknown> | null
  lane: number
  campaignId: string | null
  /** Under which a row of the campaign's audience is counted; null: this is no such row. */
  variant: string | null
}
