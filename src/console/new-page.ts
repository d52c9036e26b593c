import { CHANNELS } from '../domain/channel.ts'
import { spanOf, clockIn } from './times.ts'
import type { Frame } from './layout.ts'
import { html, type Markup } from './markup.ts'
import { ICONS } from './icons.ts'
import type { FieldName, Fields, Problem } from './order.ts'
import { ZONES } from './starting-fields.ts'
import { CHANNEL_WORDS, localeWord } from './words.ts'
import { parseDuration } from '../lib/duration.ts'

export function newPage({ ports, now }: Frame, fields: Fields, problems: Problem[]): Markup {
  const sheet = makeSheet(fields, problems)
  return html`
    <div class="page-head">
      <h1>New dispatch</h1>
      ${ports.inboxUrl && html`<a class="ghost" href="${ports.inboxUrl}" target="_blank" rel="noopener">Open the inbox${ICONS.out}</a>`}
    </div>
    <p class="lead">${LEADS[ports.world]}</p>
    ${problems.length > 0 && problemList(problems)}
    <form class="order" action="/new" method="post">
      <fieldset>
        <legend>Who</legend>
        ${sheet.input('referenceId', 'Reference', { hint: 'The user’s id at the partner' })}
        <div class="pair">
          ${sheet.input('firstName', 'First name', {})}
          ${sheet.input('lastName', 'Last name', {})}
        </div>
        <div class="pair narrow-first">
          ${sheet.input('country', 'Country', { maxlength: 2 })}
          ${sheet.input('accountNumber', 'Account number', { hint: 'In Mexico a CLABE of 18 digits. Stored encrypted, never shown again', inputmode: 'numeric' })}
        </div>
      </fieldset>
      <fieldset>
        <legend>Where</legend>
        <div class="pair">
          ${sheet.input('phone', 'Phone', { inputmode: 'tel', hint: 'With its country code' })}
          ${sheet.input('email', 'Email', { inputmode: 'email' })}
        </div>
        ${sheet.input('pushToken', 'Device token', { hint: 'For push' })}
        <div class="order-of" role="group" aria-label="Channels, in order of preference">
          ${(['channel1', 'channel2', 'channel3', 'channel4'] as const).map((name, i) => sheet.select(name, PLACES[i] ?? '', channelOptions(i > 0)))}
        </div>
        <p class="hint">The next channel takes over when one fails or waits too long. “In app” is beside them: the link is placed for the app as well.</p>
      </fieldset>
      <fieldset>
        <legend>Words and times</legend>
        <div class="pair">
          ${sheet.select('locale', 'Language', ports.locales.map((tag) => [tag, `${localeWord(tag)} · ${tag}`]))}
          ${sheet.select('template', 'Template', ports.templates.map((name) => [name, name]))}
        </div>
        <div class="pair">
          ${sheet.select('reminders', 'Reminders', reminderOptions(fields.reminders))}
          ${sheet.select('timeZone', 'Time zone', zoneOptions(fields.timeZone, now))}
        </div>
        <p class="hint">Reminders count from the first message, keep to the hours in which one may write in that time zone, and stop when the link is opened.</p>
      </fieldset>
      <div class="order-end">
        <button class="primary">Send the dispatch</button>
        <a class="quiet-link" href="/">Back to the list</a>
      </div>
    </form>`
}

const LEADS = {
  sandbox: 'Everything is filled in with an example. Nothing leaves this machine: the message lands in the inbox, where its link can be opened.',
  test: 'In the test world only the addresses in DELIVER_ONLY_TO are written to.',
  live: 'This writes to a real person.',
}

const PLACES = ['1st channel', '2nd', '3rd', '4th']

const channelOptions = (optional: boolean): Option[] => [
  ...(optional ? [['', '—'] as const] : []),
  ...CHANNELS.map((name) => [name, CHANNEL_WORDS[name]] as const),
]

const REMINDERS = ['PT20S,PT40S', 'PT24H,PT72H', 'PT24H']

function reminderOptions(chosen: string): Option[] {
  const known = [...new Set([...REMINDERS, ...(chosen && chosen !== 'none' ? [chosen] : [])])]
  return [...known.map((value) => [value, `After ${inWords(value)}`] as const), ['none', 'None']]
}

const inWords = (durations: string) =>
  durations
    .split(',')
    .map((text) => spanOf(parseDuration(text) ?? 0))
    .join(' and ')

function zoneOptions(chosen: string, now: Date): Option[] {
  const zones = ZONES.includes(chosen) || chosen === '' ? ZONES : [chosen, ...ZONES]
  return [['', 'From the phone number'], ...zones.map((zone) => [zone, `${zone.replace('_', ' ')} · ${clockSafely(zone, now)}`] as const)]
}

/** A zone that was typed by hand may be none. */
const clockSafely = (zone: string, now: Date) => (ZONES.includes(zone) ? clockIn(zone, now) : '?')

const problemList = (problems: Problem[]) => html`
    <div class="alert" role="alert">
      ${ICONS.alert}
      <div>
        <p><strong>${problems.length === 1 ? 'One thing is not right yet.' : `${problems.length} things are not right yet.`}</strong> Nothing was sent.</p>
        <ul>${problems.map(({ field, message }) => html`<li>${field ? html`<a href="#${field}">${NAMES[field] ?? field}</a> ${message}` : message}</li>`)}</ul>
      </div>
    </div>`

const NAMES: Partial<Record<FieldName, string>> = {
  referenceId: 'Reference',
  firstName: 'First name',
  lastName: 'Last name',
  country: 'Country',
  accountNumber: 'Account number',
  phone: 'Phone',
  email: 'Email',
  pushToken: 'Device token',
  channel1: '1st channel',
  channel2: '2nd channel',
  channel3: '3rd channel',
  channel4: '4th channel',
  locale: 'Language',
  timeZone: 'Time zone',
  template: 'Template',
  reminders: 'Reminders',
}

type Option = readonly [value: string, word: string]
interface InputLook {
  hint?: string
  inputmode?: 'numeric' | 'tel' | 'email'
  maxlength?: number
}

/** Draws fields with what was filled in and what is wrong with it. */
function makeSheet(fields: Fields, problems: Problem[]) {
  const wrongOf = (name: FieldName) => problems.find(({ field }) => field === name)?.message
  const around = (name: FieldName, label: string, control: Markup, hint?: string) => html`
          <div class="field">
            <label class="field-label" for="${name}">${label}</label>
            ${control}
            ${wrongOf(name) && html`<p class="field-wrong" id="${name}-note">${wrongOf(name)}</p>`}
            ${hint && !wrongOf(name) && html`<p class="hint" id="${name}-note">${hint}</p>`}
          </div>`
  const state = (name: FieldName, hint?: string) => html`${wrongOf(name) && html` aria-invalid="true"`}${(wrongOf(name) || hint) && html` aria-describedby="${name}-note"`}`
  return {
    input: (name: FieldName, label: string, { hint, inputmode, maxlength }: InputLook) =>
      around(
        name,
        label,
        html`<input id="${name}" name="${name}" value="${fields[name]}" dir="auto" autocomplete="off" spellcheck="false" maxlength="${maxlength ?? 254}"${inputmode && html` inputmode="${inputmode}"`}${state(name, hint)}>`,
        hint,
      ),
    select: (name: FieldName, label: string, options: readonly Option[]) =>
      around(
        name,
        label,
        html`<select id="${name}" name="${name}"${state(name)}>${options.map(
          ([value, word]) => html`<option value="${value}"${value === fields[name] && html` selected`}>${word}</option>`,
        )}</select>`,
      ),
  }
}
