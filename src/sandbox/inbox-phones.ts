import { html, type Markup } from '../lib/markup.ts'
import { ICONS } from './inbox-icons.ts'
import { atTime, linked } from './inbox-words.ts'
import type { InboxMessage } from './mailbox.ts'

const QUARTER_HOUR = 15 * 60_000
const REPLIES = ['STOP', 'HELP', 'START']

/** The text thread on a phone, and the words its owner may answer. */
export function messagesPhone(messages: InboxMessage[]): Markup {
  const sender = messages.findLast((message) => message.direction === 'outbound')?.from ?? ''
  return phone('sms', {
    label: 'Text messages',
    screen: html`
      <header class="thread-head">
        <span class="avatar avatar-sender" aria-hidden="true">${ICONS.link}</span>
        <span>${sender}</span>
      </header>
      <ol class="thread" tabindex="0" aria-label="Conversation">
        ${messages.map((message, i) => bubble(message, messages[i - 1]))}
      </ol>
      <form class="replies" action="/inbox/reply" method="post" data-quiet aria-label="Reply as this person">
        <input type="hidden" name="to" value="${messages[0]?.to}">
        <span aria-hidden="true">Reply</span>
        ${REPLIES.map((word) => html`<button name="body" value="${word}" aria-label="Reply ${word}">${word}</button>`)}
      </form>`,
  })
}

function bubble(message: InboxMessage, before: InboxMessage | undefined): Markup {
  const { direction, text = '', status, at } = message
  const later = !before || at.getTime() - before.at.getTime() > QUARTER_HOUR
  const failed = status === 'undelivered' || status === 'failed'
  return html`
    ${later && html`<li class="when">${atTime(at, 'full')}</li>`}
    <li class="bubble ${direction}${failed && ' failed'}">
      <p dir="auto">${linked(text)}</p>
      ${status && html`<span class="status">${capitalised(status)}</span>`}
    </li>`
}

/** Notifications on a locked screen, the newest on top. */
export function notificationPhone(messages: InboxMessage[]): Markup {
  const newest = messages.at(-1)?.at ?? new Date(0)
  return phone('push', {
    label: 'Lock screen',
    screen: html`
      <p class="lock-day">${atTime(newest, 'day')}</p>
      <p class="lock-time">${atTime(newest, 'time')}</p>
      <ol class="notifications" tabindex="0" aria-label="Notifications">
        ${messages.toReversed().map(notification)}
      </ol>`,
  })
}

function notification({ title, body, url, at }: InboxMessage): Markup {
  const inside = html`
    <span class="app-icon" aria-hidden="true">${ICONS.link}</span>
    <span class="note-text">
      <span class="note-head"><b dir="auto">${title}</b>${atTime(at, 'time')}</span>
      <span dir="auto">${body}</span>
    </span>`
  if (!url || !/^https?:\/\//.test(url)) return html`<li><div class="note">${inside}</div></li>`
  return html`<li><a class="note" href="${url}" target="_blank" rel="noopener">${inside}</a></li>`
}

const phone = (kind: string, { label, screen }: { label: string; screen: Markup }) => html`
  <section class="device" data-key="${kind}" aria-label="${label}">
    <h3>${label}</h3>
    <div class="phone phone-${kind}">
      <div class="screen">
        <span class="island" aria-hidden="true"></span>
        ${screen}
        <span class="home" aria-hidden="true"></span>
      </div>
    </div>
  </section>`

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
