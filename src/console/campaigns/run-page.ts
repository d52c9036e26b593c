import { FOLLOW_UPS, type FollowUp } from '../../domain/campaign.ts'
import { isPerson } from '../../domain/funnel.ts'
import type { Hold } from '../../domain/hold.ts'
import type { Upload } from '../../flow/ports-campaign.ts'
import type { WhyQuiet } from '../../flow/why-quiet.ts'
import { html, type Markup } from '../../lib/markup.ts'
import type { Frame } from '../layout.ts'
import { alertBox, badge } from '../parts.ts'
import { timeOf } from '../times.ts'
import { reasonWord } from '../words.ts'
import { campaignFacts } from './facts.ts'
import { byChannel, byLocale, byStep, funnel, openTimes, otherEnds, results } from './funnel.ts'
import { mayAct } from './list-page.ts'
import { progressBar, sheet, sheetEnd } from './parts.ts'
import { sendsChart } from './sends-chart.ts'
import { type Standing, shareDone } from './standing.ts'
import { uploadList } from './upload-part.ts'
import { CAMPAIGN_BADGES, counted, figure, LISTS, pathOf, pauseWords } from './words.ts'

export interface Run {
  standing: Standing
  quiet: WhyQuiet
  /** In force, and in its way. */
  holds: Hold[]
  uploads: Upload[]
  /** How many said stop since; null: more than were counted. */
  optedOut: number | null
  createsPerMinute: number | null
  problem?: string | undefined
}

/** A campaign that was started: how it goes, live. */
export function runPage(frame: Frame, run: Run): { live: Markup; body: Markup } {
  const { standing, problem } = run
  const { campaign, status } = standing
  const { now } = frame
  const acts = mayAct(frame)
  const path = pathOf(campaign.id)
  const goes = campaign.status === 'running'
  const table = results(standing)
  const times = openTimes(standing)
  const ends = otherEnds(standing)
  const live = html`
    ${alertBox(problem)}
    <header class="dispatch-head" data-key="head">
      <p class="crumb"><a href="/campaigns">Campaigns</a></p>
      <div class="dispatch-title">
        <h1 dir="auto">${campaign.name}</h1>
        <span data-announce="${CAMPAIGN_BADGES[status].label}">${badge(CAMPAIGN_BADGES[status])}</span>
        <div class="actions">
          ${acts && goes && (campaign.hold ? html`<button type="button" class="ghost" popovertarget="resume">Resume</button>` : html`<button type="button" class="ghost" popovertarget="pause">Pause</button>`)}
          ${acts && goes && html`<button type="button" class="ghost danger" popovertarget="cancel">Cancel</button>`}
        </div>
      </div>
      <p class="sentence">${sentence(run, now)}</p>
      ${campaign.status === 'cancelled' && campaign.reason && html`<p class="why">Reason: <span dir="auto">${reasonWord(campaign.reason)}</span></p>`}
    </header>
    <div class="run-progress" data-key="progress">
      ${progressBar(standing)}
      <p><strong>${figure(standing.people.handed)}</strong> sent of ${figure(standing.audience.planned)}<span class="aside"> ${paceWords(run, now)}</span></p>
    </div>
    <div class="run-columns" data-key="columns">
      <div class="run-main">
        ${part('funnel', 'Funnel', funnel(standing))}
        ${sendsChart(standing, { createsPerMinute: run.createsPerMinute, now })}
        ${table && part('results', 'Experiment', table)}
        ${ends && part('ends', 'What did not go as planned', ends)}
        ${times && part('times', 'Time to open', times)}
        ${part('tables', 'By language, channel and step', html`${byLocale(standing)}${byChannel(standing)}${byStep(standing)}`)}
        ${part('follow-up', 'Follow up', followUp(path, run, acts))}
      </div>
      <aside class="facts" aria-label="Settings">
        ${campaignFacts(campaign, now)}
        ${run.uploads.length > 0 && html`<h2>Audience</h2>${uploadList(campaign.id, run.uploads, now)}`}
      </aside>
    </div>`
  return { live, body: html`${acts && goes && controls(path)}` }
}

const part = (id: string, title: string, content: Markup) => html`
        <section class="part" data-key="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`

/** Shorter waits are over when they are read. */
const WORTH_SAYING_MS = 5_000

/** What it does now, or why nothing of it leaves. */
function sentence({ standing, quiet, holds }: Run, now: Date): Markup | string {
  const { campaign, status, people, audience } = standing
  if (status === 'finished')
    return `Every plan has ended. ${counted(people.opened, 'person', 'people')} of ${figure(people.handed)} opened their link.`
  if (status === 'cancelling') return 'Nothing more is sent. Its dispatches are being ended.'
  if (status === 'cancelled')
    return `It was stopped after ${figure(people.handed)} of ${counted(audience.planned, 'person', 'people')}.`
  if (campaign.hold) return html`<span dir="auto">${pauseWords(campaign.hold)}</span> Nothing of it is sent.`
  const isLong = quiet.until !== null && quiet.until.getTime() - now.getTime() > WORTH_SAYING_MS
  const until = isLong && quiet.until && html` It goes on ${timeOf(quiet.until, now)}.`
  switch (quiet.why) {
    case 'scheduled':
      return html`It waits for its time.${quiet.until && html` The next message is due ${timeOf(quiet.until, now)}.`}`
    case 'window':
      return html`It waits for an hour in which these people may be written to.${until}`
    case 'limit':
      return html`It waits for a limit: the partner’s, or what one person may get.${until}`
    case 'pace':
      return html`Messages leave as its own limit allows.${until}`
    case 'held':
      return html`It is held by something else: ${holds.map(({ scope, value, reason }) => `${scope}${value === '*' ? '' : ` ${value}`}, ${reasonWord(reason)}`).join('; ') || 'see the system page'}. <a href="/system">Holds in force</a>${until}`
    case 'done':
      return 'Every message has been sent. Links can still be opened.'
    default:
      return 'Messages are leaving.'
  }
}

function paceWords({ standing }: Run, now: Date): Markup | undefined {
  const { campaign, status, perMinute, endsAt, left } = standing
  if (status === 'finished' || campaign.status === 'cancelled') return undefined
  const late = endsAt !== null && campaign.validUntil !== null && endsAt > campaign.validUntil
  return html`${figure(shareDone(standing) * 100)}% dealt with${perMinute > 0 && `, ${figure(perMinute)} a minute`}${endsAt && html`, all first messages gone about ${timeOf(endsAt, now)}`}${late && html` <strong class="late">after its end</strong>`}${left.reminders > 0 && `, up to ${counted(left.reminders, 'reminder')} to come`}`
}

function followUp(path: string, { standing, optedOut }: Run, acts: boolean): Markup {
  const counts = followUpCounts(standing)
  return html`
      <ul class="follow-ups">
        ${FOLLOW_UPS.map((list) => {
          const count = list === 'opted_out' ? optedOut : counts[list]
          return html`
        <li>
          <div><h3>${LISTS[list].word} <span class="follow-count">${count === null ? '100+' : figure(count)}</span></h3><p class="hint">${LISTS[list].means}</p></div>
          ${count !== 0 && html`<p class="follow-acts"><a href="${path}/follow-up/${list}">See them</a><a href="${path}/follow-up.csv?list=${list}" download>CSV</a><a href="${path}/follow-up.ndjson?list=${list}" download>NDJSON</a>${acts && list !== 'opted_out' && html`<a href="/campaigns/new?${`of=${path.slice('/campaigns/'.length)}&list=${list}`}">New campaign from this list</a>`}</p>`}
        </li>`
        })}
      </ul>`
}

/** As the lists themselves choose their people. */
function followUpCounts({ tallies }: Standing): Record<Exclude<FollowUp, 'opted_out'>, number> {
  const people = tallies.filter(isPerson)
  const sum = (wanted: (one: (typeof people)[number]) => boolean) =>
    people.reduce((all, one) => (wanted(one) ? all + one.n : all), 0)
  return {
    not_opened: sum(({ handed, opened, suspect }) => handed && (opened === null || suspect)),
    opened_no_operation: sum(({ opened, suspect, operation }) => opened !== null && !suspect && !operation),
    failed: sum(({ status }) => status === 'failed' || status === 'expired'),
  }
}

const reasonField = html`
      <label class="field"><span class="field-label">Reason <span class="optional">optional, stays with the campaign</span></span><input name="reason" maxlength="200" autocomplete="off"></label>`

const controls = (path: string) => html`
    ${sheet('pause', 'Pause the campaign?', `${path}/pause`, html`<p class="sheet-lead">When the page comes back, no message of it can start any more. Nobody is lost: it goes on where it stopped.</p>${reasonField}${sheetEnd('pause', { stay: 'Let it run', go: 'Pause' })}`)}
    ${sheet('resume', 'Resume the campaign?', `${path}/resume`, html`<p class="sheet-lead">It goes on where it stopped. Nobody gets a message twice.</p>${sheetEnd('resume', { stay: 'Not yet', go: 'Resume' })}`)}
    ${sheet(
      'cancel',
      'Cancel the campaign?',
      `${path}/cancel`,
      html`<p class="sheet-lead">The rest gets nothing, and it cannot be started again.</p>${reasonField}<label class="choice"><input type="checkbox" name="revokeLinks"><span>Revoke the links that are out, where no operation exists</span></label>${sheetEnd('cancel', { stay: 'Keep it running', go: 'Cancel the campaign', danger: true })}`,
    )}`
