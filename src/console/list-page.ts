import { DISPATCH_STATES, type DispatchStatus } from '../domain/dispatch.ts'
import { summaryOf } from '../domain/summary.ts'
import type { DispatchView } from '../flow/ports-read.ts'
import { html, type Markup } from '../lib/markup.ts'
import { may } from './door.ts'
import { emptyList } from './empty-page.ts'
import { ICONS } from './icons.ts'
import type { Frame } from './layout.ts'
import { alertBox, badge, channelIcons, maskedContact, shownId } from './parts.ts'
import { timeOf } from './times.ts'
import { DISPATCH_BADGES } from './words.ts'

export interface Listing {
  views: DispatchView[]
  more: boolean
  status: DispatchStatus | null
  before: string | null
  /** What was searched for; null on the plain list. */
  term: string | null
  problem: string | null
}

export function listPage(frame: Frame, listing: Listing): Markup {
  const { views, status, before, term, problem } = listing
  const untouched = views.length === 0 && status === null && before === null && term === null
  return html`
    <div class="page-head">
      <h1>Dispatches</h1>
      ${mayMake(frame) && html`<a class="primary" href="/new">New dispatch</a>`}
    </div>
    ${!untouched && tools(listing)}
    ${problem !== null && alertBox(problem)}
    ${views.length > 0 ? table(frame, views) : untouched ? emptyList(frame) : problem === null && nothing(listing)}
    ${pager(listing)}`
}

const mayMake = ({ caller }: Frame) => caller !== null && may(caller, 'send')

const tools = ({ status, term }: Listing) => html`
    <form class="search" action="/search" method="post" role="search">
      <label class="unseen" for="term">Reference, phone or email</label>
      <span class="search-icon">${ICONS.search}</span>
      <input id="term" name="term" type="search" value="${term}" placeholder="Reference, phone or email" autocomplete="off" spellcheck="false" maxlength="254">
      <button class="ghost">Search</button>
    </form>
    ${term === null ? chips(status) : searched(term)}`

const chips = (status: DispatchStatus | null) => html`
    <nav class="chips" aria-label="Status">
      <a class="chip" href="/"${status === null && html` aria-current="true"`}>All</a>
      ${DISPATCH_STATES.map(
        (state) =>
          html`<a class="chip" href="/?status=${state}"${state === status && html` aria-current="true"`}>${DISPATCH_BADGES[state].label}</a>`,
      )}
    </nav>`

/** The hidden form is what the script sends again when something changed. */
const searched = (term: string) => html`
    <p class="searched">Results for <strong dir="auto">${term}</strong> <a href="/">Show all</a></p>
    <form id="search-again" action="/search" method="post" hidden><input type="hidden" name="term" value="${term}"></form>`

const table = (frame: Frame, views: DispatchView[]) => html`
    <table class="list" role="table">
      <caption class="unseen">Dispatches, newest first</caption>
      <thead role="rowgroup"><tr role="row">
        <th role="columnheader" scope="col">Recipient</th>
        <th role="columnheader" scope="col">Status</th>
        <th role="columnheader" scope="col">What happened</th>
        <th role="columnheader" scope="col">Channels</th>
        <th role="columnheader" scope="col" class="end">Created</th>
      </tr></thead>
      <tbody role="rowgroup">${views.map((view) => row(frame, view))}</tbody>
    </table>`

const row = ({ now }: Frame, view: DispatchView) => html`
      <tr role="row" data-key="${view.id}">
        <td role="cell" class="who">
          <a class="who-name" href="/dispatches/${shownId(view.id)}" dir="auto">${view.referenceId}</a>
          <span class="who-contact">${maskedContact(view.person.contact).map(({ text }) => html`<span dir="ltr">${text}</span>`)}</span>
        </td>
        <td role="cell" class="state">${badge(DISPATCH_BADGES[view.status])}</td>
        <td role="cell" class="summary">${summaryOf(view, now)}</td>
        <td role="cell" class="by">${channelIcons(view.channels)}</td>
        <td role="cell" class="when end">${timeOf(view.createdAt, now)}</td>
      </tr>`

const nothing = ({ term, status }: Listing) => html`
    <div class="nothing">
      <p>${term === null ? html`No dispatch is ${status ? DISPATCH_BADGES[status].label.toLowerCase() : 'older than these'} right now.` : 'Nobody of that reference or address was written to.'}</p>
      <p><a href="/">Show all dispatches</a></p>
    </div>`

function pager({ views, more, status, before, term }: Listing): Markup | undefined {
  const last = views.at(-1)
  if (!more && before === null) return undefined
  const next = last && shownId(last.id)
  const filter = status ? `status=${status}` : ''
  return html`
    <nav class="pager" aria-label="Pages">
      ${before !== null && term === null && html`<a class="ghost" href="/${filter && `?${filter}`}">Newest</a>`}
      ${more && term === null && html`<a class="ghost" rel="next" href="/?${filter && `${filter}&`}before=${next}">Older</a>`}
      ${more && term !== null && html`<form action="/search" method="post"><input type="hidden" name="term" value="${term}"><input type="hidden" name="before" value="${next}"><button class="ghost">Older</button></form>`}
    </nav>`
}
