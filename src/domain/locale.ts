/** The widget speaks English and Spanish (reference: partner's `language`); every other locale sees English. */
export function widgetLanguage(locale: string): 'en' | 'es' {
  return /^es(?:[-_]|$)/i.test(locale) ? 'es' : 'en'
}
