/// <reference lib="esnext.intl" />
import { normaliseLocale } from '../domain/language-tag.ts'

export type Direction = 'ltr' | 'rtl'

/**
 * Where to look for words, best first: the locale itself, its parents, the region that a bare language most likely
 * means (`pt` and `pt-PT` find `pt-BR`), then the same for the default. A tag that is none leads to the default.
 */
export function fallbackChain(locale: string, defaultLocale: string): string[] {
  return [...new Set([...ancestry(locale), ...ancestry(defaultLocale)])]
}

/** The tag as the standard writes it, without extensions, or undefined when it is none. */
export function canonicalLocale(locale: string): string | undefined {
  const tag = normaliseLocale(locale)
  return tag === undefined ? undefined : new Intl.Locale(tag).baseName
}

/** The locale whose dates and numbers suit words found in `found`: the person's own region if the language is the same. */
export function formatLocale(requested: string, found: string): string {
  const own = canonicalLocale(requested)
  return own !== undefined && languageOf(own) === languageOf(found) ? own : found
}

export const languageOf = (locale: string) => new Intl.Locale(locale).language

export const directionOf = (locale: string): Direction =>
  new Intl.Locale(locale).getTextInfo().direction === 'rtl' ? 'rtl' : 'ltr'

function ancestry(locale: string): string[] {
  const tag = canonicalLocale(locale)
  if (tag === undefined) return []
  const parts = tag.split('-')
  const parents = parts.map((_, i) => parts.slice(0, parts.length - i).join('-'))
  return [...parents, likelyRegion(languageOf(tag))]
}

function likelyRegion(language: string): string {
  const { region } = new Intl.Locale(language).maximize()
  return region ? `${language}-${region}` : language
}
