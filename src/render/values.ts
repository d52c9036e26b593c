import type { RenderOrder } from '../flow/ports.ts'
import { cleanName, cleanText, defuse } from './clean.ts'
import { isCurrency, isDate, isNumber, type Kind, type Use, type Value, type Values } from './grammar.ts'

export type Person = RenderOrder['name']
type IsLink = (url: string) => boolean

/** The names as they may stand in a message; whoever gave only a full name is greeted by it. */
export function personOf({ first, last, full }: Person): Person {
  const own = { first: cleanName(first), last: cleanName(last), full: cleanName(full) }
  return { first: own.first || own.full, last: own.last, full: own.full || `${own.first} ${own.last}`.trim() }
}

/** One record with a key for each path that the words read, and nothing else. */
export function collectValues(paths: string[], order: RenderOrder, person: Person, isLink: IsLink): Values {
  const { link, now, variables } = order
  const values: Values = Object.create(null)
  for (const path of paths) {
    if (path === 'now') values[path] = now
    else if (path === 'link.expiresAt') values[path] = link.expiresAt
    else if (path.startsWith('name.')) values[path] = person[path.slice(5) as keyof Person]
    else values[path] = cleanValue(ownValue(variables, path), isLink)
  }
  return values
}

/** Which readings find nothing, and which find something they cannot use; readings whose guards do not hold are not asked. */
export function faultsIn(uses: Use[], values: Values, isLink: IsLink): { missing: string[]; wrong: string[] } {
  const missing = new Set<string>()
  const wrong = new Set<string>()
  for (const { path, kind, guards } of uses) {
    if (kind === 'condition' || guards.some((guard) => Boolean(values[guard.path]) !== guard.holds)) continue
    const value = values[path]
    if (value === undefined || value === '') missing.add(path)
    else if (!fits(kind, value, isLink)) wrong.add(`${path} cannot be read as a ${kind}`)
  }
  return { missing: [...missing], wrong: [...wrong] }
}

function fits(kind: Kind, value: Value, isLink: IsLink): boolean {
  switch (kind) {
    case 'date':
      return isDate(value)
    case 'number':
      return isNumber(value)
    case 'currency':
      return isCurrency(value)
    case 'link':
      return typeof value === 'string' && isLink(value)
    default:
      return true
  }
}

function ownValue(variables: Record<string, unknown>, path: string): unknown {
  let value: unknown = variables
  for (const part of path.split('.').slice(1)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

/** An address stays one only if a link may have it; what is neither text, number nor boolean counts as absent. */
function cleanValue(value: unknown, isLink: IsLink): Value {
  if (typeof value === 'string') return isLink(value) ? value : defuse(cleanText(value))
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}
