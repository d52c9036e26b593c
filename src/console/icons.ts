import { html, type Markup } from '../lib/markup.ts'

const drawn = (paths: Markup): Markup =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${paths}</svg>`

/** Outlines on a grid of 24; stroke and colour come from the style sheet. */
export const ICONS = {
  ring: drawn(html`<circle cx="12" cy="12" r="7.5"/>`),
  plane: drawn(html`<path d="M21 3.5 10.5 14M21 3.5l-6.5 17-4-6.5L4 10Z"/>`),
  check: drawn(html`<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.8L16 9.6"/>`),
  dash: drawn(html`<circle cx="12" cy="12" r="9"/><path d="M8.2 12h7.6"/>`),
  alert: drawn(html`<path d="M12 3.6 21.5 20h-19Z"/><path d="M12 10v4.4M12 17.2v.1"/>`),
  clock: drawn(html`<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.3 2"/>`),
  cross: drawn(html`<rect x="3.5" y="3.5" width="17" height="17" rx="4"/><path d="m9 9 6 6m0-6-6 6"/>`),
  swap: drawn(html`<path d="M4 8.5h14.5m-4-4 4 4-4 4M20 15.5H5.5m4 4-4-4 4-4"/>`),
  barred: drawn(html`<circle cx="12" cy="12" r="9"/><path d="m5.8 5.8 12.4 12.4"/>`),
  question: drawn(
    html`<circle cx="12" cy="12" r="9"/><path d="M9.6 9.4a2.5 2.5 0 1 1 3.4 2.5c-.7.3-1 .8-1 1.6M12 16.6v.1"/>`,
  ),
  link: drawn(
    html`<path d="M10 14a4.5 4.5 0 0 0 6.4 0l3-3A4.5 4.5 0 0 0 13 4.6l-1 1M14 10a4.5 4.5 0 0 0-6.4 0l-3 3A4.5 4.5 0 0 0 11 19.4l1-1"/>`,
  ),
  eye: drawn(
    html`<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/><circle cx="12" cy="12" r="2.7"/>`,
  ),
  hand: drawn(html`<rect x="4" y="4" width="16" height="16" rx="8"/><path d="M9.7 8.8v6.4m4.6-6.4v6.4"/>`),
  play: drawn(html`<path d="M7 4.5 19.5 12 7 19.5Z"/>`),
  edit: drawn(html`<path d="m4 20 1-4.5L16 4.5a2 2 0 0 1 3.5 3.5L8.5 19Z"/>`),
  flag: drawn(html`<path d="M5.5 21V4.5s2-1.5 6.5 0 6.5 0 6.5 0V14s-2 1.5-6.5 0-6.5 0-6.5 0"/>`),
  money: drawn(
    html`<circle cx="12" cy="12" r="9"/><path d="M14.8 9.2c-.6-.9-1.6-1.2-2.8-1.2-1.6 0-2.8.8-2.8 2s1 1.7 2.8 2 2.9.9 2.9 2.1-1.2 2-2.9 2c-1.3 0-2.4-.4-3-1.3M12 6.3v11.4"/>`,
  ),
  copy: drawn(
    html`<rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2.5"/><path d="M15.5 8.5V6.5A2.5 2.5 0 0 0 13 4H6.5A2.5 2.5 0 0 0 4 6.5V13a2.5 2.5 0 0 0 2.5 2.5h2"/>`,
  ),
  search: drawn(html`<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`),
  out: drawn(
    html`<path d="M14 4h6v6M20 4l-9 9M18 14v3.5A2.5 2.5 0 0 1 15.5 20h-9A2.5 2.5 0 0 1 4 17.5v-9A2.5 2.5 0 0 1 6.5 6H10"/>`,
  ),
  sms: drawn(html`<path d="M21 11.5a8.5 8.5 0 0 1-12.4 7.6L3 21l1.9-5.6A8.5 8.5 0 1 1 21 11.5Z"/>`),
  email: drawn(html`<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m4 7.5 8 6 8-6"/>`),
  push: drawn(html`<path d="M6 9a6 6 0 1 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9Z"/><path d="M10 20a2.2 2.2 0 0 0 4 0"/>`),
  in_app: drawn(html`<rect x="6.5" y="2.5" width="11" height="19" rx="2.8"/><path d="M10.5 18.5h3"/>`),
} satisfies Record<string, Markup>

export type IconName = keyof typeof ICONS
