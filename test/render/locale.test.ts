import { expect, it } from 'vitest'
import { widgetLanguage } from '../../src/domain/locale.ts'
import { directionOf, fallbackChain, formatLocale } from '../../src/render/locale.ts'

it.each([
  ['es-MX', ['es-MX', 'es', 'es-ES', 'en', 'en-US']],
  ['ES_mx', ['es-MX', 'es', 'es-ES', 'en', 'en-US']],
  ['pt', ['pt', 'pt-BR', 'en', 'en-US']],
  ['pt-PT', ['pt-PT', 'pt', 'pt-BR', 'en', 'en-US']],
  ['zh-Hant-TW', ['zh-Hant-TW', 'zh-Hant', 'zh', 'zh-CN', 'en', 'en-US']],
  ['ar-EG-u-nu-latn', ['ar-EG', 'ar', 'en', 'en-US']],
  ['../../etc', ['en', 'en-US']],
  ['', ['en', 'en-US']],
])('looks for %s in this order', (locale, chain) => {
  expect(fallbackChain(locale, 'en')).toEqual(chain)
})

it.each([
  ['es-US', 'es', 'es-US'],
  ['fr-CA', 'en', 'en'],
  ['nonsense!', 'en', 'en'],
])('formats for %s within words in %s as %s', (requested, found, expected) => {
  expect(formatLocale(requested, found)).toBe(expected)
})

it.each([
  ['ar', 'rtl'],
  ['he-IL', 'rtl'],
  ['es-MX', 'ltr'],
])('reads %s %s', (locale, direction) => {
  expect(directionOf(locale)).toBe(direction)
})

it.each([
  ['es', 'es'],
  ['es-MX', 'es'],
  ['ES_419', 'es'],
  ['est', 'en'],
  ['pt-BR', 'en'],
  ['ar', 'en'],
])('shows the widget to %s in %s', (locale, language) => {
  expect(widgetLanguage(locale)).toBe(language)
})
