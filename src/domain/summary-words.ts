/** The words that summaries are put into. */

const CHANNEL_WORDS: Record<string, string> = {
  sms: 'SMS',
  email: 'email',
  push: 'push notification',
  in_app: 'the app',
}
export const channelWord = (channel: string): string => CHANNEL_WORDS[channel] ?? channel

const REASONS: Record<string, string> = {
  no_channel_worked: 'no channel worked',
  no_address: 'there is no address for it',
  no_provider: 'nobody carries this channel here',
  link_in_use: 'the person is inside an earlier link',
  link_refused: 'the partner refused to make a link',
  link_expired: 'its link has expired',
  outside_window: 'it waits for a friendly hour',
  all_held: 'everything is held',
  partner_held: 'the partner is held',
  channel_held: 'this channel is held',
  provider_held: 'the provider is held',
  template_held: 'the template is held',
  campaign_held: 'the campaign is held',
  no_slot: 'the partner allows no more links this minute',
  link_dying: 'it waits for the next link',
  link_replaced: 'its link was replaced',
  link_untrusted: 'its link cannot be trusted',
  partner_throttled: 'the partner asked for patience',
  partner_unavailable: 'the partner does not answer',
  not_in_deliver_only_to: 'a test may not write to this address',
  recipient_busy: 'another message to this person goes first',
  suspect_open: 'it waits for a sign of a person',
  valid_until_passed: 'its time ran out',
}
/** A reason as words; one that has none is shown as it is, readable. */
export const reasonWords = (reason: string): string => REASONS[reason] ?? reason.replaceAll('_', ' ')

/** `22 Nov at 14:30`, with the year where it is not this one. */
export function moment(at: Date, timeZone: string, now: Date): string {
  const parts = partsOf(at, timeZone)
  const year = parts['year'] === partsOf(now, timeZone)['year'] ? '' : ` ${parts['year']}`
  return `${parts['day']} ${parts['month']}${year} at ${parts['hour']}:${parts['minute']}`
}

function partsOf(at: Date, timeZone: string): Record<string, string> {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]))
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export function durationWords(ms: number): string {
  if (ms < MINUTE) return 'less than a minute'
  if (ms < 90 * MINUTE) return plural(Math.round(ms / MINUTE), 'minute')
  if (ms < 2 * DAY) return plural(Math.round(ms / HOUR), 'hour')
  return plural(Math.round(ms / DAY), 'day')
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

export const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`)
