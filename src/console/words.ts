/** What the pages call things. Every state and channel has a word, a shape and a tone, so that colour never speaks alone. */
import type { ChannelName } from '../domain/channel.ts'
import type { DispatchStatus } from '../domain/dispatch.ts'
import type { OutcomeKind } from '../domain/outcome.ts'
import type { StepKind, StepStatus } from '../domain/step.ts'
import { reasonWords } from '../domain/summary-words.ts'
import type { IconName } from './icons.ts'

export type Tone = 'neutral' | 'going' | 'good' | 'warn' | 'bad' | 'off'

export interface Badge {
  label: string
  icon: IconName
  tone: Tone
  /** What the state means, in a sentence for whoever points at it. */
  means: string
}

export const DISPATCH_BADGES: Record<DispatchStatus, Badge> = {
  accepted: { label: 'Accepted', icon: 'ring', tone: 'neutral', means: 'Stored; nothing handed over yet' },
  sent: { label: 'Sent', icon: 'plane', tone: 'going', means: 'At least one message was taken by a provider' },
  opened: { label: 'Opened', icon: 'check', tone: 'good', means: 'The user opened the link; the plan has ended' },
  exhausted: { label: 'Exhausted', icon: 'dash', tone: 'warn', means: 'Every message ran, the link never was opened' },
  failed: { label: 'Failed', icon: 'alert', tone: 'bad', means: 'Nothing could be handed over' },
  expired: { label: 'Expired', icon: 'clock', tone: 'warn', means: 'It was valid no longer before anything was sent' },
  cancelled: { label: 'Cancelled', icon: 'cross', tone: 'off', means: 'Somebody stopped it' },
  superseded: { label: 'Superseded', icon: 'swap', tone: 'off', means: 'A newer dispatch took over' },
  suppressed: { label: 'Suppressed', icon: 'barred', tone: 'off', means: 'The person must not be written to' },
}

export const STEP_BADGES: Record<StepStatus, Badge> = {
  pending: { label: 'Planned', icon: 'ring', tone: 'neutral', means: 'Waits until it is due' },
  queued: { label: 'Queued', icon: 'clock', tone: 'going', means: 'Leaves in a moment' },
  claimed: { label: 'Leaving', icon: 'plane', tone: 'going', means: 'Is being handed over right now' },
  handed: { label: 'Handed over', icon: 'plane', tone: 'good', means: 'The provider took it' },
  delivered: { label: 'Delivered', icon: 'check', tone: 'good', means: 'The provider says that it arrived' },
  ambiguous: { label: 'Unclear', icon: 'question', tone: 'warn', means: 'The provider may or may not have it' },
  failed: { label: 'Failed', icon: 'alert', tone: 'bad', means: 'No message of this step will come' },
  skipped: { label: 'Skipped', icon: 'dash', tone: 'off', means: 'It was not needed or not allowed any more' },
}

export const CHANNEL_WORDS: Record<ChannelName, string> = { sms: 'SMS', email: 'Email', push: 'Push', in_app: 'In app' }

const PROVIDERS: Record<string, string> = {
  twilio: 'Twilio',
  vonage: 'Vonage',
  smtp: 'the mail relay',
  fcm: 'Firebase',
  app: 'the app',
}
export const providerWord = (name: string): string => PROVIDERS[name] ?? name

export function channelWord(name: string): string {
  return (CHANNEL_WORDS as Record<string, string>)[name] ?? plain(name)
}

/** `First message`, `Reminder 2`: step numbers begin with the first message, so reminder 1 is step 2. */
export function stepWord(kind: StepKind | undefined, n: number | undefined): string {
  switch (kind) {
    case 'first':
      return 'First message'
    case 'reminder':
      return `Reminder ${(n ?? 2) - 1}`
    case 'resend':
      return 'Message sent again'
    case 'close':
      return 'Close'
    default:
      return n === 1 ? 'First message' : 'Message'
  }
}

const REASONS: Record<string, string> = {
  opened: 'the link was opened',
  cancelled: 'the dispatch was cancelled',
  superseded: 'a newer dispatch took over',
  suppressed: 'the person must not be written to',
  opt_out: 'the person said stop',
  opted_out: 'the person said stop',
  complaint: 'the person complained',
  blocked_by_user: 'the person blocked us',
  expired: 'it was valid no longer',
  stale: 'it came too late to be of use',
  exhausted: 'the plan had ended',
  failed: 'the dispatch had failed',
  late: 'it could not leave in time and is given another turn',
  restored: 'the database is an older copy',
  unclear_resent: 'nobody knows whether it arrived, so it goes out once more',
  scanner: 'a known scanner looked at the link',
  too_fast: 'sooner after the message than a person could be',
  worker_lost: 'the process that sent it was lost on the way',
  no_active_link: 'the partner knows no living link',
  needs_link: 'a link has to be made first',
  variable_missing: 'the template needs a variable that is not there',
  template_unknown: 'there is no such template',
  render_failed: 'the template could not be rendered',
}

const OUTCOMES: Record<OutcomeKind, string> = {
  accepted: 'taken',
  retry: 'not taken, tried again',
  throttle: 'slowed down',
  permanent: 'refused',
  suppress: 'refused for good',
  alert: 'refused for our account',
  ambiguous: 'unclear',
  late: 'left to a later turn',
}
/** null: no answer yet. */
export const outcomeWord = (outcome: string | null): string =>
  outcome === null ? 'under way' : ((OUTCOMES as Record<string, string>)[outcome] ?? plain(outcome))

/** A reason in words: ours as summaries say it, a provider's by its own name, a person's as typed. */
export const reasonWord = (reason: string): string => REASONS[reason] ?? (isName(reason) ? reasonWords(reason) : reason)

const isName = (text: string) => /^[a-z0-9_]+$/.test(text)
const plain = (name: string) => (isName(name) ? name.replaceAll('_', ' ') : name)

const FIELDS: Record<string, string> = {
  dob: 'date of birth',
  idNumber: 'ID number',
  idType: 'type of ID',
  idImage: 'picture of the ID',
}

/** A field of the partner's user data in words: `second last name` for `name.secondLastName`. */
export function fieldWord(path: string): string {
  const name = path.split('.').at(-1) ?? path
  return FIELDS[name] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

const LANGUAGES = new Intl.DisplayNames('en', { type: 'language', languageDisplay: 'standard' })

/** `Spanish (Mexico)` for `es-MX`. */
export const localeWord = (tag: string): string => LANGUAGES.of(tag) ?? tag
