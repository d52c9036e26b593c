import { z } from 'zod'
import { compile, type Write } from './compile.ts'
import type { Format, Kind, Use, Value } from './grammar.ts'
import { lint } from './lint.ts'
import type { TemplateFile } from './template-files.ts'

/** One part of a message in one locale: the whole of a file, or one field of `push.json`. */
export interface Part {
  uses: Use[]
  write: Write
}

export type PartName = 'sms.text' | 'email.subject' | 'email.html' | 'email.text' | 'push.title' | 'push.body'

const PARTS: Record<string, { part: PartName; format: Format; mustLink?: true }> = {
  'sms.hbs': { part: 'sms.text', format: 'text', mustLink: true },
  'email.subject.hbs': { part: 'email.subject', format: 'line' },
  'email.html.hbs': { part: 'email.html', format: 'html', mustLink: true },
  'email.text.hbs': { part: 'email.text', format: 'text', mustLink: true },
}

const pushWords = z.strictObject({ title: z.string(), body: z.string() })

/** What a file holds, compiled and tried once, or sentences that say why it cannot be used. */
export function readParts(file: TemplateFile): { parts: [PartName, Part][]; problems: string[] } {
  const rule = PARTS[file.name]
  if (!rule) return readPush(file)
  const { part, problems } = readPart(file.text.trim(), rule.format, file.locale)
  if (rule.mustLink && !/\{\{\s*link\s*\}\}/.test(file.text)) problems.push('nowhere shows {{link}}')
  return { parts: part ? [[rule.part, part]] : [], problems: problems.map((problem) => `${file.path}: ${problem}`) }
}

function readPush(file: TemplateFile): ReturnType<typeof readParts> {
  const words = pushWords.safeParse(parseJson(file.text))
  if (!words.success) return { parts: [], problems: [`${file.path}: must be {"title": "…", "body": "…"}`] }
  const title = readPart(words.data.title.trim(), 'line', file.locale)
  const body = readPart(words.data.body.trim(), 'line', file.locale)
  const problems = [
    ...title.problems.map((problem) => `${file.path}: title, ${problem}`),
    ...body.problems.map((problem) => `${file.path}: body, ${problem}`),
  ]
  return {
    parts:
      title.part && body.part
        ? [
            ['push.title', title.part],
            ['push.body', body.part],
          ]
        : [],
    problems,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // The caller says what was expected; the parser's own words quote the file.
  }
}

function readPart(source: string, format: Format, locale: string): { part?: Part; problems: string[] } {
  const { problems, uses, program } = lint(source, format)
  if (problems.length > 0) return { problems }
  try {
    const write = compile(program, format)
    if (sample(write, uses, locale).trim() === '') return { problems: ['says nothing'] }
    return { part: { uses, write }, problems: [] }
  } catch (error) {
    return { problems: [`cannot be compiled: ${error instanceof Error ? error.message : String(error)}`] }
  }
}

const SAMPLES: Record<Kind, Value> = {
  text: 'Ana',
  date: new Date(0),
  number: 1,
  currency: 'USD',
  link: 'https://example.com',
  condition: true,
  style: 'long',
  message: '',
}

/** The first rendering, which also compiles: done at start, so that no message waits for it or is the first to fail. */
function sample(write: Write, uses: Use[], locale: string): string {
  const values = Object.fromEntries(uses.map(({ path, kind }) => [path, SAMPLES[kind]]))
  const frame = { locale, timeZone: 'UTC', now: new Date(0), firstName: 'Ana', url: 'https://example.com' }
  return write(values, frame)
}
