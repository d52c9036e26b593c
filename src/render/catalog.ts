import { createHash } from 'node:crypto'
import type { CarriedChannel } from '../domain/channel.ts'
import type { Words } from '../domain/message.ts'
import type { Use, Values } from './grammar.ts'
import type { Frame } from './helpers.ts'
import { type Direction, directionOf, fallbackChain, languageOf } from './locale.ts'
import { type Part, type PartName, readParts } from './parts.ts'
import { readTemplateFiles, type TemplateFile } from './template-files.ts'

/** The words of one purpose in all their locales. */
export interface Template {
  name: string
  /** Changes with any of its files. */
  version: string
  locales: string[]
  channels: CarriedChannel[]
  parts: Map<string, Part>
}

/** What one channel says in one locale; parts that the locale does not have come from the next one in the chain. */
export interface Edition {
  locale: string
  direction: Direction
  uses: Use[]
  write: (values: Values, frame: Frame) => Words
}

/** The start must not go on: each line names a file and what is wrong with it. */
export class TemplateError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`The templates cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'TemplateError'
    this.problems = problems
  }
}

/** Reads, checks and compiles everything in the folder, or throws a `TemplateError` with every problem there is. */
export function readCatalog(dir: string, defaultLocale: string): Map<string, Template> {
  const { files, problems } = readTemplateFiles(dir)
  const catalog = new Map<string, Template>()
  for (const [name, own] of Map.groupBy(files, ({ purpose }) => purpose)) {
    catalog.set(name, readTemplate(name, own, problems))
  }
  if (problems.length === 0) problems.push(...[...catalog.values()].flatMap((one) => gapsIn(one, defaultLocale)))
  if (problems.length > 0) throw new TemplateError(problems)
  return catalog
}

/** The best words for a chain of locales, or undefined when a part of them is nowhere. */
export function findEdition(template: Template, channel: CarriedChannel, chain: string[]): Edition | undefined {
  const homes = homesOf(template, channel, chain)
  const locale = chain.find((one) => homes.some((home) => home.locale === one))
  if (locale === undefined || homes.some(({ part }) => part === undefined)) return undefined
  const parts = Object.fromEntries(homes.map(({ name, part }) => [name, part])) as Record<PartName, Part>
  const uses = homes.flatMap(({ part }) => part?.uses ?? [])
  return { locale, direction: directionOf(locale), uses, write: WRITERS[channel](parts) }
}

function homesOf({ parts }: Template, channel: CarriedChannel, chain: string[]) {
  return PARTS_OF[channel].map((name) => {
    const locale = chain.find((one) => parts.has(`${one}/${name}`))
    return { name, locale, part: parts.get(`${locale}/${name}`) }
  })
}

const PARTS_OF: Record<CarriedChannel, PartName[]> = {
  sms: ['sms.text'],
  email: ['email.subject', 'email.html', 'email.text'],
  push: ['push.title', 'push.body'],
}
const CHANNELS = Object.keys(PARTS_OF) as CarriedChannel[]

const WRITERS: Record<CarriedChannel, (parts: Record<PartName, Part>) => Edition['write']> = {
  sms: (parts) => (values, frame) => ({ channel: 'sms', text: parts['sms.text'].write(values, frame) }),
  email: (parts) => (values, frame) => ({
    channel: 'email',
    subject: parts['email.subject'].write(values, frame),
    html: parts['email.html'].write(values, frame),
    text: parts['email.text'].write(values, frame),
  }),
  push: (parts) => (values, frame) => ({
    channel: 'push',
    title: parts['push.title'].write(values, frame),
    body: parts['push.body'].write(values, frame),
  }),
}

function readTemplate(name: string, files: TemplateFile[], problems: string[]): Template {
  const parts = new Map<string, Part>()
  for (const file of files) {
    const read = readParts(file)
    problems.push(...read.problems)
    for (const [part, compiled] of read.parts) parts.set(`${file.locale}/${part}`, compiled)
  }
  const locales = [...new Set(files.map(({ locale }) => locale))]
  const channels = CHANNELS.filter((channel) =>
    locales.some((one) => PARTS_OF[channel].some((p) => parts.has(`${one}/${p}`))),
  )
  return { name, version: versionOf(files), locales, channels, parts }
}

function versionOf(files: TemplateFile[]): string {
  const hash = createHash('sha256')
  for (const { path, text } of files) hash.update(`${path}\0${text}\0`)
  return hash.digest('hex').slice(0, 12)
}

/** Whatever locale is asked for, each channel must find all its parts, and a mail must not change its language half way. */
function gapsIn(template: Template, defaultLocale: string): string[] {
  const wanted = new Set([defaultLocale, ...template.locales])
  return [...wanted].flatMap((locale) =>
    template.channels.flatMap((channel) => {
      const homes = homesOf(template, channel, fallbackChain(locale, defaultLocale))
      const lost = homes.filter((home) => home.locale === undefined)
      const languages = new Set(homes.map((home) => home.locale && languageOf(home.locale)))
      if (lost.length === 0 && languages.size === 1) return []
      if (lost.length === 0)
        return [`${template.name}/${locale}: ${channel} would mix ${[...languages].join(' and ')}; add its other files`]
      return lost.map(
        ({ name }) => `${template.name}/${defaultLocale}: ${name} is missing; the default locale needs it`,
      )
    }),
  )
}
