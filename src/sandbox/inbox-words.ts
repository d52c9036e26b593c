import { html, type Markup } from '../lib/markup.ts'

/** A moment; without the script it reads in UTC, with it in the reader's own zone. */
export function atTime(at: Date, as: 'time' | 'day' | 'full'): Markup {
  const iso = at.toISOString()
  const [day, time] = [iso.slice(0, 10), `${iso.slice(11, 16)} UTC`]
  const words = { day, time, full: `${day} ${time}` }
  return html`<time datetime="${iso}" data-as="${as}">${words[as]}</time>`
}

/** Text with its web addresses made clickable; a full stop after one is not part of it. */
export function linked(text: string): Markup {
  const parts = text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])/)
  return html`${parts.map((part, i) => (i % 2 ? link(part) : html`${part}`))}`
}

const link = (url: string) => html`<a href="${url}" target="_blank" rel="noopener">${url}</a>`
