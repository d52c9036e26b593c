/** What happened, in words a support agent can read out. */
import type { EventType, NewEvent } from '../domain/event.ts'
import type { StepKind } from '../domain/step.ts'
import type { IconName } from './icons.ts'
import { channelWord, fieldWord, providerWord, reasonWord, stepWord, type Tone } from './words.ts'

export interface EventWords {
  lead: string
  detail: string
  icon: IconName
  tone: Tone
  /** The time that closes the detail: when a wait or a life ends. */
  until?: Date
}

type Data = Record<string, unknown>

export const eventWords = ({ type, data }: Pick<NewEvent, 'type' | 'data'>): EventWords => WORDS[type](data)

const WORDS: Record<EventType, (data: Data) => EventWords> = {
  'dispatch.accepted': (data) => ({
    lead: 'Accepted',
    detail: list(data['channels']).map(inText).join(', then '),
    icon: 'ring',
    tone: 'neutral',
  }),
  'dispatch.sent': () => ({ lead: 'Sent', detail: 'the first message is on its way', icon: 'plane', tone: 'going' }),
  'dispatch.opened': (data) =>
    ended('Opened', data, { icon: 'eye', tone: data['suspect'] ? 'warn' : 'good' }, and(...suspicion(data))),
  'dispatch.exhausted': (data) =>
    ended('Exhausted', data, { icon: 'dash', tone: 'warn' }, 'every message ran, and no link lives any more'),
  'dispatch.failed': (data) => ended('Failed', data, { icon: 'alert', tone: 'bad' }),
  'dispatch.cancelled': (data) => ended('Cancelled', data, { icon: 'cross', tone: 'off' }),
  'dispatch.superseded': (data) =>
    ended('Superseded', data, { icon: 'swap', tone: 'off' }, 'a newer dispatch took over'),
  'dispatch.suppressed': (data) =>
    ended('Suppressed', data, { icon: 'barred', tone: 'off' }, 'the person must not be written to'),
  'dispatch.expired': (data) =>
    ended('Expired', data, { icon: 'clock', tone: 'warn' }, 'it was valid no longer before anything was sent'),
  'dispatch.changed': (data) => ({
    lead: 'Changed',
    detail: list(data['fields'])
      .map((field) => CHANGED[field] ?? field)
      .join(', '),
    icon: 'edit',
    tone: 'neutral',
  }),
  'message.handed': (data) => {
    const certain = data['confirmed'] !== false
    return {
      lead: `${step(data)} ${certain ? 'handed' : 'probably handed'} to ${providerWord(text(data['provider']) || 'a provider')}`,
      detail: and(by(data), !certain && 'it may have arrived, nobody can say'),
      icon: channelIcon(data) ?? 'plane',
      tone: certain ? 'good' : 'warn',
    }
  },
  'message.delivered': (data) => ({
    lead: `${step(data)} delivered`,
    detail: by(data),
    icon: 'check',
    tone: 'good',
  }),
  'message.failed': (data) => ({
    lead: `${step(data)} failed ${by(data)}`.trim(),
    detail: and(reason(data), missing(data), text(data['next']) && `${channelWord(text(data['next']))} takes over`),
    icon: 'alert',
    tone: 'bad',
  }),
  'message.waits': (data) => ({
    lead: `${step(data)} waits`,
    detail: and(reason(data), text(data['next']) && `${channelWord(text(data['next']))} takes over`),
    icon: 'clock',
    tone: 'warn',
    ...until(data['until']),
  }),
  'message.unclear': (data) => ({
    lead: `${step(data)}: unclear whether it left`,
    detail: and(by(data), reason(data)),
    icon: 'question',
    tone: 'warn',
  }),
  'reminder.skipped': (data) => ({
    lead: `${stepWord('reminder', number(data['step']))} skipped`,
    detail: reason(data),
    icon: 'dash',
    tone: 'off',
  }),
  'channel.skipped': (data) => ({
    lead: `${channelWord(text(data['channel']))} left out`,
    detail: reason(data),
    icon: 'dash',
    tone: 'warn',
  }),
  'link.created': (data) => ({
    lead: data['origin'] === 'adopted' ? 'Living link taken over' : 'Link made',
    detail: data['expiresAt'] ? 'it dies' : '',
    icon: 'link',
    tone: 'neutral',
    ...until(data['expiresAt']),
  }),
  'link.replaced': (data) => ({
    lead: 'Next link made',
    detail: data['expiresAt'] ? 'the one before had come to its end; it dies' : 'the one before had come to its end',
    icon: 'link',
    tone: 'neutral',
    ...until(data['expiresAt']),
  }),
  'link.requested': () => ({
    lead: 'Fresh link asked for',
    detail: 'with the button behind a message whose link had run out',
    icon: 'hand',
    tone: 'neutral',
  }),
  'link.revoked': (data) => ({ lead: 'Link taken back', detail: reason(data), icon: 'link', tone: 'off' }),
  'open.suspect': (data) => ({
    lead: 'Link opened',
    detail: and(...suspicion(data), 'reminders wait for a sign of a person'),
    icon: 'eye',
    tone: 'warn',
    ...until(data['until']),
  }),
  'operation.created': () => ({
    lead: 'Operation created',
    detail: 'the user began a transfer',
    icon: 'money',
    tone: 'good',
  }),
  'operation.cancelled': () => ({
    lead: 'Operation cancelled',
    detail: 'the transfer will not happen',
    icon: 'money',
    tone: 'warn',
  }),
  'user.data_request': (data) => ({
    lead: 'The partner needs more data of the user',
    detail: list(data['requiredFields']).map(fieldWord).join(', '),
    icon: 'flag',
    tone: 'warn',
  }),
  'recipient.opted_out': (data) => ({
    lead: 'The person said stop',
    detail: by(data),
    icon: 'barred',
    tone: 'off',
  }),
  'recipient.opted_in': (data) => ({
    lead: 'The person asked for messages again',
    detail: by(data),
    icon: 'check',
    tone: 'good',
  }),
  'recipient.replied': (data) => ({
    lead: 'The person wrote back',
    detail: by(data),
    icon: 'edit',
    tone: 'warn',
  }),
  'partner.event': (data) => ({
    lead: 'The partner told us something',
    detail: text(data['event']),
    icon: 'flag',
    tone: 'neutral',
  }),
  'campaign.created': () => ({ lead: 'Campaign made', detail: '', icon: 'ring', tone: 'neutral' }),
  'campaign.changed': () => ({ lead: 'Campaign changed', detail: '', icon: 'edit', tone: 'neutral' }),
  'campaign.audience': () => ({ lead: 'Audience taken', detail: '', icon: 'edit', tone: 'neutral' }),
  'campaign.started': () => ({ lead: 'Campaign started', detail: '', icon: 'play', tone: 'going' }),
  'campaign.paused': (data) => ({ lead: 'Campaign paused', detail: text(data['reason']), icon: 'hand', tone: 'warn' }),
  'campaign.resumed': () => ({ lead: 'Campaign goes on', detail: '', icon: 'play', tone: 'good' }),
  'campaign.cancelled': (data) => ended('Campaign cancelled', data, { icon: 'cross', tone: 'off' }),
  'campaign.braked': (data) => ({
    lead: 'Campaign paused itself',
    detail: text(data['reason']),
    icon: 'alert',
    tone: 'bad',
  }),
  'campaign.finished': () => ({ lead: 'Campaign finished', detail: '', icon: 'check', tone: 'good' }),
  'recurrence.created': () => ({ lead: 'Recurrence made', detail: '', icon: 'clock', tone: 'neutral' }),
  'recurrence.stopped': () => ({ lead: 'Recurrence stopped', detail: '', icon: 'cross', tone: 'off' }),
  'system.hold_placed': (data) => ({ lead: 'Hold placed', detail: reason(data), icon: 'hand', tone: 'warn' }),
  'system.hold_lifted': (data) => ({ lead: 'Hold lifted', detail: reason(data), icon: 'play', tone: 'good' }),
}

const CHANGED: Record<string, string> = {
  contact: 'where the person is reached',
  channels: 'the order of channels',
  locale: 'the language',
  timeZone: 'the time zone',
}

/** `Opened — 2 reminders stopped`. */
function ended(word: string, data: Data, look: Pick<EventWords, 'icon' | 'tone'>, otherwise = ''): EventWords {
  const stopped = number(data['remindersStopped']) ?? 0
  const count = stopped > 0 ? ` — ${stopped} ${stopped === 1 ? 'reminder' : 'reminders'} stopped` : ''
  return { lead: word + count, detail: reason(data) || otherwise, ...look }
}

const step = (data: Data) => stepWord(text(data['kind']) as StepKind, number(data['step']))

function by({ channel }: Data): string {
  if (channel === 'in_app') return 'in the app'
  return channel ? `by ${inText(channel)}` : ''
}

/** Channels inside a sentence are lower case, but for SMS. */
function inText(channel: unknown): string {
  const word = channelWord(text(channel))
  if (channel === 'in_app') return 'the app'
  return channel === 'sms' ? word : word.toLowerCase()
}

function channelIcon(data: Data): IconName | undefined {
  const name = text(data['channel'])
  return name === 'sms' || name === 'email' || name === 'push' || name === 'in_app' ? name : undefined
}

const reason = (data: Data) => (data['reason'] ? reasonWord(text(data['reason'])) : '')

function suspicion({ suspect }: Data): string[] {
  return suspect ? ['perhaps by a scanner', reasonWord(text(suspect))] : []
}

const missing = (data: Data) => [...list(data['missing']), ...list(data['fields'])].join(', ')

const and = (...parts: (string | false)[]) => parts.filter(Boolean).join('; ')

function until(value: unknown): { until?: Date } {
  const at = new Date(value instanceof Date || typeof value === 'string' ? value : Number.NaN)
  return Number.isNaN(at.getTime()) ? {} : { until: at }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const list = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [])
