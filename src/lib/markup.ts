/** A piece of HTML in which everything foreign has been escaped. */
export interface Markup {
  readonly markup: string
}

type Value = Markup | readonly Value[] | string | number | false | null | undefined

/** Builds HTML; every value that is not itself markup is escaped, and what is absent leaves nothing. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return { markup: parts.reduce((all, part, i) => all + shown(values[i - 1]) + part) }
}

function shown(value: Value): string {
  if (value === undefined || value === null || value === false) return ''
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
  return 'markup' in value ? value.markup : value.map(shown).join('')
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
