import { isRunning } from '../domain/dispatch.ts'
import type { FeedEvent } from '../domain/event.ts'
import { summaryOf } from '../domain/summary.ts'
import type { AttemptView, DispatchView } from '../flow/ports-read.ts'
import { html, type Markup } from '../lib/markup.ts'
import { may } from './door.ts'
import { facts } from './facts.ts'
import { ICONS } from './icons.ts'
import type { Frame } from './layout.ts'
import { alertBox, badge, shownId } from './parts.ts'
import { plan } from './plan.ts'
import { eventWords } from './timeline.ts'
import { timeOf } from './times.ts'
import { CHANNEL_WORDS, DISPATCH_BADGES, reasonWord } from './words.ts'

interface Subject {
  view: DispatchView
  events: FeedEvent[]
  attempts: AttemptView[]
  problem?: string
}

export function dispatchPage(
  frame: Frame,
  { view, events, attempts, problem }: Subject,
): { live: Markup; body: Markup } {
  const { now, caller } = frame
  const sentence = summaryOf(view, now)
  const mayAct = caller !== null && may(caller, 'send')
  const resends = mayAct && mayResend(view)
  const cancels = mayAct && isRunning(view.status)
  const live = html`
    ${alertBox(problem)}
    <header class="dispatch-head">
      <p class="crumb"><a href="/">Dispatches</a></p>
      <div class="dispatch-title">
        <h1 dir="auto">${view.referenceId}</h1>
        <span data-announce="${DISPATCH_BADGES[view.status].label}">${badge(DISPATCH_BADGES[view.status])}</span>
        <div class="actions">
          ${resends && html`<button type="button" class="ghost" popovertarget="resend">Send again</button>`}
          ${cancels && html`<button type="button" class="ghost danger" popovertarget="cancel">Cancel</button>`}
        </div>
      </div>
      <p class="sentence">${sentence}</p>
      ${why(view, sentence)}
    </header>
    <div class="columns">
      <section class="plan" aria-labelledby="plan-title">
        <h2 id="plan-title">Plan</h2>
        ${plan(view, attempts, now)}
      </section>
      <section class="timeline" aria-labelledby="timeline-title">
        <h2 id="timeline-title">Timeline</h2>
        ${timeline(events, now)}
      </section>
      <aside class="facts" aria-label="Facts">${facts(view, now)}</aside>
    </div>`
  return { live, body: html`${resends && resendForm(view)}${cancels && cancelForm(view)}` }
}

/** Only what the sentence leaves out. */
function why({ reason }: DispatchView, sentence: string): Markup | undefined {
  const word = reason ? reasonWord(reason) : ''
  return sentence.includes(word) ? undefined : html`<p class="why">Reason: <span dir="auto">${word}</span></p>`
}

/** A person may ask for it after an open too; what somebody stopped stays stopped. */
const mayResend = ({ status }: DispatchView) =>
  isRunning(status) || status === 'opened' || status === 'exhausted' || status === 'failed'

const timeline = (events: FeedEvent[], now: Date) => html`
        <ol class="events" reversed>
          ${untold(events)
            .toReversed()
            .map((event) => eventLine(event, now))}
        </ol>`

/** The end of a plan says how many reminders it stopped: their own skips, which the plan shows, would say it again. */
function untold(events: FeedEvent[]): FeedEvent[] {
  const ends = events.filter(({ data }) => Number(data['remindersStopped']) > 0).map(({ type }) => type.split('.')[1])
  return events.filter(({ type, data }) => type !== 'reminder.skipped' || !ends.includes(String(data['reason'])))
}

function eventLine(event: FeedEvent, now: Date): Markup {
  const { lead, detail, icon, tone, until } = eventWords(event)
  return html`
          <li class="event tone-${tone}" data-key="${event.id}">
            <span class="event-mark">${ICONS[icon]}</span>
            <p><strong>${lead}</strong>${detail && html`<span class="event-detail" dir="auto">${detail}${until && html` ${timeOf(until, now)}`}</span>`}</p>
            ${timeOf(event.occurredAt, now)}
          </li>`
}

const resendForm = (view: DispatchView) => html`
    <form id="resend" class="sheet" popover action="/dispatches/${shownId(view.id)}/resend" method="post" aria-labelledby="resend-title">
      <h2 id="resend-title">Send again</h2>
      <p class="sheet-lead">One more message, now. The plan stays as it is.</p>
      <fieldset class="choices">
        <legend class="unseen">Channel</legend>
        <label class="choice"><input type="radio" name="channel" value="" checked autofocus><span>The first that works</span></label>
        ${view.channels.map((name) => html`<label class="choice"><input type="radio" name="channel" value="${name}"><span>${ICONS[name]}${CHANNEL_WORDS[name]}</span></label>`)}
      </fieldset>
      <div class="sheet-end">
        <button type="button" class="ghost" popovertarget="resend" popovertargetaction="hide">Not now</button>
        <button class="primary">Send again</button>
      </div>
    </form>`

const cancelForm = (view: DispatchView) => html`
    <form id="cancel" class="sheet" popover action="/dispatches/${shownId(view.id)}/cancel" method="post" aria-labelledby="cancel-title">
      <h2 id="cancel-title">Cancel this dispatch?</h2>
      <p class="sheet-lead">Nothing more will be sent. The link that is out there stays alive until it dies by itself.</p>
      <label class="field">
        <span class="field-label">Reason <span class="optional">optional, stays on the timeline</span></span>
        <input name="reason" maxlength="200" autocomplete="off" autofocus>
      </label>
      <div class="sheet-end">
        <button type="button" class="ghost" popovertarget="cancel" popovertargetaction="hide">Keep it running</button>
        <button class="primary danger">Cancel the dispatch</button>
      </div>
    </form>`
