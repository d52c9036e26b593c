/** What may never stand in the HTML of a mail, whoever wrote it. */
const FORBIDDEN: [pattern: RegExp, sentence: string][] = [
  [/<\s*(script|iframe|object|embed|applet|form|base|link)\b/i, 'this element is not allowed in a mail'],
  [/@import\b/i, 'a mail brings its own styles'],
  [/<[^>]*\son[a-z]+\s*=/i, 'event attributes (onclick=…) are not allowed in a mail'],
  [/<meta[^>]*http-equiv=["']?refresh/i, 'a mail must not send its reader elsewhere'],
  [
    /\b(?:href|src|action|background)\s*=\s*["']?\s*(?:javascript|data|vbscript):/i,
    'only https addresses and cid images may be named',
  ],
  [
    /\b(?:href|src|action|background|srcset)\s*=\s*(?:"[^"]*|'[^']*)\{\{(?!\s*link[\s}])/i,
    'only {{link}} may stand in an address',
  ],
  [/\s[a-z-]+\s*=\s*\{\{/i, 'put quotes around attributes that hold {{…}}'],
  [/<style[^>]*>(?:(?!<\/style)[\s\S])*\{\{/i, 'no {{…}} in styles'],
  [/\sstyle\s*=\s*(?:"[^"]*|'[^']*)\{\{/i, 'no {{…}} in styles'],
]

export function lintHtml(source: string): string[] {
  return FORBIDDEN.flatMap(([pattern, sentence]) => {
    const found = pattern.exec(source)
    return found ? [`line ${lineOf(source, found.index)}: ${sentence}`] : []
  })
}

const lineOf = (source: string, index: number) => source.slice(0, index).split('\n').length
