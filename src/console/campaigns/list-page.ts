import { SHOWN_STATES, type ShownStatus } from '../../domain/campaign.ts'
import { html, type Markup } from '../../lib/markup.ts'
import { may } from '../door.ts'
import type { Frame } from '../layout.ts'
import { badge } from '../parts.ts'
import { timeOf } from '../times.ts'
import { progressBar } from './parts.ts'
import type { Standing } from './standing.ts'
import { CAMPAIGN_BADGES, figure, pathOf, percent } from './words.ts'

export interface CampaignListing {
  standings: Standing[]
  status: ShownStatus | null
  before: string | null
  /** The id after which older ones begin. */
  next: string | null
}

export function campaignListPage(frame: Frame, listing: CampaignListing): Markup {
  const { standings, status, before } = listing
  const untouched = standings.length === 0 && status === null && before === null
  return html`
    <div class="page-head">
      <h1>Campaigns</h1>
      ${mayAct(frame) && html`<a class="primary" href="/campaigns/new">New campaign</a>`}
    </div>
    ${!untouched && chips(status)}
    ${standings.length > 0 ? table(frame, standings) : untouched ? nothingYet(frame) : nothingHere(status)}
    ${pager(listing)}`
}

export const mayAct = ({ caller }: Frame): boolean => caller !== null && may(caller, 'campaign')

const chips = (status: ShownStatus | null) => html`
    <nav class="chips" aria-label="Status">
      <a class="chip" href="/campaigns"${status === null && html` aria-current="true"`}>All</a>
      ${SHOWN_STATES.map((state) => html`<a class="chip" href="/campaigns?status=${state}"${state === status && html` aria-current="true"`}>${CAMPAIGN_BADGES[state].label}</a>`)}
    </nav>`

const table = (frame: Frame, standings: Standing[]) => html`
    <table class="list campaigns" role="table">
      <caption class="unseen">Campaigns, newest first</caption>
      <thead role="rowgroup"><tr role="row">
        <th role="columnheader" scope="col">Campaign</th>
        <th role="columnheader" scope="col">Status</th>
        <th role="columnheader" scope="col">Sent</th>
        <th role="columnheader" scope="col" class="end">Opened</th>
        <th role="columnheader" scope="col" class="end">End</th>
        <th role="columnheader" scope="col" class="end">Started</th>
      </tr></thead>
      <tbody role="rowgroup">${standings.map((one) => row(frame, one))}</tbody>
    </table>`

const row = ({ now }: Frame, standing: Standing) => {
  const { campaign, status, audience, people, rates } = standing
  return html`
      <tr role="row" data-key="${campaign.id}">
        <td role="cell" class="who"><a class="who-name" href="${pathOf(campaign.id)}" dir="auto">${campaign.name}</a></td>
        <td role="cell" class="state">${badge(CAMPAIGN_BADGES[status])}</td>
        <td role="cell" class="sent">${progressBar(standing)}<span class="aside">${figure(people.handed)} of ${figure(audience.planned)}</span></td>
        <td role="cell" class="when end"><span class="cell-name" aria-hidden="true">Opened </span>${percent(rates.opened)}</td>
        <td role="cell" class="when end"><span class="cell-name" aria-hidden="true">End </span>${endOf(standing, now)}</td>
        <td role="cell" class="when end"><span class="cell-name" aria-hidden="true">Started </span>${campaign.startedAt ? timeOf(campaign.startedAt, now) : '–'}</td>
      </tr>`
}

function endOf({ campaign, endsAt, left }: Standing, now: Date): Markup | string {
  if (campaign.endedAt) return timeOf(campaign.endedAt, now)
  if (endsAt) return html`about ${timeOf(endsAt, now)}`
  return campaign.startedAt && left.firsts === 0 ? 'all sent' : '–'
}

const nothingYet = (frame: Frame) => html`
    <section class="empty campaigns-empty">
      <div class="empty-words">
        <h2>One message for many people</h2>
        <p>A campaign sends everybody on a list their own magic link, at the pace and in the hours you choose, and tells you who opened it.</p>
        ${mayAct(frame) ? html`<p class="empty-act"><a class="primary" href="/campaigns/new">Make the first campaign</a></p>` : html`<p>Your key may look at campaigns and not make any: it lacks the scope <code>campaign</code>.</p>`}
      </div>
      <ol class="story">
        <li><strong>Describe it.</strong> Words, channels, hours, pace.</li>
        <li><strong>Upload the people.</strong> A CSV from any spreadsheet; what is wrong with a row is said at its line.</li>
        <li><strong>See what will happen.</strong> How many, when, at what cost. Nothing is sent before you start it.</li>
      </ol>
    </section>`

const nothingHere = (status: ShownStatus | null) => html`
    <div class="nothing">
      <p>No campaign is ${status ? CAMPAIGN_BADGES[status].label.toLowerCase() : 'older than these'} right now.</p>
      <p><a href="/campaigns">Show all campaigns</a></p>
    </div>`

function pager({ next, before, status }: CampaignListing): Markup | undefined {
  if (next === null && before === null) return undefined
  const filter = status ? `status=${status}` : ''
  return html`
    <nav class="pager" aria-label="Pages">
      ${before !== null && html`<a class="ghost" href="/campaigns${filter && `?${filter}`}">Newest</a>`}
      ${next !== null && html`<a class="ghost" rel="next" href="/campaigns?${filter && `${filter}&`}before=${next}">Older</a>`}
    </nav>`
}
