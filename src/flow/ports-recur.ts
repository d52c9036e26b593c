/** Campaigns that are made again and again. */
import type { CampaignWish, ListSource, MadeOnce, OnceOrder } from './ports-campaign.ts'

export interface NewRecurrence {
  id: string
  name: string
  /** Minute, hour, day of the month, month, day of the week, on the clock of `timeZone`. */
  cron: string
  timeZone: string
  /** Which campaign's people; with `previous`: of the one made last, and for the first of this one. */
  source: ListSource & { previous: boolean }
  campaign: CampaignWish
  nextAt: Date
  until: Date | null
  madeBy: string
}
export interface Recurrence extends Omit<NewRecurrence, 'nextAt'> {
  /** null: it will make no more. */
  nextAt: Date | null
  stoppedAt: Date | null
  createdAt: Date
  /** The campaign it made last. */
  latest: { campaignId: string; firesAt: Date } | null
}
export interface RecurrenceStore {
  create(recurrence: NewRecurrence): Promise<void>
  createOnce(recurrence: NewRecurrence, once: OnceOrder): Promise<MadeOnce>
  one(id: string): Promise<Recurrence | null>
  list(place: { before: string | null; limit: number }): Promise<Recurrence[]>
  /** False: it was stopped before. */
  stop(id: string, by: string): Promise<boolean>
  /** Those whose time has come. */
  due(): Promise<(Recurrence & { nextAt: Date })[]>
  /** From this firing to the next, once; null: there is none. */
  moveOn(id: string, from: Date, to: Date | null): Promise<boolean>
  /** A draft that a recurrence made and nobody started: for one process at a time, for a minute. */
  takeDraft(): Promise<{ id: string; source: ListSource; madeBy: string } | null>
  /** Another minute. */
  keepDraft(id: string): Promise<void>
  giveDraft(id: string): Promise<void>
}
