import { CHANNELS } from '../domain/channel.ts'
import { parseDuration } from '../lib/duration.ts'
import { html, type Markup } from '../lib/markup.ts'
import { ICONS } from './icons.ts'
import type { Frame } from './layout.ts'
import type { Fields, Problem } from './order.ts'
import { FIELD_NAMES, makeSheet, type Option } from './sheet.ts'
import { ZONES } from './starting-fields.ts'
import { clockIn, spanOf } from './times.ts'
import { CHANNEL_WORDS, localeWord } from './words.ts'

export function newPage({ ports, now }: Frame, fields: Fields, problems: Problem[]): Markup {
  const sheet = makeSheet(fields, problems)
  return html`
    <div class="page-head">
      <h1>New dispatch</h1>
      ${ports.inboxUrl && html`<a class="ghost" href="${ports.inboxUrl}" target="_blank" rel="noopener">Open the inbox${ICONS.out}</a>`}
    </div>
    <p class="lead">${LEADS[ports.world]}</p>
    ${problems.length > 0 && problemList(problems)}
    <div class="order-page">
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
          ${sheet.select(
            'locale',
            'Language',
            ports.locales.map((tag) => [tag, `${localeWord(tag)} · ${tag}`]),
          )}
          ${sheet.select(
            'template',
            'Template',
            ports.templates.map((name) => [name, name]),
          )}
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
    </form>
    ${whatFollows}
    </div>`
}

const whatFollows = html`
    <aside class="after" aria-labelledby="after-title">
      <h2 id="after-title">What will happen</h2>
      <ol class="story">
        <li><strong>At once</strong>A link is made and put into words, and the first message leaves by the 1st channel.</li>
        <li><strong>Later</strong>Reminders follow by the other channels, for as long as the link is unopened.</li>
        <li><strong>On opening</strong>Whatever is still planned stops, and the dispatch says so.</li>
      </ol>
    </aside>`

const LEADS = {
  sandbox:
    'Everything is filled in with an example. Nothing leaves this machine: the message lands in the inbox, where its link can be opened.',
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
  return [
    ['', 'From the phone number'],
    ...zones.map((zone) => [zone, `${zone.replace('_', ' ')} · ${clockSafely(zone, now)}`] as const),
  ]
}

/** A zone that was typed by hand may be none. */
const clockSafely = (zone: string, now: Date) => (ZONES.includes(zone) ? clockIn(zone, now) : '?')

const problemList = (problems: Problem[]) => html`
    <div class="alert" role="alert">
      ${ICONS.alert}
      <div>
        <p><strong>${problems.length === 1 ? 'One thing is not right yet.' : `${problems.length} things are not right yet.`}</strong> Nothing was sent.</p>
        <ul>${problems.map(({ field, message }) => html`<li>${field ? html`<a href="#${field}">${FIELD_NAMES[field]}</a> ${message}` : message}</li>`)}</ul>
      </div>
    </div>`
