import { CHANNELS } from '../../domain/channel.ts'
import { html, type Markup } from '../../lib/markup.ts'
import { ICONS } from '../icons.ts'
import type { Frame } from '../layout.ts'
import { makeSheet, type Option } from '../sheet.ts'
import { ZONES } from '../starting-fields.ts'
import { CHANNEL_WORDS } from '../words.ts'
import { type CampaignField, type CampaignFields, type CampaignProblem, DAYS, WAYS } from './form.ts'

import { campaignFieldWord, DAY_WORDS, REMINDER_OPTIONS } from './form-words.ts'
import { CATEGORIES } from './words.ts'

export interface CampaignForm {
  title: string
  action: string
  /** What the button says. */
  go: string
  back: string
  /** Whom it is for, where that is known already. */
  lead: Markup | string
  hidden?: Record<string, string>
  fields: CampaignFields
  problems: CampaignProblem[]
}

export function campaignFormPage({ ports }: Frame, form: CampaignForm): Markup {
  const { fields, problems } = form
  const sheet = makeSheet<CampaignField>(fields, problems)
  const templates: Option[] = ports.templates.map((name) => [name, name])
  return html`
    <p class="crumb"><a href="${form.back}">${form.back === '/campaigns' ? 'Campaigns' : 'Campaign'}</a></p>
    <div class="page-head"><h1>${form.title}</h1></div>
    <p class="lead">${form.lead}</p>
    ${problems.length > 0 && problemList(problems)}
    <div class="order-page">
    <form class="order" action="${form.action}" method="post">
      ${Object.entries(form.hidden ?? {}).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
      <fieldset>
        <legend>What</legend>
        ${sheet.input('name', 'Name', { hint: 'For you and your colleagues; nobody else reads it' })}
        ${categories(fields, sheet.wrongOf('category'))}
        ${sheet.select('template', 'Template', templates)}
      </fieldset>
      <fieldset>
        <legend>How</legend>
        <div class="order-of" role="group" aria-label="Channels, in order of preference">
          ${(['channel1', 'channel2', 'channel3', 'channel4'] as const).map((name, i) => sheet.select(name, PLACES[i] ?? '', channelOptions(i > 0)))}
        </div>
        <div class="pair">
          ${sheet.select('reminders', 'Reminders', reminderOptions(fields.reminders))}
          ${sheet.select('reminderTemplate', 'Words of the reminders', [['', 'Those that go with the template'], ...templates])}
        </div>
        <p class="hint">Reminders stop for each person when they open the link.</p>
      </fieldset>
      <fieldset>
        <legend>When</legend>
        ${starts(fields, sheet)}
        <div class="pair">
          ${sheet.input('validUntil', 'Valid until', { type: 'datetime-local', hint: 'Nothing of it is sent afterwards. Empty: no end' })}
          ${sheet.select('zone', 'On the clocks of', zoneOptions(fields.zone), 'For the moments on this form')}
        </div>
        <div class="pair">
          ${sheet.input('from', 'From', { type: 'time', hint: 'Each person’s own hours, within those the law allows' })}
          ${sheet.input('to', 'To', { type: 'time' })}
        </div>
        <fieldset class="days">
          <legend>On these days</legend>
          ${DAYS.map((day) => html`<label class="day"><input type="checkbox" name="day${day}"${fields[`day${day}`] !== '' && html` checked`}><span>${DAY_WORDS[day - 1]}</span></label>`)}
        </fieldset>
        ${sheet.input('perHour', 'Messages an hour', { inputmode: 'numeric', hint: 'Reminders included. Empty: as fast as the partner and the providers allow' })}
      </fieldset>
      ${experiment(fields, problems, sheet, templates)}
      ${brake(problems, sheet)}
      <div class="order-end">
        <button class="primary">${form.go}</button>
        <a class="quiet-link" href="${form.back}">Back</a>
      </div>
    </form>
    ${whatFollows}
    </div>`
}

type Sheet = ReturnType<typeof makeSheet<CampaignField>>

const categories = (fields: CampaignFields, wrong: string | undefined) => html`
        <fieldset class="options" id="category"${wrong && html` aria-invalid="true" aria-describedby="category-note"`}>
          <legend>Category</legend>
          ${(['commercial', 'transactional'] as const).map(
            (name) =>
              html`<label class="option"><input type="radio" name="category" value="${name}"${fields.category === name && html` checked`}><span><strong>${CATEGORIES[name].word}</strong>${CATEGORIES[name].means}</span></label>`,
          )}
          ${wrong && html`<p class="field-wrong" id="category-note">${wrong}</p>`}
        </fieldset>`

const starts = (fields: CampaignFields, sheet: Sheet) => html`
        <fieldset class="options">
          <legend>Start</legend>
          ${choice('now', fields, 'When somebody starts it', undefined)}
          ${choice('at', fields, 'At a moment', sheet.input('startAt', 'Day and time', { type: 'datetime-local' }))}
          ${choice('local', fields, 'At a local time of each person', sheet.input('localStart', 'Day and time', { type: 'datetime-local', hint: 'On the clock of each person; where it has passed already, at once' }))}
        </fieldset>`

const choice = (value: string, fields: CampaignFields, word: string, inner: Markup | undefined) => html`
          <div class="option-with"><label class="option"><input type="radio" name="when" value="${value}"${fields.when === value && html` checked`}><span><strong>${word}</strong></span></label>${inner && html`<div class="option-inner">${inner}</div>`}</div>`

function experiment(fields: CampaignFields, problems: CampaignProblem[], sheet: Sheet, templates: Option[]): Markup {
  const wrong = problems.some(({ field }) => field === 'holdout' || field?.startsWith('way'))
  const used = fields.way1Name !== '' || Number(fields.holdout) > 0
  return html`
      <details class="more"${(wrong || used) && html` open`}>
        <summary>Experiment <span class="optional">variants side by side, and people who get nothing</span></summary>
        ${sheet.input('holdout', 'Hold out, in percent', { inputmode: 'decimal', hint: 'This share of the people gets nothing, to compare with' })}
        <p class="hint">What a variant leaves out is as the form says above. The same person always gets the same variant.</p>
        ${WAYS.map(
          (way) => html`
        <fieldset class="way">
          <legend>Variant ${way}</legend>
          ${sheet.input(`way${way}Name`, 'Name', {})}
          ${sheet.input(`way${way}Weight`, 'Weight', { inputmode: 'decimal', placeholder: '1' })}
          ${sheet.select(`way${way}Template`, 'Template', [['', 'As above'], ...templates])}
          ${sheet.select(`way${way}Channels`, 'Channels', WAY_CHANNELS)}
          ${sheet.input(`way${way}Hour`, 'Local hour', { inputmode: 'numeric', placeholder: 'any', maxlength: 2 })}
        </fieldset>`,
        )}
      </details>`
}

function brake(problems: CampaignProblem[], sheet: Sheet): Markup {
  const wrong = problems.some(({ field }) => field !== null && BRAKE.has(field))
  return html`
      <details class="more"${wrong && html` open`}>
        <summary>Brake <span class="optional">when it pauses itself</span></summary>
        <p class="hint">It pauses itself as soon as more than this share of the people written to went wrong, and waits for a person.</p>
        <div class="pair brake-pair">
          ${sheet.input('failed', 'Failed, %', { inputmode: 'decimal' })}
          ${sheet.input('optedOut', 'Opted out, %', { inputmode: 'decimal' })}
          ${sheet.input('complained', 'Complained, %', { inputmode: 'decimal' })}
          ${sheet.input('after', 'Judged after so many people', { inputmode: 'numeric' })}
        </div>
      </details>`
}

const BRAKE = new Set<CampaignField>(['failed', 'optedOut', 'complained', 'after'])

const PLACES = ['1st channel', '2nd', '3rd', '4th']
const WAY_CHANNELS: Option[] = [
  ['', 'As above'],
  ['sms,email', 'SMS, email'],
  ['email,sms', 'Email, SMS'],
  ['push,sms,email', 'Push, SMS, email'],
  ['sms', 'SMS only'],
  ['email', 'Email only'],
  ['push', 'Push only'],
]

const channelOptions = (optional: boolean): Option[] => [
  ...(optional ? [['', '—'] as const] : []),
  ...CHANNELS.map((name) => [name, CHANNEL_WORDS[name]] as const),
]

const reminderOptions = (chosen: string): Option[] =>
  REMINDER_OPTIONS.some(([value]) => value === chosen) || chosen === ''
    ? REMINDER_OPTIONS
    : [...REMINDER_OPTIONS, [chosen, `After ${chosen}`]]

const zoneOptions = (chosen: string): Option[] =>
  [...new Set([...(chosen ? [chosen] : []), 'UTC', ...ZONES])].map((zone) => [zone, zone.replace('_', ' ')])

const whatFollows = html`
    <aside class="after" aria-labelledby="after-title">
      <h2 id="after-title">What will happen</h2>
      <ol class="story">
        <li><strong>A draft</strong>It is stored, and can be changed. Nothing is sent.</li>
        <li><strong>The people</strong>You upload a file, and see how it is understood first.</li>
        <li><strong>The estimate</strong>How many, when, at what cost, and how it looks.</li>
        <li><strong>The start</strong>Only then messages leave. You can pause it at any moment.</li>
      </ol>
    </aside>`

const problemList = (problems: CampaignProblem[]) => html`
    <div class="alert" role="alert">
      ${ICONS.alert}
      <div>
        <p><strong>${problems.length === 1 ? 'One thing is not right yet.' : `${problems.length} things are not right yet.`}</strong> Nothing was stored.</p>
        <ul>${problems.map(({ field, message }) => html`<li>${field ? html`<a href="#${field}">${campaignFieldWord(field)}</a> ${message}` : message}</li>`)}</ul>
      </div>
    </div>`
