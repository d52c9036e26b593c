/** Whoever opens a link, as far as the request says. */
export interface Visitor {
  userAgent?: string | undefined
  language?: string | undefined
}

const PLATFORMS: [RegExp, string][] = [
  [/iPhone|iPad|iPod/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux|X11/, 'Linux'],
]

/** `deviceInfo` of `link.opened`, as far as the browser says. */
export function deviceOf({ userAgent = 'unknown', language = 'en' }: Visitor) {
  const platform = PLATFORMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'unknown'
  return { userAgent: userAgent.slice(0, 512), platform, language: language.split(/[,;]/)[0] ?? 'en' }
}
