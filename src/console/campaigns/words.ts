/** What the pages of campaigns call things. */
import type { FollowUp, ShownStatus } from '../../domain/campaign.ts'
import type { Category } from '../../domain/dispatch.ts'
import { showId } from '../../lib/id.ts'
import { type Badge, reasonWord } from '../words.ts'

export const CAMPAIGN_BADGES: Record<ShownStatus, Badge> = {
  draft: { label: 'Draft', icon: 'edit', tone: 'neutral', means: 'Nothing is sent before somebody starts it' },
  scheduled: { label: 'Scheduled', icon: 'clock', tone: 'going', means: 'Started; its time has not come yet' },
  running: { label: 'Running', icon: 'play', tone: 'going', means: 'Messages leave as limits and hours allow' },
  paused: { label: 'Paused', icon: 'hand', tone: 'warn', means: 'Nothing of it is sent until somebody resumes it' },
  cancelling: {
    label: 'Cancelling',
    icon: 'cross',
    tone: 'off',
    means: 'Nothing more is sent; dispatches are being ended',
  },
  cancelled: { label: 'Cancelled', icon: 'cross', tone: 'off', means: 'Somebody stopped it for good' },
  finished: { label: 'Finished', icon: 'check', tone: 'good', means: 'Every plan has ended' },
}

export const CATEGORIES: Record<Category, { word: string; means: string }> = {
  commercial: {
    word: 'Commercial',
    means: 'An offer: whoever said no to offers gets nothing.',
  },
  transactional: {
    word: 'Transactional',
    means:
      'About something the person has begun: it also goes to people who said no to offers, never to those who said stop.',
  },
}

export const LISTS: Record<FollowUp, { word: string; means: string }> = {
  not_opened: { word: 'Not opened', means: 'Written to, and the link was opened by nobody, or only by a scanner.' },
  opened_no_operation: { word: 'Opened, no transfer', means: 'The link was opened and no operation was created.' },
  failed: { word: 'Failed', means: 'Nothing could be handed over, or not in time.' },
  opted_out: { word: 'Opted out', means: 'Said stop, complained or blocked us since the campaign wrote to them.' },
}

/** `12,345` */
export const figure = (count: number): string => Math.round(count).toLocaleString('en')

/** `12.3%`; a dash for a rate of nobody. */
export const percent = (rate: number | null): string =>
  rate === null
    ? '–'
    : `${(rate * 100).toLocaleString('en', { maximumFractionDigits: rate > 0 && rate < 0.001 ? 2 : 1 })}%`

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${figure(count)} ${Math.round(count) === 1 ? one : many}`

export const pathOf = (id: string): string => `/campaigns/${showId('cmp', id)}`

const ROW_REASONS: Record<string, string> = {
  holdout: 'held out to compare with',
  dispatch_active: 'another dispatch of the person was running',
  contact_missing: 'no address on any channel',
  variable_missing: 'a variable of the template was missing',
  valid_until_passed: 'their turn came after the end',
  link_not_yours: 'the link they brought could not be used',
  unknown: 'no reason was given',
}
export const rowReason = (reason: string): string => ROW_REASONS[reason] ?? reasonWord(reason)

/** Why a campaign was paused: the brake's own words, a person's as typed. */
export function pauseWords({ reason, placedBy }: { reason: string; placedBy: string }): string {
  if (reason.startsWith('brake: ')) return `It paused itself: ${reason.slice(7)}.`
  return reason === 'paused' ? `Paused by ${placedBy}.` : `Paused by ${placedBy}: ${reason}.`
}
