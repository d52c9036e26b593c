/** What the pages of campaigns need of the world. */
import type { Request, Response } from 'express'
import type { Failure } from '../../domain/failure.ts'
import type { Hold } from '../../domain/hold.ts'
import type { TestPerson } from '../../flow/campaign-test.ts'
import type { Estimate } from '../../flow/estimate.ts'
import type {
  AudienceStore,
  Campaign,
  CampaignStore,
  PeopleSource,
  TakenRow,
  UploadCounts,
} from '../../flow/ports-campaign.ts'
import type { FollowUpStore, TakeBackStore } from '../../flow/ports-follow-up.ts'
import type { Caller } from '../../flow/ports-read.ts'
import type { TallyStore } from '../../flow/ports-tally.ts'
import type { Sample } from '../../flow/samples.ts'

export interface CampaignDesk {
  campaigns: Pick<CampaignStore, 'one' | 'list' | 'outlook'>
  tallies: Pick<TallyStore, 'read' | 'minutes'>
  audiences: Pick<AudienceStore, 'uploads' | 'clear' | 'page' | 'row'>
  people: Pick<FollowUpStore, 'page'>
  takeBacks: Pick<TakeBackStore, 'begin' | 'one'>
  /** Links the partner lets be made in a minute, everything together; null: no limit of ours. */
  createsPerMinute: number | null
  /** By the rules of `POST /v1/campaigns`, which name what is wrong by its path. */
  make(body: object, by: string): Promise<Done>
  change(id: string, body: object, by: string): Promise<Done>
  start(id: string, by: string): Promise<Done>
  pause(id: string, order: { by: string; reason: string | null }): Promise<Done>
  resume(id: string, by: string): Promise<Done>
  cancel(id: string, order: { by: string; reason: string | null; revokeLinks: boolean }): Promise<Done>
  /** The words of every variant to people of the house; answers how many were accepted, and why others were not. */
  test(campaign: Campaign, people: TestPerson[]): Promise<{ sent: number; problems: string[] }>
  takeList(id: string, source: PeopleSource, by: string): Promise<{ ok: true; counts: UploadCounts } | DeskRefusal>
  estimate(campaign: Campaign): Promise<Estimate>
  sample(campaign: Campaign, row: TakenRow): Promise<Sample>
  segments(text: string): { encoding: string; segments: number; characters: number }
  /** Templates as they are now, as `name@version`. */
  versions: readonly string[]
  /** Stops one version of a template, everywhere. */
  holdTemplate(template: string, by: string): Promise<Hold>
  /** As the API reads files: only what is asked for by `req` itself. */
  preview(req: Request, caller: Caller): Promise<{ ok: true; value: FilePreview } | DeskRefusal>
  upload(req: Request, caller: Caller): Promise<{ ok: true; value: FileTaken } | DeskRefusal>
  /** Files that are written as they are read. */
  download: Record<Download, (req: Request, res: Response, caller: Caller) => Promise<void>>
}

export const DOWNLOADS = ['refused', 'follow-up.csv', 'follow-up.ndjson', 'recipients.csv'] as const
export type Download = (typeof DOWNLOADS)[number]

export type Done = { ok: true; campaign: Campaign } | DeskRefusal
export interface DeskRefusal {
  ok: false
  message: string
  errors: Failure['errors']
}

interface Told {
  line: number
  column: string
  reason: string
}

/** How the beginning of a file would be understood. */
export interface FilePreview {
  format: 'csv' | 'ndjson'
  delimiter: string | null
  columns: { name: string; path: string | null }[]
  /** Addresses are masked. */
  rows: {
    line: number
    referenceId: string
    contact: { phone?: string; email?: string; pushTokens?: string[] } | null
    channels: string[] | null
    locale: string | null
    timeZone: string | null
    fields: string[]
  }[]
  /** Those of line 0 keep the whole file from being taken. */
  problems: Told[]
}

export interface FileTaken extends UploadCounts {
  uploadId: string
  ignored: string[]
  errors: Told[]
}
