/** What is known of a dispatch; addresses masked, links by their state only. */

import { maskToken } from '../domain/address.ts'
import { isRunning } from '../domain/dispatch.ts'
import type { DispatchView, LinkView } from '../flow/ports-read.ts'
import { showId } from '../lib/id.ts'
import { html, type Markup } from '../lib/markup.ts'
import { pathOf } from './campaigns/words.ts'
import { ICONS } from './icons.ts'
import { channelIcons, copyable, maskedContact, shownId } from './parts.ts'
import { clockIn, timeOf } from './times.ts'
import { localeWord } from './words.ts'

export function facts(view: DispatchView, now: Date): Markup {
  const { name } = view.person.contact
  const fullName = [name?.firstName, name?.lastName].filter(Boolean).join(' ')
  return html`
        <h2>Recipient</h2>
        <dl>
          ${fullName !== '' && fact('Name', html`<span dir="auto">${fullName}</span>`)}
          ${fact('Reference', copyable(view.referenceId))}
          ${fact('Reached by', reached(view))}
          ${fact('Language', html`${localeWord(view.locale)} <code>${view.locale}</code>`)}
          ${fact('Time zone', html`${view.timeZone} <span class="aside">${clockIn(view.timeZone, now)} there</span>`)}
        </dl>
        <h2>Link</h2>
        <dl>
          ${view.links.length === 0 ? fact('State', isRunning(view.status) ? 'Made just before the message' : 'None was made') : view.links.toReversed().map((link) => linkFacts(link, now))}
        </dl>
        <h2>Dispatch</h2>
        <dl>
          ${fact('Id', copyable(shownId(view.id)))}
          ${fact('Channels', channelIcons(view.channels))}
          ${fact('Template', html`<code>${view.template}</code>`)}
          ${fact('Category', view.category === 'commercial' ? 'Commercial' : 'Transactional')}
          ${view.campaignId !== null && fact('Campaign', html`<a href="${pathOf(view.campaignId)}"><code>${showId('cmp', view.campaignId)}</code></a>`)}
          ${view.sendAt && fact('Send at', timeOf(view.sendAt, now))}
          ${view.validUntil && fact('Valid until', timeOf(view.validUntil, now))}
          ${fact('Created', timeOf(view.createdAt, now))}
          ${view.openedAt && fact('Opened', timeOf(view.openedAt, now))}
          ${view.endedAt && fact('Ended', timeOf(view.endedAt, now))}
        </dl>`
}

const fact = (name: string, value: Markup | string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`

function reached({ person: { contact } }: DispatchView): Markup | string {
  const addresses = maskedContact(contact)
  if (addresses.length === 0) return 'No address: the app only'
  const tokens = contact.pushTokens ?? []
  return html`<ul class="addresses">${addresses.map(
    ({ channel, text }) =>
      html`<li>${ICONS[channel]}<span dir="ltr">${text}${channel === 'push' && html` <code>${tokens.map(maskToken).join(' ')}</code>`}</span></li>`,
  )}</ul>`
}

function linkFacts(link: LinkView, now: Date): Markup {
  return html`
          ${fact('State', html`${linkState(link, now)}${link.origin !== 'created' && html` <span class="aside">${ORIGINS[link.origin] ?? link.origin}</span>`}`)}
          ${link.operationId !== null && fact('Operation', html`${copyable(link.operationId)}${link.operationStatus && html` <span class="aside">${link.operationStatus}</span>`}`)}`
}

const ORIGINS: Record<string, string> = { adopted: 'taken over', brought: 'brought by the CRM' }

function linkState(link: LinkView, now: Date): Markup {
  if (link.revokedAt) return html`Taken back ${timeOf(link.revokedAt, now)}`
  if (link.openedAt) return html`Opened ${timeOf(link.openedAt, now)}`
  if (link.expiresAt <= now) return html`Dead, it expired ${timeOf(link.expiresAt, now)}`
  return html`Alive, dies ${timeOf(link.expiresAt, now)}`
}
