/** A piece of HTML in which everything foreign has been escaped. */
export interface Markup {
  readonly markup: string
}

type Value = Markup | Markup[] | string | number | false | undefined

/** Builds HTML; every value that is not itself markup is escaped, `false` and `undefined` leave nothing. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return { markup: parts.reduce((all, part, i) => all + shown(values[i - 1]) + part) }
}

function shown(value: Value): string {
  if (value === undefined || value === false) return ''
  if (Array.isArray(value)) return value.map((one) => one.markup).join('')
  return typeof value === 'object' ? value.markup : escaped(String(value))
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
