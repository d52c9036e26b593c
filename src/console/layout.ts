import type { Caller } from '../flow/ports-read.ts'
import { html, type Markup } from '../lib/markup.ts'
import { may } from './door.ts'
import { ICONS } from './icons.ts'
import type { ConsolePorts } from './ports.ts'

/** What every page knows. */
export interface Frame {
  ports: ConsolePorts
  /** The mark of the assets' present state: a changed file gets a new address. */
  version: string
  now: Date
  /** null on the pages before sign-in. */
  caller: Caller | null
}

interface Page {
  title: string
  here?: 'list' | 'campaigns' | 'new' | 'system'
  /** The part that follows what happens; the script fetches it again from here when something changed. */
  live?: Markup
  /** How the script fetches the live part: by this path, or by sending this form again. */
  follow?: { path: string } | { form: string }
  body?: Markup | undefined
}

const STYLES = [
  'base',
  'shell',
  'parts',
  'list',
  'dispatch',
  'forms',
  'system',
  'campaigns',
  'campaign-form',
  'campaign-people',
  'charts',
]

export function page(frame: Frame, { title, here, live, follow, body }: Page): string {
  const { version, now } = frame
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · link-dispatcher</title>
  <link rel="icon" href="/assets/console/mark.svg?v=${version}" type="image/svg+xml">
  ${STYLES.map((name) => html`<link rel="stylesheet" href="/assets/console/${name}.css?v=${version}">`)}
  <script src="/assets/console/console.js?v=${version}" type="module"></script>
</head>
<body data-now="${now.toISOString()}"${follow && followed(follow)}>
  <a class="skip" href="#main">Skip to the content</a>
  ${header(frame, here, follow !== undefined)}
  <main id="main" tabindex="-1">
    ${live && html`<div id="live">${live}</div>`}
    ${body}
  </main>
  <p class="toast" role="status" aria-live="polite"></p>
</body>
</html>`.markup
}

/** The live part alone, as the script asks for it. */
export const fragment = ({ now }: Frame, live: Markup): string =>
  html`<div id="live" data-now="${now.toISOString()}">${live}</div>`.markup

const followed = (follow: { path: string } | { form: string }) =>
  'path' in follow ? html` data-follow="${follow.path}"` : html` data-follow-form="${follow.form}"`

function header({ ports, version, caller }: Frame, here: Page['here'], live: boolean): Markup {
  return html`
  <header class="top">
    <div class="top-inner">
      <a class="brand" href="/"><img src="/assets/console/mark.svg?v=${version}" alt="" width="26" height="26"><span>link-dispatcher</span></a>
      ${caller && navigation(caller, here)}
      <div class="top-side">
        ${live && html`<span class="live-dot" data-state="off" title="Updates arrive by themselves"><span class="live-word">Not live</span></span>`}
        <span class="world world-${ports.world}">${WORLDS[ports.world]}</span>
        ${caller && ports.inboxUrl && html`<a class="quiet-link" href="${ports.inboxUrl}" target="_blank" rel="noopener">Inbox${ICONS.out}</a>`}
        ${caller && html`<form action="/sign-out" method="post"><button class="quiet-link" title="Signed in as ${caller.label}">Sign out</button></form>`}
      </div>
    </div>
  </header>`
}

const WORLDS = { sandbox: 'Sandbox', test: 'Test', live: 'Live' }

const PAGES = [
  { key: 'list', path: '/', word: 'Dispatches', scope: 'read' },
  { key: 'campaigns', path: '/campaigns', word: 'Campaigns', scope: 'read' },
  { key: 'new', path: '/new', word: 'New', scope: 'send' },
  { key: 'system', path: '/system', word: 'System', scope: 'read' },
] as const

const navigation = (caller: Caller, here: Page['here']) => html`
      <nav class="nav" aria-label="Main">
        ${PAGES.filter(({ scope }) => may(caller, scope)).map(({ key, path, word }) => html`<a href="${path}"${key === here && html` aria-current="page"`}>${word}</a>`)}
      </nav>`
