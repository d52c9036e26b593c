/** What campaigns need remembered. Every write names the states it expects. */
import type { BrakeCounts } from '../domain/brake.ts'
import type { Brake, CampaignStatus, FollowUp, OwnWindow, Variant } from '../domain/campaign.ts'
import type { ChannelName } from '../domain/channel.ts'
import type { Category, Contact, IfActive } from '../domain/dispatch.ts'
import type { SuspectPolicy } from '../domain/suspicion.ts'
import type { BroughtLink } from './order.ts'
import type { LinkOptions, StoredAnswer } from './ports-store.ts'

/** What all dispatches of a campaign share; rows of its audience may say more. Holds no personal data. */
export interface CampaignPlan {
  template: string
  channels: ChannelName[] | null
  /** null: none; undefined: the configured default. */
  reminders?: { afterMs: number[]; channels: ChannelName[] | null; template: string | null } | null
  link: LinkOptions
  ifActive: IfActive
  suspectOpens: SuspectPolicy
  fallBackMs: number | null
  variants: Variant[]
  /** 0 to 0.9: the share of the people who get nothing, to compare with. */
  holdout: number
  /** What every message says beside what the row says. */
  variables: Record<string, unknown>
}

/** A campaign as the door understood it. What is absent stays as it is, or as it usually is. */
export interface CampaignWish {
  name?: string | undefined
  category?: Category | undefined
  template?: string | undefined
  channels?: ChannelName[] | null | undefined
  variables?: Record<string, unknown> | undefined
  reminders?: NonNullable<CampaignPlan['reminders']> | null | undefined
  link?: LinkOptions | undefined
  ifActive?: IfActive | undefined
  suspectOpens?: SuspectPolicy | undefined
  fallBackMs?: number | null | undefined
  startAt?: Date | null | undefined
  localStart?: string | null | undefined
  validUntil?: Date | null | undefined
  ownWindow?: OwnWindow | null | undefined
  perHour?: number | null | undefined
  variants?: Variant[] | undefined
  holdout?: number | undefined
  brake?: { [Rate in keyof Brake]?: Brake[Rate] | undefined } | undefined
}

export interface NewCampaign {
  id: string
  name: string
  category: Category
  plan: CampaignPlan
  /** Both null: when it is started. At most one is given. */
  startAt: Date | null
  /** `2026-12-01T10:00`, on the clock of each person. */
  localStart: string | null
  validUntil: Date | null
  ownWindow: OwnWindow | null
  /** Messages an hour, reminders included; null: as fast as partner and providers allow. */
  perHour: number | null
  brake: Brake
  recurrence: { id: string; firesAt: Date } | null
  madeBy: string
}

export interface Campaign extends NewCampaign {
  status: CampaignStatus
  reason: string | null
  lane: number
  revokeLinks: boolean
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
  /** The hold on it that is in force. */
  hold: { id: string; reason: string; placedBy: string; placedAt: Date } | null
  /** Dispatches of it that have not ended; exact. */
  open: number
  /** Rows of its audience that wait to become dispatches. */
  waiting: number
}

export interface CampaignStore {
  /** False: this firing of a recurrence has made its campaign already. */
  create(campaign: NewCampaign): Promise<boolean>
  /** The same, once per idempotency key. */
  createOnce(campaign: NewCampaign, once: OnceOrder): Promise<MadeOnce>
  one(id: string): Promise<Campaign | null>
  list(place: { before: string | null; limit: number }): Promise<Campaign[]>
  /** Only a draft changes; false: it is none any more. */
  change(campaign: Omit<NewCampaign, 'recurrence' | 'madeBy'>, by: string): Promise<boolean>
  /** draft → running; settles when each waiting row goes. False: it was no draft. */
  start(id: string, by: string): Promise<boolean>
  /** draft or running → cancelled; false: it was over before. */
  cancel(id: string, order: { reason: string | null; revokeLinks: boolean; by: string }): Promise<boolean>
  outlook(id: string): Promise<CampaignOutlook>
}

/** An idempotency key, and the answer that is kept with it; they and what is made commit together. */
export interface OnceOrder {
  keyHash: Buffer
  bodyHash: Buffer
  show(createdAt: Date): Pick<StoredAnswer, 'location' | 'body'>
}
export type MadeOnce = { kind: 'made' | 'replayed'; answer: StoredAnswer } | { kind: 'key_reused' }

/** A row as `flow/launch` makes a dispatch of it. */
export interface WaitingRow {
  referenceId: string
  bucket: number
  /** As they were resolved when the row was taken. */
  timeZone: string
  zoneGiven: boolean
  person: AudiencePerson
  /** The row's, or what the recipient had stored. */
  contact: Contact
}

/** What a row says of a person; sealed at rest. */
export interface AudiencePerson {
  userData: Record<string, unknown> | null
  contact: Contact | null
  channels: ChannelName[] | null
  locale: string | null
  timeZone: string | null
  variables: Record<string, unknown>
  metadata: Record<string, unknown> | null
  ownLink: BroughtLink | null
}

export interface LaunchStore {
  /** Running campaigns with rows whose time came over 12 hours ago, and which nobody has taken a turn or placed a hold of since. */
  missed(): Promise<string[]>
  /** Running campaigns with waiting rows that are due and no hold; each for one process at a time, for some seconds. */
  takeTurn(): Promise<Omit<Campaign, 'hold' | 'open' | 'waiting'>[]>
  /** The turn is free again at once. */
  giveTurn(ids: string[]): Promise<void>
  /** How many of the lane's messages are due and still wait, counted up to `atMost`. */
  backlog(lane: number, atMost: number): Promise<number>
  /** Rows whose time has come, in order of their time; of those that begin together by people's clocks, from a place (0 to 1) on. */
  due(campaignId: string, order: { limit: number; from: number }): Promise<WaitingRow[]>
  /** The row became nothing: refused, held out, or left out, with the reason. */
  dismiss(
    rows: { campaignId: string; referenceId: string; status: 'refused' | 'held_out' | 'left_out'; reason: string }[],
  ): Promise<void>
  /** The row waits on until then. */
  postpone(rows: { campaignId: string; referenceId: string; until: Date }[]): Promise<void>
  /** Rows of cancelled campaigns, and those that come after `validUntil`, become `left_out`; answers how many. */
  leaveOut(limit: number): Promise<number>
  /** Everything is done: running → finished, and those cancelled have ended. Answers the finished ids. */
  finish(): Promise<string[]>
  /** Dispatches of one cancelled campaign that still run, with whether their links are to be revoked; its turn with them. */
  toCancel(limit: number): Promise<{ id: string; campaignId: string; revokeLinks: boolean; reason: string | null }[]>
}

/** What is to be known of a campaign that sends nothing, to say why. */
export interface CampaignOutlook {
  /** When the next row of the audience becomes a dispatch. */
  nextRowAt: Date | null
  /** Something of it is on a queue or in a worker's hands. */
  inHand: boolean
  /** The message that waits longest or is due next, why it waited last, and whether it needs one of the partner's slots. */
  nextStep: { dueAt: Date; reason: string | null; needsLink: boolean; channel: string; template: string } | null
  /** When its pace lets the next message go; null: at once. */
  paceAt: Date | null
  /** When the partner's limit lets the next link be made; null: at once. */
  slotAt: Date | null
  now: Date
}

/** A line that was understood. */
export interface AudienceRow {
  line: number
  referenceId: string
  person: AudiencePerson
  /** Where the person is reached: as the line says, else as the recipient had stored. */
  contact: Contact
  /** As the dispatch will have them: from the row, the recipient, the defaults. */
  locale: string
  timeZone: string
  zoneGiven: boolean
  /** Those of the row's, else of the plan's and its variants' channels for which there is an address; never empty. */
  channels: ChannelName[]
}

/** A row as it was taken. */
export interface TakenRow extends AudienceRow {
  bucket: number
  /** Nothing would be sent: the person or every address is barred. */
  suppressed: boolean
  ownLinkUntil: Date | null
}

export interface Refusal {
  line: number
  /** The column (CSV) or path (NDJSON) that is wrong; empty for the whole line. */
  field: string
  reason: string
  /** The line as it came, to be mended; null where it is no fault of the line, and for the second fault of one. */
  text: string | null
}

export interface Upload {
  id: string
  campaignId: string
  source: 'file' | 'list'
  status: 'taking' | 'done' | 'broken'
  /** File: name, format, delimiter, mapping, ignored columns. List: which one, of what. */
  about: Record<string, unknown>
  rows: number
  taken: number
  /** In the audience before, from an earlier upload. */
  known: number
  /** Twice in this upload. */
  doubled: number
  refused: number
  madeBy: string
  createdAt: Date
  endedAt: Date | null
}

export type UploadCounts = Pick<Upload, 'rows' | 'taken' | 'known' | 'doubled' | 'refused'>

/** What taking rows needs to know of their campaign. */
export interface AudienceTarget {
  id: string
  status: CampaignStatus
  plan: CampaignPlan
}

export interface AudienceStore {
  target(campaignId: string): Promise<AudienceTarget | null>
  /** What recipients have stored, of those that are known. */
  recipients(referenceIds: string[]): Promise<Map<string, StoredRecipient>>
  begin(upload: Pick<Upload, 'id' | 'campaignId' | 'source' | 'about' | 'madeBy'>): Promise<void>
  /**
   * Takes rows of one upload; tells of each line whether it was new, `known` from an earlier upload, or `doubled` in this
   * one (of which line). null: the campaign is over, and nothing was taken.
   */
  take(upload: Pick<Upload, 'id' | 'campaignId'>, rows: AudienceRow[]): Promise<TakenLine[] | null>
  refuse(uploadId: string, refusals: Refusal[]): Promise<void>
  /** How far it has come. */
  note(uploadId: string, counts: UploadCounts): Promise<void>
  /** The last word on it, and the event that says so. */
  end(uploadId: string, status: 'done' | 'broken', counts: UploadCounts): Promise<void>
  /** Newest first, the last 200. One that nobody has heard of for five minutes is broken. */
  uploads(campaignId: string): Promise<Upload[]>
  /** In order of lines, from `after` on. */
  refusals(
    uploadId: string,
    after: { line: number; place: number },
    limit: number,
  ): Promise<(Refusal & { place: number })[]>
  /** Rows of the audience in pages, in order of `referenceId`, whatever became of them, for estimates and samples. */
  page(campaignId: string, after: string | null, limit: number): Promise<TakenRow[]>
  row(campaignId: string, referenceId: string): Promise<TakenRow | null>
  /** Removes what an audience of a draft holds, and answers how many rows; null: it is no draft. */
  clear(campaignId: string): Promise<number | null>
}

export interface TakenLine {
  line: number
  was: 'new' | 'known' | 'doubled'
  /** The line that was there before. */
  first: number
}

export interface StoredRecipient {
  locale: string | null
  timeZone: string | null
  contact: Contact | null
}

/** What the brake looks at. `since`: the start of the campaign, or when its last hold was lifted. */
export interface BrakeStore {
  /** Running campaigns without a hold of their own. */
  watched(): Promise<{ id: string; since: Date; brake: Brake }[]>
  counts(campaignId: string, since: Date): Promise<BrakeCounts>
}

/** People of an earlier campaign, by what became of them. */
export interface ListSource {
  campaignId: string
  list: FollowUp
}
/** Everybody who got words of this version (`name@version`), by any campaign or none. */
export interface ReceivedSource {
  template: string
}
export type PeopleSource = ListSource | ReceivedSource

export interface ListStore {
  /** With their addresses, variables and metadata, as they were then. */
  people(source: PeopleSource): AsyncIterable<{ referenceId: string; person: AudiencePerson }>
}
