import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { TemplateError } from '../../src/render/catalog.ts'
import { mjmlHash, stamp } from '../../src/render/mjml.ts'
import { loadTemplates } from '../../src/render/renderer.ts'
import { aFolder, anOrder, aPurpose, aRenderer, linkHostAllowed } from './template-folder.ts'

const load =
  (dir: string, defaultLocale = 'en') =>
  () =>
    loadTemplates({ dir, defaultLocale, linkHostAllowed })

it.each([
  ['offer/en/sms.hbs', 'Hi {{nmae}} {{link}}', 'offer/en/sms.hbs: line 1: unknown variable "nmae"'],
  ['offer/en/sms.hbs', 'Hi {{#if', 'offer/en/sms.hbs: Parse error'],
  ['offer/en/sms.hbs', 'Hi', 'offer/en/sms.hbs: nowhere shows {{link}}'],
  ['offer/en/email.subject.hbs', '\n', 'offer/en/email.subject.hbs: says nothing'],
  ['offer/en/email.html.hbs', '{{link}}<script>', 'offer/en/email.html.hbs: line 1: this element'],
  ['offer/en/push.json', '{ "title": "a" }', 'offer/en/push.json: must be {"title"'],
  ['offer/en/push.json', '{ "title": ', 'offer/en/push.json: must be {"title"'],
  ['offer/en/push.json', '{ "title": "a", "body": "{{x}}" }', 'offer/en/push.json: body, line 1: unknown variable'],
  ['offer/en/sms.txt', 'Hi', 'offer/en/sms.txt: unknown file'],
  ['offer/english-words-here/sms.hbs', '{{link}}', 'offer/english-words-here: is no locale'],
  ['offer/es_mx/sms.hbs', '{{link}}', 'offer/es_mx: is no locale; write es-MX'],
  ['offer/es/email.text.hbs', '{{link}}', 'offer/es: email would mix en and es'],
  ['other/es/sms.hbs', '{{link}}', 'other/en: sms.text is missing; the default locale needs it'],
])('does not start with a wrong %s (%j)', (name, text, sentence) => {
  const dir = aFolder(aPurpose({ [name]: text }))

  expect(load(dir)).toThrow(sentence)
})

it('names all that is wrong at once', () => {
  const dir = aFolder(aPurpose({ 'offer/en/sms.hbs': '{{x}} {{link}}', 'offer/en/push.json': '[]' }))

  expect(load(dir)).toThrow(TemplateError)
  expect(load(dir)).toThrow(/offer\/en\/push\.json[\s\S]*offer\/en\/sms\.hbs/)
})

it('does not start without a folder or with an empty one', () => {
  expect(load('/nowhere/templates')).toThrow('there is no such folder')
  expect(load(aFolder({}))).toThrow('no templates here')
})

it('lists what it serves, and leaves layouts alone', () => {
  const renderer = aRenderer({ 'layouts/look.mjml': '<mjml></mjml>', 'note/en/sms.hbs': '{{link}}' })

  expect(renderer.has('offer')).toBe(true)
  expect(renderer.has('layouts')).toBe(false)
  expect(renderer.list()).toEqual([
    { name: 'note', version: expect.stringMatching(/^[0-9a-f]{12}$/), locales: ['en'], channels: ['sms'] },
    { name: 'offer', version: expect.any(String), locales: ['en'], channels: ['sms', 'email', 'push'] },
  ])
})

it('gives a template a new version when any of its files changes, and only then', () => {
  const version = (changes: Record<string, string>) => aRenderer(changes).list().at(-1)?.version

  expect(version({})).toBe(version({ 'note/en/sms.hbs': '{{link}}' }))
  expect(version({})).not.toBe(version({ 'offer/es/sms.hbs': '{{link}}' }))
})

it('starts with a mail that was made from the MJML beside it, whatever the line ends of the checkout', () => {
  const dir = aFolder(aPurpose(MAIL))
  make(dir)
  writeFileSync(join(dir, 'layouts/look.mjml'), '<mjml>\r\n</mjml>')

  expect(load(dir)().render(anOrder()).ok).toBe(true)
})

it.each(['offer/en/email.mjml', 'layouts/look.mjml'])('does not start when %s changed and the mail did not', (name) => {
  const dir = aFolder(aPurpose(MAIL))
  make(dir)
  writeFileSync(join(dir, name), `${readFileSync(join(dir, name), 'utf8')} `)

  expect(load(dir)).toThrow(
    'offer/en/email.html.hbs: was not made from the email.mjml beside it; run `npm run templates`',
  )
})

const MAIL = {
  'layouts/look.mjml': '<mjml>\n</mjml>',
  'offer/en/email.mjml': '<mjml><mj-include path="../../layouts/look.mjml" /></mjml>',
}

function make(dir: string) {
  const hash = mjmlHash(join(dir, 'offer/en/email.mjml'))
  writeFileSync(join(dir, 'offer/en/email.html.hbs'), `${stamp(hash)}<a href="{{link}}">Open</a>`)
}
