import { html, type Markup } from '../lib/markup.ts'

const drawn = (paths: Markup): Markup => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${paths}</svg>`

/** Outlines on a grid of 24; stroke and colour come from the style sheet. */
export const ICONS = {
  sms: drawn(html`<path d="M21 11.5a8.5 8.5 0 0 1-12.4 7.6L3 21l1.9-5.6A8.5 8.5 0 1 1 21 11.5Z"/>`),
  email: drawn(html`<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m4 7.5 8 6 8-6"/>`),
  push: drawn(html`<path d="M6 9a6 6 0 1 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9Z"/><path d="M10 20a2.2 2.2 0 0 0 4 0"/>`),
  skip: drawn(html`<path d="m5 5 9 7-9 7V5Z"/><path d="M19 5v14"/>`),
  link: drawn(
    html`<path d="M10 14a4.5 4.5 0 0 0 6.4 0l3-3A4.5 4.5 0 0 0 13 4.6l-1 1"/>
      <path d="M14 10a4.5 4.5 0 0 0-6.4 0l-3 3A4.5 4.5 0 0 0 11 19.4l1-1"/>`,
  ),
}
