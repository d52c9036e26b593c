import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** Paths below `src/`, with their texts. */
export type Tree = Record<string, string>

interface Rule {
  /** The room: a folder below `src/`, or a file that is a room of its own. */
  rooms: string[]
  /** Where it may look besides itself: rooms, or files named by a pattern. */
  mayImport: string[]
  /** Which packages it may import: all, none, or these: pure ones, without I/O. */
  packages: boolean | string[]
}

/** Who may look at whom. */
const DIRECTIONS: Rule[] = [
  { rooms: ['domain'], mayImport: [], packages: ['libphonenumber-js/max'] },
  { rooms: ['flow'], mayImport: ['domain'], packages: false },
  {
    rooms: ['store', 'vault', 'channels', 'receipts', 'links', 'render', 'webhooks'],
    mayImport: ['domain', 'flow/ports*.ts', 'lib'],
    packages: true,
  },
  { rooms: ['http', 'console', 'queue'], mayImport: ['domain', 'flow', 'lib'], packages: true },
  { rooms: ['sandbox'], mayImport: ['lib'], packages: true },
  { rooms: ['lib'], mayImport: [], packages: true },
  { rooms: ['config.ts'], mayImport: ['domain', 'lib'], packages: true },
  { rooms: ['app.ts', 'wiring'], mayImport: ['*', '*.ts'], packages: true },
  { rooms: ['main.ts', 'cli.ts', 'cli'], mayImport: ['*', '*.ts'], packages: true },
]

/** These two are seen by few, whatever the table above says. */
const SEEN_ONLY_BY: Record<string, string[]> = {
  'config.ts': ['main.ts', 'app.ts', 'cli.ts', 'cli/*.ts', 'wiring/*.ts'],
  'app.ts': ['main.ts', 'cli.ts'],
}

/** What a text may hold only in some places. */
const ONLY_IN: { what: string; pattern: RegExp; places: string[] }[] = [
  { what: 'process.env', pattern: /\bprocess\.env\b/, places: ['config.ts'] },
  { what: 'the clock', pattern: /\bDate\.now\(|\bnew Date\(\)/, places: ['lib', 'app.ts', 'wiring'] },
  { what: 'chance', pattern: /\bMath\.random\(/, places: ['lib', 'app.ts', 'wiring'] },
  { what: 'a default export', pattern: /^export default\b/m, places: [] },
]

/** Every breach of the house rules in a tree, as sentences; an empty list means that the house is in order. */
export function breaches(tree: Tree): string[] {
  return [...wrongImports(tree), ...misplacedTexts(tree), ...cycles(tree)]
}

export function readTree(folder: string): Tree {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

function wrongImports(tree: Tree): string[] {
  return Object.keys(tree).flatMap((file) => {
    const rule = DIRECTIONS.find(({ rooms }) => rooms.includes(roomOf(file)))
    if (!rule) return [`${file} is in no room that the table knows`]
    return importsOf(tree, file)
      .filter((target) => !mayLook(rule, file, target))
      .map((target) => `${file} must not import ${target}`)
  })
}

function mayLook(rule: Rule, file: string, target: string): boolean {
  if (!isOurs(target))
    return Array.isArray(rule.packages) ? rule.packages.includes(target.replace('package ', '')) : rule.packages
  const viewers = SEEN_ONLY_BY[target]
  if (viewers) return isWithin(file, viewers)
  return roomOf(target) === roomOf(file) || isWithin(target, rule.mayImport)
}

function misplacedTexts(tree: Tree): string[] {
  return Object.entries(tree).flatMap(([file, text]) =>
    ONLY_IN.filter(({ pattern, places }) => pattern.test(withoutComments(text)) && !isWithin(file, places)).map(
      ({ what }) => `${file} must not use ${what}`,
    ),
  )
}

/** Depth first; each circle is told once, from the file in it that was met first. */
function cycles(tree: Tree): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: string[]) => {
    if (path.includes(file)) found.push(`${[...path.slice(path.indexOf(file)), file].join(' -> ')} is a circle`)
    if (path.includes(file) || done.has(file)) return
    for (const target of importsOf(tree, file)) if (target in tree) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of Object.keys(tree)) visit(file, [])
  return found
}

const IMPORTS = [
  /^import\s+(?:type\s+)?[\w*{][^'"();]*?\sfrom\s+['"]([^'"]+)['"]/gm,
  /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^'"();=]*?from\s+['"]([^'"]+)['"]/gm,
  /^import\s+['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"`]([^'"`]+)['"`]\s*\)/g,
]

/** Static, type-only, re-exporting, side-effect and dynamic imports: ours as paths below `src/`, packages by name. */
function importsOf(tree: Tree, file: string): string[] {
  const text = withoutComments(tree[file] ?? '')
  const targets = IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))
  return targets.map((target) =>
    target.startsWith('.') ? posix.join(posix.dirname(file), target) : `package ${target}`,
  )
}

const isOurs = (target: string) => !target.startsWith('package ')

const roomOf = (file: string) => file.split('/')[0] ?? file

const isWithin = (file: string, places: string[]) =>
  places.some((place) => place === roomOf(file) || posix.matchesGlob(file, place) || place === '*')

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
