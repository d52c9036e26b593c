import { html, type Markup } from '../lib/markup.ts'
import { ICONS } from './inbox-icons.ts'
import { mailReader } from './inbox-mail.ts'
import { type Person, peopleOf } from './inbox-people.ts'
import { messagesPhone, notificationPhone } from './inbox-phones.ts'
import { atTime } from './inbox-words.ts'
import type { InboxMessage } from './mailbox.ts'

const STYLES = ['', '-bar', '-people', '-phones', '-lock', '-mail', '-panes', '-empty']

export interface InboxPage {
  messages: InboxMessage[]
  /** A message of the person asked for; without one the page follows the newest message. */
  chosen: string | undefined
  now: Date
  /** Whose link this is, as the partner knows. */
  nameOf?: ((linkId: string) => string | undefined) | undefined
  example?: string | undefined
}

/** The whole page. Elements with `data-key` are the ones the script replaces when they change. */
export function inboxPage({ messages, chosen, now, nameOf, example }: InboxPage): string {
  const people = peopleOf(messages, nameOf)
  const person = people.find((one) => one.messages.some(({ id }) => id === chosen)) ?? people[0]
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Inbox · link-dispatcher sandbox</title>
  <link rel="icon" href="/assets/inbox.svg" type="image/svg+xml">
  ${STYLES.map((name) => html`<link rel="stylesheet" href="/assets/inbox${name}.css">`)}
  <script src="/assets/inbox.js" type="module"></script>
</head>
<body>
  ${topBar(now)}
  <div class="shell${!person && ' shell-empty'}" data-keyed data-key="shell">
    ${person ? [peopleList(people, person), stage(person)] : emptyState(example)}
  </div>
  <p class="toast" role="status" aria-live="polite"></p>
</body>
</html>`.markup
}

const topBar = (now: Date) => html`
  <header class="bar">
    <h1><img src="/assets/inbox.svg" alt="" width="28" height="28"><span>Inbox</span></h1>
    <span class="tag">Sandbox</span>
    <span class="live" data-state="off"><span class="live-word">Not live</span></span>
    <span class="clock" data-key="clock"><span class="clock-label">Sandbox time</span> ${atTime(now, 'full')}</span>
    <form action="/inbox/skip" method="post" data-quiet>
      <button class="primary">${ICONS.skip}<span>Skip to the next step</span></button>
    </form>
  </header>`

const peopleList = (people: Person[], current: Person) => html`
  <nav class="people" aria-label="People" data-key="people">
    <h2 class="people-title">People <span class="count">${people.length}</span></h2>
    <ul>${people.map((person) => personLine(person, person === current))}</ul>
  </nav>`

const personLine = (person: Person, current: boolean) => html`
  <li>
    <a class="person" href="/?person=${person.id}"${current && html` aria-current="page"`}>
      ${avatar(person)}
      <span class="person-text">
        <span class="person-name" dir="auto">${person.name}</span>
        <span class="person-last" dir="auto">${lastWords(person.last)}</span>
      </span>
      <span class="person-side">
        ${atTime(person.last.at, 'time')}
        <span class="person-channels">${channelsOf(person).map((channel) => ICONS[channel])}</span>
      </span>
    </a>
  </li>`

function stage(person: Person): Markup {
  const of = (channel: InboxMessage['channel']) => person.messages.filter((message) => message.channel === channel)
  const [sms, email, push] = [of('sms'), of('email'), of('push')]
  return html`
  <main class="main" data-key="main-${person.id}" data-keyed>
    <header class="who" data-key="who">
      ${avatar(person)}
      <div>
        <h2 dir="auto">${person.name}</h2>
        <ul class="addresses">
          ${person.addresses.map(addressLine)}
        </ul>
      </div>
    </header>
    <div class="stage" data-key="stage" data-keyed>
      ${push.length > 0 && notificationPhone(push)}
      ${sms.length > 0 && messagesPhone(sms)}
      ${email.length > 0 && mailReader(email)}
    </div>
  </main>`
}

const emptyState = (example: string | undefined) => html`
  <main class="empty" data-key="empty">
    <div class="empty-phone" aria-hidden="true"><i></i><i></i><i></i></div>
    <h2>Nothing here yet</h2>
    <p>${example ? RUN_THIS : RUN_THE_PRINTED} The message turns up here by itself, as the person would see it.</p>
    ${example && exampleBox(example)}
    <ol class="steps">
      <li><span><b>Send</b> a magic link with one call.</span></li>
      <li><span><b>Skip</b> to the reminder, without the wait.</span></li>
      <li><span><b>Open</b> the link, and see the reminders stop.</span></li>
    </ol>
  </main>`

const RUN_THIS = html`Run this command in a terminal; <code>npm start</code> printed it too.`
const RUN_THE_PRINTED = html`Copy the <code>curl</code> command that <code>npm start</code> printed, and run it.`

const exampleBox = (example: string) => html`
    <figure class="example">
      <figcaption>In a terminal</figcaption>
      <pre tabindex="0"><code>${example}</code></pre>
      <button type="button" class="ghost" data-copy>Copy</button>
    </figure>`

const avatar = ({ name, addresses }: Person) =>
  html`<span class="avatar hue-${hueOf(addresses[0]?.address ?? '')}" aria-hidden="true">${initialsOf(name)}</span>`

const hueOf = (address: string) => [...address].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7) % 6

function initialsOf(name: string): string {
  if (name.startsWith('+')) return name.slice(-2)
  const words = name.replace(/@.*/, '').split(/[\s._-]+/)
  const letters = words.map((word) => [...word][0]?.toUpperCase() ?? '')
  return letters.join('').slice(0, 2)
}

const lastWords = ({ direction, text, subject, title }: InboxMessage): string =>
  (direction === 'inbound' ? 'Replied: ' : '') + (subject ?? title ?? text ?? '')

const channelsOf = (person: Person) => [...new Set(person.addresses.map(({ channel }) => channel))]

function addressLine({ channel, address }: Person['addresses'][number]): Markup {
  const short = address.length > 14 ? `${address.slice(0, 6)}…${address.slice(-4)}` : address
  return html`<li>${ICONS[channel]}<span>${channel === 'push' ? `Device ${short}` : address}</span></li>`
}
