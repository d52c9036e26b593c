/** Small pieces that several pages show. */

import { maskEmail, maskPhone } from '../domain/address.ts'
import type { CarriedChannel, ChannelName } from '../domain/channel.ts'
import type { Contact } from '../domain/dispatch.ts'
import { showId } from '../lib/id.ts'
import { html, type Markup } from '../lib/markup.ts'
import { ICONS } from './icons.ts'
import { type Badge, CHANNEL_WORDS } from './words.ts'

export const badge = ({ label, icon, tone, means }: Badge): Markup =>
  html`<span class="badge tone-${tone}" title="${means}">${ICONS[icon]}${label}</span>`

/** In order of preference. */
export const channelIcons = (channels: readonly ChannelName[]): Markup =>
  html`<span class="channels">${channels.map(
    (name) =>
      html`<span class="channel" title="${CHANNEL_WORDS[name]}">${ICONS[name]}<span class="unseen">${CHANNEL_WORDS[name]}</span></span>`,
  )}</span>`

export const shownId = (id: string): string => showId('dsp', id)

export const copyable = (text: string): Markup =>
  html`<span class="copyable"><code>${text}</code><button type="button" class="icon-button" data-copy="${text}" aria-label="Copy ${text}">${ICONS.copy}</button></span>`

export function maskedContact({ phone, email, pushTokens = [] }: Contact): { channel: CarriedChannel; text: string }[] {
  return [
    ...(phone ? [{ channel: 'sms' as const, text: maskPhone(phone) }] : []),
    ...(email ? [{ channel: 'email' as const, text: maskEmail(email) }] : []),
    ...(pushTokens.length > 0
      ? [{ channel: 'push' as const, text: pushTokens.length === 1 ? '1 device' : `${pushTokens.length} devices` }]
      : []),
  ]
}

export const alertBox = (message: string | undefined): Markup | undefined =>
  message === undefined ? undefined : html`<p class="alert" role="alert">${ICONS.alert}<span>${message}</span></p>`
