import type { Estimate } from '../../flow/estimate.ts'
import { type Warning, type WarningCode, warningsOf } from '../../flow/estimate-warnings.ts'
import type { Sample } from '../../flow/samples.ts'
import { html, type Markup } from '../../lib/markup.ts'
import { ICONS } from '../icons.ts'
import type { Frame } from '../layout.ts'
import { alertBox } from '../parts.ts'
import { timeOf } from '../times.ts'
import { channelWord, localeWord } from '../words.ts'
import { type ChartBar, chart } from './chart.ts'
import { mayAct } from './list-page.ts'
import { figureTable, sheet, sheetEnd } from './parts.ts'
import type { CampaignDesk } from './ports.ts'
import { samples } from './samples.ts'
import { counted, figure, pathOf } from './words.ts'

interface EstimateLook {
  estimate: Estimate
  sample: Sample | null
  /** What was looked for among the rows. */
  reference: string
  problem?: string | undefined
  done?: string | undefined
  seeds?: string | undefined
  segments: CampaignDesk['segments']
}

/** What would happen if the campaign were started now. */
export function estimatePage(frame: Frame, look: EstimateLook): Markup {
  const { estimate, problem, done } = look
  const { campaign, tally } = estimate
  const warnings = warningsOf(estimate)
  const path = pathOf(campaign.id)
  return html`
    <header class="dispatch-head">
      <p class="crumb"><a href="${path}" dir="auto">${campaign.name}</a></p>
      <div class="dispatch-title">
        <h1>What will happen</h1>
        <div class="actions">
          ${mayAct(frame) && tally.recipients > 0 && html`<button type="button" class="primary" popovertarget="start">Start the campaign</button>`}
        </div>
      </div>
      ${alertBox(problem)}
      ${done !== undefined && html`<p class="calm done" role="status">${done}</p>`}
      <p class="sentence">${sentence(estimate, frame.now)}</p>
    </header>
    ${warnings.length > 0 && warningList(warnings)}
    <dl class="figures">
      ${figureBox('Recipients', figure(tally.recipients), restWords(estimate))}
      ${figureBox('Texts', tally.texts.messages === 0 ? 'None' : counted(tally.texts.segments, 'segment'), textWords(estimate))}
      ${figureBox('Links', figure(tally.links.first + tally.links.again), tally.links.again > 0 ? `${figure(tally.links.again)} of them again, for reminders whose link has died` : 'made at the partner')}
      ${figureBox('First message', firstAt(estimate, frame.now), 'as hours allow')}
      ${figureBox('Last first message', whenOf(estimate.forecast.firstsEndAt, frame.now), estimate.forecast.reminders > 0 ? html`reminders end ${whenOf(estimate.forecast.remindersEndAt, frame.now)}` : 'no reminders')}
    </dl>
    ${hoursChart(estimate, frame.now)}
    <section class="part" aria-labelledby="who-title">
      <h2 id="who-title">Who</h2>
      <div class="side-by-side">
        ${countTable('First channel', tally.byChannel, channelWord)}
        ${countTable('Language', tally.byLocale, localeWord)}
        ${tally.byVariant.size > 1 && countTable('Variant', tally.byVariant, (name) => name)}
      </div>
    </section>
    ${tally.texts.messages > 0 && texts(estimate)}
    <section class="part" aria-labelledby="samples-title">
      <h2 id="samples-title">How it looks</h2>
      ${samples(look.sample, { path, reference: look.reference, segments: look.segments })}
    </section>
    ${mayAct(frame) && testForm(path, look.seeds ?? '')}
    ${mayAct(frame) && startSheet(path, estimate, warnings)}`
}

function sentence({ tally, forecast }: Estimate, now: Date): Markup | string {
  if (tally.recipients === 0) return 'Nobody would get a message.'
  const who = `${counted(tally.recipients, 'person', 'people')} would get a message`
  if (forecast.firstAt === null || forecast.firstsEndAt === null) return `${who}.`
  const soon = forecast.firstAt - now.getTime() < 60_000
  const first = soon ? 'The first leaves at once' : html`The first leaves ${timeOf(new Date(forecast.firstAt), now)}`
  return html`${who}. ${first}, the last of the first messages ${timeOf(new Date(forecast.firstsEndAt), now)}.`
}

const firstAt = ({ forecast: { firstAt: at } }: Estimate, now: Date) =>
  at !== null && at - now.getTime() < 60_000 ? 'at once' : whenOf(at, now)

const whenOf = (at: number | null, now: Date): Markup | string => (at === null ? '–' : timeOf(new Date(at), now))

const figureBox = (name: string, value: Markup | string, words: Markup | string) => html`
        <div class="figure"><dt>${name}</dt><dd><span class="figure-value">${value}</span> <span class="figure-words">${words}</span></dd></div>`

function restWords({ tally }: Estimate): string {
  const parts: [number, string][] = [
    [tally.suppressed, 'must not be written to'],
    [tally.unreachable, 'without an address'],
    [tally.heldOut, 'held out'],
    [tally.neverOpen, 'never in an open hour'],
    [tally.deadLinks.rows, 'with a dead link'],
    [[...tally.refused.values()].reduce((sum, { rows }) => sum + rows, 0), 'refused'],
  ]
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => `${figure(count)} ${word}`)
  return `of ${counted(tally.rows, 'row')}${said.length > 0 ? `: ${said.join(', ')}` : ''}`
}

const textWords = ({ tally: { texts } }: Estimate): string =>
  texts.messages === 0
    ? 'nothing goes by SMS'
    : `in ${counted(texts.messages, 'text')}, reminders included${texts.long > 0 ? `; ${figure(texts.long)} of more than three` : ''}`

const WARNING_WORDS: Partial<Record<WarningCode, string>> = {
  ends_late: 'For these people the turn comes after the campaign’s end: they get nothing.',
  reminders_late: 'These reminders would come after the campaign’s end, and are not sent.',
  refused: 'These rows would be refused: their words lack a variable, or something of theirs cannot be used.',
  unwritten: 'These texts cannot be written; the samples below show why.',
}

const warningList = (warnings: Warning[]) => html`
    <section class="warnings" aria-labelledby="warnings-title">
      <h2 class="warnings-title" id="warnings-title">Before you start</h2>
      <ul>${warnings.map(({ code, message, count }) => html`<li>${ICONS.alert}<span><strong>${figure(count)}</strong> ${WARNING_WORDS[code] ?? message}</span></li>`)}</ul>
    </section>`

const HOUR = 3_600_000
/** More hours than this are shown in stretches, by their highest hour. */
const MOST_BARS = 168

function hoursChart({ forecast, limits }: Estimate, now: Date): Markup | undefined {
  if (forecast.hours.length === 0) return undefined
  const every = [1, 3, 6, 12, 24].find((hours) => forecast.hours.length / hours <= MOST_BARS) ?? 24
  const highest = new Map<number, ChartBar>()
  for (const { at, firsts, reminders } of forecast.hours) {
    const place = Math.floor(at / (every * HOUR))
    const known = highest.get(place)
    if (!known || firsts + reminders > (known.values[0] ?? 0) + (known.values[1] ?? 0))
      highest.set(place, { at: new Date(place * every * HOUR), values: [firsts, reminders] })
  }
  return chart({
    title: every === 1 ? 'Messages an hour' : `Messages an hour, the highest of every ${every} hours`,
    series: forecast.reminders > 0 ? ['First messages', 'Reminders'] : ['First messages'],
    bars: [...highest.values()].map(({ at, values }) => ({
      at,
      values: forecast.reminders > 0 ? values : values.slice(0, 1),
    })),
    limit: limitOf(limits),
    from: now,
    now,
  })
}

function limitOf({ perHour, createsPerMinute }: Estimate['limits']) {
  const links = createsPerMinute === null ? null : createsPerMinute * 60
  if (perHour !== null && (links === null || perHour <= links))
    return { value: perHour, word: `its limit: ${figure(perHour)} an hour` }
  return links === null ? null : { value: links, word: `the partner’s limit: ${counted(links, 'link')} an hour` }
}

const countTable = (name: string, counts: Map<string, number>, wordOf: (key: string) => string) =>
  counts.size === 0
    ? undefined
    : figureTable({
        caption: name,
        columns: [name, 'People'],
        rows: [...counts].toSorted((a, b) => b[1] - a[1]).map(([key, count]) => [wordOf(key), figure(count)]),
      })

const ENCODINGS: Record<string, string> = {
  gsm7: 'Plain letters (GSM, 160 a segment)',
  ucs2: 'Other letters (UCS-2, 70 a segment)',
}
const COUNTRIES = new Intl.DisplayNames('en', { type: 'region' })
const countryWord = (code: string) => (/^[A-Z]{2}$/.test(code) ? (COUNTRIES.of(code) ?? code) : 'Other')

const texts = ({ tally: { texts: counts } }: Estimate) => html`
    <section class="part" aria-labelledby="texts-title">
      <h2 id="texts-title">What the texts cost</h2>
      <p class="hint">Providers charge by the segment, at a price of the country.</p>
      <div class="side-by-side">
        ${textTable('Country', counts.byCountry, countryWord)}
        ${textTable('Letters', counts.byEncoding, (name) => ENCODINGS[name.toLowerCase().replace(/[^a-z0-9]/g, '')] ?? name)}
      </div>
    </section>`

const textTable = (name: string, counts: Estimate['tally']['texts']['byCountry'], wordOf: (key: string) => string) =>
  figureTable({
    caption: `Texts by ${name.toLowerCase()}`,
    columns: [name, 'Texts', 'Segments'],
    rows: [...counts]
      .toSorted((a, b) => b[1].segments - a[1].segments)
      .map(([key, { messages, segments }]) => [wordOf(key), figure(messages), figure(segments)]),
  })

const testForm = (path: string, seeds: string) => html`
    <section class="part" aria-labelledby="test-title">
      <h2 id="test-title">Send it to colleagues first</h2>
      <form class="test-form" action="${path}/test" method="post">
        <label class="field-label" for="seeds">One person a line: their reference at the partner, a phone or an email, and a language if you like</label>
        <textarea id="seeds" name="seeds" rows="3" spellcheck="false" placeholder="qa-1, +15125550123, es-MX">${seeds}</textarea>
        <p class="hint">Real messages with real links: each variant’s words once, without reminders. They are not counted in the campaign.</p>
        <button class="ghost">Send the test</button>
      </form>
    </section>`

const startSheet = (path: string, { tally }: Estimate, warnings: Warning[]) =>
  sheet(
    'start',
    'Start the campaign?',
    `${path}/start`,
    html`<p class="sheet-lead">${counted(tally.recipients, 'person', 'people')} will get a message. You can pause it at any moment; what is sent is sent.</p>
      ${warnings.length > 0 && html`<ul class="sheet-warnings">${warnings.map(({ code, message, count }) => html`<li><strong>${figure(count)}</strong> ${WARNING_WORDS[code] ?? message}</li>`)}</ul><input type="hidden" name="warned" value="1"><label class="choice"><input type="checkbox" name="confirmed" required><span>I have read this, and start all the same</span></label>`}
      ${sheetEnd('start', { stay: 'Not yet', go: 'Start' })}`,
  )
