import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import type { Rendering, RenderOrder } from '../../src/flow/ports.ts'
import { loadTemplates } from '../../src/render/renderer.ts'

export const WIDGET = 'https://widget.example.com'

const folders: string[] = []
afterAll(() => {
  for (const dir of folders) rmSync(dir, { recursive: true, force: true })
})

/** A templates folder of its own, gone when the file's tests are done. */
export function aFolder(files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'templates-'))
  folders.push(dir)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  return dir
}

/** The least that every channel needs, in English; `changes` come on top. */
export const aPurpose = (changes: Record<string, string> = {}): Record<string, string> => ({
  'offer/en/sms.hbs': 'Hi {{name "there"}}: {{link}}\n',
  'offer/en/email.subject.hbs': 'For {{name "you"}}\n',
  'offer/en/email.html.hbs': '<p>Hi {{name "there"}}</p><a href="{{link}}">Open</a>\n',
  'offer/en/email.text.hbs': 'Hi {{name "there"}}\n{{link}}\n',
  'offer/en/push.json': '{ "title": "For {{name \'you\'}}", "body": "Tap" }',
  ...changes,
})

export const aRenderer = (changes: Record<string, string> = {}, defaultLocale = 'en') =>
  loadTemplates({ dir: aFolder(aPurpose(changes)), defaultLocale, linkHostAllowed })

export const linkHostAllowed = (url: string) => {
  const { protocol, host, hostname } = new URL(url)
  return (protocol === 'https:' && host === 'widget.example.com') || (protocol === 'http:' && hostname === '127.0.0.1')
}

/** An order for the SMS of `offer` to Ana in Chicago, who has a link for one more day. */
export function anOrder(changes: Partial<RenderOrder> = {}): RenderOrder {
  return {
    template: 'offer',
    channel: 'sms',
    locale: 'en',
    timeZone: 'America/Chicago',
    now: new Date('2026-11-22T21:30:00Z'),
    name: { first: 'Ana', last: 'Diaz', full: 'Ana Diaz' },
    link: { url: `${WIDGET}/abc/send?a=1&b=2`, expiresAt: new Date('2026-11-23T21:29:55Z') },
    variables: {},
    ...changes,
  }
}

export const named = (first: string) => ({ first, last: '', full: '' })

/** What an SMS, or the field asked for, says; a refusal is shown as it is, so that it can be compared too. */
export function said(rendering: Rendering, field = 'text'): unknown {
  return rendering.ok ? (rendering.words as unknown as Record<string, string>)[field] : rendering
}
