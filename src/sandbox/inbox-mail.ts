import { html, type Markup } from '../lib/markup.ts'
import { ICONS } from './inbox-icons.ts'
import { atTime, linked } from './inbox-words.ts'
import type { InboxMessage } from './mailbox.ts'

const SANDBOX = 'allow-same-origin allow-popups allow-popups-to-escape-sandbox'

/** The mail reader, newest mail open. */
export const mailReader = (messages: InboxMessage[]): Markup => html`
  <section class="reader" data-key="email" data-keyed aria-label="Mail">
    <h3 class="reader-title" data-key="mails-${messages.length}">
      ${ICONS.email}Mail <span class="count">${messages.length}</span>
    </h3>
    ${messages.toReversed().map((mail, i) => letter(mail, i === 0))}
  </section>`

const letter = (mail: InboxMessage, open: boolean) => html`
  <details class="mail" data-key="${mail.id}"${open && html` open`}>
    <summary>
      <span class="mail-subject" dir="auto">${mail.subject || '(no subject)'}</span>
      <span class="mail-line">
        <span class="avatar avatar-sender" aria-hidden="true">${ICONS.link}</span>
        <span class="mail-from"><b dir="auto">${senderName(mail.from)}</b><span>to ${mail.to}</span></span>
        ${atTime(mail.at, 'full')}
      </span>
    </summary>
    <fieldset class="tabs">
      <legend>Show this mail as</legend>
      ${tab(mail, { value: 'html', label: 'Design', checked: Boolean(mail.html) })}
      ${tab(mail, { value: 'text', label: 'Text', checked: !mail.html })}
      ${tab(mail, { value: 'headers', label: 'Headers', checked: false })}
    </fieldset>
    <div class="pane pane-html">${design(mail)}</div>
    <div class="pane pane-text" dir="auto">${plain(mail)}</div>
    <dl class="pane pane-headers">
      ${Object.entries(mail.headers ?? {}).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
    </dl>
  </details>`

const tab = (mail: InboxMessage, { value, label, checked }: { value: string; label: string; checked: boolean }) => html`
  <label>
    <input type="radio" name="show-${mail.id}" value="${value}"${checked && html` checked`}>
    <span>${label}</span>
  </label>`

const design = ({ id, html: whole, subject }: InboxMessage) =>
  whole
    ? html`<iframe title="${subject || 'Mail'}" src="/inbox/messages/${id}/html" sandbox="${SANDBOX}"></iframe>`
    : nothing('This mail has no design, only text.')

const plain = ({ text }: InboxMessage) => (text ? linked(text) : nothing('This mail has no text part.'))

const nothing = (words: string) => html`<p class="none">${words}</p>`

const senderName = (from = '') => from.replace(/\s*<.*>$/, '') || from.replace(/[<>]/g, '')
