import { html, type Markup } from '../lib/markup.ts'
import { relative, span } from './assets/relative.js'

const ABSOLUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

/** Relative to `now`, kept true by the script; the absolute time is its title. */
export function timeOf(at: Date, now: Date): Markup {
  return html`<time datetime="${at.toISOString()}" title="${ABSOLUTE.format(at)} UTC">${relative(at.getTime(), now.getTime())}</time>`
}

/** The wall clock of a zone: `Sun 14:36`. */
export function clockIn(timeZone: string, now: Date): string {
  return new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit', timeZone })
    .format(now)
    .replace(',', '')
}

export const spanOf = (ms: number): string => span(ms)
