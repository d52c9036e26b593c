import { ONLY_VARIANT } from '../../domain/campaign.ts'
import type { Campaign } from '../../flow/ports-campaign.ts'
import { html, type Markup } from '../../lib/markup.ts'
import { channelIcons } from '../parts.ts'
import { spanOf, timeOf } from '../times.ts'
import { DAY_WORDS } from './form-words.ts'
import { CATEGORIES, counted, figure, percent } from './words.ts'

/** What a campaign is set to do. */
export function campaignFacts({ plan, ...campaign }: Campaign, now: Date): Markup {
  const { startAt, localStart, validUntil, ownWindow, perHour, brake } = campaign
  const variants = plan.variants.filter(({ name }) => name !== ONLY_VARIANT)
  return html`
        <h2>Settings</h2>
        <dl>
          ${fact('Category', CATEGORIES[campaign.category].word)}
          ${fact('Template', html`<code>${plan.template}</code>`)}
          ${fact('Channels', plan.channels ? channelIcons(plan.channels) : 'The usual ones')}
          ${fact('Reminders', reminderWords(plan.reminders))}
          ${fact('Start', startAt ? timeOf(startAt, now) : (localWords(localStart) ?? 'When somebody starts it'))}
          ${validUntil && fact('Valid until', timeOf(validUntil, now))}
          ${ownWindow && fact('Hours', `${ownWindow.from} to ${ownWindow.to}${daysWords(ownWindow.days)}, on each person’s clock`)}
          ${fact('Pace', perHour === null ? 'As fast as limits allow' : `${figure(perHour)} an hour`)}
          ${variants.length > 0 && fact('Variants', html`<ul>${variants.map((one) => html`<li dir="auto">${one.name} <span class="aside">weight ${one.weight}${one.template && `, ${one.template}`}${one.channels && `, ${one.channels.join(', ')}`}${one.sendHour !== undefined && `, at ${one.sendHour}:00`}</span></li>`)}</ul>`)}
          ${plan.holdout > 0 && fact('Held out', percent(plan.holdout))}
          ${fact('Brake', `Over ${percent(brake.failed)} failed, ${percent(brake.optedOut)} opted out or ${percent(brake.complained)} complained, of ${counted(brake.after, 'person', 'people')} or more`)}
          ${fact('Made', html`by ${campaign.madeBy} ${timeOf(campaign.createdAt, now)}`)}
          ${campaign.startedAt && fact('Started', timeOf(campaign.startedAt, now))}
          ${campaign.endedAt && fact('Ended', timeOf(campaign.endedAt, now))}
        </dl>`
}

const fact = (name: string, value: Markup | string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`

function reminderWords(reminders: Campaign['plan']['reminders']): string {
  if (reminders === undefined) return 'As configured'
  if (reminders === null || reminders.afterMs.length === 0) return 'None'
  return `After ${reminders.afterMs.map(spanOf).join(' and ')}${reminders.template ? `, with ${reminders.template}` : ''}`
}

const localWords = (local: string | null) => local && `${local.replace('T', ' ')}, on each person’s clock`

const daysWords = (days: number[]) =>
  days.length === 7 ? '' : ` on ${days.map((day) => DAY_WORDS[day - 1]).join(', ')}`
