const LONGEST = 35

/**
 * A BCP 47 tag in its canonical spelling (`ES_mx` → `es-MX`), or undefined when it is none. Its language need not
 * exist.
 */
export function normaliseLocale(text: string): string | undefined {
  const tag = text.trim().replaceAll('_', '-')
  return tag.length <= LONGEST && /^[a-z]{2,3}(?:-[a-z\d]{1,8})*$/i.test(tag) ? canonical(tag) : undefined
}

function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined // The only way Intl has to say that a tag is malformed.
  }
}
