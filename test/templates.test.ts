import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RenderOrder } from '../src/flow/ports.ts'
import { loadTemplates } from '../src/render/renderer.ts'
import { segments } from '../src/render/segments.ts'

const DIR = join(import.meta.dirname, '..', 'templates')
const URL_OF_LINK = 'https://widget.m2m.leapfinancial.com/0b0f6c1e-7a55-4d51-9c38-5a3c7d0f4e21/send'
const renderer = loadTemplates({
  dir: DIR,
  defaultLocale: 'en',
  linkHostAllowed: (url) => url.startsWith('https://widget.'),
})

const TEMPLATES = ['magic-link', 'magic-link-reminder']
const LOCALES = ['en', 'es', 'es-MX', 'pt-BR', 'ar']
const ALL = TEMPLATES.flatMap((template) => LOCALES.map((locale) => [template, locale] as const))

const ZONES: Record<string, string> = {
  en: 'America/Chicago',
  es: 'Europe/Madrid',
  'es-MX': 'America/Mexico_City',
  'pt-BR': 'America/Sao_Paulo',
  ar: 'Asia/Riyadh',
}
/** The hour at which the sample link expires, as each reads it on their own clock. */
const EXPIRES: Record<string, string> = {
  en: '3:30 PM CST',
  es: '22:30 CET',
  'es-MX': '3:30 p.m. GMT-6',
  'pt-BR': '18:30 BRT',
  ar: '12:30 ص غرينتش+3',
}
const REMINDER: Record<string, string> = {
  en: 'reminder',
  es: 'recordatorio',
  'es-MX': 'recordatorio',
  'pt-BR': 'lembrete',
  ar: 'تذكير',
}
const PASSWORD: Record<string, string> = {
  en: 'password',
  es: 'contraseña',
  'es-MX': 'contraseña',
  'pt-BR': 'senha',
  ar: 'كلمة مرور',
}

function words(template: string, locale: string, changes: Partial<RenderOrder> = {}): Record<string, string> {
  const rendering = renderer.render({
    template,
    channel: 'sms',
    locale,
    timeZone: ZONES[locale] ?? 'UTC',
    now: new Date('2026-11-22T21:30:00Z'),
    name: { first: 'Michael', last: "O'Brien", full: "Michael O'Brien" },
    link: { url: URL_OF_LINK, expiresAt: new Date('2026-11-23T21:30:00Z') },
    variables: {},
    ...changes,
  })
  if (!rendering.ok) throw new Error(`${template} ${locale}: ${rendering.detail}`)
  const { channel: _, ...fields } = rendering.words
  return fields
}
const message = (
  template: string,
  locale: string,
  channel: 'sms' | 'email' | 'push',
  changes: Partial<RenderOrder> = {},
) => words(template, locale, { channel, ...changes })

describe.each(ALL)('%s in %s', (template, locale) => {
  it('asks for no variable, greets by name and shows the link and when it expires', () => {
    const { text } = message(template, locale, 'sms')

    expect(text).toContain('Michael')
    expect(text).toContain(`\n${URL_OF_LINK}\n`)
    expect(text).toContain(EXPIRES[locale])
  })

  it('stays within two segments beside the link', () => {
    const cost = segments(message(template, locale, 'sms')['text']?.replace(URL_OF_LINK, '') ?? '')

    expect(cost.segments).toBeLessThanOrEqual(2)
    expect(cost.encoding).toBe(locale === 'ar' ? 'UCS-2' : 'GSM-7')
  })

  it('makes a mail whose HTML and text say the same', () => {
    const { subject, html, text } = message(template, locale, 'email')

    expect(subject).toContain('Michael')
    expect(html).toContain(`href="${URL_OF_LINK}"`)
    expect(html?.match(/<a[\s>][^>]*href="(?!https:\/\/widget\.)/g)).toBeNull()
    expect([html, text]).toEqual([
      expect.stringContaining(EXPIRES[locale] ?? ''),
      expect.stringContaining(EXPIRES[locale] ?? ''),
    ])
    expect(html).toContain(`dir="${locale === 'ar' ? 'rtl' : 'ltr'}"`)
  })

  it('makes a notification that fits a lock screen', () => {
    const { title, body } = message(template, locale, 'push')

    expect(title?.length).toBeLessThanOrEqual(50)
    expect(body?.length).toBeLessThanOrEqual(150)
  })

  it('has no holes where the name is unknown or the sender is known', () => {
    const name = { first: '', last: '', full: '' }
    const { html, ...mail } = message(template, locale, 'email', { name })
    const plain = [message(template, locale, 'sms', { name }), mail, message(template, locale, 'push', { name })]
    const signed = message(template, locale, 'sms', { variables: { sender: 'Riverstone Pay' } })

    expect(JSON.stringify(plain)).not.toMatch(/undefined|null|\{\{| ,| ،| !|\(\)| {2}/)
    expect(html).not.toMatch(/undefined|>null|\{\{/)
    expect(signed['text']).toMatch(locale === 'ar' ? /^\u200fRiverstone Pay: / : /^Riverstone Pay: /)
  })
})

it.each(LOCALES)('says in %s that a reminder is one and that nobody asks for a password', (locale) => {
  const all = (['sms', 'email', 'push'] as const).map((channel) =>
    JSON.stringify(message('magic-link-reminder', locale, channel)),
  )

  expect(all.map((text) => text.includes(REMINDER[locale] ?? ''))).toEqual([true, true, true])
  expect(all.map((text) => text.includes(PASSWORD[locale] ?? ''))).toEqual([true, true, true])
})

it('has every mail as the build makes it from its MJML', () => {
  const copy = mkdtempSync(join(tmpdir(), 'templates-'))
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(DIR, copy, { recursive: true })

  execFileSync(process.execPath, [join(DIR, '..', 'scripts', 'build-templates.mjs'), copy])

  expect(mailsIn(DIR)).toHaveLength(ALL.length)
  expect(mailsIn(copy)).toEqual(mailsIn(DIR))
})

const mailsIn = (dir: string) =>
  globSync('*/*/email.html.hbs', { cwd: dir })
    .sort()
    .map((name) => [name, readFileSync(join(dir, name), 'utf8')])

it.each(globSync('*/*/email.html.hbs', { cwd: DIR }))('%s fetches nothing from anywhere', (name) => {
  const html = readFileSync(join(DIR, name), 'utf8')

  expect(html.match(/<img|<link|@import|url\(|\ssrc=/g)).toBeNull()
})
