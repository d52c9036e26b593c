import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VARIABLES } from '../src/config.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const files = (pattern: string) =>
  globSync(pattern, { cwd: root, exclude: (name) => /(^|\/)(node_modules|test-results)$/.test(name) })

const pages = files('**/*.md').sort()
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts
/** Words in capitals that the code, its containers or the partner use: constants, codes, other programs' variables. */
const known = new Set(
  [...files('{src,bench,test}/**/*.{ts,mjs,js}'), 'compose.yaml', 'Dockerfile', '.ci/run'].flatMap((file) =>
    capitalsIn(read(file)),
  ),
)

it('there are pages', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/architecture.md', 'docs/adr/README.md']))
})

describe.each(pages)('%s', (page) => {
  const text = read(page)

  it('links to files and headings that are there', () => {
    const broken = linksIn(text).filter((link) => !leads(page, link))

    expect(broken).toEqual([])
  })

  it('names files that are there', () => {
    const missing = pathsIn(text).filter((path) => !existsSync(join(root, path)))

    expect(missing).toEqual([])
  })

  it('names variables that exist', () => {
    const strangers = capitalsIn(text).filter((word) => !(word in VARIABLES) && !known.has(word))

    expect(strangers).toEqual([])
  })

  it('names npm scripts that exist', () => {
    const strangers = scriptsIn(text).filter((name) => !(name in scripts))

    expect(strangers).toEqual([])
  })
})

it('docs/architecture.md draws every room, and every file of the road', () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const verbs = readdirSync(join(root, 'src/flow')).filter((name) => !name.startsWith('ports'))
  const drawn = read('docs/architecture.md')

  const missing = [...rooms.map(({ name }) => `${name}/`), ...verbs].filter((name) => !drawn.includes(name))

  expect(missing).toEqual([])
})

describe('the test notices', () => {
  it.each([
    ['a file that is not there', '[x](nowhere.md)'],
    ['a heading that is not there', '[x](docs/operations.md#no-such-heading)'],
  ])('%s', (_, text) => {
    expect(linksIn(text).filter((link) => !leads('README.md', link))).toHaveLength(1)
  })

  it.each([
    ['a path in the text', 'see `src/nowhere.ts`', pathsIn, ['src/nowhere.ts']],
    ['a variable in the text', 'set `TWILIO_FORM`', capitalsIn, ['TWILIO_FORM']],
    ['a script in a block', '```sh\nnpm run nothing\n```', scriptsIn, ['nothing']],
    ['the scripts with a short name', 'npm test && npm start', scriptsIn, ['test', 'start']],
  ])('%s', (_, text, find, found) => {
    expect(find(text)).toEqual(found)
  })
})

/** Targets in this repository; what stands in code is no link. */
function linksIn(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '`')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
  return targets.filter((target) => !/^[a-z]+:|^\//.test(target))
}

function leads(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#')
  const file = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, file))) return false
  return heading === undefined || headingsIn(read(file)).includes(heading)
}

/** As GitHub makes anchors of headings. */
const headingsIn = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

const pathsIn = (text: string) =>
  [...text.matchAll(/`((?:src|test|docs|templates|bench|scripts)\/[\w./-]+)`/g)].map(([, path]) => path ?? '')

/** Words such as DATABASE_URL, wherever they stand. */
function capitalsIn(text: string): string[] {
  return [...new Set(text.match(/(?<![\w-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)/g) ?? [])]
}

const scriptsIn = (text: string) =>
  [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test|start)\b)/g)].map(
    ([, run, short]) => run ?? short ?? '',
  )
