import type { FollowUp } from '../../domain/campaign.ts'
import type { Campaign } from '../../flow/ports-campaign.ts'
import type { FollowedUp } from '../../flow/ports-follow-up.ts'
import { showId } from '../../lib/id.ts'
import { html, type Markup } from '../../lib/markup.ts'
import type { Frame } from '../layout.ts'
import { badge, channelIcons, maskedContact, shownId } from '../parts.ts'
import { timeOf } from '../times.ts'
import { DISPATCH_BADGES, reasonWord } from '../words.ts'
import { mayAct } from './list-page.ts'
import { LISTS, pathOf } from './words.ts'

interface PeopleLook {
  campaign: Campaign
  list: FollowUp
  people: FollowedUp[]
  after: string | null
  more: boolean
}

/** People of a campaign by what became of them, each with the page of their dispatch. */
export function peoplePage(frame: Frame, { campaign, list, people, after, more }: PeopleLook): Markup {
  const path = pathOf(campaign.id)
  const last = people.at(-1)
  return html`
    <p class="crumb"><a href="${path}" dir="auto">${campaign.name}</a></p>
    <div class="page-head">
      <h1>${LISTS[list].word}</h1>
      <div class="actions">
        <a class="ghost" href="${path}/follow-up.csv?list=${list}" download>CSV</a>
        <a class="ghost" href="${path}/follow-up.ndjson?list=${list}" download>NDJSON</a>
        ${mayAct(frame) && list !== 'opted_out' && html`<a class="primary" href="/campaigns/new?of=${showId('cmp', campaign.id)}&amp;list=${list}">New campaign from this list</a>`}
      </div>
    </div>
    <p class="lead">${LISTS[list].means} The files hold your metadata, and no addresses.</p>
    ${people.length > 0 ? peopleTable(frame, people) : html`<div class="nothing"><p>Nobody is on this list${after !== null && ' after these'}.</p></div>`}
    ${more && last && html`<nav class="pager" aria-label="Pages"><a class="ghost" rel="next" href="${path}/follow-up/${list}?after=${shownId(last.id)}">More</a></nav>`}`
}

export const peopleTable = ({ now }: Frame, people: FollowedUp[]): Markup => html`
    <table class="list" role="table">
      <caption class="unseen">People, in order of their dispatches</caption>
      <thead role="rowgroup"><tr role="row">
        <th role="columnheader" scope="col">Recipient</th>
        <th role="columnheader" scope="col">Status</th>
        <th role="columnheader" scope="col">Why</th>
        <th role="columnheader" scope="col">Channels</th>
        <th role="columnheader" scope="col" class="end">First message</th>
      </tr></thead>
      <tbody role="rowgroup">${people.map(
        (one) => html`
      <tr role="row">
        <td role="cell" class="who">
          <a class="who-name" href="/dispatches/${shownId(one.id)}" dir="auto">${one.referenceId}</a>
          <span class="who-contact">${maskedContact(one.contact).map(({ text }) => html`<span dir="ltr">${text}</span>`)}</span>
        </td>
        <td role="cell" class="state">${badge(DISPATCH_BADGES[one.status])}</td>
        <td role="cell" class="summary">${whyWords(one)}</td>
        <td role="cell" class="by">${channelIcons(one.channels)}</td>
        <td role="cell" class="when end">${one.firstHandedAt ? timeOf(one.firstHandedAt, now) : '–'}</td>
      </tr>`,
      )}</tbody>
    </table>`

function whyWords({ status, reason, messageReason, suspect }: FollowedUp): string {
  const parts = [reason, messageReason === reason ? null : messageReason].filter((one) => one !== null)
  return (
    parts.map(reasonWord).join(': ') ||
    (suspect ? `opened only by ${reasonWord(suspect)}` : DISPATCH_BADGES[status].means)
  )
}
