import { EXIT } from './service.ts'
import type { Terminal } from './terminal.ts'

/** What is looked at of the answer of `POST /v1/campaigns/{id}/estimate` (docs/api/campaign-estimate.md). */
export interface EstimateAnswer {
  audience: {
    rows: number
    recipients: number
    heldOut: number
    suppressed: number
    unreachable: number
    byChannel: Record<string, number>
    byLocale: Record<string, number>
  }
  sms: { messages: number; segments: number; byCountry: Record<string, { messages: number; segments: number }> }
  limits: { linksPerMinute: number | null; perHour: number | null }
  forecast: {
    firstMessageAt: string | null
    firstMessagesEndAt: string | null
    endsAt: string | null
    firstMessages: number
    reminders: number
  }
  warnings: { code: string; message: string; count: number }[]
}

/** Answers the exit code: warnings are told apart, so that a script may stop before the start. */
export function tellEstimate(answer: EstimateAnswer, { json }: { json?: true }, terminal: Terminal): number {
  if (json) terminal.out(JSON.stringify(answer))
  else for (const line of linesOf(answer)) terminal.out(line)
  return answer.warnings.length > 0 ? EXIT.partly : EXIT.done
}

function linesOf({ audience, sms, forecast, warnings }: EstimateAnswer): string[] {
  return [
    `${audience.recipients} of ${audience.rows} people would be written to (${listed(audience.byChannel)}).`,
    `suppressed ${audience.suppressed}, held out ${audience.heldOut}, without an address ${audience.unreachable}`,
    `languages: ${listed(audience.byLocale)}`,
    ...(sms.messages > 0
      ? [`${sms.messages} texts of ${sms.segments} segments (${listed(segmentsOf(sms.byCountry))})`]
      : []),
    `first messages: ${forecast.firstMessages}, from ${minuteOf(forecast.firstMessageAt)} to ${minuteOf(forecast.firstMessagesEndAt)}`,
    `reminders: ${forecast.reminders} at most, until ${minuteOf(forecast.endsAt)}`,
    ...warnings.map(({ code, message, count }) => `warning ${code}: ${message} (${count})`),
  ]
}

const segmentsOf = (byCountry: EstimateAnswer['sms']['byCountry']) =>
  Object.fromEntries(Object.entries(byCountry).map(([country, { segments }]) => [country, segments]))

const listed = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ') || 'nobody'

const minuteOf = (moment: string | null): string => (moment ? `${moment.slice(0, 16).replace('T', ' ')} UTC` : 'never')
