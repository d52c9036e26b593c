import { z } from 'zod'
import type { Forecast } from '../domain/forecast-group.ts'
import type { Estimate } from '../flow/estimate.ts'
import type { Pointed, Texts } from '../flow/estimate-tally.ts'
import { WARNING_CODES, warningsOf } from '../flow/estimate-warnings.ts'
import { showId } from '../lib/id.ts'
import { holdSchema, showHold } from './holds.ts'

const rows = z.int()
const moment = z.iso.datetime().nullable()
const counts = z.record(z.string(), z.int())
const pointed = z.object({ line: z.int(), referenceId: z.string() })
const texts = z.object({ messages: z.int(), segments: z.int() })
const textsBy = z.record(z.string(), texts)
const bound = z.enum(['partner', 'pace', 'house', 'window', 'sms', 'email', 'push', 'in_app']).meta({
  description: 'partner: creations; pace: perHour; a channel: its provider; house: this service; window: all closed',
})

export const estimateSchema = z
  .object({
    campaignId: z.string(),
    at: z.iso.datetime().meta({ description: 'What is said here was true then' }),
    audience: z.object({
      rows,
      recipients: rows.meta({ description: 'People who would be written to' }),
      heldOut: rows,
      suppressed: rows,
      unreachable: rows.meta({ description: 'Without an address on any channel that is sent on' }),
      windowNeverOpen: rows,
      linkDead: rows.meta({ description: 'Their own link dies before it could be sent' }),
      refused: z.array(
        z.object({ code: z.string(), rows, first: z.array(pointed.extend({ missing: z.array(z.string()) })) }),
      ),
      secondChoice: rows.meta({ description: 'Without an address on the channel that was wished for most' }),
      byChannel: counts,
      byLocale: counts,
      byVariant: counts,
      fallsBack: counts.meta({ description: 'By locale: their language has no words' }),
      deadLinks: z.array(pointed),
    }),
    sms: texts.extend({
      long: z.int().meta({ description: 'Messages of more than three segments' }),
      byKind: textsBy,
      byEncoding: textsBy,
      byCountry: textsBy.meta({ description: 'By the country of the number: what a text costs depends on it' }),
      linkCharacters: z.int().meta({ description: 'The length of link that was counted with' }),
    }),
    links: z.object({
      first: z.int().meta({ description: 'Made for first messages' }),
      again: z.int().meta({ description: 'Made at most for reminders whose link has died' }),
      atRisk: z.int().meta({ description: 'Own links that probably die before their turn' }),
    }),
    limits: z.object({
      linksPerMinute: z.number().nullable(),
      perHour: z.int().nullable(),
      unitsPerMinute: z.record(z.string(), z.number()),
    }),
    forecast: z.object({
      firstMessageAt: moment,
      firstMessagesEndAt: moment,
      endsAt: moment.meta({ description: 'With reminders, if nobody opens' }),
      firstMessages: z.int(),
      reminders: z.int(),
      late: z.int().meta({ description: 'People whose turn comes after validUntil' }),
      hours: z.array(
        z.object({
          at: z.iso.datetime(),
          firstMessages: z.int(),
          reminders: z.int(),
          share: z.number().meta({ description: 'Of the first messages, sent by the end of this hour' }),
          bound: bound.nullable(),
        }),
      ),
    }),
    holds: z.array(holdSchema),
    warnings: z.array(z.object({ code: z.enum(WARNING_CODES), message: z.string(), count: z.int() })),
  })
  .meta({ id: 'CampaignEstimate' })

export function showEstimate(estimate: Estimate): z.input<typeof estimateSchema> {
  const { campaign, at, tally, limits, forecast, link } = estimate
  const { texts: sms } = tally
  return {
    campaignId: showId('cmp', campaign.id),
    at: at.toISOString(),
    audience: showAudience(estimate),
    sms: {
      messages: sms.messages,
      segments: sms.segments,
      long: sms.long,
      byKind: byName(sms.byKind),
      byEncoding: byName(sms.byEncoding),
      byCountry: byName(sms.byCountry),
      linkCharacters: link.url.length,
    },
    links: { ...tally.links, atRisk: estimate.linksAtRisk },
    limits: {
      linksPerMinute: limits.createsPerMinute,
      perHour: limits.perHour,
      unitsPerMinute: Object.fromEntries(limits.unitsPerMinute),
    },
    forecast: { ...showForecast(forecast), late: estimate.late },
    holds: estimate.holds.map(showHold),
    warnings: warningsOf(estimate),
  }
}

function showAudience({ tally }: Estimate): z.input<typeof estimateSchema>['audience'] {
  const { rows: all, recipients, heldOut, suppressed, unreachable, secondChoice, deadLinks } = tally
  return {
    rows: all,
    recipients,
    heldOut,
    suppressed,
    unreachable,
    windowNeverOpen: tally.neverOpen,
    linkDead: deadLinks.rows,
    refused: [...tally.refused].map(([code, list]) => ({ code, ...list })),
    secondChoice,
    byChannel: byName(tally.byChannel),
    byLocale: byName(tally.byLocale),
    byVariant: byName(tally.byVariant),
    fallsBack: byName(tally.fallsBack),
    deadLinks: deadLinks.first.map(({ line, referenceId }: Pointed) => ({ line, referenceId })),
  }
}

const byName = <T extends number | Texts>(map: Map<string, T>): Record<string, T> =>
  Object.fromEntries([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)))

function showForecast({ firstAt, firstsEndAt, remindersEndAt, firsts, reminders, hours }: Forecast) {
  let sent = 0
  return {
    firstMessageAt: instant(firstAt),
    firstMessagesEndAt: instant(firstsEndAt),
    endsAt: instant(remindersEndAt === null ? firstsEndAt : Math.max(remindersEndAt, firstsEndAt ?? 0)),
    firstMessages: Math.round(firsts),
    reminders: Math.round(reminders),
    hours: hours.map((hour) => {
      sent += hour.firsts
      return {
        at: new Date(hour.at).toISOString(),
        firstMessages: Math.round(hour.firsts),
        reminders: Math.round(hour.reminders),
        share: firsts === 0 ? 0 : Math.round((sent / firsts) * 10_000) / 10_000,
        bound: hour.bound,
      }
    }),
  }
}

const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
