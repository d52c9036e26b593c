import type { Hold } from '../domain/hold.ts'
import type { StatusStore } from '../flow/ports-read.ts'
import { showId } from '../lib/id.ts'
import { html, type Markup } from '../lib/markup.ts'
import { pathOf } from './campaigns/words.ts'
import { may } from './door.ts'
import { ICONS } from './icons.ts'
import type { Frame } from './layout.ts'
import { spanOf, timeOf } from './times.ts'
import { channelWord, providerWord, reasonWord } from './words.ts'

type Status = Awaited<ReturnType<StatusStore['status']>>

/** Above this somebody waits longer than they should. */
const SLOW_MS = 10_000

export function systemPage(frame: Frame, holds: Hold[], status: Status): Markup {
  return html`
    <div class="page-head"><h1>System</h1></div>
    <p class="lead">${verdict(holds, status)}</p>
    <section aria-labelledby="holds-title">
      <h2 id="holds-title">Holds in force</h2>
      ${holds.length === 0 ? html`<p class="calm">${ICONS.check}Nothing is held.</p>` : html`<ul class="holds">${holds.map((hold) => holdCard(frame, hold, status))}</ul>`}
    </section>
    <section aria-labelledby="work-title">
      <h2 id="work-title">Work</h2>
      <dl class="figures">
        ${figure('Lag', status.dueLagMs < 1_000 ? 'under 1 s' : spanOf(status.dueLagMs), 'how long the oldest due step has waited', status.dueLagMs > SLOW_MS)}
        ${figure('Due', capped(status.pending), 'steps that are due and not queued yet')}
        ${figure('Queued', String(queuedInAll(status)), queuedWords(status))}
        ${figure('Unclear', String(status.ambiguous), 'messages that may or may not have arrived', status.ambiguous > 0)}
        ${figure('Unnumbered', capped(status.unnumbered), 'events that wait for their place in the feed')}
      </dl>
    </section>
    <section aria-labelledby="partner-title">
      <h2 id="partner-title">Partner</h2>
      ${slots(status.slots)}
    </section>
    <section aria-labelledby="words-title">
      <h2 id="words-title">Words</h2>
      <p>Did the wrong words go out? <a href="/take-back">Take words back</a>: hold them, find who got them, revoke their links.</p>
    </section>`
}

function verdict(holds: Hold[], { dueLagMs }: Status): string {
  const everything = holds.some(({ scope }) => scope === 'all' || scope === 'partner')
  if (everything) return 'Nothing is being sent right now.'
  if (holds.length > 0) return 'A part of the work is held; everything else goes on.'
  return dueLagMs > SLOW_MS ? 'Messages leave, but later than they should.' : 'Messages leave as they fall due.'
}

const holdCard = ({ now, caller }: Frame, hold: Hold, { doubtful }: Status) => html`
        <li class="hold" data-key="${hold.id}">
          <span class="hold-mark">${ICONS.hand}</span>
          <div class="hold-words">
            <h3>${holdWord(hold)}</h3>
            <p><span dir="auto">${reasonWord(hold.reason)}</span></p>
            <p class="aside">Placed by ${hold.placedBy} ${timeOf(hold.placedAt, now)}. ${probeWords(hold, now)}</p>
            ${hold.scope === 'all' && doubtful > 0 && doubtfulWords(doubtful)}
          </div>
          ${caller && may(caller, 'operate') && html`<form action="/holds/${showId('hld', hold.id)}/lift" method="post"><button class="ghost">Lift</button></form>`}
        </li>`

const doubtfulWords = (count: number) =>
  html`<p>${count.toLocaleString('en')} of the messages may have been sent by the database this one is a copy of. Lift counts them as handed over; to send them all the same, run <code>dispatcher release --send-doubtful</code>.</p>`

function probeWords({ probeAt }: Hold, now: Date): Markup | string {
  if (probeAt === null) return 'Only a person lifts it.'
  return probeAt > now ? html`The service tries again ${timeOf(probeAt, now)}.` : 'The service is trying again.'
}

function holdWord({ scope, value }: Hold): Markup | string {
  switch (scope) {
    case 'all':
      return 'Everything'
    case 'partner':
      return 'The partner'
    case 'channel':
      return `Channel ${channelWord(value)}`
    case 'provider':
      return `Provider ${providerWord(value)}`
    case 'template':
      return `Template ${value}`
    case 'campaign':
      return html`Campaign <a href="${pathOf(value)}"><code>${showId('cmp', value)}</code></a>`
  }
}

const figure = (name: string, value: string, words: string, warns = false) => html`
        <div class="figure${warns && ' figure-warns'}"><dt>${name}</dt><dd><span class="figure-value">${value}</span> <span class="figure-words">${words}</span></dd></div>`

/** Counting stops there. */
const MOST_COUNTED = 10_000
const capped = (count: number) => (count >= MOST_COUNTED ? '10,000 and more' : count.toLocaleString('en'))

const queuedInAll = ({ queued }: Status) => Object.values(queued).reduce((sum, count) => sum + count, 0)

const queuedWords = ({ queued }: Status) =>
  Object.entries(queued)
    .map(([channel, count]) => `${channelWord(channel)} ${count}`)
    .join(', ') || 'steps that leave in a moment'

function slots({ all, free }: Status['slots']): Markup {
  if (all === 0) return html`<p class="aside">The partner’s limit of new links is off.</p>`
  const used = all - free
  return html`
      <p id="slots-words">${used} of ${all} new links of this minute are taken; ${free} are free.</p>
      <meter class="slots" min="0" max="${all}" high="${Math.floor(all * 0.9)}" value="${used}" aria-labelledby="slots-words">${used} of ${all}</meter>`
}
