import type { ChannelName } from '../domain/channel.ts'
import { forecasting } from '../domain/forecast.ts'
import type { Forecast, Limits } from '../domain/forecast-group.ts'
import type { Hold } from '../domain/hold.ts'
import { holdsOn } from './campaign.ts'
import { makeRowReader, type RowPorts } from './estimate-row.ts'
import { count, emptyTally, groupsOf, linksAtRisk, type Tally } from './estimate-tally.ts'
import type { AudienceStore, Campaign } from './ports-campaign.ts'
import type { HoldStore } from './ports-store.ts'
import { type SampleLink, type SamplePorts, sampleLinkFor } from './sample-link.ts'

export interface EstimatePorts extends RowPorts, SamplePorts {
  audience: Pick<AudienceStore, 'page'>
  holds: Pick<HoldStore, 'list'>
  pacing: Pacing
  /** Whose row came from a line of an upload. */
  personAt(campaignId: string, place: { uploadId: string; line: number }): Promise<string | null>
  now(): Date
  /** Lets others have a turn. */
  breathe(): Promise<void>
}

/** How fast this installation may go. */
export interface Pacing {
  /** Creations that campaigns get; null: no limit of ours. */
  createsPerMinute: number | null
  /** Of channels whose first provider has a limit. */
  unitsPerMinute: ReadonlyMap<ChannelName, number>
}

export interface Estimate {
  campaign: Campaign
  /** What is said here was true then. */
  at: Date
  tally: Tally
  limits: Limits
  forecast: Forecast
  /** People whose turn comes after `validUntil`. */
  late: number
  lateReminders: number
  /** Links of the rows' own that will probably have died before their turn. */
  linksAtRisk: number
  link: SampleLink
  /** In force, and in its way. */
  holds: Hold[]
}

const PAGE = 1_000
/** Rows between two breaths: some milliseconds. */
const AT_ONCE = 100

/** What would happen if the campaign were started now, as far as rows, words, windows and limits tell. Changes nothing. */
export async function estimate(ports: EstimatePorts, campaign: Campaign): Promise<Estimate> {
  const at = ports.now()
  const link = await sampleLinkFor(ports, campaign.plan.link)
  const tally = await countRows(ports, campaign, { now: at, url: link.url })
  const { createsPerMinute, unitsPerMinute } = ports.pacing
  const limits = { createsPerMinute, unitsPerMinute, perHour: campaign.perHour }
  const seen = await foresee(ports, tally, limits)
  return {
    campaign,
    at,
    tally,
    limits,
    forecast: seen,
    ...lateOnes(seen, campaign.validUntil),
    linksAtRisk: linksAtRisk(tally, seen.sentOf, seen.hours),
    link,
    holds: holdsOn(campaign, await ports.holds.list()),
  }
}

/** Whether somebody's turn comes after `validUntil`: what a start with `refuseLate` asks. */
export const endsLate = ({ late }: Pick<Estimate, 'late'>): boolean => late > 0

async function foresee({ breathe }: EstimatePorts, tally: Tally, limits: Limits): Promise<Forecast> {
  const parts = forecasting(groupsOf(tally), limits)
  for (;;) {
    const part = parts.next()
    if (part.done) return part.value
    await breathe()
  }
}

async function countRows(ports: EstimatePorts, campaign: Campaign, look: { now: Date; url: string }): Promise<Tally> {
  const see = makeRowReader(ports, campaign, look)
  const tally = emptyTally()
  for (let after: string | null = null; ; ) {
    const rows = await ports.audience.page(campaign.id, after, PAGE)
    for (const [i, row] of rows.entries()) {
      count(tally, row, await see(row))
      if (i % AT_ONCE === 0) await ports.breathe()
    }
    if (rows.length < PAGE) return tally
    after = rows.at(-1)?.referenceId ?? null
  }
}

const HOUR = 3_600_000

/** Of the hour in which `validUntil` lies, the part behind it. */
function lateOnes({ hours, firsts, firstsEndAt, unsent }: Forecast, validUntil: Date | null) {
  if (validUntil === null) return { late: 0, lateReminders: 0 }
  const end = validUntil.getTime()
  const after = (at: number) => Math.min(1, Math.max(0, (at + HOUR - end) / HOUR))
  const inTime = (firstsEndAt ?? 0) <= end && unsent.firsts === 0
  const late = hours.reduce((sum, hour) => sum + hour.firsts * after(hour.at), 0) + unsent.firsts
  const lateReminders = hours.reduce((sum, hour) => sum + hour.reminders * after(hour.at), 0)
  return {
    late: inTime ? 0 : Math.min(Math.ceil(late), Math.ceil(firsts + unsent.firsts)),
    lateReminders: Math.round(lateReminders),
  }
}
