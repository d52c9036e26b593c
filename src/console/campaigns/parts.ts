/** Small pieces that several pages of campaigns show. */
import { html, type Markup } from '../../lib/markup.ts'
import { type Standing, shareDone } from './standing.ts'
import { CAMPAIGN_BADGES, figure } from './words.ts'

export const progressBar = (standing: Standing): Markup => html`
          <progress class="progress tone-${CAMPAIGN_BADGES[standing.status].tone}" max="1000" value="${Math.floor(shareDone(standing) * 1000)}" aria-label="First messages dealt with">${figure(shareDone(standing) * 100)}%</progress>`

/** A bar as long as its share (0 to 1); what it shows stands beside it in figures. */
export const bar = (share: number, tone: string): Markup =>
  html`<svg class="bar tone-${tone}" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="bar-back" width="1000" height="10"/><rect class="bar-full" width="${Math.max(0, Math.min(1000, Math.round(share * 1000)))}" height="10"/></svg>`

export interface Table {
  caption: string
  columns: string[]
  /** The first cell of a row names it. */
  rows: (Markup | string)[][]
}

/** Figures under their names; wider ones scroll within themselves. */
export const figureTable = ({ caption, columns, rows }: Table): Markup => html`
      <div class="table-scroll" tabindex="0" role="region" aria-label="${caption}">
        <table class="figures-table">
          <caption class="unseen">${caption}</caption>
          <thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
          <tbody>${rows.map(([name, ...cells]) => html`<tr><th scope="row" dir="auto">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
        </table>
      </div>`

/** A sheet that asks before something is done. */
export const sheet = (id: string, title: string, action: string, content: Markup): Markup => html`
    <form id="${id}" class="sheet" popover action="${action}" method="post" aria-labelledby="${id}-title">
      <h2 id="${id}-title">${title}</h2>
      ${content}
    </form>`

export const sheetEnd = (
  id: string,
  { stay, go, danger = false }: { stay: string; go: string; danger?: boolean },
): Markup => html`
      <div class="sheet-end">
        <button type="button" class="ghost" popovertarget="${id}" popovertargetaction="hide">${stay}</button>
        <button class="primary${danger && ' danger'}">${go}</button>
      </div>`
